"""Taking a change of many entries back, exactly."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from library.errors import DuplicateContent, FileMissing, NotInTrash, TooLate
from library.models import BulkChange, BulkItem, BulkKind, EntryState, Library, Tag
from library.queries import editable_libraries_for
from library.services.bulk import (
    BOUND,
    CHUNK,
    PERSONAL,
    UNDO_FOR,
    BulkResult,
    enqueue_work,
    note,
)
from library.services.moves import move_entries, request_move
from library.services.tagging import restore_tags
from library.services.trashing import bring_back
from videorama.accounts.models import User
from videorama.errors import AppError, Conflict, NotFound
from videorama.jobs.models import Job
from videorama.ledger.services import gather

_ROWS_ONLY = {BulkKind.TAGS, *PERSONAL}


def undo_change(*, user: User, change: BulkChange) -> BulkResult:
    """Takes a change back, exactly: every entry as it was before. A second time does nothing.

    For its owner, within 24 hours. Entries that were changed again keep what was not part of this
    change. Raises TooLate, and Conflict while the change is still being made.
    """
    if change.user_id != user.pk:
        raise NotFound
    if change.created_at < timezone.now() - UNDO_FOR:
        raise TooLate
    if change.job is not None and change.job.is_open:
        raise Conflict(_("This change is still being made. Cancel its job first."))
    with transaction.atomic():
        not_yet = BulkChange.objects.filter(pk=change.pk, undone_at__isnull=True)
        if not not_yet.update(undone_at=timezone.now()):
            return BulkResult(change)
        count = left_to_undo(change).count()
        if count > BOUND and change.kind != BulkKind.MOVE:
            return BulkResult(change, job=enqueue_work(change, count, is_undo=True))
        if change.kind in _ROWS_ONLY:
            done = _take_back(change, list(left_to_undo(change)))
            return BulkResult(change, done)
    if change.kind == BulkKind.MOVE:
        return _move_back(change)
    done, failed = _restore(change, list(left_to_undo(change)))
    return BulkResult(change, done, failed=failed)


def undo_chunk(change: BulkChange) -> int:
    """Takes the next entries back, for the job; gives how many could not be."""
    items = list(left_to_undo(change)[:CHUNK])
    if change.kind == BulkKind.DELETE:
        return _restore(change, items)[1]
    with transaction.atomic():
        _take_back(change, items)
    return 0


def left_to_undo(change: BulkChange) -> QuerySet[BulkItem]:
    """What was really changed and may still be changed by whoever did it."""
    items = change.items.exclude(before={}).select_related("entry__library").order_by("pk")
    if change.kind in PERSONAL:
        return items
    return items.filter(entry__library__in=editable_libraries_for(change.user).order_by())


def _take_back(change: BulkChange, items: list[BulkItem]) -> int:
    """Sets these entries back; in a transaction of the caller's. Their items go with it."""
    for item in items:
        was = item.before
        if change.kind == BulkKind.TAGS:
            restore_tags(item.entry, was["tags"])
            continue
        if change.kind == BulkKind.FAVORITE:
            values: dict[str, Any] = {"favorite": was["favorite"]}
        else:
            moment = was["watched_at"]
            values = {
                "watched_at": datetime.fromisoformat(moment) if moment else None,
                "position_s": was["position_s"],
            }
        EntryState.objects.filter(user=change.user, entry=item.entry_id).update(**values)
    if items:
        note(change, items, is_undo=True)
    unused = Tag.objects.filter(entry_tags__isnull=True, children__isnull=True, parent__isnull=True)
    unused.filter(name__in=change.params.get("made", [])).delete()
    BulkItem.objects.filter(pk__in=[item.pk for item in items]).delete()
    return len(items)


def _restore(change: BulkChange, items: list[BulkItem]) -> tuple[int, int]:
    """Takes entries out of the trash, one after the other; how many came back and how many not."""
    back: list[BulkItem] = []
    lost = 0
    for item in items:
        try:
            bring_back(change.user, item.entry)
            back.append(item)
        except NotInTrash:
            pass  # Somebody else was faster.
        except (DuplicateContent, FileMissing):
            lost += 1
    with transaction.atomic():
        if back:
            note(change, back, is_undo=True)
        BulkItem.objects.filter(pk__in=[item.pk for item in items]).delete()
    return len(back), lost


def _move_back(change: BulkChange) -> BulkResult:
    """Each entry that is still where the change put it goes back to its library, folder and name.

    One alone at once, where that is quick; of several each library and folder gets a job.
    """
    items = [
        item for item in left_to_undo(change) if item.entry.library.slug == change.params["library"]
    ]
    groups: dict[tuple[str, str], list[BulkItem]] = {}
    for item in items:
        groups.setdefault((item.before["library"], item.before["subfolder"]), []).append(item)
    if len(items) == 1:
        job, gone = _return(change, items, move_entries)
    else:
        jobs, gone = [], []
        with transaction.atomic():
            with gather():
                for group in groups.values():
                    back, lost = _return(change, group, request_move)
                    jobs += [back] if back else []
                    gone += lost
            if jobs:
                note(change, [item for item in items if item not in gone], is_undo=True)
        job = jobs[-1] if jobs else None
    change.items.all().delete()
    return BulkResult(change, len(items) - len(gone), failed=len(gone), job=job)


def _return(
    change: BulkChange, items: list[BulkItem], move: Callable[..., Job | None]
) -> tuple[Job | None, list[BulkItem]]:
    """Sends entries of one folder back there; gives the job, and those that cannot go."""
    was = items[0].before
    library = Library.objects.filter(slug=was["library"]).first()
    if library is None:
        return None, items
    try:
        job = move(
            user=change.user,
            entries=[item.entry for item in items],
            library=library,
            subfolder=was["subfolder"],
            names={str(item.entry.uuid): item.before.get("name", "") for item in items},
        )
    except AppError:
        return None, items
    return job, []
