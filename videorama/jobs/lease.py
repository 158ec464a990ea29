"""The one thread per process that keeps claims alive, frees lost ones and starts waiting jobs.

It wakes each second, and at once on `kick`: starts due jobs while slots are free (so rows written
by another process run too), renews the leases of this process every 5 s, sweeps every 10 s. Nothing
of this goes through the broker; only the id of a job that has a free slot does, on its way to a
worker thread, which keeps a long queue ordered by priority and free of duplicates. This is the
embedded mode; what scale mode does differently is in dispatch.
"""

import logging
import threading
from collections import Counter
from time import monotonic

from django.db import DatabaseError, connections

from videorama.celery import app
from videorama.jobs import claims, endings, kinds
from videorama.jobs.queries import job_slots
from videorama.jobs.run import Run
from videorama.redis_link import Complaint

log = logging.getLogger(__name__)

_RENEW_S = 5.0
_SWEEP_S = 10.0
_TICK_S = 1.0
# A message that no worker thread took up after this long is thought lost.
_UNCLAIMED_S = 30.0

_complaint = Complaint(log, "The database is away; jobs are looked after once it is back.")
_guard = threading.Lock()
_held: dict[int, Run] = {}
# Queue and time of the ids that are on their way to a worker thread, or in one.
_sent: dict[int, tuple[str, float]] = {}
_kicked = threading.Event()
_stopping = threading.Event()


def hold(run: Run) -> None:
    """Has the lease of this run renewed, and the run interrupted at shutdown."""
    with _guard:
        _held[run.job_id] = run
    if _stopping.is_set():
        run.interrupt()


def release(run: Run) -> None:
    """Ends that."""
    with _guard:
        if _held.get(run.job_id) is run:
            del _held[run.job_id]


def settled(job_id: int) -> None:
    """A worker thread has done with the message of this job: its slot is free."""
    with _guard:
        _sent.pop(job_id, None)


def held() -> list[Run]:
    """The runs of this process."""
    with _guard:
        return list(_held.values())


def kick() -> None:
    """There may be something to start: look now instead of at the next second."""
    _kicked.set()


def is_stopping() -> bool:
    """This process takes no more jobs."""
    return _stopping.is_set()


def stop_working() -> None:
    """No more claims; every run of this process is interrupted at its next check."""
    _stopping.set()
    for run in held():
        run.interrupt()


def renew_all() -> None:
    """Moves the leases on; a run whose claim is lost is interrupted, which kills its child."""
    for run in held():
        if not claims.renew(run.job_id, run.claim) and run in held():
            run.interrupt()


class LeaseThread(threading.Thread):
    """See the module. `starts_jobs=False` only renews, for a command that works a job itself."""

    def __init__(self, *, starts_jobs: bool = True) -> None:
        super().__init__(name="leases", daemon=True)
        self._starts_jobs = starts_jobs
        self._quit = threading.Event()
        self._next_renew = self._next_sweep = 0.0
        self._renewed_at = monotonic()

    def run(self) -> None:
        """Ticks until stop(); a failing tick is logged and the next one tries again."""
        was_kicked = True
        try:
            while not self._quit.is_set():
                try:
                    self._tick()
                    self.after_tick(was_kicked=was_kicked)
                except Exception as error:
                    # The door of this thread: it must outlive a database that is away for a while.
                    self._failed(error)
                was_kicked = _kicked.wait(_TICK_S)
                _kicked.clear()
        finally:
            connections.close_all()
            _stopping.clear()  # the next one in this process may work again

    def after_tick(self, *, was_kicked: bool) -> None:
        """For a mode that starts jobs in another way."""

    def _failed(self, error: Exception) -> None:
        if isinstance(error, DatabaseError):
            _complaint.make(error)
        else:
            log.error("Looking after jobs failed; trying again in a second.", exc_info=error)
        connections.close_all()
        if monotonic() - self._renewed_at > claims.LEASE_S:
            # Others may take these jobs by now, wherever the database is not away.
            for run in held():
                run.interrupt()

    def start(self) -> None:
        """Starts with nothing under way: messages of an earlier thread are gone."""
        with _guard:
            _sent.clear()
        super().start()

    def stop(self) -> None:
        """Ends the thread."""
        self._quit.set()
        kick()

    def _tick(self) -> None:
        now = monotonic()
        if now >= self._next_renew:
            self._next_renew = now + _RENEW_S
            renew_all()
            self._renewed_at = now
        if not self._starts_jobs or _stopping.is_set():
            return
        if now >= self._next_sweep:
            self._next_sweep = now + _SWEEP_S
            endings.sweep()
        self._start_due(now)

    def _start_due(self, now: float) -> None:
        """Sends as many due jobs to the worker threads as there are free slots, by priority."""
        with _guard:
            for job_id, (_, since) in list(_sent.items()):
                if job_id not in _held and now - since > _UNCLAIMED_S:
                    del _sent[job_id]
            under_way = dict(_sent)
        used = Counter(queue for queue, _ in under_way.values())
        for queue, slots in job_slots().items():
            if slots <= used[queue]:
                continue
            waiting = claims.due().filter(queue=queue, kind__in=kinds.names())
            waiting = waiting.exclude(pk__in=list(under_way))
            for job_id, kind in waiting.values_list("pk", "kind")[: slots - used[queue]]:
                with _guard:
                    _sent[job_id] = (queue, now)
                app.send_task(kinds.get(kind).task, args=[job_id], queue=queue)
