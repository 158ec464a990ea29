"""The folders of files that people send us: one per upload, on the root the media will go to."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from library import files

KIND = "uploads"
FILE = "file"


def upload_file(*, root: str, upload_uuid: UUID | str) -> Path:
    """Where the bytes of an upload lie; its folder is there, the file perhaps not yet."""
    with files.storage_errors():
        folder = files.own_folder(root, KIND, upload_uuid)
        if not folder.is_dir():
            files.make_folders(folder)
    return folder / FILE


def discard_upload(*, root: str, upload_uuid: UUID | str) -> None:
    """Removes what has arrived; one that is gone is fine."""
    if root in files.root_names():
        files.remove_tree(files.own_folder(root, KIND, upload_uuid))


def upload_folders() -> Iterator[tuple[str, str]]:
    """(root, upload) of every folder of uploads there is."""
    for root in files.root_names():
        for folder in files.own_folders(root, KIND):
            yield root, folder.name


def free_bytes(root: str) -> int:
    """What the disk of a storage root still takes."""
    folder = files.root_path(root)
    while not folder.exists():
        folder = folder.parent
    with files.storage_errors():
        return shutil.disk_usage(folder).free


def bring_in(
    source: Path, target: Path, *, may_link: bool, progress: Callable[[float], None]
) -> None:
    """Gives a file a second name at `target`, or a copy where that is wanted or needs be.

    The source keeps its name either way. What a killed attempt left at `target` is replaced;
    `progress` gets 0..1 and may stop a copy by raising.
    """
    with files.storage_errors():
        if may_link and _linked(source, target):
            return
        part = target.with_name(f".{target.name}.part")
        size, done = max(1, source.stat().st_size), 0
        with source.open("rb") as old, part.open("wb") as new:
            while block := old.read(files.BLOCK):
                new.write(block)
                done += len(block)
                progress(min(1.0, done / size))
            new.flush()
            os.fsync(new.fileno())
        part.replace(target)


def _linked(source: Path, target: Path) -> bool:
    """The second name is there; False where the file systems cannot do it."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in files.NO_LINKS:
            raise
        return False
    return True


def place_in_root(root: str, relative: str) -> Path:
    """The absolute place of a path in a storage root; OutsideRoot when it leads out of it."""
    return files.inside(root, relative)
