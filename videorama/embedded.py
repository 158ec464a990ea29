"""The whole program in one process: server in the main thread, workers and clock in threads.

Order at start: lock -> migrate -> worker threads ready -> free the jobs of the last process ->
lease thread -> beat -> server. The lock comes before migrating, so a second start never changes
tables under a running server. On a signal running jobs are interrupted, which kills their child
processes and puts the rows back; the next start goes on with them.
"""

import logging
import os
import signal
import socket
import threading
from time import monotonic
from types import FrameType

from celery.beat import EmbeddedService
from celery.worker import WorkController
from celery.worker import state as worker_state
from django.conf import settings
from django.db import connections

from imports import services as imports
from videorama import broker
from videorama.celery import app
from videorama.jobs import lease
from videorama.jobs import services as jobs
from videorama.jobs.queries import most_slots
from videorama.server import Server, say_ready

log = logging.getLogger(__name__)

_STOP_S = 4.0
_FORCE_AFTER_S = 2.0


class WorkerThread(threading.Thread):
    """Celery's worker with a pool of threads: as many as there may be slots, one for beat's tasks.

    The lease thread never has more jobs under way than there are slots, so heavy and quick jobs
    cannot take each other's place.
    """

    def __init__(self) -> None:
        super().__init__(name="worker", daemon=True)
        self.is_ready = threading.Event()

    def run(self) -> None:
        """Works until stop()."""
        # Module-global in Celery: a former worker of this process leaves it set.
        worker_state.should_stop = worker_state.should_terminate = None
        broker.reset()
        controller = WorkController(
            app=app,
            hostname=f"embedded@{os.getpid()}",
            pool="threads",
            concurrency=most_slots() + 1,
            queues=[*settings.JOB_SLOTS],
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            ready_callback=lambda _: self.is_ready.set(),
        )
        try:
            controller.start()
        finally:
            self.is_ready.set()  # nobody should wait for a worker that is gone
            connections.close_all()

    def stop(self) -> None:
        """Takes no more messages and ends when the tasks have ended; does not wait."""
        worker_state.should_stop = 0
        broker.stop()


class Machinery:
    """Worker threads and lease thread, started and stopped together."""

    def __init__(self) -> None:
        self._worker = WorkerThread()
        self._leases = lease.LeaseThread()

    def start(self) -> None:
        """Ready for jobs when this returns; those of a process that died are free again."""
        # Here, so that a task module that cannot be imported stops the start; Celery only logs it.
        app.autodiscover_tasks(force=True)
        self._worker.start()
        if not self._worker.is_ready.wait(30) or not self._worker.is_alive():
            raise RuntimeError("The worker threads did not start.")
        freed = jobs.recover()
        if freed:
            log.info("%s jobs of the last run go on.", freed)
        imports.sweep()
        connections.close_all()

    def start_jobs(self) -> None:
        """From now on due jobs run."""
        self._leases.start()

    def begin_stop(self) -> None:
        """Interrupts the running jobs; does not wait, so it may run in a signal handler."""
        lease.stop_working()
        self._worker.stop()

    def finish_stop(self, timeout_s: float) -> bool:
        """Waits for the threads; False when some work did not end in time.

        The rows of such work are put back here, and its late writes are refused by their claim.
        """
        deadline = monotonic() + timeout_s
        self._worker.join(timeout_s)
        for run in lease.held():
            jobs.put_back(run)
        if self._leases.is_alive():
            self._leases.stop()
            self._leases.join(max(0.5, deadline - monotonic()))
        connections.close_all()
        return not self._worker.is_alive()


class Program:
    """One run of the server on a bound socket, until a signal."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._machinery = Machinery()
        self._beat = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")
        self._server = Server(say_ready)
        self._stopped_at: float | None = None

    def run(self) -> int:
        """Serves until SIGINT or SIGTERM; gives the exit code."""
        self._machinery.start()
        try:
            # Before any job starts: from now on leaving means putting jobs back.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._on_signal)
            self._machinery.start_jobs()
            self._beat.start()
            if self._stopped_at is None:
                self._server.serve(self._listener)
        finally:
            self._begin_stop()
            is_clean = self._machinery.finish_stop(self._time_left())
        if not is_clean:
            log.warning("Some work did not stop in time; leaving without it.")
            logging.shutdown()
            os._exit(0)  # a pool thread that hangs would keep the interpreter waiting for ever
        return 0

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = monotonic()
        if self._stopped_at is None:
            self._begin_stop()
        elif now - self._stopped_at >= _FORCE_AFTER_S:
            os._exit(1)

    def _begin_stop(self) -> None:
        if self._stopped_at is not None:
            return
        self._stopped_at = monotonic()
        self._server.stop()
        self._machinery.begin_stop()
        # Waits up to a second for its tick, so not here.
        threading.Thread(target=self._beat.stop, name="beat-stop", daemon=True).start()

    def _time_left(self) -> float:
        since = monotonic() - (self._stopped_at or monotonic())
        return max(0.5, _STOP_S - since)
