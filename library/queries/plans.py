"""What a re-organise would do, found the way the move itself finds its names."""

import copy
import os
from collections.abc import Iterator
from dataclasses import dataclass

from library import files, naming
from library.models import Entry, EntryFile, FileRole, Library
from videorama.jobs.models import OPEN, Job

_CHUNK = 500


@dataclass(frozen=True)
class PlannedMove:
    """One entry that would move. `companions` counts the subtitles and other files that go along.

    `is_numbered`: the wanted name is taken, so it gets the next free one. `is_missing`: the file is
    not on the disk, so the entry would stay.
    """

    entry: Entry
    old_root: str
    old: str
    root: str
    new: str
    companions: int
    is_numbered: bool
    is_missing: bool


@dataclass(frozen=True)
class Plan:
    """A page of the moves, and how many there are among all entries of the library."""

    moves: list[PlannedMove]
    count: int
    missing: int
    total: int
    start: int
    next: int | None


def plan_of(library: Library, *, start: int = 0, limit: int = 50) -> Plan:
    """What re-organising the library now would move, `limit` moves from the `start`th on."""
    shown: list[PlannedMove] = []
    count = missing = 0
    for move in planned_moves(library):
        if start <= count < start + limit:
            shown.append(move)
        count += 1
        missing += move.is_missing
    return Plan(
        moves=shown,
        count=count,
        missing=missing,
        total=library.entries.filter(deleted_at__isnull=True).count(),
        start=start,
        next=start + limit if count > start + limit else None,
    )


def organizing_key(library: Library) -> str:
    """What keeps two open jobs from re-organising the same library."""
    return f"organize:{library.pk}"


def organizing_job(library: Library) -> Job | None:
    """The open job that moves the library's files; None when there is none."""
    return Job.objects.filter(dedup_key=organizing_key(library), status__in=OPEN).first()


def planned_moves(library: Library, *, template: str = "") -> Iterator[PlannedMove]:
    """Every entry that does not lie where its library wants it, in the order of the move.

    `template` asks what another path template would do.
    """
    if template:
        library = copy.copy(library)
        library.path_template = template
    names = _Names(library)
    rows = library.entries.filter(deleted_at__isnull=True).order_by("pk")
    for entry in rows.prefetch_related("files", "properties").iterator(chunk_size=_CHUNK):
        entry.library = library
        found = _planned(entry, library, names)
        if found is not None:
            yield found


def _planned(entry: Entry, library: Library, names: "_Names") -> PlannedMove | None:
    rows = list(entry.files.all())
    original = next((file for file in rows if file.role == FileRole.ORIGINAL), None)
    if original is None:
        return None
    wish = naming.original_wish(entry, original, library)
    if wish.is_met and _others_are_met(entry, rows, original, library):
        return None
    is_missing = not wish.is_met and not files.is_there(original.root, original.path)
    path = original.path if wish.is_met or is_missing else names.take(wish)
    others = 0
    for file in rows:
        if file is not original and not is_missing:
            other = naming.companion_wish(file, library, entry, path)
            if not other.is_met and files.is_there(file.root, file.path):
                names.take(other)
                others += 1
    if wish.is_met and not others:
        return None
    return PlannedMove(
        entry=entry,
        old_root=original.root,
        old=original.path,
        root=library.root,
        new=wish.names[0] if is_missing else path,
        companions=others,
        is_numbered=not is_missing and not wish.is_met and path != wish.names[0],
        is_missing=is_missing,
    )


def _others_are_met(
    entry: Entry, rows: list[EntryFile], original: EntryFile, library: Library
) -> bool:
    return all(
        naming.companion_wish(file, library, entry, original.path).is_met
        for file in rows
        if file is not original
    )


class _Names:
    """Which names on the library's root are free, after the moves that were planned so far."""

    def __init__(self, library: Library) -> None:
        self._root = library.root
        rows = EntryFile.objects.filter(root=library.root)
        own = f"{library.folder}/"
        self._claimed = set(rows.filter(path__startswith=own).values_list("path", flat=True))
        self._given_up: set[str] = set()

    def take(self, wish: naming.Wish) -> str:
        """The first free name of the wish, taken; the file's old name is free from now on."""
        path = next((name for name in wish.names if self._is_free(name)), wish.names[-1])
        self._claimed.add(path)
        self._given_up.discard(path)
        if wish.file.root == self._root:
            self._claimed.discard(wish.file.path)
            self._given_up.add(wish.file.path)
        return path

    def _is_free(self, path: str) -> bool:
        if path in self._claimed:
            return False
        return path in self._given_up or not os.path.lexists(files.inside(self._root, path))
