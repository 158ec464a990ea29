"""Puts a job's files into the library so that a kill at any moment leaves nothing behind.

Before a name is taken, a manifest in the job's own folder says so; then the file is hard-linked to
that name, which never overwrites; rows follow; and only after the commit do the job's own names go.
Whoever comes back after a kill reads the manifest: a declared name that is the very same file is
ours and is used again, anything else is somebody else's and the next name is tried.
"""

import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

from library import files
from library.errors import FileMissing

MANIFEST = ".placing.json"
SUFFIXES = ("", *(f"-{number}" for number in range(1, 50)))
_TRIES = 5

type Claimed = Callable[[str, str], bool]


@dataclass(frozen=True)
class Declared:
    """A name that was about to be taken. `is_copy`: the file system has no links to prove it by."""

    root: str
    path: str
    is_copy: bool = False


class Placing:
    """The files of one job on their way into one entry, remembered beside them on disk."""

    def __init__(self, folder: Path, entry_uuid: UUID, places: dict[str, Declared]) -> None:
        self.folder = folder
        self.entry_uuid = entry_uuid
        self._places = places

    @classmethod
    def open(cls, folder: Path, entry_uuid: UUID | None = None) -> Self:
        """What an earlier attempt left in the folder, or a fresh start under a new entry id."""
        known = _read(folder / MANIFEST)
        if known is None or (entry_uuid and known["entry"] != str(entry_uuid)):
            return cls(folder, entry_uuid or uuid4(), {})
        places = {name: Declared(**declared) for name, declared in known["places"].items()}
        return cls(folder, UUID(known["entry"]), places)

    def put(
        self,
        source: Path,
        root: str,
        candidates: Iterable[str],
        *,
        claimed: Claimed,
        check: Callable[[], None],
    ) -> str:
        """Gives the file the first free name among the candidates and returns that stored path.

        `claimed(root, path)` says that a row has the name although its file may be gone. The source
        keeps its own name until `finish`.
        """
        if not source.is_file():
            raise FileMissing(technical=f"{source.name} is gone from its incoming folder")
        declared = self._places.get(self._name(source))
        if declared is not None and self._is_ours(source, declared):
            self._complete(source, declared, check)
            return declared.path
        files.sync(source)
        for path in candidates:
            target = files.inside(root, path)
            if claimed(root, path) or os.path.lexists(target):
                continue
            check()
            if self._take(source, Declared(root, path), check):
                return path
        raise FileMissing(technical=f"no free name for {source.name} in {root}")

    def undo(self, claimed: Claimed) -> None:
        """Takes back every name that no row claims; the job's own files stay."""
        for name, declared in self._places.items():
            if not claimed(declared.root, declared.path):
                if self._is_ours(self.folder / name, declared):
                    files.remove_file(declared.root, declared.path)
                self._part(declared).unlink(missing_ok=True)
                target = files.inside(declared.root, declared.path)
                files.prune(target.parent, files.root_path(declared.root))
        self._places = {}
        (self.folder / MANIFEST).unlink(missing_ok=True)
        self._draft.unlink(missing_ok=True)

    def finish(self) -> None:
        """After the commit: the job's own names go, the manifest last."""
        for name in self._places:
            (self.folder / name).unlink(missing_ok=True)
        files.sync(self.folder)
        (self.folder / MANIFEST).unlink(missing_ok=True)

    def _take(self, source: Path, wanted: Declared, check: Callable[[], None]) -> bool:
        """Declares and takes the name; False when somebody was faster."""
        self._declare(self._name(source), wanted)
        target = files.inside(wanted.root, wanted.path)
        for _try in range(_TRIES):
            files.make_folders(target.parent)
            check()
            try:
                os.link(source, target, follow_symlinks=False)
            except FileExistsError:
                return False
            except FileNotFoundError:
                continue  # the folder was empty and another deletion took it away
            except OSError as error:
                if error.errno not in files.NO_LINKS:
                    raise
                return self._take_by_copy(source, wanted, check)
            files.sync(target.parent)
            check()
            return True
        return False

    def _take_by_copy(self, source: Path, wanted: Declared, check: Callable[[], None]) -> bool:
        """Without links: claims the name with an empty file, then swaps the copy in."""
        declared = Declared(wanted.root, wanted.path, is_copy=True)
        self._declare(self._name(source), declared)
        target = files.inside(declared.root, declared.path)
        try:
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
        except FileExistsError:
            return False
        self._complete(source, declared, check)
        return True

    def _complete(self, source: Path, declared: Declared, check: Callable[[], None]) -> None:
        """Brings the content to a name that is ours; a link has it from the start."""
        target = files.inside(declared.root, declared.path)
        if not declared.is_copy or files.same_content(source, target):
            return
        part = self._part(declared)
        with source.open("rb") as old, part.open("wb") as new:
            while block := old.read(files.BLOCK):
                new.write(block)
                check()
            new.flush()
            os.fsync(new.fileno())
        part.replace(target)
        files.sync(target.parent)

    def _is_ours(self, source: Path, declared: Declared) -> bool:
        target = files.inside(declared.root, declared.path)
        try:
            ours, there = source.lstat(), target.lstat()
        except FileNotFoundError:
            return False
        if (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino):
            return True
        # A copy has no identity to compare: empty is our own claim, equal bytes are our own copy.
        return declared.is_copy and (there.st_size == 0 or files.same_content(source, target))

    @property
    def _draft(self) -> Path:
        return self.folder / f"{MANIFEST}.new"

    def _name(self, source: Path) -> str:
        return source.relative_to(self.folder).as_posix()

    def _part(self, declared: Declared) -> Path:
        target = files.inside(declared.root, declared.path)
        return target.parent / f".{self.entry_uuid}.part"

    def _declare(self, name: str, declared: Declared) -> None:
        self._places[name] = declared
        content = {
            "entry": str(self.entry_uuid),
            "places": {key: vars(value) for key, value in self._places.items()},
        }
        with self._draft.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        self._draft.replace(self.folder / MANIFEST)
        files.sync(self.folder)


def folder_of(path: Path) -> Path:
    """The job's own folder: `…/.videorama/<kind>/<key>`, or simply where the file lies."""
    for folder in path.parents:
        if folder.parent.parent.name == files.OWN:
            return folder
    return path.parent


def discard(folder: Path, claimed: Claimed) -> None:
    """Removes a job's folder, and first every name its files had taken without getting a row."""
    if (folder / MANIFEST).exists():
        Placing.open(folder).undo(claimed)
    files.remove_tree(folder)


def _read(manifest: Path) -> dict[str, Any] | None:
    with suppress(FileNotFoundError, ValueError):
        found = json.loads(manifest.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    return None
