"""How a claim ends: the row, its last log line, the sockets, and the signal."""

import errno
import logging
import random
import secrets
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from videorama.errors import AppError, Transient
from videorama.jobs import claims, facts, live, signals
from videorama.jobs.models import ENDED, Job, JobStatus, LogLevel
from videorama.jobs.run import Run

log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 6 * 3600.0
# The columns of a row whose earlier attempts may have failed, and which did not end in failure.
NO_ERROR: dict[str, Any] = {"error_code": "", "error_message": "", "error_detail": ""}


@dataclass(frozen=True)
class JobResult:
    """What work hands back. `result` is merged into the job's result; `link` is its page."""

    result: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""
    message: str = ""
    partial: bool = False


@dataclass(frozen=True)
class Failure:
    """Why it failed: for the person, and for operators."""

    code: str
    message: str
    detail: str = ""


def completed(run: Run, outcome: JobResult) -> None:
    """The work is done, or as much of it as could be."""
    columns: dict[str, Any] = {
        "result": {**run.result, **outcome.result},
        "message": outcome.message[:500],
        **NO_ERROR,
    }
    if outcome.link:
        columns["link"] = outcome.link[:300]
    if outcome.partial:
        line = outcome.message or _("Only a part could be done.")
        _end(run, JobStatus.PARTIAL, line, LogLevel.WARNING, **columns)
    else:
        columns["progress"] = 100
        _end(run, JobStatus.COMPLETED, outcome.message or _("Done."), **columns)


def cancelled(run: Run) -> None:
    """Somebody asked for it."""
    _end(run, JobStatus.CANCELLED, _("Cancelled."), message="", **NO_ERROR)


def put_back(run: Run) -> None:
    """The process stops: the job waits for the next start, and no failure is counted."""
    _end(run, JobStatus.PENDING, _("The server stopped. The work goes on at the next start."))


def failed(run: Run, failure: Failure, *, status: JobStatus = JobStatus.FAILED) -> None:
    """The work ended with an error nobody expects to pass by itself."""
    _end(
        run,
        status,
        failure.message,
        LogLevel.ERROR,
        message=failure.message[:500],
        **_error_columns(failure),
    )


def try_again(run: Run, error: Transient) -> None:
    """Waits and tries again, or fails when this was the last attempt."""
    failure = describe(error)
    failures = Job.objects.values_list("failures", flat=True).get(pk=run.job_id) + 1
    if failures >= claims.FAILURE_LIMIT:
        advice = _("It was tried %(count)d times; try again later.") % {"count": failures}
        failed(run, replace(failure, message=f"{failure.message} {advice}"))
        return
    wait_s = _wait(failures, error.retry_after_s)
    line = _("%(reason)s Trying again in %(seconds)d s.") % {
        "reason": failure.message,
        "seconds": max(1, round(wait_s)),
    }
    _end(
        run,
        JobStatus.RETRYING,
        line,
        LogLevel.WARNING,
        failures=failures,
        crashes=0,
        run_after=timezone.now() + timedelta(seconds=wait_s),
        message=line[:500],
        **_error_columns(failure),
    )


def describe(error: BaseException) -> Failure:
    """Code and sentence of an error; one nobody planned for gets a log reference, not its text."""
    if isinstance(error, AppError):
        return Failure(error.code, error.message, error.technical or str(error.__cause__ or ""))
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Failure(
            "disk_full", _("The disk is full. Free some space, then try again."), repr(error)
        )
    reference = secrets.token_hex(4)
    log.error("Job failed unexpectedly, reference %s", reference, exc_info=error)
    return Failure(
        "internal",
        _("Something went wrong inside Videorama. The log has details under %(reference)s.")
        % {"reference": reference},
        "".join(traceback.format_exception(error))[-8000:],
    )


def sweep() -> int:
    """Frees the jobs whose lease ran out: their process died or hangs. Gives how many."""
    lost = Job.objects.filter(status=JobStatus.RUNNING, lease_until__lt=timezone.now())
    return _free(lost.values("pk", "claims", "stage"))


def recover() -> int:
    """Frees every running job; for the start of the only process that may work jobs."""
    return _free(Job.objects.filter(status=JobStatus.RUNNING).values("pk", "claims", "stage"))


def free_those_of(workers: Iterable[str]) -> int:
    """Frees the running jobs of these workers, which are known to be dead."""
    lost = Job.objects.filter(status=JobStatus.RUNNING, worker__in=list(workers))
    return _free(lost.values("pk", "claims", "stage"))


def free_those_of_the_dead() -> int:
    """Frees the running jobs of processes of this program, on this machine, that are gone."""
    running = Job.objects.filter(status=JobStatus.RUNNING, worker__endswith=claims.MARK)
    workers = set(running.values_list("worker", flat=True))
    return free_those_of(name for name in workers if claims.is_dead(name)) if workers else 0


def _free(rows: Any) -> int:
    freed = 0
    for row in list(rows):
        freed += _after_crash(row["pk"], row["claims"], row["stage"])
    return freed


def _after_crash(job_id: int, claim: int, stage: str) -> bool:
    """A claim was lost to a crash; only several in a row without progress count as one failure."""
    with transaction.atomic():
        job = claims.held(job_id, claim).select_for_update().first()
        if job is None:
            return False
        columns: dict[str, Any] = {"crashes": job.crashes + 1}
        status, line, level = (
            JobStatus.PENDING,
            _("The server was cut off. Going on."),
            LogLevel.INFO,
        )
        if job.cancel_requested_at is not None:
            status, line = JobStatus.CANCELLED, _("Cancelled.")
            columns |= {"message": "", **NO_ERROR}
        elif columns["crashes"] >= _crash_limit(job):
            columns |= {"crashes": 0, "failures": F("failures") + 1}
            if job.failures + 1 >= claims.FAILURE_LIMIT:
                status, level = JobStatus.FAILED, LogLevel.ERROR
                line = _("This work was cut off again and again. Look at the server's log.")
                columns |= _error_columns(Failure("crashed", line))
        claims.let_go(job_id, claim, status=status, **columns)
        claims.add_line(job_id, line, level=level, stage=stage)
        facts.tell_end(job_id, status)
        announce(job_id, status)
    return True


def _crash_limit(job: Job) -> int:
    """In a row. The last renewal says how long the claim lived, whenever that was."""
    if job.claimed_at is None or job.lease_until is None:
        return claims.CRASH_LIMIT
    lived_s = (job.lease_until - job.claimed_at).total_seconds() - claims.LEASE_S
    return claims.EARLY_CRASH_LIMIT if lived_s < claims.LEASE_S else claims.CRASH_LIMIT


def announce(job_id: int, status: str) -> None:
    """Tells sockets, and receivers of job_finished when it is an end; after commit."""
    live.publish(job_id)
    if status in ENDED:
        transaction.on_commit(partial(signals.job_finished.send_robust, sender=Job, job_id=job_id))


def _end(
    run: Run, status: JobStatus, line: str, level: LogLevel = LogLevel.INFO, **columns: Any
) -> None:
    with transaction.atomic():
        stage = claims.held(run.job_id, run.claim).values_list("stage", flat=True).first()
        if stage is None or not claims.let_go(run.job_id, run.claim, status=status, **columns):
            log.warning("The claim was lost before the job ended as %s.", status)
            return
        claims.add_line(run.job_id, line, level=level, stage=stage)
        facts.tell_end(run.job_id, status)
        announce(run.job_id, status)


def _error_columns(failure: Failure) -> dict[str, str]:
    return {
        "error_code": failure.code[:60],
        "error_message": failure.message,
        "error_detail": failure.detail,
    }


def _wait(failures: int, asked_s: float | None) -> float:
    """Seconds until the next attempt: what the other side asked for, or a growing time.

    The jitter keeps many jobs that failed together from coming back together.
    """
    if asked_s is not None:
        return min(max(asked_s, 0.0) + random.uniform(0.0, 0.5), _LONGEST_WAIT_S)
    wait_s: float = settings.JOB_BACKOFF_S * 4 ** (failures - 1)
    return wait_s * random.uniform(0.8, 1.2)
