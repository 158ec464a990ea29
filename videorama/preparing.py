"""What has to be there before the program serves: folders, tables, static files, an administrator.

Several processes may prepare at the same time, on PostgreSQL also from several machines: one does
each thing, the others wait for it.
"""

import fcntl
import hashlib
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from videorama.accounts import services as accounts
from videorama.env import BadSetting

log = logging.getLogger(__name__)

# How long a database may take to come up beside us, and others to migrate it.
_PATIENCE_S = 10.0
_MIGRATED_WITHIN_S = 30 * 60.0
_LOOK_S = 0.5
# PostgreSQL's advisory lock of all who prepare this database; any number nobody else uses.
_LOCK = 0x56494445


# What a process has seen done, those it forks need not look for.
_seen_done = False


def seen_done() -> None:
    """Another process of ours has prepared everything."""
    global _seen_done
    _seen_done = True


def prepare() -> None:
    """Everything, as far as it is missing."""
    make_roots()
    wait_for_database()
    with _only_one():
        _migrate()
        if settings.ADMIN_USER and settings.ADMIN_PASSWORD:
            accounts.ensure_admin(username=settings.ADMIN_USER, password=settings.ADMIN_PASSWORD)
    collect_static()
    connections.close_all()


def make_roots() -> None:
    """The folders of the storage roots."""
    for name, folder in settings.ROOTS.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadSetting(
                f"VIDEORAMA_ROOTS: the folder of {name} cannot be made: {error.strerror}."
            ) from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise BadSetting(f"VIDEORAMA_ROOTS: the folder of {name} cannot be written.")


def wait_for_database() -> None:
    """Until the database answers; BadSetting when it does not within a few seconds."""
    if connection.vendor != "postgresql":
        return
    deadline = time.monotonic() + _PATIENCE_S
    while reason := _why_not():
        # Refused, or coming up: it may be starting beside us. Anything else will not change.
        is_young = "refused" in reason or "starting up" in reason or "recovery" in reason
        if not is_young or time.monotonic() > deadline:
            raise BadSetting(f"DATABASE_URL: the database cannot be used: {reason}")
        time.sleep(_LOOK_S)


def wait_until_ready() -> None:
    """Until all tables are there: another process makes them, maybe at this very moment."""
    if _seen_done:
        return
    wait_for_database()
    deadline = time.monotonic() + _MIGRATED_WITHIN_S
    is_told = False
    while _is_unmigrated():
        connections.close_all()
        if time.monotonic() > deadline:
            raise BadSetting("DATABASE_URL: the database was not migrated; run manage.py prepare.")
        if not is_told:
            log.info("Waiting for manage.py prepare.")
            is_told = True
        time.sleep(_LOOK_S)
    connections.close_all()


def collect_static() -> None:
    """Collects static files when a source changed since the last time."""
    if _seen_done:
        return
    with (Path(settings.DATA) / "static.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        stamp = Path(settings.DATA) / "static.stamp"
        digest = hashlib.sha256()
        for line in _static_sources():
            digest.update(line.encode())
        current = digest.hexdigest()
        has_files = Path(settings.STATIC_ROOT).is_dir()
        if has_files and stamp.exists() and stamp.read_text(encoding="utf-8") == current:
            return
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(current, encoding="utf-8")


def _why_not() -> str:
    """One line why the database cannot be reached; empty when it can."""
    import psycopg  # takes a while to load, and SQLite needs none of it

    try:
        # Past the pool, which would hide the reason and wait long.
        psycopg.connect(**connection.get_connection_params()).close()
    except psycopg.Error as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        return lines[-1].strip() if lines else type(error).__name__
    return ""


@contextmanager
def _only_one() -> Iterator[None]:
    """Others who prepare this database wait; SQLite has its own lock by jobs.lock."""
    if connection.vendor != "postgresql":
        yield
        return
    import psycopg

    # A session of its own: whoever closes Django's connection must not let others in.
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
        session.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        yield


def _is_unmigrated() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except OperationalError:
        return True  # restarted meanwhile


def _migrate() -> None:
    """Migrates only when something is missing: the command alone costs most of a second."""
    if _is_unmigrated():
        call_command("migrate", interactive=False, verbosity=0)


def _static_sources() -> Iterator[str]:
    """One line per source file that changes when the file does."""
    yield settings.VERSION + str(settings.STORAGES["staticfiles"])
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            yield f"{name} {facts.st_size} {facts.st_mtime_ns}\n"


def without_pool() -> None:
    """For processes with one or two connections, which then need no threads to look after them."""
    cast(dict[str, Any], settings.DATABASES["default"]["OPTIONS"]).pop("pool", None)
