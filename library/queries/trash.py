"""What lies in the trash, for those who may take it out."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from library.models import Entry
from library.queries.libraries import Asker, editable_libraries_for
from videorama.errors import NotFound
from videorama.preferences import queries as preferences

NEWEST_DELETED = ("-deleted_at", "-pk")


def trashed_entries_for(user: Asker) -> QuerySet[Entry]:
    """Deleted entries of the libraries the user may edit, with library and who deleted them."""
    return (
        Entry.objects.filter(
            deleted_at__isnull=False, library__in=editable_libraries_for(user).order_by()
        )
        .select_related("library", "deleted_by")
        .order_by(*NEWEST_DELETED)
    )


def trashed_entry(user: Asker, uuid: UUID | str) -> Entry:
    """One of them; NotFound for anything else."""
    entry = trashed_entries_for(user).filter(uuid=uuid).first()
    if entry is None:
        raise NotFound
    return entry


def trash_days() -> int:
    """How long deleted entries are kept."""
    return int(preferences.value("storage.trash_days"))


def purge_time(entry: Entry, days: int) -> datetime | None:
    """When the trash forgets the entry."""
    return entry.deleted_at + timedelta(days=days) if entry.deleted_at else None
