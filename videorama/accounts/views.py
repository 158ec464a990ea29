"""Sign-in, first run, and the page of one's own account."""

import logging
import uuid

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from videorama.accounts import services
from videorama.accounts import throttle as attempts
from videorama.accounts.auth import caller
from videorama.accounts.errors import AlreadySetUp, TooManyAttempts, WeakPassword, WrongPassword
from videorama.accounts.forms import LoginForm, PasswordForm, SetupForm, TokenForm
from videorama.accounts.models import User
from videorama.accounts.queries import (
    nobody_yet,
    token_by_uuid,
    tokens_for,
    username_as_stored,
)
from videorama.errors import AppError
from videorama.pages import THEME_COOKIE, THEMES, is_htmx, render_page

logger = logging.getLogger(__name__)

YEAR_S = 60 * 60 * 24 * 365


@sensitive_post_parameters("password")
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign-in; with nobody to sign in yet, the first run."""
    target = _next(request)
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
                auth.login(request, user)
                return redirect(target)
    context = {"form": form, "next": target}
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
    user = auth.authenticate(
        request,
        username=username_as_stored(form.cleaned_data["username"]),
        password=form.cleaned_data["password"],
    )
    if not isinstance(user, User):
        logger.warning("Sign-in from %s failed", address)
        form.add_error(None, _("Username and password do not match."))
        return None
    attempt.succeeded()
    return user


@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends this session."""
    auth.logout(request)
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
            auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect(settings.LOGIN_REDIRECT_URL)
    status = 422 if form.is_bound else 200
    return render_page(request, "accounts/setup.html", {"form": form}, status=status)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """One's own account; a post changes the password and ends all other sessions."""
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and _change_password(request, form):
        messages.success(request, _("Password changed. All other sessions have ended."))
        return redirect("accounts:profile")
    return _profile_page(request, password_form=form, status=422 if form.is_bound else 200)


def _change_password(request: HttpRequest, form: PasswordForm) -> bool:
    user = caller(request)
    try:
        services.change_password(
            user=user,
            current=form.cleaned_data["current_password"],
            new=form.cleaned_data["new_password"],
        )
    except WrongPassword as error:
        form.add_error("current_password", error.message)
        return False
    except WeakPassword as error:
        form.add_error("new_password", error.message)
        return False
    auth.update_session_auth_hash(request, user)
    return True


@never_cache
@require_POST
def token_create(request: HttpRequest) -> HttpResponse:
    """Makes an API token; this one answer shows its text."""
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            token, text = services.create_token(
                user=caller(request), name=form.cleaned_data["name"]
            )
        except AppError as error:
            form.add_error("name", error.message)
        else:
            return _profile_page(request, new_token=text, new_token_name=token.name)
    return _profile_page(request, token_form=form, status=422)


@require_POST
def token_revoke(request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
    """Ends one of one's own tokens."""
    token = token_by_uuid(caller(request), token_id)
    services.revoke_token(token=token)
    messages.success(request, _("Token %(name)s no longer works.") % {"name": token.name})
    return redirect("accounts:profile")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remembers light or dark in this browser; anything else follows the system again."""
    chosen = request.POST.get("theme", "")
    response = HttpResponse(status=204) if is_htmx(request) else redirect(_next(request))
    if chosen in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=YEAR_S,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=False,
            samesite="Lax",
        )
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


def _profile_page(
    request: HttpRequest,
    *,
    password_form: Form | None = None,
    token_form: Form | None = None,
    new_token: str = "",
    new_token_name: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "password_form": password_form or PasswordForm(),
        "tokens": tokens_for(caller(request)),
        "token_form": token_form or TokenForm(),
        "new_token": new_token,
        "new_token_name": new_token_name,
    }
    return render_page(request, "accounts/profile.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """Where to go afterwards: `next` if it is a page of ours, else the start page.

    Only with a slash in front: a bare word would be looked up as the name of a page.
    """
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)
