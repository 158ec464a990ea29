"""The folders of open jobs, and putting things in order after a stop or a kill."""

import time
from collections.abc import Callable, Collection
from pathlib import Path
from uuid import UUID

from library import files, placing, trash
from library.models import Entry, Library
from library.services.storing import claimed

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


def discard_incoming(*, job_uuid: UUID | str) -> None:
    """Removes the job's folder on every root, and names it had taken without storing an entry."""
    for root in files.root_names():
        placing.discard(files.own_folder(root, "incoming", job_uuid), claimed)


def sweep_incoming(open_job_uuids: Collection[UUID | str]) -> int:
    """Removes what is left of jobs that are not open any more, and finishes interrupted deletions.

    Called at the start, before any worker runs. Gives the number of folders it dealt with.
    """
    keep = {str(uuid) for uuid in open_job_uuids}
    count = 0
    for root in files.root_names():
        for folder in files.own_folders(root, "incoming"):
            if folder.name not in keep:
                placing.discard(folder, claimed)
                count += 1
        count += trash.finish(root, _is_deleted)
        count += _drop_derived(root)
    return count


def _is_deleted(entry_uuid: str) -> bool:
    return Entry.objects.filter(uuid=entry_uuid, deleted_at__isnull=False).exists()


def _drop_derived(root: str) -> int:
    """Derived files whose entry is gone."""
    count = 0
    for folder in files.own_folders(root, "derived"):
        is_old = folder.stat().st_mtime < time.time() - _DERIVED_GRACE_S
        if is_old and not Entry.objects.filter(uuid=folder.name).exists():
            files.remove_tree(folder)
            count += 1
    return count
