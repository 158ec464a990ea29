"""What several pages of this room ask for: the entry meant, what may be edited, the way on."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from library import queries
from library.models import Entry, FileRole
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


def about_entry(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    """What the panel about an entry shows."""
    files = queries.files_of(entry)
    editable = editable_ids(request)
    return {
        "entry": entry,
        "files": files,
        "size_bytes": sum(file.size_bytes for file in files),
        "original": queries.file_of(entry, FileRole.ORIGINAL),
        "state": queries.state_of(request.user, entry),
        "editable": editable,
        "may_edit": entry.library_id in editable,
    }


def go(request: HttpRequest, address: str) -> HttpResponse:
    """On to another page, whoever asked."""
    return HttpResponseClientRedirect(address) if wants_fragment(request) else redirect(address)
