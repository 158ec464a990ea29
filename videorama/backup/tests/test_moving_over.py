"""The same archive goes into SQLite and into PostgreSQL, and an older one is brought up."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from videorama.backup.archive import Archive
from videorama.backup.tests import drill
from videorama.tests import databases
from videorama.tests.live import LiveApp
from videorama.tests.services import is_scale
from videorama.tests.surroundings import REPOSITORY
from videorama.tests.waiting import eventually

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


def filled(data: Path) -> LiveApp:
    """A server that was set up, with an invitation; it does not run."""
    app = LiveApp.with_admin(data)
    databases.prepare(data, databases.WITH_ADMIN)
    drill.worked(app.command("create_invite"))
    return app


@pytest.mark.scale_only("needs a PostgreSQL beside the SQLite")
def test_a_backup_moves_from_postgresql_to_sqlite_and_back(tmp_path: Path) -> None:
    first = filled(tmp_path / "first")
    one = drill.backed_up(first, tmp_path / "one.tar.gz")
    small = drill.on_sqlite(drill.elsewhere(tmp_path / "small", first))
    drill.worked(small.command("restore", str(one.path)))
    two = drill.backed_up(small, tmp_path / "two.tar.gz")
    assert (one.manifest.database, two.manifest.database) == ("postgresql", "sqlite")
    assert drill.different_tables(one, two) == drill.CHAIN
    drill.worked(small.command("verify_ledger", "--anchor", one.manifest.ledger))

    large = drill.elsewhere(tmp_path / "large", first)
    drill.worked(large.command("restore", str(two.path)))
    three = drill.backed_up(large, tmp_path / "three.tar.gz")
    assert three.manifest.database == "postgresql"
    assert drill.different_tables(two, three) == drill.CHAIN
    drill.worked(large.command("verify_ledger", "--anchor", two.manifest.ledger))
    # Keys go on behind what came back.
    drill.worked(large.command("create_invite"))


def is_writing(app: LiveApp) -> bool:
    """Some program has a transaction open that writes to the database of this server."""
    if is_scale():
        with psycopg.connect(app.environment["DATABASE_URL"], autocommit=True) as database:
            found = database.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                "AND backend_type = 'client backend' AND backend_xid IS NOT NULL"
            )
            return found.fetchone() is not None
    with closing(sqlite3.connect(app.data / databases.FILE, timeout=0)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def killed_while_writing(app: LiveApp, archive: Path) -> bool:
    """Restores, and kills that before its commit; False when it was over before it was seen."""
    restore = subprocess.Popen(
        [sys.executable, "manage.py", "restore", str(archive), "--yes"],
        cwd=REPOSITORY,
        env=app.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert restore.stdout is not None
    try:
        # Only from here on, so that the first questions come quickly one after the other.
        assert any(line.startswith("Restoring") for line in restore.stdout)
        eventually(lambda: is_writing(app) or restore.poll() is not None, within=120)
        restore.send_signal(signal.SIGSTOP)
        return is_writing(app)
    finally:
        restore.kill()
        restore.communicate(timeout=20)


def test_a_kill_in_a_restore_leaves_what_was_there(tmp_path: Path) -> None:
    app = filled(tmp_path / "data")
    archive = drill.backed_up(app, tmp_path / "one.tar.gz")
    for attempt in range(5):
        drill.worked(app.command("create_invite"))
        before = drill.backed_up(app, tmp_path / f"before-{attempt}.tar.gz")
        if killed_while_writing(app, archive.path):
            break
    else:
        pytest.fail("no restore was caught while it was writing")
    after = drill.backed_up(app, tmp_path / "after.tar.gz")
    assert drill.different_tables(before, after) == drill.CHAIN
    drill.worked(app.command("verify_ledger", "--anchor", before.manifest.ledger))


def test_a_backup_of_an_older_version_is_restored_and_migrated(tmp_path: Path) -> None:
    old = LiveApp(tmp_path / "old", is_prepared=False)
    old.data.mkdir()
    databases.of(old.data).create("")
    drill.worked(old.command("migrate", "library", "0002", "-v0"))
    drill.worked(old.command("migrate", "ledger", "-v0"))
    drill.worked(old.command("migrate", "accounts", "-v0"))
    archive = drill.backed_up(old, tmp_path / "old.tar.gz")
    assert "library.entrysource" not in {one.name for one in archive.manifest.tables}

    app = filled(tmp_path / "data")
    refused = app.command("restore", str(archive.path))
    assert refused.returncode == 1 and "--replace" in refused.stderr
    drill.worked(app.command("restore", str(archive.path), "--yes"))
    now = drill.backed_up(app, tmp_path / "now.tar.gz")
    assert "library.entrysource" in {one.name for one in now.manifest.tables}
    assert drill.rows(now, "accounts.user") == drill.rows(archive, "accounts.user")
    drill.worked(app.command("verify_ledger"))
    drill.worked(app.command("create_invite"))
    assert Archive(now.path).check().rows == now.manifest.rows
