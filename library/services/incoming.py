"""The folders of open jobs, and putting things in order after a stop or a kill."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import UUID

from library import files, placing
from library.models import Entry, Library
from library.services.moves import recover_moves
from library.services.storing import claimed
from library.services.trashing import finish_trash
from videorama.errors import Invalid

# An import places derived files a moment before its rows exist.
_DERIVED_GRACE_S = 24 * 3600


def incoming_folder(*, job_uuid: UUID | str, library: Library | None = None) -> Path:
    """The job's own folder, created, on the library's root (or the first one)."""
    return files.incoming(library.root if library else files.default_root(), job_uuid)


def held_folder(*, root: str, item_uuid: UUID | str) -> Path:
    """The folder for files that wait for a decision, created."""
    return files.held(root, item_uuid)


def hash_file(path: Path, check: Callable[[], None] = lambda: None) -> str:
    """SHA-256 of the content; `check` may stop it by raising."""
    return files.sha256_of(path, check)


def write_capped(path: Path, content: Iterable[bytes], limit: int, too_big: str) -> Path:
    """Writes what somebody sends, and refuses it with `too_big` once it is over the limit."""
    size = 0
    with path.open("wb") as file:
        for block in content:
            size += len(block)
            if size > limit:
                raise Invalid(too_big, details={"field": "file"})
            file.write(block)
    return path


def discard_incoming(*, job_uuid: UUID | str) -> None:
    """Removes the job's folder on every root, and names it had taken without storing an entry."""
    for root in files.root_names():
        placing.discard(files.own_folder(root, "incoming", job_uuid), claimed)


def incoming_keys() -> list[str]:
    """The jobs that have a folder, on any root."""
    found = {
        folder.name for root in files.root_names() for folder in files.own_folders(root, "incoming")
    }
    return sorted(found)


def finish_interrupted(*, quiet_s: float = 0) -> int:
    """Finishes interrupted moves, deletions and restores; gives how many it dealt with.

    Comes before folders of closed jobs are discarded: a file may have been on its way when its
    entry was deleted. While others work, `quiet_s` leaves alone what somebody may be at just now.
    """
    count = recover_moves()
    for root in files.root_names():
        count += finish_trash(root, quiet_s=quiet_s)
        count += _drop_derived(root)
    return count


def _drop_derived(root: str) -> int:
    """Derived files whose entry is gone."""
    count = 0
    for folder in files.own_folders(root, "derived"):
        is_old = folder.stat().st_mtime < time.time() - _DERIVED_GRACE_S
        if is_old and not Entry.objects.filter(uuid=folder.name).exists():
            files.remove_tree(folder)
            count += 1
    return count
