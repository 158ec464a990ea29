"""`manage.py serve`: prepares everything and runs it in the foreground."""

import signal
import socket
import sys
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from videorama import preparing, programs, server
from videorama.embedded import Program
from videorama.jobs import lock
from videorama.supervisor import leave


class Command(BaseCommand):
    """Server, workers and clock: in one process, or in scale mode one process of each."""

    help = "Runs Videorama on HOST and PORT until Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Serves until a signal. One line on stderr when it cannot start."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _leave)
        preparing.make_roots()
        listener = server.listen(settings.HOST, settings.PORT)
        try:
            if settings.IS_SCALE:
                leave(programs.serve(listener))
            else:
                with lock.hold():
                    code = _run(listener)
        except lock.AlreadyRunning as error:
            self.stderr.write(error.message)
            code = 1
        finally:
            listener.close()
        sys.exit(code)


def _run(listener: socket.socket) -> int:
    preparing.prepare()
    # Loaded before the ready line, so that the first page is not the one that waits for it.
    import_module(settings.ROOT_URLCONF)
    return Program(listener).run()


def _leave(number: int, frame: object) -> None:
    """Before the server has its own handlers: nothing is under way, so just end."""
    sys.exit(0)
