"""Storage roots, the jail around them, and the folders Videorama keeps for itself in each.

A stored file is (root name, path relative to that root). Under `.videorama/` of every root lie
`incoming/<job>` (files of open jobs), `held/<item>` (waiting for a decision), `trash/<entry>` and
`derived/<entry>` (posters, previews, playable copies: all that can be made again).
"""

import errno
import fcntl
import hashlib
import logging
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings

from library.errors import DiskFull, FileMissing, OutsideRoot, StorageUnwritable

OWN = ".videorama"
BLOCK = 1 << 20
# What a link across file systems, or on one without links, answers.
NO_LINKS = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOTDIR}

logger = logging.getLogger(__name__)


def root_names() -> list[str]:
    """Names of the storage roots; the first one is where things go unless told otherwise."""
    return list(settings.ROOTS)


def default_root() -> str:
    """The first root's name."""
    return root_names()[0]


def root_path(root: str) -> Path:
    """The folder behind a root's name; OutsideRoot for a name that is not set up."""
    try:
        return Path(settings.ROOTS[root])
    except KeyError:
        raise OutsideRoot(technical=f"no storage root named {root!r}") from None


def inside(root: str, relative: str) -> Path:
    """The absolute place of a stored path, whether or not something is there.

    OutsideRoot (logged) when the path is absolute, holds `..`, empty parts or NUL, or when a
    symbolic link on the way leads out of the root.
    """
    base = root_path(root)
    parts = relative.split("/")
    if "\0" in relative or "\\" in relative or any(part in {"", ".", ".."} for part in parts):
        raise _refused(root, relative)
    place = base.joinpath(*parts)
    if not Path(os.path.realpath(place)).is_relative_to(os.path.realpath(base)):
        raise _refused(root, relative)
    return place


def open_inside(root: str, relative: str) -> int:
    """A read-only descriptor of a regular file in the jail.

    Raises FileMissing when nothing is there, and OutsideRoot for a symbolic link, a folder or a
    device in the file's place.
    """
    place = inside(root, relative)
    try:
        # Without O_NONBLOCK a named pipe in the file's place would block for ever.
        found = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _refused(root, relative) from None
        raise FileMissing(technical=f"{root}:{relative}: {error.strerror}") from None
    if not _is_regular(found):
        os.close(found)
        raise _refused(root, relative)
    return found


def is_there(root: str, relative: str) -> bool:
    """A regular file in the jail, readable by us."""
    try:
        os.close(open_inside(root, relative))
    except FileMissing:
        return False
    return True


def own_folder(root: str, kind: str, key: UUID | str) -> Path:
    """`<root>/.videorama/<kind>/<key>`; not created."""
    return inside(root, f"{OWN}/{kind}/{key}")


def incoming(root: str, job_uuid: UUID | str) -> Path:
    """The folder for one job's files, created; on the root's own file system."""
    return _made(own_folder(root, "incoming", job_uuid))


def held(root: str, item_uuid: UUID | str) -> Path:
    """The folder for files that wait for a decision, created."""
    return _made(own_folder(root, "held", item_uuid))


def derived_path(entry_uuid: UUID | str, name: str) -> str:
    """The stored path of a file that was made from the entry's original."""
    return f"{OWN}/derived/{entry_uuid}/{name}"


def own_folders(root: str, kind: str) -> Iterator[Path]:
    """The folders of one kind that exist under the root."""
    base = inside(root, f"{OWN}/{kind}")
    if base.is_dir():
        yield from sorted(path for path in base.iterdir() if path.is_dir())


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Waits until nobody else is at this, neither in this process nor in another.

    The lock is a file beside the folders it is about, so it holds for all who share the storage;
    the system lets go of it when its holder ends, however it ends.
    """
    if not root_path(default_root()).is_dir():
        yield  # Nothing is there that two could be at.
        return
    with storage_errors():
        handle = _locked(own_folder(default_root(), "locks", what))
    try:
        yield
    finally:
        place = own_folder(default_root(), "locks", what)
        place.unlink(missing_ok=True)
        with suppress(OSError):  # another lock, or the next one
            place.parent.rmdir()
        os.close(handle)


def _locked(place: Path) -> int:
    """An open descriptor of the lock file, held by nobody else."""
    while True:
        make_folders(place.parent)
        with suppress(FileNotFoundError):  # the one before us just left
            handle = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), place.stat()):
                    return handle
            os.close(handle)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turns a full or refusing disk into a sentence; other faults pass as they are."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(technical=str(error)) from error
        if error.errno in _UNWRITABLE:
            raise StorageUnwritable(technical=str(error)) from error
        raise


def sha256_of(path: Path, check: Callable[[], None]) -> str:
    """The content hash; `check` is called for each mebibyte and may stop the reading by raising."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            check()
    return digest.hexdigest()


def make_folders(folder: Path) -> None:
    """Creates a folder and what is missing above it, each step durable."""
    missing = [folder, *folder.parents]
    for step in reversed([path for path in missing if not path.exists()]):
        step.mkdir(exist_ok=True)
        sync(step.parent)


def sync(path: Path) -> None:
    """Makes a file's content or a folder's names survive a power cut."""
    found = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(found)
    except OSError as error:
        # Some network and FUSE file systems cannot sync folders; there is nothing more to do there.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(found)


def same_content(one: Path, other: Path) -> bool:
    """Both files hold the same bytes."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while block := left.read(BLOCK):
            if block != right.read(BLOCK):
                return False
    return True


def remove_file(root: str, relative: str) -> None:
    """Removes a stored file, if it is there, and the folders that are empty after it."""
    place = inside(root, relative)
    place.unlink(missing_ok=True)
    prune(place.parent, root_path(root))


def remove_tree(folder: Path) -> None:
    """Removes a folder of our own with all that is in it; one that is gone is fine."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def prune(folder: Path, stop: Path) -> None:
    """Removes `folder` and the folders above it that are empty, below `stop`."""
    while folder != stop and folder.is_relative_to(stop):
        try:
            folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = folder.parent


def _made(folder: Path) -> Path:
    with storage_errors():
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _is_regular(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _refused(root: str, relative: str) -> OutsideRoot:
    logger.warning("A path leads out of its storage root.", extra={"root": root, "path": relative})
    return OutsideRoot(technical=f"{root}:{relative!r}")
