"""The page of one's own account."""

import uuid

from django.conf import settings
from django.contrib import auth, messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from videorama.accounts import services, throttle
from videorama.accounts.auth import caller
from videorama.accounts.errors import WeakPassword, WrongPassword
from videorama.accounts.forms import PasswordForm, ProfileForm, TokenForm
from videorama.accounts.languages import speak_to
from videorama.accounts.queries import sessions_for, token_by_uuid, tokens_for
from videorama.accounts.views.sign_in import keep_language, next_page
from videorama.errors import AppError
from videorama.pages import THEME_COOKIE, THEMES, is_htmx, render_page

YEAR_S = 60 * 60 * 24 * 365
SESSIONS_SHOWN = 20


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
    # Whoever finds an open session shall not find the password, too.
    tally = throttle.begin_password(user_id=user.pk)
    try:
        services.change_password(
            user=user,
            current=form.cleaned_data["current_password"],
            new=form.cleaned_data["new_password"],
            session_key=request.session.session_key or "",
        )
    except WrongPassword as error:
        form.add_error("current_password", error.message)
        return False
    except WeakPassword as error:
        tally.forgive(all_attempts=True)
        form.add_error("new_password", error.message)
        return False
    tally.forgive(all_attempts=True)
    auth.update_session_auth_hash(request, user)
    return True


@never_cache
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Language and density of one's own account."""
    user = caller(request)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, profile_form=form, status=422)
    services.edit_profile(user=user, changes=form.cleaned_data)
    speak_to(request, user)
    messages.success(request, _("Saved."))
    response = redirect("accounts:profile")
    # Where nobody is signed in, this browser goes on in the same language.
    keep_language(response, user.language)
    return response


@never_cache
@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Signs out everywhere but here."""
    user = caller(request)
    ended = services.sign_out_elsewhere(user=user, session_key=request.session.session_key or "")
    if ended:
        sentence = ngettext(
            "%(n)d other session has ended.", "%(n)d other sessions have ended.", ended
        )
        messages.success(request, sentence % {"n": ended})
    else:
        messages.info(request, _("You were signed in nowhere else."))
    return redirect("accounts:profile")


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
    response = HttpResponse(status=204) if is_htmx(request) else redirect(next_page(request))
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
    profile_form: Form | None = None,
    new_token: str = "",
    new_token_name: str = "",
    status: int = 200,
) -> HttpResponse:
    user = caller(request)
    context = {
        "profile_form": profile_form or ProfileForm(initial=ProfileForm.of(user)),
        "sessions": sessions_for(user)[:SESSIONS_SHOWN],
        "session_key": request.session.session_key,
        "password_form": password_form or PasswordForm(),
        "tokens": tokens_for(user),
        "token_form": token_form or TokenForm(),
        "new_token": new_token,
        "new_token_name": new_token_name,
    }
    return render_page(request, "accounts/profile.html", context, status=status)
