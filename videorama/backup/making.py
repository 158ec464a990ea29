"""Making a backup: read in one moment, packed beside its place, and only then given its name."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from django.conf import settings
from django.db import DatabaseError, connections, models
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.translation import gettext as _

from videorama import crypto
from videorama.backup import media, snapshot, tables
from videorama.backup.archive import FORMAT, KEYS, MEDIA, Lines, Manifest, Part, Table, pack
from videorama.backup.errors import NameTaken, NotReadable, NotWritable
from videorama.backup.tables import LEFT_OUT
from videorama.ledger.models import LedgerHead

# Gets 0..1 of the whole, and may stop the work by raising.
type Progress = Callable[[float], None]
_WORK, _LOCK = ".making-", "lock"
_READ, _LOOKED = 0.6, 0.85
_EXPECTED = "expected.jsonl"
# Rows between two looks at whether to go on.
_STEP = 500


@dataclass(frozen=True)
class Made:
    """A backup that lies there whole."""

    path: Path
    manifest: Manifest

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size


def make(target: Path, *, with_key: bool = False, progress: Progress = lambda done: None) -> Made:
    """Writes one archive of everything but the media files themselves.

    NameTaken when something lies there; NotWritable when the disk is full or refuses. A kill
    leaves a folder whose name says so, which the next backup beside it removes.
    """
    try:
        with _workplace(target) as folder:
            manifest = _collect(folder, with_key, progress)
            draft = folder / "archive"
            pack(folder, manifest, draft)
            if target.exists():
                raise NameTaken
            draft.replace(target)
            _sync(target.parent)
    except DatabaseError as error:
        line = str(error).strip().partition("\n")[0]
        raise NotReadable(
            _("The database cannot be read: %(reason)s") % {"reason": line}
        ) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise NotWritable(
            _("The backup could not be written: %(reason)s.") % {"reason": reason}
        ) from error
    progress(1.0)
    return Made(target, manifest)


@contextmanager
def _workplace(target: Path) -> Iterator[Path]:
    """A folder of our own on the file system of the target, gone afterwards."""
    if target.exists():
        raise NameTaken
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _tidy(target.parent)
    folder = Path(mkdtemp(prefix=_WORK, dir=target.parent))
    try:
        with (folder / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tidy(parent: Path) -> None:
    """Removes what a killed backup left; the lock of one that still works is held."""
    for folder in parent.glob(f"{_WORK}*"):
        try:
            with (folder / _LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # It is held, or not yet made.
            continue


def _collect(folder: Path, with_key: bool, progress: Progress) -> Manifest:
    with snapshot.one_moment() as using:
        made_at = timezone.now()
        found = _dump_all(folder, using, progress)
        migrations = _migrations(using)
        head = LedgerHead.objects.using(using).first()
        anchor = f"{head.count}:{head.hash}" if head else ""
        with Lines(folder, _EXPECTED) as expected:
            for one in media.known(using):
                expected.write([one.root, one.path, one.size, one.sha256])
    # Looking at the disk takes longest, and needs no transaction.
    part, size = _describe(folder, expected.rows, progress)
    if with_key:
        _keep_keys(folder)
    return Manifest(
        format=FORMAT,
        version=settings.VERSION,
        made_at=made_at,
        database=connections["default"].vendor,
        migrations=migrations,
        tables=found,
        media=part,
        media_bytes=size,
        ledger=anchor,
        key_version=crypto.current_version(),
        has_key=with_key,
        left_out=dict(LEFT_OUT),
    )


def _dump_all(folder: Path, using: str, progress: Progress) -> list[Table]:
    every = tables.carried(tables.as_migrated(using))
    total = max(1, sum(tables.count_of(one, using) for one in every))
    found, done = [], 0
    for model in every:
        table = _dump(folder, model, using, partial(_read, progress, done, total))
        done += table.rows
        found.append(table)
    return found


def _read(progress: Progress, done: int, total: int, rows: int) -> None:
    progress(_READ * min(1.0, (done + rows) / total))


def _dump(
    folder: Path, model: type[models.Model], using: str, progress: Callable[[int], None]
) -> Table:
    label = model._meta.label_lower
    with Lines(folder, f"tables/{label}.jsonl") as lines:
        for row in tables.rows_of(model, using):
            lines.write(row)
            if lines.rows % _STEP == 0:
                progress(lines.rows)
    progress(lines.rows)
    columns = [one.attname for one in tables.fields_of(model)]
    return Table(lines.name, lines.rows, lines.sha256, label, columns)


def _describe(folder: Path, total: int, progress: Progress) -> tuple[Part, int]:
    size = 0
    with Lines(folder, MEDIA) as lines, (folder / _EXPECTED).open("rb") as expected:
        for number, line in enumerate(expected):
            at = _READ + (_LOOKED - _READ) * number / max(1, total)
            one = media.described(media.Known(*json.loads(line)), partial(progress, at))
            lines.write(one.row())
            size += one.size
            progress(at)
    return Part(lines.name, lines.rows, lines.sha256), size


def _keep_keys(folder: Path) -> None:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    (folder / KEYS).write_text(json.dumps(keys))


def _migrations(using: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connections[using]).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
