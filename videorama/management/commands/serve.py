"""`manage.py serve`: prepares the data folder and runs everything in the foreground."""

import errno
import hashlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from videorama.accounts import services as accounts
from videorama.embedded import Program
from videorama.env import BadSetting
from videorama.jobs import lock


class Command(BaseCommand):
    """Server, workers and clock in one process."""

    help = "Runs Videorama on HOST and PORT until Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Serves until a signal. One line on stderr when it cannot start."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _leave)
        _make_roots()
        listener = _listen(settings.HOST, settings.PORT)
        try:
            with lock.hold():
                code = _run(listener)
        except lock.AlreadyRunning as error:
            self.stderr.write(error.message)
            code = 1
        finally:
            listener.close()
        sys.exit(code)


def _run(listener: socket.socket) -> int:
    _collect_static()
    _migrate()
    if settings.ADMIN_USER and settings.ADMIN_PASSWORD:
        accounts.ensure_admin(username=settings.ADMIN_USER, password=settings.ADMIN_PASSWORD)
    connections.close_all()
    # Loaded before the ready line, so that the first page is not the one that waits for it.
    import_module(settings.ROOT_URLCONF)
    return Program(listener).run()


def _leave(number: int, frame: object) -> None:
    """Before the server has its own handlers: nothing is under way, so just end."""
    sys.exit(0)


def _make_roots() -> None:
    for name, folder in settings.ROOTS.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadSetting(
                f"VIDEORAMA_ROOTS: the folder of {name} cannot be made: {error.strerror}."
            ) from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise BadSetting(f"VIDEORAMA_ROOTS: the folder of {name} cannot be written.")


def _listen(host: str, port: int) -> socket.socket:
    """The bound socket, taken before the slow part of the start so that a clash is told at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise BadSetting(f"HOST must be an address of this machine, not {host!r}.") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Without listening a second process could bind the same port, too.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise BadSetting(f"PORT {port} is already in use; set PORT to another one.") from None
        raise BadSetting(f"HOST {host}, PORT {port}: {error.strerror}.") from None
    return listener


def _migrate() -> None:
    """Migrates only when something is missing: the command alone costs most of a second."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def _collect_static() -> None:
    """Collects static files when a source changed since the last time."""
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


def _static_sources() -> Iterator[str]:
    """One line per source file that changes when the file does."""
    yield settings.VERSION + str(settings.STORAGES["staticfiles"])
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            yield f"{name} {facts.st_size} {facts.st_mtime_ns}\n"
