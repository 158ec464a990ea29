"""The manifest of media: which files there were, of what size and content; and are they still so?

A backup holds no media. Rooms say in apps.py which files they know (`register`); here they are
looked at, hashed where no row has a hash, and later compared with the disk.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.conf import settings

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Known:
    """A file that should be there; the size and hash are those of its row, if it has one."""

    root: str
    path: str
    size: int | None = None
    sha256: str = ""


@dataclass(frozen=True)
class Described:
    """A line of the manifest; without a time the file was missing already."""

    root: str
    path: str
    size: int
    modified_ns: int | None
    sha256: str

    def row(self) -> list[str | int | None]:
        """As it is written."""
        return [self.root, self.path, self.size, self.modified_ns, self.sha256]


@dataclass(frozen=True)
class Difference:
    """One file that is not as the manifest says."""

    kind: Literal["missing", "changed", "extra"]
    root: str
    path: str


type Source = Callable[[str], Iterable[Known]]
_sources: list[Source] = []
_passing: set[str] = set()


def register(source: Source, *, passing: Iterable[str] = ()) -> None:
    """Tells which files a room keeps, read by the connection of the given name.

    `passing` are folders of each root whose files come and go with work that is under way: nobody
    misses them.
    """
    _sources.append(source)
    _passing.update(passing)


def known(using: str) -> Iterator[Known]:
    """Every file that some room keeps."""
    for source in _sources:
        yield from source(using)


def described(one: Known, check: Callable[[], None]) -> Described:
    """The file as it is on disk. What its row says of size and hash holds."""
    place = _place(one.root, one.path)
    try:
        facts = place.lstat() if place else None
        sha256 = one.sha256
        if facts is not None and not sha256:
            sha256 = _hash(place, check)
    except OSError:
        facts = None
    if facts is None:
        return Described(one.root, one.path, one.size or 0, None, one.sha256)
    size = facts.st_size if one.size is None else one.size
    return Described(one.root, one.path, size, facts.st_mtime_ns, sha256)


def differences(
    lines: Iterable[list[str | int | None]], *, hashes: bool, check: Callable[[], None]
) -> Iterator[Difference]:
    """What is missing or changed, then what is there and was not.

    Size and time tell; a file of another time is hashed. With `hashes` every file is.
    """
    seen: set[bytes] = set()
    for line in lines:
        one = Described(*line)  # type: ignore[arg-type]
        seen.add(_key(one.root, one.path))
        kind = _difference(one, hashes, check)
        if kind:
            yield Difference(kind, one.root, one.path)
    for root in settings.ROOTS:
        for path in _on_disk(root):
            check()
            if _key(root, path) not in seen:
                yield Difference("extra", root, path)


def _difference(
    one: Described, hashes: bool, check: Callable[[], None]
) -> Literal["missing", "changed"] | None:
    check()
    place = _place(one.root, one.path)
    try:
        facts = place.lstat() if place else None
        if facts is None:
            return "missing"
        if facts.st_size != one.size:
            return "changed"
        if facts.st_mtime_ns == one.modified_ns and not hashes:
            return None
        return "changed" if one.sha256 and _hash(place, check) != one.sha256 else None
    except OSError:
        return "missing"


def _place(root: str, path: str) -> Path | None:
    """Where it lies; None for a root that is not set up and for a path that leads out of it."""
    parts = path.split("/")
    if root not in settings.ROOTS or "\0" in path or any(one in {"", ".", ".."} for one in parts):
        return None
    return Path(settings.ROOTS[root], *parts)


def _hash(place: Path | None, check: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    # Never through a link, and never waiting for a pipe.
    descriptor = os.open(str(place), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            check()
    return digest.hexdigest()


def _on_disk(root: str) -> Iterator[str]:
    base = Path(settings.ROOTS[root])
    for folder, folders, files in os.walk(base):
        here = Path(folder).relative_to(base)
        folders[:] = [one for one in folders if (here / one).as_posix() not in _passing]
        for name in files:
            yield (here / name).as_posix()


def _key(root: str, path: str) -> bytes:
    """A short name of the place: hundreds of thousands of paths would be a lot of memory."""
    return hashlib.blake2b(f"{root}\0{path}".encode(errors="replace"), digest_size=12).digest()
