"""The incoming folder of one import: its media, and notes of what each stage found.

A note is a small JSON file that appears whole or not at all, so a stage that was finished before
the process was killed is not done again, and one that was not leaves no trace.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import UUID

from django.conf import settings
from pydantic import TypeAdapter, ValidationError

from library import services as library
from library.models import Library


@dataclass(frozen=True)
class Fingerprint:
    """What the file's bytes are, and by which size and time to see that they are still the same."""

    sha256: str
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path, progress: Callable[[float], None], check: Callable[[], None]) -> Self:
        """Reads the whole file; `progress` gets 0..1."""
        facts = path.stat()
        seen = 0

        def block_read() -> None:
            nonlocal seen
            seen += 1 << 20
            progress(min(1.0, seen / max(1, facts.st_size)))
            check()

        return cls(library.hash_file(path, block_read), facts.st_size, facts.st_mtime_ns)

    def fits(self, path: Path) -> bool:
        """The file was not written to since."""
        facts = path.stat()
        return (facts.st_size, facts.st_mtime_ns) == (self.size_bytes, self.modified_ns)


class Workspace:
    """The folder of one job, on the file system of the root its media will go to."""

    def __init__(self, job_uuid: UUID, root: str, folder: Path) -> None:
        self.job_uuid = job_uuid
        self.root = root
        self.folder = folder

    @classmethod
    def of_job(cls, job_uuid: UUID, target: Library | None) -> Self:
        """The job's folder, made when it is not there."""
        root = target.root if target else next(iter(settings.ROOTS))
        return cls(job_uuid, root, library.incoming_folder(job_uuid=job_uuid, library=target))

    @property
    def downloads(self) -> Path:
        """Where the downloader works; it continues what it finds there."""
        return self.folder / "download"

    def recall[T](self, name: str, kind: type[T]) -> T | None:
        """What a stage kept under this name in this or an earlier run of the job.

        None when there is nothing, or when it was written by another version of the program.
        """
        try:
            found: T = TypeAdapter(kind).validate_json((self.folder / f"{name}.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        return found

    def keep(self, name: str, value: object) -> None:
        """Keeps a frozen dataclass under this name, whole or not at all."""
        self._write(f"{name}.json", TypeAdapter(type(value)).dump_json(value))

    def write_json(self, name: str, document: object) -> Path:
        """A document that came from elsewhere, as a file for people; written only once.

        Storing recognises its files by identity after a kill, so they must stay the same ones.
        """
        if (self.folder / name).is_file():
            return self.folder / name
        text = json.dumps(document, ensure_ascii=False, indent=1, default=str)
        return self._write(name, text.encode("utf-8", "replace"))

    def hold(self) -> str:
        """Moves everything to where files wait for a decision; says where, below the root.

        Doing it again changes nothing.
        """
        held = library.held_folder(root=self.root, item_uuid=self.job_uuid)
        if self.folder.is_dir() and not any(held.iterdir()):
            # A folder may replace an empty one in a single step.
            self.folder.replace(held)
        return held_name(self.job_uuid)

    def remove(self) -> None:
        """Takes the folder away with all it holds; nothing happens when it is gone."""
        library.discard_incoming(job_uuid=self.job_uuid)

    def _write(self, name: str, content: bytes) -> Path:
        target = self.folder / name
        draft = target.with_name(f".{name}.part")
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        return target


def held_name(job_uuid: UUID) -> str:
    """The folder of a job's held files, below its storage root."""
    return f".videorama/held/{job_uuid}"
