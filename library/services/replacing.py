"""Another file takes the place of an entry's original; marks, tags and history stay."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from library import files, naming
from library.errors import BeingMoved, DuplicateContent, EntryGone
from library.models import Entry, EntryFile, FileRole
from library.placing import SUFFIXES, Placing
from library.services.new_entries import NewFile
from library.services.storing import claimed, file_row

# Made from the original; made again from the new one.
_DERIVED = (FileRole.PLAYABLE, FileRole.POSTER, FileRole.SPRITE, FileRole.SPRITE_INDEX)


def replace_original(
    *,
    entry: Entry,
    new: NewFile,
    folder: Path,
    remember: Callable[[list[list[str]]], None],
    forgotten: list[list[str]],
    check: Callable[[], None] = lambda: None,
) -> None:
    """Swaps the original; safe to run again after a kill at any moment.

    Before the rows change, `remember` is told the places (root, path) that will be nobody's; an
    earlier run's list comes back as `forgotten`, and what no row claims of it is removed. Raises
    EntryGone, BeingMoved when its files changed meanwhile, and DuplicateContent when another entry
    of the library has these bytes.
    """
    with files.storage_errors():
        placing = Placing.open(folder, entry.uuid)
        original = _original(entry)
        if original.sha256 != new.sha256:
            forgotten = _swap(entry, original, new, placing, remember, check)
        placing.finish()
        for root, path in forgotten:
            if not claimed(root, path):
                files.remove_file(root, path)


def _swap(
    entry: Entry,
    original: EntryFile,
    new: NewFile,
    placing: Placing,
    remember: Callable[[list[list[str]]], None],
    check: Callable[[], None],
) -> list[list[str]]:
    """Places the file beside the old one, then exchanges the rows; gives the old places."""
    library = entry.library
    stem = original.path.rpartition("/")[2].rpartition(".")[0] or original.path
    below = original.path.rpartition("/")[0]
    ending = naming.ending_of(new.format)
    names = [f"{below}/{stem}{suffix}.{ending}" for suffix in SUFFIXES]
    path = placing.put(new.path, library.root, names, claimed=claimed, check=check)
    old = [[file.root, file.path] for file in entry.files.filter(role__in=_DERIVED)]
    old.append([original.root, original.path])
    remember(old)
    try:
        with transaction.atomic():
            live = Entry.objects.select_for_update().filter(pk=entry.pk, deleted_at__isnull=True)
            if not live.exists():
                raise EntryGone
            rows = entry.files.filter(role__in=[FileRole.ORIGINAL, *_DERIVED])
            if {(file.root, file.path) for file in rows} != {(root, path) for root, path in old}:
                raise BeingMoved
            rows.delete()
            file_row(entry, new, library.root, path).save(force_insert=True)
            changes: dict[str, Any] = {"duration_s": new.duration_s, "updated_at": timezone.now()}
            live.update(**changes)
    except IntegrityError:
        placing.undo(claimed)
        twin = Entry.objects.filter(
            files__library=library, files__sha256=new.sha256, files__is_live=True
        ).first()
        raise DuplicateContent(twin or entry) from None
    except BaseException:
        placing.undo(claimed)
        raise
    return old


def _original(entry: Entry) -> EntryFile:
    found = entry.files.filter(role=FileRole.ORIGINAL).first()
    if found is None:
        raise EntryGone
    return found
