"""What was handed over: one row per viewing or download by one client."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from library.models import DownloadEvent, Entry, EntryFile
from videorama.accounts.models import User

# Players ask for many ranges; those within this time of each other are one viewing.
VIEWING_GAP = timedelta(minutes=30)
TOUCH_AFTER = timedelta(minutes=1)


def begin_transfer(
    *,
    entry: Entry,
    user: User | None,
    kind: str,
    session_key: str,
    ip_address: str | None,
    user_agent: str,
) -> DownloadEvent:
    """The client's current viewing of the entry, or a new one. Parallel first ranges make one."""
    running = _running(entry, kind, session_key)
    if running is not None:
        # Where nginx sends the bytes, their count comes later.
        now = timezone.now()
        DownloadEvent.objects.filter(pk=running.pk, updated_at__lt=now - TOUCH_AFTER).update(
            updated_at=now
        )
        return running
    with transaction.atomic():
        # The entry's row is the lock (SQLite locks the whole file when a transaction begins).
        Entry.objects.select_for_update().filter(pk=entry.pk).first()
        return _running(entry, kind, session_key) or DownloadEvent.objects.create(
            entry=entry,
            user=user,
            format=kind,
            session_key=session_key,
            ip_address=ip_address,
            user_agent=user_agent[:300],
        )


def record_bytes(*, event_id: str, count: int, size_bytes: int, reached_end: bool) -> None:
    """Adds bytes that were handed to the network.

    The viewing is complete when the last byte of the file was handed over, in whatever range, or
    when as many bytes as the file has were.
    """
    now = timezone.now()
    DownloadEvent.objects.filter(uuid=event_id).update(
        bytes_transferred=F("bytes_transferred") + count, updated_at=now
    )
    enough = 0 if reached_end else size_bytes
    DownloadEvent.objects.filter(
        uuid=event_id, completed=False, bytes_transferred__gte=enough
    ).update(completed=True, completed_at=now)


def _running(entry: Entry, kind: str, session_key: str) -> DownloadEvent | None:
    return DownloadEvent.objects.filter(
        entry=entry,
        format=kind,
        session_key=session_key,
        updated_at__gte=timezone.now() - VIEWING_GAP,
    ).first()


def mark_available(*, file: EntryFile, is_available: bool) -> None:
    """Notes that a file was found, or found missing; writes only what is new."""
    if file.is_available != is_available:
        EntryFile.objects.filter(pk=file.pk).update(is_available=is_available)
        file.is_available = is_available
