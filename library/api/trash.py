"""API of the trash."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from library import queries, services
from library.models import Entry
from videorama.accounts.auth import caller
from videorama.paging import PageOf, PageQuery, paginate

router = Router(tags=["trash"])


class TrashedOut(Schema):
    """A deleted entry, and when it is forgotten."""

    id: UUID
    title: str
    library_id: str
    deleted_at: datetime
    deleted_by: str
    files_stay: bool
    purged_at: datetime


@router.get("", response=PageOf[TrashedOut])
def list_trash(request: HttpRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """Deleted entries of libraries the caller may edit, the last one first."""
    days = queries.trash_days()
    rows = queries.trashed_entries_for(caller(request))
    found = paginate(rows, order=queries.NEWEST_DELETED, **page.model_dump())
    return found.document(lambda entry: _document(entry, days))


@router.post("/{uuid:entry_id}/restore", response={204: None})
def restore(request: HttpRequest, entry_id: UUID) -> Status[None]:
    """Gives it back to its library."""
    user = caller(request)
    services.restore_entry(user=user, entry=queries.trashed_entry(user, entry_id))
    return Status(204, None)


@router.delete("/{uuid:entry_id}", response={204: None})
def purge(request: HttpRequest, entry_id: UUID) -> Status[None]:
    """Forgets it for good."""
    user = caller(request)
    services.purge_entry(user=user, entry=queries.trashed_entry(user, entry_id))
    return Status(204, None)


def _document(entry: Entry, days: int) -> dict[str, Any]:
    return {
        "id": entry.uuid,
        "title": entry.title,
        "library_id": entry.library.slug,
        "deleted_at": entry.deleted_at,
        "deleted_by": entry.deleted_by.get_username() if entry.deleted_by else "",
        "files_stay": entry.files_stay,
        "purged_at": queries.purge_time(entry, days),
    }
