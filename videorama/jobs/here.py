"""Working one job inside a command, while no server runs."""

import threading
from collections.abc import Callable

from django.db import connections
from django.utils import timezone

from videorama.celery import app
from videorama.jobs import kinds, lease
from videorama.jobs.models import Job


def work_here(*, job: Job, on_change: Callable[[Job], None] | None = None) -> Job:
    """Works the job in this process until it has ended, retries included; gives the ended row.

    The caller holds jobs.lock, so no server takes the job. `on_change` gets the fresh row about
    four times a second in the calling thread. KeyboardInterrupt there puts the job back for later.
    """
    app.autodiscover_tasks(force=True)
    keeper = lease.LeaseThread(starts_jobs=False)
    worker = _Worker(job)
    keeper.start()
    worker.start()
    try:
        while worker.is_alive():
            worker.join(0.25)
            if on_change:
                job.refresh_from_db()
                on_change(job)
    finally:
        worker.leave()
        lease.stop_working()
        worker.join()
        keeper.stop()
        keeper.join()
    job.refresh_from_db()
    return job


class _Worker(threading.Thread):
    """Calls the task of the job, again after each back-off."""

    def __init__(self, job: Job) -> None:
        super().__init__(name="work", daemon=True)
        self._job_id = job.pk
        self._task = kinds.get(job.kind).task
        self._leaving = threading.Event()

    def leave(self) -> None:
        """Starts nothing more."""
        self._leaving.set()
        lease.kick()

    def run(self) -> None:
        """Until the job has ended, or leave()."""
        try:
            while not self._leaving.is_set():
                app.tasks[self._task](self._job_id)
                job = Job.objects.get(pk=self._job_id)
                if not job.is_open:
                    return
                wait_s = (job.run_after - timezone.now()).total_seconds() if job.run_after else 0.1
                self._leaving.wait(max(0.1, wait_s))
        finally:
            connections.close_all()
