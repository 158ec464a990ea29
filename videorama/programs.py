"""Scale mode's programs, each a process of its own: web, worker, clock."""

import logging
import signal
import socket
import threading
from collections.abc import Callable
from importlib import import_module
from types import FrameType

from celery.beat import Service
from django.conf import settings

from videorama import preparing, presence, server, working
from videorama.celery import app
from videorama.env import BadSetting
from videorama.jobs import dispatch
from videorama.supervisor import Program, Supervisor

log = logging.getLogger(__name__)


def require_scale(command: str) -> None:
    """BadSetting in a mode that has only `serve`."""
    if not settings.IS_SCALE:
        raise BadSetting(f"manage.py {command} needs DATABASE_URL and REDIS_URL; use serve.")


def web(listener: socket.socket, on_ready: Callable[[], None]) -> int:
    """Pages, API and sockets until SIGTERM or SIGINT."""
    _on_signals(_leave)
    preparing.wait_until_ready()
    preparing.collect_static()
    import_module(settings.ROOT_URLCONF)
    running = server.Server(on_ready)
    _on_signals(lambda *_: running.stop())
    present = presence.PresenceThread(presence.Process.this("web"))
    present.start()
    dispatch.DispatchThread().start()
    running.serve(listener)
    present.stop()
    present.join(1)
    return 0


def beat(on_ready: Callable[[], None]) -> int:
    """The clock, until SIGTERM or SIGINT. One is enough; a second one does no harm."""
    preparing.without_pool()
    _on_signals(_leave)
    preparing.wait_until_ready()
    present = presence.PresenceThread(presence.Process.this("beat"))
    present.start()
    threading.Thread(target=on_ready, daemon=True).start()
    try:
        Service(app, scheduler_cls="celery.beat:Scheduler").start()
    finally:
        present.stop()
        present.join(1)
    return 0


def worker(queue: str) -> Program:
    """The worker of one queue."""
    return lambda on_ready: working.work(queue, on_ready)


def load() -> None:
    """Everything the programs need, before they are forked."""
    preparing.without_pool()
    app.autodiscover_tasks(force=True)
    import_module(settings.ROOT_URLCONF)
    import_module(settings.ASGI_APPLICATION.rpartition(".")[0])


def serve(listener: socket.socket) -> int:
    """Prepares, then runs one of each until a signal; gives the exit code."""
    load()
    preparation = Supervisor({"preparation": _prepare}, is_once=True)
    if (code := preparation.run()) or preparation.is_asked_to_stop:
        return code
    preparing.seen_done()
    programs = {f"{queue} worker": worker(queue) for queue in settings.JOB_SLOTS}
    programs["clock"] = beat
    # Or the port stays taken as long as any of them lives.
    programs = {name: _without(listener, program) for name, program in programs.items()}
    programs["web server"] = lambda on_ready: web(listener, on_ready)
    return Supervisor(programs, server.say_ready).run()


def _without(listener: socket.socket, program: Program) -> Program:
    def run(on_ready: Callable[[], None]) -> int:
        listener.close()
        return program(on_ready)

    return run


def work(queues: list[str]) -> int:
    """A worker for each of these queues until a signal; gives the exit code."""
    load()
    return Supervisor({f"{queue} worker": worker(queue) for queue in queues}).run()


def _prepare(on_ready: Callable[[], None]) -> int:
    _on_signals(_leave)
    preparing.prepare()
    return 0


def _on_signals(handler: Callable[[int, FrameType | None], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
