"""One worker of scale mode: Celery's pool of processes on Redis, for the jobs of one queue.

Each process of the pool works one job at a time and renews its own claim. The parent has no
threads, since it forks; in its event loop it looks after the queue each second: what became due,
what was lost with a process or with Redis, and how large the pool should be. On a signal a pipe
that all processes of the pool watch is closed: they interrupt their runs, which puts the rows back.
"""

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from time import monotonic
from types import FrameType
from typing import Any

from celery.signals import worker_process_init
from celery.worker import WorkController
from celery.worker import state as worker_state
from django.db import DatabaseError, connections
from kombu.connection import Connection

from videorama import preparing, presence, redis_link
from videorama.celery import app
from videorama.jobs import claims, dispatch, lease
from videorama.jobs import services as jobs
from videorama.jobs.queries import job_slots

log = logging.getLogger(__name__)

_TICK_S = 1.0
_WAKE_S = 0.2
_RECONNECT_S = 4.0
_SWEEP_S = 10.0
_SAY_S = 3.0
# The processes of the pool have this long to put their rows back before they are killed.
_STOP_S = 2.5
_complaint = redis_link.Complaint(log, "The database is away; jobs go on once it is back.")


class _Connection(Connection):
    """To Redis. Celery would ask for one that is back half a minute late."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """As kombu's, and never longer than this between two attempts."""
        options.setdefault("interval_max", _RECONNECT_S)
        return super().ensure_connection(*args, **options)  # type: ignore[no-untyped-call]


def work(queue: str, on_ready: Callable[[], None]) -> int:
    """Works the jobs of the queue until SIGTERM or SIGINT; gives the exit code."""
    preparing.without_pool()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    preparing.wait_until_ready()
    app.autodiscover_tasks(force=True)
    app.amqp.Connection = _Connection
    return _Worker(queue, on_ready).run()


class _Worker:
    def __init__(self, queue: str, on_ready: Callable[[], None]) -> None:
        self._queue = queue
        self._on_ready = on_ready
        self._process = presence.Process.this("worker", queue)
        self._stop_read, self._stop_write = os.pipe()
        self._stopped_at: float | None = None
        self._next_sweep = self._next_word = 0.0
        self._pool: set[int] = set()
        self._has_timer = False
        self._controller: Any = None

    def run(self) -> int:
        worker_process_init.connect(self._in_pool_process, weak=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        self._controller = WorkController(
            app=app,
            hostname=f"{self._queue}@{self._process.host}.{self._process.number}",
            pool="prefork",
            concurrency=job_slots()[self._queue],
            queues=[self._queue],
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            ready_callback=self._connected,
        )
        connections.close_all()
        self._controller.start()
        code = self._controller.exitcode or 0
        presence.leave(self._process)
        connections.close_all()
        if self._stopped_at is None:
            return code or 1
        return 0

    def _connected(self, consumer: Any) -> None:
        """Once at the start, and each time Redis is back."""
        if not self._has_timer:
            self._has_timer = True
            consumer.hub.call_repeatedly(_TICK_S, self._tick)
            # The loop looks for a stop whenever it wakes.
            consumer.hub.call_repeatedly(_WAKE_S, int)
            self._tick()
            self._on_ready()

    def _tick(self) -> None:
        try:
            self._look_after(monotonic())
        except DatabaseError as error:
            _complaint.make(error)
            connections.close_all()
        except Exception:
            # The door of this timer: it comes again in a second.
            log.exception("Looking after jobs failed; trying again in a second.")
            connections.close_all()

    def _look_after(self, now: float) -> None:
        if self._stopped_at is not None:
            return
        if now >= self._next_word:
            self._next_word = now + _SAY_S
            presence.say(self._process)
        self._free_those_of_the_dead()
        if now >= self._next_sweep:
            self._next_sweep = now + _SWEEP_S
            jobs.sweep()
        self._fit_pool()
        dispatch.top_up([self._queue])

    def _free_those_of_the_dead(self) -> None:
        """Jobs of processes of this program that died; their claims need not run out first."""
        if freed := jobs.free_those_of_the_dead():
            log.warning("%s jobs of a process that died go on.", freed)
        alive = {process.pid for process in self._controller.pool._pool._pool}
        if self._pool - alive or not self._pool:
            # Also at the start: the one before us may have been killed at any moment.
            dispatch.send_errand("imports.sweep")
        self._pool = alive

    def _fit_pool(self) -> None:
        """As many processes as there are slots by now; one that is at work is let finish."""
        pool, consumer = self._controller.pool, self._controller.consumer
        more = job_slots()[self._queue] - pool.num_processes
        if more > 0:
            pool.grow(more)
            consumer._update_prefetch_count(more)
        elif more < 0:
            try:
                pool.shrink(-more)
            except ValueError:  # All are at work.
                return
            consumer._update_prefetch_count(more)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopped_at is not None:
            return
        self._stopped_at = monotonic()
        worker_state.should_stop = 0
        os.close(self._stop_write)
        threading.Thread(target=self._end_in_time, name="stop", daemon=True).start()

    def _end_in_time(self) -> None:
        """Leaves without what does not come to an end, and puts its rows back."""
        threading.Event().wait(_STOP_S)
        pool = self._controller.pool
        processes = list(pool._pool._pool) if pool and pool._pool else []
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        try:
            if jobs.free_those_of([claims.worker_name(one.pid) for one in processes]):
                log.warning("Some work did not stop in time; leaving without it.")
        except DatabaseError as error:
            _complaint.make(error)  # their claims run out
        presence.leave(self._process)
        logging.shutdown()
        os._exit(0)

    def _in_pool_process(self, **_kwargs: Any) -> None:
        """At the start of each process of the pool."""
        if self._stopped_at is None:
            os.close(self._stop_write)
        # Closed by the worker when it stops, also before this process was made.
        threading.Thread(target=self._stop_when_told, name="stop", daemon=True).start()
        dispatch.DispatchThread().start()

    def _stop_when_told(self) -> None:
        while os.read(self._stop_read, 1):
            pass
        lease.stop_working()
