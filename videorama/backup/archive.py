"""The file of a backup: a gzipped tar with manifest.json first, then JSON lines, part by part.

Nothing of an archive is ever unpacked to disk: parts are read in their order, in constant memory,
and every part is compared with what the manifest says of it.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from videorama.backup.errors import Damaged
from videorama.backup.tables import plain

FORMAT = 1
MANIFEST, MEDIA, KEYS = "manifest.json", "media.jsonl", "secret_keys.json"
_SMALL = 8 << 20
# More than a column of either database takes as JSON.
_LONGEST_LINE = 1 << 28
# What reading ends with when the file, or a line of it, is not as we write it.
_BROKEN = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True)
class Part:
    """One file in the archive: lines of JSON."""

    file: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Table(Part):
    """The rows of one model."""

    name: str
    columns: list[str]


@dataclass(frozen=True)
class Manifest:
    """What an archive holds and in which state it was read.

    `ledger` is the anchor of the chain of facts, `key_version` names the key of its secrets.
    """

    format: int
    version: str
    made_at: datetime
    database: str
    migrations: dict[str, list[str]]
    tables: list[Table]
    media: Part
    media_bytes: int
    ledger: str
    key_version: str
    has_key: bool = False
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(one.rows for one in self.tables)

    @property
    def applied(self) -> set[tuple[str, str]]:
        """The migrations its tables had seen."""
        return {(app, name) for app, names in self.migrations.items() for name in names}

    def parts(self) -> dict[str, Part]:
        """Every part with lines, by its name."""
        return {one.file: one for one in (*self.tables, self.media)}


_READER = TypeAdapter(Manifest)


class Lines:
    """A part on its way to the archive, counted and hashed while it is written."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.rows = 0
        self._digest = hashlib.sha256()
        place = folder / name
        place.parent.mkdir(mode=0o700, exist_ok=True)
        self._file = place.open("wb")

    def write(self, row: Any) -> None:
        """One more line."""
        text = json.dumps(row, default=plain, separators=(",", ":"), sort_keys=True)
        line = text.encode() + b"\n"
        self._digest.update(line)
        self._file.write(line)
        self.rows += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        """Of everything written so far."""
        return self._digest.hexdigest()


def pack(folder: Path, manifest: Manifest, target: Path) -> None:
    """Makes the archive of the parts in the folder; durable, and for its owner only."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), default=plain, indent=1))
    names = [MANIFEST, *([KEYS] if manifest.has_key else []), *manifest.parts()]
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with (
            gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            for name in names:
                _add(tar, folder / name, name, manifest.made_at)
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, source: Path, name: str, moment: datetime) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = source.stat().st_size, 0o600, int(moment.timestamp())
    with source.open("rb") as file:
        tar.addfile(info, file)


class Archive:
    """An archive to read. Damaged for everything that is not as it was written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest = self._read_manifest()

    def check(self) -> Manifest:
        """Reads all of it once and compares every part with the manifest."""
        for _name, rows in self.parts():
            for _row in rows:
                pass
        return self.manifest

    def parts(self) -> Iterator[tuple[str, Iterator[Any]]]:
        """Every part with its rows, in the order of the archive; each is to be read to its end."""
        wanted = self.manifest.parts()
        with self._opened() as tar:
            for info in tar:
                if info.name in {MANIFEST, KEYS}:
                    continue
                part, file = wanted.pop(info.name, None), tar.extractfile(info)
                if part is None or file is None:
                    raise Damaged(technical=f"unexpected part {info.name}")
                yield part.file, _rows(part, file)
        if wanted:
            raise Damaged(technical=f"missing part {min(wanted)}")

    def rows(self, name: str) -> Iterator[Any]:
        """The rows of one part."""
        for found, rows in self.parts():
            if found == name:
                yield from rows
                return

    def keys(self) -> list[str]:
        """The secret keys that came with it."""
        if not self.manifest.has_key:
            return []
        with self._opened() as tar:
            for info in tar:
                if info.name == KEYS and (file := tar.extractfile(info)) is not None:
                    return [str(key) for key in json.loads(file.read(_SMALL))]
        raise Damaged(technical="the keys are missing")

    def _read_manifest(self) -> Manifest:
        with self._opened() as tar:
            info = tar.next()
            file = tar.extractfile(info) if info is not None and info.name == MANIFEST else None
            if file is None:
                raise Damaged(technical="no manifest")
            try:
                return _READER.validate_json(file.read(_SMALL))
            except ValidationError as error:
                raise Damaged(technical=str(error)[:500]) from None

    @contextmanager
    def _opened(self) -> Iterator[tarfile.TarFile]:
        # gzip, not tarfile's own reader: only it compares the sum at the end.
        with (
            _broken_is_damaged(),
            gzip.open(self.path) as unpacked,
            tarfile.open(fileobj=unpacked, mode="r|") as tar,
        ):
            yield tar
            while unpacked.read(io.DEFAULT_BUFFER_SIZE):
                pass


@contextmanager
def _broken_is_damaged() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise Damaged(technical=f"{type(error).__name__}: {error}"[:500]) from error


def _rows(part: Part, file: Any) -> Iterator[Any]:
    digest, count = hashlib.sha256(), 0
    while True:
        # Here, too: whoever takes the rows does so outside of what has opened the archive.
        with _broken_is_damaged():
            line = file.readline(_LONGEST_LINE)
            if len(line) == _LONGEST_LINE:
                raise Damaged(technical=f"{part.file} has an endless line")
            row = json.loads(line) if line else None
        if not line:
            break
        digest.update(line)
        count += 1
        yield row
    if (count, digest.hexdigest()) != (part.rows, part.sha256):
        raise Damaged(technical=f"{part.file} is not as it was written")
