"""The bell, the page of all notifications, and what a person wants to hear of."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics import queries, services, words
from analytics.forms import ChoicesForm, choices_context
from videorama.accounts.auth import caller
from videorama.accounts.models import User
from videorama.errors import Invalid
from videorama.pages import render_page, wants_fragment
from videorama.paging import paginate

_PAGE_SIZE = 30


@never_cache
@require_safe
def notification_list(request: HttpRequest) -> HttpResponse:
    """All messages of the asker, newest first."""
    user = caller(request)
    after = request.GET.get("after") or None
    found = queries.notifications_for(user)
    page = paginate(found, order=queries.NEWEST, after=after, limit=_PAGE_SIZE)
    address = reverse("analytics:notification_list")
    context = {
        "items": [queries.shown(one) for one in page.items],
        "page": page,
        "this_url": request.get_full_path(),
        "first_url": address if after else "",
        "next_url": f"{address}?{urlencode({'after': page.next})}" if page.next else "",
    }
    return render_page(request, "analytics/notification_list.html", context, partial="list")


@never_cache
@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell in the frame and the list it opens, for a page without a socket."""
    return render(request, "analytics/_bell.html", queries.bell(caller(request)))


@never_cache
@require_safe
def notification_open(request: HttpRequest, notification_id: UUID) -> HttpResponse:
    """Goes to what the message tells of; whoever goes there has read it."""
    user = caller(request)
    found = queries.notification_by_uuid(user, notification_id)
    services.mark_read(user=user, notifications=[found])
    return redirect(words.link(found))


@require_POST
def notification_read(request: HttpRequest, notification_id: UUID) -> HttpResponse:
    """Marks one message as read."""
    user = caller(request)
    found = queries.notification_by_uuid(user, notification_id)
    services.mark_read(user=user, notifications=[found])
    return _read(request, user)


@require_POST
def notification_read_all(request: HttpRequest) -> HttpResponse:
    """Marks every message as read."""
    user = caller(request)
    count = services.mark_read(user=user)
    if not wants_fragment(request) and count:
        said = ngettext("%(count)d marked as read", "%(count)d marked as read", count)
        messages.success(request, said % {"count": count})
    return _read(request, user)


def _read(request: HttpRequest, user: User) -> HttpResponse:
    """htmx gets the bell as it is now, from which the page's list takes the news."""
    if wants_fragment(request):
        return render(request, "analytics/_bell.html", {"oob": True, **queries.bell(user)})
    return redirect("analytics:notification_list")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """What the asker wants to hear of; the same form stands on the account page."""
    user = caller(request)
    if request.method != "POST":
        return render_page(request, "analytics/choices.html", {"choices": choices_context(user)})
    form = ChoicesForm(request.POST)
    if form.is_valid():
        try:
            services.choose(user=user, choices=form.chosen(), email=form.cleaned_data["email"])
        except Invalid as error:
            form.add_error("email", error.message)
        else:
            messages.success(request, _("Your choice of notifications is saved"))
            return redirect("accounts:profile")
    context = {"choices": choices_context(user, form)}
    return render_page(request, "analytics/choices.html", context, status=422)
