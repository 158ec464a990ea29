"""Coming in and going out: sign-in, first run, registration, and the language at the door."""

import logging

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from videorama.accounts import services
from videorama.accounts import throttle as attempts
from videorama.accounts.auth import caller
from videorama.accounts.errors import (
    AlreadySetUp,
    RegistrationClosed,
    TooManyAttempts,
    UsernameTaken,
    WeakPassword,
)
from videorama.accounts.forms import LoginForm, NewAccountForm, SetupForm
from videorama.accounts.models import User
from videorama.accounts.queries import nobody_yet, registration_is_open, username_as_stored
from videorama.accounts.sessions import DEVICE, SIGNED_IN_AT, device_of
from videorama.errors import AppError, Invalid
from videorama.pages import render_page

logger = logging.getLogger(__name__)


@sensitive_post_parameters("password")
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign-in; with nobody to sign in yet, the first run."""
    target = next_page(request)
    if request.user.is_authenticated:
        return redirect(target)
    if nobody_yet():
        return redirect("accounts:setup")
    form = LoginForm(request.POST if request.method == "POST" else None)
    status, headers = 200, {}
    if form.is_bound:
        status = 422
        try:
            user = _sign_in(request, form)
        except TooManyAttempts as error:
            form.add_error(None, error.message)
            status, headers = error.status, {"Retry-After": str(error.retry_after_s)}
        else:
            if user is not None:
                services.tell_signed_in(user=user)
                enter(request, user)
                return redirect(target)
    context = {"form": form, "next": target, "may_register": registration_is_open()}
    response = render_page(request, "accounts/login.html", context, status=status)
    for name, value in headers.items():
        response[name] = value
    return response


def _sign_in(request: HttpRequest, form: LoginForm) -> User | None:
    """The user, or None with the reason in the form; TooManyAttempts.

    The same sentence for a wrong name and a wrong password; Django hashes in both cases, so the
    time tells nothing either.
    """
    if not form.is_valid():
        return None
    address = request.META.get("REMOTE_ADDR", "")
    try:
        attempt = attempts.begin(username=form.cleaned_data["username"], address=address)
    except TooManyAttempts:
        logger.warning("Sign-in from %s refused: too many attempts", address)
        raise
    username = username_as_stored(form.cleaned_data["username"])
    user = auth.authenticate(request, username=username, password=form.cleaned_data["password"])
    if not isinstance(user, User):
        logger.warning("Sign-in from %s failed", address)
        services.tell_sign_in_failed(username=username, address=address)
        form.add_error(None, _("Username and password do not match."))
        return None
    attempt.succeeded()
    return user


def enter(request: HttpRequest, user: User) -> None:
    """Begins a session, which remembers the device for the list in the account."""
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[DEVICE] = device_of(request.headers.get("User-Agent", ""))
    request.session[SIGNED_IN_AT] = timezone.now().isoformat()


@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends this session."""
    user = caller(request)
    services.tell_signed_out(user=user)
    auth.logout(request)
    services.tell_access_changed(user)
    return redirect("accounts:login")


@sensitive_post_parameters("password", "password_again")
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The first run: an administrator and a library. There is no such page afterwards."""
    if not nobody_yet():
        return redirect("accounts:login")
    form = SetupForm(
        request.POST if request.method == "POST" else None, initial={"library_name": _("Videos")}
    )
    if form.is_bound and form.is_valid():
        try:
            user = services.complete_first_run(
                username=form.cleaned_data["username"],
                password=form.cleaned_data["password"],
                library_name=form.cleaned_data["library_name"],
            )
        except AlreadySetUp:
            return redirect("accounts:login")
        except WeakPassword as error:
            form.add_error("password", error.message)
        except AppError as error:
            form.add_error(None, error.message)
        else:
            enter(request, user)
            return redirect(settings.LOGIN_REDIRECT_URL)
    status = 422 if form.is_bound else 200
    return render_page(request, "accounts/setup.html", {"form": form}, status=status)


@sensitive_post_parameters("password", "password_again")
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """An account for whoever asks, where an administrator has opened this page."""
    if not registration_is_open() or nobody_yet():
        raise RegistrationClosed
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = NewAccountForm(request.POST if request.method == "POST" else None)
    status, wait_s = 200, 0
    if form.is_bound:
        status = 422
        try:
            # Counted before it is looked at: each try says whether a name is taken.
            if form.is_valid() and _registered(request, form):
                return redirect(settings.LOGIN_REDIRECT_URL)
        except TooManyAttempts as error:
            form.add_error(None, error.message)
            status, wait_s = error.status, error.retry_after_s
    response = render_page(request, "accounts/register.html", {"form": form}, status=status)
    if wait_s:
        response["Retry-After"] = str(wait_s)
    return response


def _registered(request: HttpRequest, form: NewAccountForm) -> bool:
    attempts.begin_registration(address=request.META.get("REMOTE_ADDR", ""))
    try:
        user = services.register(
            username=form.cleaned_data["username"], password=form.cleaned_data["password"]
        )
    except (UsernameTaken, Invalid) as error:
        form.add_error(field_of(error), error.message)
        return False
    enter(request, user)
    return True


def field_of(error: AppError) -> str | None:
    """The field of a new account that a refusal is about; None when it is about no single one."""
    if isinstance(error, UsernameTaken):
        return "username"
    return "password" if isinstance(error, WeakPassword) else None


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remembers a language in this browser, for pages where nobody is signed in yet."""
    response = redirect(next_page(request, otherwise="accounts:login"))
    keep_language(response, request.POST.get("language", ""))
    return response


def keep_language(response: HttpResponse, chosen: str) -> None:
    """Keeps the language in this browser, or none: then the browser's own settings say it."""
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")


def next_page(request: HttpRequest, *, otherwise: str = settings.LOGIN_REDIRECT_URL) -> str:
    """Where to go afterwards: `next` if it is a page of ours.

    Only with a slash in front: a bare word would be looked up as the name of a page.
    """
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return resolve_url(otherwise)
