"""What several pages of this room ask for: the entry meant, what may be edited, the way on."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from library import queries
from library.models import Entry
from videorama.errors import NotAllowed
from videorama.pages import wants_fragment


def asked_entry(request: HttpRequest, entry_id: UUID) -> Entry:
    """The entry with all that its page shows."""
    return queries.detailed_entry(request.user, entry_id)


def editable_entry(request: HttpRequest, entry_id: UUID) -> Entry:
    """The same, for those who may change it."""
    entry = asked_entry(request, entry_id)
    if not queries.may_edit(request.user, entry.library):
        raise NotAllowed(_("You may look at this library but not change it."))
    return entry


def editable_ids(request: HttpRequest) -> set[int]:
    """Ids of the libraries the asker may edit."""
    return set(queries.editable_libraries_for(request.user).values_list("pk", flat=True))


def go(request: HttpRequest, address: str) -> HttpResponse:
    """On to another page, whoever asked."""
    return HttpResponseClientRedirect(address) if wants_fragment(request) else redirect(address)
