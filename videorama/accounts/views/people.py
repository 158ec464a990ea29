"""Everybody's accounts and the invitations to come. For administrators."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from videorama.accounts import services
from videorama.accounts.auth import caller
from videorama.accounts.forms import InviteForm
from videorama.accounts.models import Role, User
from videorama.accounts.queries import (
    BY_NAME,
    active_admins,
    invite_by_uuid,
    open_invites,
    registration_is_open,
    user_by_uuid,
    users_for,
)
from videorama.errors import AppError
from videorama.pages import administrators_only, is_htmx, render_page, toast
from videorama.paging import paginate

PAGE_SIZE = 50
INVITES_SHOWN = 50


@never_cache
@require_safe
@administrators_only
def user_list(request: HttpRequest) -> HttpResponse:
    """Everybody, by name, with a search and two filters."""
    return _page(request)


@never_cache
@require_POST
@administrators_only
def user_role(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Changes what somebody may do."""
    user = user_by_uuid(caller(request), user_id)
    try:
        services.set_role(user=user, role=request.POST.get("role", ""), by=caller(request))
    except AppError as error:
        return _done(request, user, error.message, error.status)
    told = {"name": user.username, "role": Role(user.role).label}
    return _done(request, user, _("%(name)s is now: %(role)s.") % told)


@never_cache
@require_POST
@administrators_only
def user_active(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Shuts somebody out, or lets them in again."""
    user = user_by_uuid(caller(request), user_id)
    active = request.POST.get("active") == "yes"
    try:
        services.set_active(user=user, active=active, by=caller(request))
    except AppError as error:
        return _done(request, user, error.message, error.status)
    sentence = (
        _("%(name)s may sign in again.")
        if active
        else _("%(name)s is deactivated: signed out everywhere, and all tokens have ended.")
    )
    return _done(request, user, sentence % {"name": user.username})


@never_cache
@require_POST
@administrators_only
def user_reset(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """A link for a new password; this one answer shows it."""
    user = user_by_uuid(caller(request), user_id)
    try:
        _reset, text = services.create_reset(user=user, by=caller(request))
    except AppError as error:
        return _done(request, user, error.message, error.status)
    url = request.build_absolute_uri(reverse("accounts:reset", args=[text]))
    return _page(request, new_url=url, new_for=user)


@never_cache
@require_POST
@administrators_only
def invite_create(request: HttpRequest) -> HttpResponse:
    """An invitation; this one answer shows its link."""
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            invite, text = services.create_invite(
                by=caller(request), role=form.cleaned_data["role"], label=form.cleaned_data["label"]
            )
        except AppError as error:
            form.add_error(None, error.message)
        else:
            url = request.build_absolute_uri(reverse("accounts:invite", args=[text]))
            return _page(request, new_url=url, new_invite=invite)
    return _page(request, form=form, status=422)


@never_cache
@require_POST
@administrators_only
def invite_revoke(request: HttpRequest, invite_id: UUID) -> HttpResponse:
    """Closes an invitation."""
    invite = invite_by_uuid(caller(request), invite_id)
    services.revoke_invite(invite=invite, by=caller(request))
    messages.success(request, _("The invitation no longer works."))
    return redirect("accounts:user_list")


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    asked = {name: request.GET.get(name, "").strip()[:150] for name in ("q", "role", "state")}
    found = users_for(caller(request), search=asked["q"], role=asked["role"], state=asked["state"])
    after = request.GET.get("after") or None
    page = paginate(found, order=BY_NAME, after=after, limit=PAGE_SIZE)
    invites = open_invites()
    context = {
        "page": page,
        "asked": asked,
        "is_filtered": any(asked.values()),
        "roles": Role.choices,
        "has_one_admin": active_admins() == 1,
        "first_url": _list_url(asked) if after else "",
        "next_url": _list_url(asked, page.next) if page.next else "",
        "invites": invites[:INVITES_SHOWN],
        "registration_is_open": registration_is_open(),
        "form": InviteForm(initial={"role": Role.VIEWER}),
        **more,
    }
    return render_page(request, "accounts/user_list.html", context, status=status)


def _list_url(asked: dict[str, str], after: str | None = None) -> str:
    query = urlencode({k: v for k, v in {**asked, "after": after}.items() if v})
    return reverse("accounts:user_list") + (f"?{query}" if query else "")


def _done(request: HttpRequest, user: User, sentence: str, status: int = 200) -> HttpResponse:
    """A plain post goes back to the list; htmx gets the row as it is now, and a toast."""
    is_good = status < 400
    if not is_htmx(request):
        messages.add_message(request, messages.SUCCESS if is_good else messages.ERROR, sentence)
        return redirect("accounts:user_list")
    context = {
        "one": user_by_uuid(caller(request), user.uuid),
        "roles": Role.choices,
        "has_one_admin": active_admins() == 1,
    }
    response = render_page(request, "accounts/_user.html", context)
    return toast(response, sentence, "good" if is_good else "bad")
