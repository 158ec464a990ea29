"""What the drills of a backup do: lose everything, compare two archives table by table."""

import subprocess
from pathlib import Path
from typing import Any

import psycopg

from videorama.backup.archive import Archive
from videorama.tests import databases
from videorama.tests.live import LiveApp
from videorama.tests.services import is_scale

# A restore adds the fact that tells of it.
CHAIN = {"ledger.ledgerevent", "ledger.ledgerhead"}


def backed_up(app: LiveApp, target: Path, *words: str) -> Archive:
    """The archive the command makes."""
    worked(app.command("backup", str(target), *words))
    return Archive(target)


def worked(said: subprocess.CompletedProcess[str]) -> str:
    """What a command printed that ended well."""
    assert said.returncode == 0, f"{said.stdout}\n{said.stderr}"
    return said.stdout


def lose_everything(app: LiveApp) -> None:
    """The database is gone, with every table."""
    if is_scale():
        with psycopg.connect(app.environment["DATABASE_URL"], autocommit=True) as database:
            database.execute("drop schema public cascade")
            database.execute("create schema public")
    for path in app.data.glob(f"{databases.FILE}*"):
        path.unlink()


def rows(archive: Archive, label: str) -> list[Any]:
    """The rows of one table in an archive."""
    table = next(one for one in archive.manifest.tables if one.name == label)
    return [dict(zip(table.columns, row, strict=True)) for row in archive.rows(table.file)]


def different_tables(one: Archive, other: Archive) -> set[str]:
    """The names of the tables whose rows are not the same."""
    first, second = (
        {table.name: (table.rows, table.sha256, table.columns) for table in archive.manifest.tables}
        for archive in (one, other)
    )
    return {name for name in first | second if first.get(name) != second.get(name)}


def facts(archive: Archive) -> list[Any]:
    """The facts of the ledger, first to last."""
    return sorted(rows(archive, "ledger.ledgerevent"), key=lambda row: row["sequence"])


def elsewhere(data: Path, app: LiveApp, **environment: str) -> LiveApp:
    """Another server on the media of this one, with an empty database of its own kind."""
    data.mkdir()
    other = LiveApp(data, is_prepared=False, VIDEORAMA_ROOTS=f"media={app.data / 'media'}")
    kept = ("VIDEORAMA_SECRET_KEY", "VIDEORAMA_ALLOW_PRIVATE")
    known = {name: app.environment[name] for name in kept if name in app.environment}
    other.environment |= known | environment
    if is_scale():
        databases.of(data).create("")
    return other


def on_sqlite(app: LiveApp) -> LiveApp:
    """The same server without PostgreSQL and Redis."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        app.environment.pop(name, None)
    return app


def key_of(app: LiveApp) -> str:
    """Its secret key."""
    given = app.environment.get("VIDEORAMA_SECRET_KEY", "")
    return given or (app.data / "secret_key").read_text()
