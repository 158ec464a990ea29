"""The verbs of background work: ask for it, run it, stop it, repeat it."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.utils import timezone
from django.utils.translation import gettext as _

from videorama import logs
from videorama.accounts.languages import speaking_to
from videorama.accounts.models import User
from videorama.errors import NotFound, Transient
from videorama.jobs import claims, endings, facts, kinds, lease, live
from videorama.jobs.endings import JobResult as JobResult
from videorama.jobs.endings import free_those_of as free_those_of
from videorama.jobs.endings import free_those_of_the_dead as free_those_of_the_dead
from videorama.jobs.endings import put_back as put_back
from videorama.jobs.endings import recover as recover
from videorama.jobs.endings import sweep as sweep
from videorama.jobs.errors import (
    Cancelled,
    Interrupted,
    JobIsOpen,
    NotCancellable,
    NotRetryable,
    Partial,
)
from videorama.jobs.here import work_here as work_here
from videorama.jobs.models import ENDED, Job, JobStatus
from videorama.jobs.queries import KEY_KEPT, equal_job
from videorama.jobs.run import Run
from videorama.ledger import doors

log = logging.getLogger(__name__)


def enqueue(
    *,
    kind: str,
    owner: User | None,
    title: str,
    params: dict[str, Any],
    link: str = "",
    library: str = "",
    dedup_key: str = "",
    idempotency_key: str = "",
    priority: int = 5,
    run_after: datetime | None = None,
) -> Job:
    """A job that starts after commit, as soon as a slot is free.

    An open job with the same dedup_key, or a job of this owner made with the same idempotency_key
    within 24 h, is given instead; `was_reused` of the result says so.
    """
    values: dict[str, Any] = {
        "kind": kind,
        "owner": owner,
        "title": title[:500],
        "params": params,
        "link": link[:300],
        "library": library,
        "dedup_key": dedup_key,
        "idempotency_key": idempotency_key if owner else "",
        "priority": priority,
        "run_after": run_after,
        "queue": kinds.get(kind).queue,
        "status": JobStatus.SCHEDULED
        if run_after and run_after > timezone.now()
        else JobStatus.PENDING,
    }
    try:
        with transaction.atomic():
            job = equal_job(owner, dedup_key=dedup_key, idempotency_key=idempotency_key)
            if job is None:
                _forget_own_key(owner, idempotency_key)
                job = Job.objects.create(**values)
                live.publish(job.pk)
                transaction.on_commit(lease.kick)
                job.was_reused = False
    except IntegrityError:
        # Only where two transactions may write at once: the other one was faster.
        job = equal_job(owner, dedup_key=dedup_key, idempotency_key=idempotency_key)
        if job is None:
            raise
    return job


def _forget_own_key(owner: User | None, idempotency_key: str) -> None:
    """Frees the key where an old job still has it; beat frees the others once an hour."""
    if owner is not None and idempotency_key:
        own = Job.objects.filter(owner=owner, idempotency_key=idempotency_key)
        own.filter(created_at__lt=timezone.now() - KEY_KEPT).update(idempotency_key="")


@doors.using(doors.Door.WORKER)
def run(job_id: int, work: Callable[[Run], JobResult | None]) -> None:
    """Claims the job, does the work, closes the row; the whole body of a task.

    Does nothing when the job is not due or another runner has it, so a second delivery of the same
    id is harmless.
    """
    try:
        job = None if lease.is_stopping() else claims.take(job_id)
        if job is None:
            return
        handle = Run(job)
        token = logs.current_job.set(str(job.uuid))
        lease.hold(handle)
        try:
            live.publish(job_id)
            # Log lines and reasons are kept as they are said: for whom the work is done.
            with speaking_to(job.owner):
                _close(handle, *_outcome(handle, work))
        finally:
            lease.release(handle)
            logs.current_job.reset(token)
    finally:
        lease.settled(job_id)
    lease.kick()  # not after an error: a database that fails would be asked without a pause


def _outcome(
    handle: Run, work: Callable[[Run], JobResult | None]
) -> tuple[JobResult | None, Exception | None]:
    """What the work gave or raised. KeyboardInterrupt and the like put the job back first."""
    try:
        return work(handle) or JobResult(), None
    except Exception as error:
        # The door of all background work: whatever it was, the row has to say so.
        return None, error
    except BaseException:
        endings.put_back(handle)
        raise


def _close(handle: Run, outcome: JobResult | None, error: Exception | None) -> None:
    if isinstance(error, DatabaseError) and _is_cut_off():
        error = Interrupted(technical="The connection to the database was lost.")
    for wait_s in (0.5, 2.0, 4.0, 8.0, None):
        try:
            return _close_once(handle, outcome, error)
        except (OperationalError, InterfaceError):
            # A full disk, a long lock, or a database that starts again: by then it may be over.
            # The sweep is the last resort.
            if wait_s is None:
                raise
            log.warning("The end of a job could not be written; trying again.", exc_info=True)
            if _is_cut_off():
                connection.close()
            time.sleep(wait_s)


def _is_cut_off() -> bool:
    """The connection of this thread was lost; a new one can be had after closing it."""
    return connection.vendor == "postgresql" and (
        connection.connection is None or bool(connection.connection.closed)
    )


def _close_once(handle: Run, outcome: JobResult | None, error: Exception | None) -> None:
    if error is None:
        endings.completed(handle, outcome or JobResult())
    elif isinstance(error, Cancelled) or _is_cancel_requested(handle):
        endings.cancelled(handle)
    elif isinstance(error, Interrupted):
        endings.put_back(handle)
    elif isinstance(error, Partial):
        endings.failed(handle, endings.describe(error), status=JobStatus.PARTIAL)
    elif isinstance(error, (Transient, OperationalError)):
        _after_transient(handle, error)
    else:
        endings.failed(handle, endings.describe(error))


def _after_transient(handle: Run, error: Transient | OperationalError) -> None:
    if handle.is_interrupted:  # what failed is most likely what the shutdown took away
        endings.put_back(handle)
    elif isinstance(error, Transient):
        endings.try_again(handle, error)
    else:
        log.warning("The database was busy.", exc_info=error)
        busy = Transient(_("The database was busy."), code="database_busy", technical=repr(error))
        endings.try_again(handle, busy)


def _is_cancel_requested(handle: Run) -> bool:
    return claims.held(handle.job_id, handle.claim).exclude(cancel_requested_at=None).exists()


def request_cancel(*, job: Job, user: User | None) -> Job:
    """A waiting job ends at once, a running one within seconds; NotCancellable after its end."""
    now = timezone.now()
    with transaction.atomic():
        current = _locked(job)
        if not current.is_open:
            raise NotCancellable
        line = _("%(name)s cancelled this.") % {"name": user} if user else _("Cancelled.")
        if current.status == JobStatus.RUNNING:
            if current.cancel_requested_at is None:
                Job.objects.filter(pk=job.pk).update(cancel_requested_at=now, updated_at=now)
                claims.add_line(job.pk, line, stage=current.stage)
                facts.tell("job.cancelled", current, user=user)
            live.publish(job.pk)
        else:
            Job.objects.filter(pk=job.pk).update(
                status=JobStatus.CANCELLED,
                cancel_requested_at=now,
                run_after=None,
                message="",
                **endings.NO_ERROR,
                ended_at=now,
                updated_at=now,
            )
            claims.add_line(job.pk, line, stage=current.stage)
            facts.tell("job.cancelled", current, user=user)
            endings.announce(job.pk, JobStatus.CANCELLED)
        job.refresh_from_db()
    return job


def retry(*, job: Job, user: User | None) -> Job:
    """Starts a failed, cancelled or partial job over, as the same row and with its log going on."""
    fresh: dict[str, Any] = {
        "status": JobStatus.PENDING,
        "stage": "",
        "progress": 0,
        "message": "",
        **endings.NO_ERROR,
        "failures": 0,
        "crashes": 0,
        "run_after": None,
        "cancel_requested_at": None,
        "started_at": None,
        "ended_at": None,
        "updated_at": timezone.now(),
    }
    again = (JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.PARTIAL)
    try:
        with transaction.atomic():
            if not Job.objects.filter(pk=job.pk, status__in=again).update(**fresh):
                raise NotRetryable
            line = _("%(name)s tries again.") % {"name": user} if user else _("Trying again.")
            claims.add_line(job.pk, line)
            live.publish(job.pk)
            transaction.on_commit(lease.kick)
            job.refresh_from_db()
            facts.tell("job.retried", job, user=user)
    except IntegrityError:
        raise NotRetryable(_("The same work is already waiting or running.")) from None
    return job


def _locked(job: Job) -> Job:
    """The row as it is now, held until the transaction ends; NotFound when it was deleted."""
    current = Job.objects.select_for_update().filter(pk=job.pk).first()
    if current is None:
        raise NotFound
    return current


def delete(*, job: Job, user: User | None) -> None:
    """Removes an ended job and its log; what it made stays. JobIsOpen for an open one."""
    with transaction.atomic():
        current = _locked(job)
        if current.status not in ENDED:
            raise JobIsOpen
        facts.tell("job.deleted", current, user=user)
        current.delete()
    log.info("Job %s was deleted by %s.", job.uuid, user or "the system")


def forget_keys() -> int:
    """Frees the Idempotency-Keys that are older than 24 h."""
    old = Job.objects.filter(created_at__lt=timezone.now() - KEY_KEPT).exclude(idempotency_key="")
    return old.update(idempotency_key="")
