"""Moves the files of one entry to other names so that a kill at any moment leaves one whole state.

`.videorama/moving/<entry>/moves.json` on the first root names every step before it is taken. Each
file then gets its new name beside the old one: a second link, or across file systems a synced and
compared copy. Rows follow in one transaction, and only after the commit do the old names go.
Whoever comes back after a kill asks the rows which of the two states it is, and completes that one.
The lock beside the list makes sure that one mover at a time has the entry's files in hand.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from library import files
from library.errors import BeingMoved, FileMissing

KIND = "moving"
MOVES = "moves.json"
LOCK = "lock"
_PATIENCE_S = 1.0
_TRIES = 5

type Check = Callable[[], None]
type Copied = Callable[[int], None]
type Claimed = Callable[[str, str], bool]
# Where a file's row says it is, by the file's id; None when the row is gone.
type PlaceOf = Callable[[str], tuple[str, str] | None]


@dataclass(frozen=True)
class Rows:
    """What the rows say: who has a place, and where a file is."""

    claimed: Claimed
    place_of: PlaceOf


@dataclass(frozen=True)
class Step:
    """One file on its way. `inode`, `size` and `modified_ns` tell it from others after a kill."""

    old_root: str
    old: str
    root: str
    path: str
    inode: int
    size: int
    modified_ns: int
    is_copy: bool = False

    @property
    def source(self) -> Path:
        """The place it comes from."""
        return files.inside(self.old_root, self.old)

    @property
    def target(self) -> Path:
        """The place it goes to."""
        return files.inside(self.root, self.path)


class Mover:
    """The files of one entry in the hands of one mover; from `hold`."""

    def __init__(self, entry_uuid: str, folder: Path, rows: Rows) -> None:
        self._entry_uuid = entry_uuid
        self._folder = folder
        self._rows = rows
        self._steps = _read(folder / MOVES)

    def take(
        self,
        file_id: str,
        place: tuple[str, str],
        root: str,
        candidates: Iterable[str],
        check: Check,
        copied: Copied,
    ) -> str:
        """Gives the file at `place` the first free name among the candidates on the root.

        The old name stays until `settle`. `check` and `copied` (bytes of a copy) may raise to stop.
        Raises FileMissing when nothing is at `place`.
        """
        old_root, old = place
        if not files.is_there(old_root, old):
            raise FileMissing(technical=f"{old_root}:{old} is not there")
        found = files.inside(old_root, old).stat()
        for path in candidates:
            if self._rows.claimed(root, path) or os.path.lexists(files.inside(root, path)):
                continue
            check()
            step = Step(old_root, old, root, path, found.st_ino, found.st_size, found.st_mtime_ns)
            if self._take(file_id, step, check, copied):
                return path
        raise FileMissing(technical=f"no free name in {root} for {old_root}:{old}")

    def settle(self) -> None:
        """After the commit, after a failure or after a kill: goes on to what the rows say."""
        if not self._steps:
            return
        is_done = any(
            self._rows.place_of(file_id) == (step.root, step.path)
            for file_id, step in self._steps.items()
        )
        for step in self._steps.values():
            if is_done:
                self._drop_old(step)
            else:
                self._drop_new(step)
        self._steps = {}
        (self._folder / MOVES).unlink(missing_ok=True)
        files.sync(self._folder)

    def _take(self, file_id: str, step: Step, check: Check, copied: Copied) -> bool:
        """Declares and takes the name; False when somebody was faster."""
        self._declare(file_id, step)
        for _try in range(_TRIES):
            files.make_folders(step.target.parent)
            check()
            try:
                os.link(step.source, step.target, follow_symlinks=False)
            except FileExistsError:
                return False
            except FileNotFoundError:
                continue  # the folder was empty and another removal took it away
            except OSError as error:
                if error.errno not in files.NO_LINKS:
                    raise
                return self._take_by_copy(file_id, step, copied)
            files.sync(step.target.parent)
            return True
        return False

    def _take_by_copy(self, file_id: str, step: Step, copied: Copied) -> bool:
        """Without links: claims the name with an empty file, then swaps the copy in."""
        step = Step(**asdict(step) | {"is_copy": True})
        self._declare(file_id, step)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            os.close(os.open(step.target, flags, 0o644))
        except FileExistsError:
            return False
        part = self._part(step)
        with step.source.open("rb") as old, part.open("wb") as new:
            while block := old.read(files.BLOCK):
                new.write(block)
                copied(len(block))
            new.flush()
            os.fsync(new.fileno())
        # Times too: caches of players know the file by them.
        shutil.copystat(step.source, part)
        if not files.same_content(step.source, part):
            raise OSError(f"the copy of {step.source} differs from it")
        files.sync(part)
        part.replace(step.target)
        files.sync(step.target.parent)
        return True

    def _drop_old(self, step: Step) -> None:
        """The row has the new name: the old one goes, unless it is somebody else's by now."""
        self._part(step).unlink(missing_ok=True)
        source = step.source
        if files.is_there(step.root, step.path) and not self._claims(step.old_root, step.old):
            if _is_the(source, step, by_inode=True):
                source.unlink(missing_ok=True)
                files.sync(source.parent)
            files.prune(source.parent, files.root_path(step.old_root))

    def _drop_new(self, step: Step) -> None:
        """The row has the old name: the new one goes, if it is what was put there."""
        self._part(step).unlink(missing_ok=True)
        target = step.target
        if not self._claims(step.root, step.path) and _is_the(
            target, step, by_inode=not step.is_copy
        ):
            target.unlink(missing_ok=True)
        files.prune(target.parent, files.root_path(step.root))

    def _claims(self, root: str, path: str) -> bool:
        return self._rows.claimed(root, path)

    def _part(self, step: Step) -> Path:
        return step.target.parent / f".{self._entry_uuid}.moving"

    def _declare(self, file_id: str, step: Step) -> None:
        self._steps[file_id] = step
        content = {key: asdict(value) for key, value in self._steps.items()}
        draft = self._folder / f"{MOVES}.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / MOVES)
        files.sync(self._folder)


@contextmanager
def hold(entry_uuid: UUID | str, rows: Rows) -> Iterator[Mover]:
    """The only mover of the entry's files, after what a killed one left has been put in order.

    At the end, however it comes, the files are where the rows say. Raises BeingMoved when another
    mover has them for longer than a moment.
    """
    with _mover(files.own_folder(files.default_root(), KIND, entry_uuid), rows) as mover:
        yield mover


def is_held(entry_uuid: UUID | str) -> bool:
    """A mover has the entry's files in hand, or left them so."""
    return files.own_folder(files.default_root(), KIND, entry_uuid).is_dir()


def recover(rows: Rows) -> int:
    """At the start: puts in order what killed movers left, on every root; gives how many."""
    count = 0
    for root in files.root_names():
        for folder in files.own_folders(root, KIND):
            # A command that is moving in a process of its own needs no help.
            with suppress(BeingMoved), _mover(folder, rows):
                count += 1
    return count


@contextmanager
def _mover(folder: Path, rows: Rows) -> Iterator[Mover]:
    lock = _locked(folder)
    try:
        mover = Mover(folder.name, folder, rows)
        mover.settle()
        try:
            yield mover
        finally:
            mover.settle()
            (folder / f"{MOVES}.new").unlink(missing_ok=True)
            (folder / LOCK).unlink(missing_ok=True)
            with suppress(OSError):  # the next mover is in the folder already
                folder.rmdir()
    finally:
        os.close(lock)


def _locked(folder: Path) -> int:
    """An open descriptor of the lock file, held by nobody else."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        files.make_folders(folder)
        with suppress(FileNotFoundError):  # the mover before us just left
            found = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            if _is_held(found, folder / LOCK):
                return found
            os.close(found)
        if time.monotonic() > until:
            raise BeingMoved
        time.sleep(0.02)


def _is_held(descriptor: int, name: Path) -> bool:
    """We have the lock, and the file is still the one that others would open."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), name.stat())
    return False


def _is_the(place: Path, step: Step, *, by_inode: bool) -> bool:
    """What lies there is the file of this step: by its own number, or as a copy by its content."""
    try:
        there = place.lstat()
    except FileNotFoundError:
        return False
    if by_inode:
        known = (step.inode, step.size, step.modified_ns)
        return (there.st_ino, there.st_size, there.st_mtime_ns) == known
    if there.st_size == 0 or (there.st_size, there.st_mtime_ns) == (step.size, step.modified_ns):
        return True  # our claim of the name before it was filled, or the copy with its times
    return step.source.is_file() and files.same_content(step.source, place)


def _read(manifest: Path) -> dict[str, Step]:
    with suppress(FileNotFoundError, ValueError, TypeError):
        found: dict[str, dict[str, Any]] = json.loads(manifest.read_text(encoding="utf-8"))
        return {file_id: Step(**step) for file_id, step in found.items()}
    return {}
