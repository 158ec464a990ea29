"""Deleting entries, and what the trash can do: give back, or forget for good."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from library import files, paths, trash
from library.errors import DuplicateContent, FileMissing, NotInTrash
from library.models import Entry, EntryFile, FileRole
from library.placing import SUFFIXES, Placing
from library.queries import trash_days, trashed_entries_for
from library.services.moves import settle_move
from library.services.renditions import enqueue_renditions
from library.services.storing import claimed
from library.services.tagging import require_edit
from videorama.accounts.models import User
from videorama.errors import AppError
from videorama.ledger.services import record

_DERIVED = (
    FileRole.PLAYABLE,
    FileRole.POSTER,
    FileRole.SPRITE,
    FileRole.SPRITE_INDEX,
    FileRole.INFO,
)
_SWEPT_AT_ONCE = 500
# The trash folder of an entry belongs to one verb at a time, whose lock is "trash": a restore must
# not meet a deletion that is still moving.

# Present place and new path, by file id.
type Plan = dict[str, tuple[tuple[str, str], str]]


def delete_entry(*, user: User, entry: Entry, with_files: bool) -> None:
    """Takes an entry out of its library and into the trash. Safe to run again after a kill.

    With files: they move to the trash of their root. Without: they lie where they lay, and stay
    there even when the trash forgets the entry.
    """
    require_edit(user, [entry])
    marked = None
    while marked is None:
        planned = plan_trash(entry, with_files=with_files)
        with transaction.atomic():
            marked = trash_entry(user, entry, planned)
            if marked:
                record(
                    "entry.trashed",
                    user=user,
                    about=[("entry", entry.uuid), ("library", entry.library.slug)],
                    data={"title": entry.title, "files_stay": not with_files},
                )
    if with_files:
        move_to_trash(entry)


def plan_trash(entry: Entry, *, with_files: bool) -> Plan | None:
    """Where the files of a deletion will go, written down on their disks; None when they stay.

    Comes before the transaction of `trash_entry`, so that nobody's write waits for a disk.
    """
    with files.storage_errors():
        _settle(entry)
        return _planned(entry) if with_files else None


def trash_entry(user: User, entry: Entry, planned: Plan | None) -> bool | None:
    """The rows of a deletion: they say deleted and name the new paths; `move_to_trash` must follow
    after the commit. False when it was deleted already.

    None, and nothing is written, when a file was added or moved since the plan: it needs that too.
    """
    now = timezone.now()
    with transaction.atomic():
        live = Entry.objects.select_for_update().filter(pk=entry.pk, deleted_at__isnull=True)
        if not live.exists():
            return False
        rows = list(EntryFile.objects.filter(entry=entry))
        new_paths = {}
        for file in rows if planned is not None else ():
            place, new_paths[file.pk] = (planned or {}).get(str(file.uuid), (None, ""))
            if place != (file.root, file.path):  # Added or moved since the plan.
                return None
        for file in rows:
            file.path = new_paths.get(file.pk, file.path)
            file.is_live = False
            file.save(update_fields=["path", "is_live"])
        live.update(deleted_at=now, deleted_by=user, files_stay=planned is None, updated_at=now)
        return True


def move_to_trash(entry: Entry) -> None:
    """Carries out what was planned; what a kill leaves undone the next start finishes."""
    with files.one_at_a_time("trash"), files.storage_errors():
        for root in {file.root for file in EntryFile.objects.filter(entry=entry)}:
            trash.move(root, entry.uuid, claimed)


def restore_entry(*, user: User, entry: Entry) -> Entry:
    """Gives an entry back to its library, with its files under the names they had.

    A name that was taken meanwhile becomes the next free one. Raises DuplicateContent when the
    library has a live original with the same bytes, FileMissing when the media is gone, NotInTrash
    when there is nothing to give back. A kill at any moment leaves it in the trash or restored.
    """
    require_edit(user, [entry])
    bring_back(user, entry, fact="entry.restored")
    entry.refresh_from_db()
    return entry


def bring_back(user: User, entry: Entry, *, fact: str = "") -> None:
    """The restore itself; with `fact` it is written down in the same transaction."""
    opened: dict[str, Placing] = {}
    with files.one_at_a_time("trash"), files.storage_errors():
        try:
            # Whoever asks may hold the entry as it was before it was deleted.
            entry.refresh_from_db(fields=["deleted_at", "files_stay"])
        except Entry.DoesNotExist:
            raise NotInTrash from None
        rows = list(EntryFile.objects.filter(entry=entry))
        _refuse_lost(entry, rows)
        try:
            places = {} if entry.files_stay else _placed(entry, rows, opened)
            with transaction.atomic():
                _mark_live(entry, rows, places)
                if fact:
                    about = [("entry", entry.uuid), ("library", entry.library.slug)]
                    record(fact, user=user, about=about, data={"title": entry.title})
        except IntegrityError:
            _take_back(opened)
            twin = _twin(entry)
            if twin is None:
                raise
            raise DuplicateContent(twin) from None
        except BaseException:
            _take_back(opened)
            raise
        for root, placing in opened.items():
            placing.finish()
            files.remove_tree(files.own_folder(root, "trash", entry.uuid))
    # A browser copy may have been in the making when it was deleted.
    enqueue_renditions(entry=Entry.objects.select_related("library").get(pk=entry.pk), user=user)


def restore_many(
    *, user: User, entries: Sequence[Entry]
) -> tuple[int, list[tuple[Entry, AppError]]]:
    """Several at once, as one fact; gives how many came back, and which did not and why."""
    require_edit(user, entries)
    back: list[Entry] = []
    refused: list[tuple[Entry, AppError]] = []
    for entry in entries:
        try:
            bring_back(user, entry)
            back.append(entry)
        except (NotInTrash, DuplicateContent, FileMissing) as error:
            refused.append((entry, error))
    if back:
        about = [("entry", entry.uuid) for entry in back]
        record("entry.restored", user=user, about=about, data={"count": len(back)})
    return len(back), refused


def purge_many(*, user: User, entries: Sequence[Entry]) -> int:
    """Forgets several entries for good, as one fact; gives how many."""
    require_edit(user, entries)
    return purge_entries(user=user, entries=entries)


def purge_entry(*, user: User | None, entry: Entry) -> None:
    """Forgets an entry in the trash for good, and its files with it unless they stayed.

    `user` None is the clock. NotInTrash when it was restored meanwhile.
    """
    if user is not None:
        require_edit(user, [entry])
    purge_entries(user=user, entries=[entry])


def empty_trash(*, user: User) -> int:
    """Forgets everything in the trash that the user may edit; gives how many entries."""
    count = 0
    with suppress(NotInTrash):  # Somebody else emptied it meanwhile.
        while entries := list(trashed_entries_for(user)[:_SWEPT_AT_ONCE]):
            count += purge_entries(user=user, entries=entries)
    return count


def sweep_trash() -> int:
    """Forgets what lies in the trash longer than the settings allow; for the clock."""
    count = 0
    old = Entry.objects.filter(deleted_at__lt=timezone.now() - timedelta(days=trash_days()))
    with suppress(NotInTrash):
        while entries := list(old.order_by("deleted_at", "pk")[:_SWEPT_AT_ONCE]):
            count += purge_entries(user=None, entries=entries)
    return count


def purge_entries(*, user: User | None, entries: Iterable[Entry]) -> int:
    """Several at once, as one fact. Rows first, files after; a kill between is finished later."""
    wanted = list(entries)
    roots = files.root_names()
    with files.one_at_a_time("trash"), files.storage_errors():
        try:
            for entry in wanted:
                for root in roots:
                    trash.mark_purged(root, entry.uuid)
            gone, made = _forget(user, wanted)
        finally:
            for root in roots:
                trash.drop_purged(root, _is_known)
        for place in made:
            files.remove_file(*place)
        for entry in gone:
            for root in roots:
                files.remove_tree(files.own_folder(root, "derived", entry.uuid))
    return len(gone)


def finish_trash(root: str, *, quiet_s: float = 0) -> int:
    """After a kill: ends deletions, restores and purges that had begun.

    A deletion writes down where its files will go before its rows say so, and nobody else knows of
    it in between: `quiet_s` is how old such a plan must be, where others may be at work.
    """
    if not any(files.own_folders(root, "trash")):
        return 0
    with files.one_at_a_time("trash"):
        count = trash.drop_purged(root, _is_known)
        quiet = [
            folder
            for folder in files.own_folders(root, "trash")
            if folder.stat().st_mtime <= time.time() - quiet_s
        ]
        for folder in quiet:
            if trash.is_restoring(folder):
                placing = Placing.open(folder)
                if _is_deleted(folder.name):
                    placing.undo(claimed)
                else:
                    placing.finish()
                    files.remove_tree(folder)
                count += 1
        left = [folder for folder in quiet if folder.is_dir()]
        return count + trash.finish(root, left, _is_deleted, claimed)


def _forget(user: User | None, wanted: list[Entry]) -> tuple[list[Entry], list[tuple[str, str]]]:
    """The rows of a purge; gives the entries that are gone and their derived files."""
    with transaction.atomic():
        doomed = Entry.objects.select_for_update().filter(
            pk__in=[entry.pk for entry in wanted], deleted_at__isnull=False
        )
        gone = list(doomed)
        if not gone:
            raise NotInTrash
        made = EntryFile.objects.filter(entry__in=gone, role__in=_DERIVED)
        places = list(made.values_list("root", "path"))
        record(
            "entry.deleted",
            user=user,
            about=[("entry", entry.uuid) for entry in gone],
            data={"titles": [entry.title for entry in gone[:100]], "count": len(gone)},
        )
        Entry.objects.filter(pk__in=[entry.pk for entry in gone]).delete()
    return gone, places


def _settle(entry: Entry) -> None:
    """Ends a move or a restore whose tidying up failed, before the entry is deleted."""
    settle_move(entry)
    for root in files.root_names():
        folder = files.own_folder(root, "trash", entry.uuid)
        if trash.is_restoring(folder) and not _is_deleted(folder.name):
            Placing.open(folder).finish()
            files.remove_tree(folder)


def _planned(entry: Entry) -> Plan:
    """Present place and new path by file id, written down on every root that holds files of it."""
    by_root: dict[str, dict[str, str]] = {}
    for file in EntryFile.objects.filter(entry=entry):
        by_root.setdefault(file.root, {})[str(file.uuid)] = file.path
    planned: Plan = {}
    for root, places in by_root.items():
        for key, path in trash.plan(root, entry.uuid, places).items():
            planned[key] = ((root, places[key]), path)
    return planned


def _placed(entry: Entry, rows: list[EntryFile], opened: dict[str, Placing]) -> dict[int, str]:
    """Takes a name in the library for every file that is in the trash; new paths by row."""
    places: dict[int, str] = {}
    stem = old_stem = ""
    for row in sorted(rows, key=lambda row: row.role != FileRole.ORIGINAL):
        folder = files.own_folder(row.root, "trash", entry.uuid)
        source = files.inside(row.root, row.path)
        if not row.path.startswith(trash.home(entry.uuid)) or not source.is_file():
            continue
        placing = opened.setdefault(row.root, Placing.open(folder, entry.uuid))
        old = trash.origin(folder, row.path) or _new_name(entry, row)
        if row.role == FileRole.SUBTITLE and stem and old.startswith(f"{old_stem}."):
            old = f"{stem}{old.removeprefix(old_stem)}"
        body, dot, ending = old.rpartition(".")
        names = (f"{body}{suffix}{dot}{ending}" for suffix in (*SUFFIXES, f"-{entry.uuid}"))
        path = placing.put(source, row.root, names, claimed=claimed, check=lambda: None)
        if row.role == FileRole.ORIGINAL:
            old_stem, stem = body, path.rpartition(".")[0]
        places[row.pk] = path
    return places


def _mark_live(entry: Entry, rows: list[EntryFile], places: dict[int, str]) -> None:
    now = timezone.now()
    back = Entry.objects.filter(pk=entry.pk, deleted_at__isnull=False)
    if not back.update(deleted_at=None, deleted_by=None, files_stay=False, updated_at=now):
        raise NotInTrash
    for row in rows:
        row.path, row.is_live = places.get(row.pk, row.path), True
        row.save(update_fields=["path", "is_live"])


def _take_back(opened: dict[str, Placing]) -> None:
    for placing in opened.values():
        placing.undo(claimed)


def _refuse_lost(entry: Entry, rows: list[EntryFile]) -> None:
    """An entry without its media is no entry; checked before anything is moved."""
    if entry.deleted_at is None:
        raise NotInTrash
    original = next((row for row in rows if row.role == FileRole.ORIGINAL), None)
    if original is None or not files.is_there(original.root, original.path):
        raise FileMissing(_("The media file of this entry is gone, so it cannot be restored."))
    if twin := _twin(entry):
        raise DuplicateContent(twin)


def _twin(entry: Entry) -> Entry | None:
    """A live entry of the library whose original has the same bytes."""
    mine = EntryFile.objects.filter(entry=entry, role=FileRole.ORIGINAL).exclude(sha256="")
    twins = EntryFile.objects.filter(
        library=entry.library_id,
        role=FileRole.ORIGINAL,
        is_live=True,
        sha256__in=mine.values("sha256"),
    ).exclude(entry=entry)
    return Entry.objects.filter(pk__in=twins.values("entry")).first()


def _new_name(entry: Entry, row: EntryFile) -> str:
    """Where a file goes whose list of moves is lost."""
    if row.role in _DERIVED:
        return files.derived_path(entry.uuid, f"{row.role}.{row.format}")
    return f"{entry.library.folder}/{paths.safe_name(entry.title)}.{row.format}"


def _is_deleted(entry_uuid: str) -> bool:
    return Entry.objects.filter(uuid=entry_uuid, deleted_at__isnull=False).exists()


def _is_known(entry_uuid: str) -> bool:
    return Entry.objects.filter(uuid=entry_uuid).exists()
