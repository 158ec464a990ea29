"""Pages behind links that let somebody in once.

Their address is the secret. It is kept out of logs (videorama.logs), and out of what browsers tell:
the policy names only the server. `no-referrer` would say as little, but a browser then sends its
forms without an origin, and a form without one is refused.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from videorama.accounts import services
from videorama.accounts import throttle as attempts
from videorama.accounts.errors import LinkGone, TooManyAttempts, UsernameTaken
from videorama.accounts.forms import ChosenPasswordForm, NewAccountForm
from videorama.accounts.models import User
from videorama.accounts.queries import invite_by_text, reset_by_text
from videorama.accounts.views.sign_in import enter, field_of
from videorama.errors import Invalid
from videorama.pages import render_page

REFERRER = "strict-origin"


@sensitive_post_parameters("password", "password_again")
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, text: str) -> HttpResponse:
    """Whoever was invited chooses a name and a password, and is in."""

    def accept(form: NewAccountForm) -> User:
        return services.accept_invite(
            text=text,
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password"],
        )

    return _one_time(
        request,
        "accounts/invite.html",
        find=lambda: invite_by_text(text),
        form=NewAccountForm(request.POST if request.method == "POST" else None),
        use=accept,
    )


@sensitive_post_parameters("password", "password_again")
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, text: str) -> HttpResponse:
    """A new password for somebody who has only the link."""

    def change(form: ChosenPasswordForm) -> User:
        return services.use_reset(text=text, password=form.cleaned_data["password"])

    return _one_time(
        request,
        "accounts/reset.html",
        find=lambda: reset_by_text(text),
        form=ChosenPasswordForm(request.POST if request.method == "POST" else None),
        use=change,
    )


def _one_time[F: ChosenPasswordForm](
    request: HttpRequest,
    template: str,
    *,
    find: Callable[[], object],
    form: F,
    use: Callable[[F], User],
) -> HttpResponse:
    """The form behind a link; the same plain page for every link that does not work."""
    status, wait_s = 200, 0
    context: dict[str, object] = {"form": form, "link": None, "sentence": ""}
    try:
        attempt = attempts.begin_link(address=request.META.get("REMOTE_ADDR", ""))
        context["link"] = find()
        if request.user.is_authenticated:
            template = "accounts/link_signed_in.html"
        elif form.is_bound and (user := _used(form, use)):
            attempt.forgive(all_attempts=False)
            enter(request, user)
            return redirect(settings.LOGIN_REDIRECT_URL)
        elif form.is_bound:
            status = 422
        else:
            attempt.forgive(all_attempts=False)
    except (LinkGone, TooManyAttempts) as error:
        template, status = "accounts/link_gone.html", error.status
        wait_s = getattr(error, "retry_after_s", 0)
        context["sentence"] = error.message
    response = render_page(request, template, context, status=status)
    response["Referrer-Policy"] = REFERRER
    if wait_s:
        response["Retry-After"] = str(wait_s)
    return response


def _used[F: ChosenPasswordForm](form: F, use: Callable[[F], User]) -> User | None:
    if not form.is_valid():
        return None
    try:
        return use(form)
    except (UsernameTaken, Invalid) as error:
        form.add_error(field_of(error), error.message)
        return None
