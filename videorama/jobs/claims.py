"""Moves of a job's row that depend on who holds the claim.

Every write names the claim number it was made under (the fencing token), so a runner that lost its
job to another one cannot write any more, however late it wakes up.
"""

import os
import secrets
import socket
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from videorama.jobs.errors import Interrupted
from videorama.jobs.models import WAITING, Job, JobLog, JobStatus, LogLevel

LEASE_S = 20.0
CRASH_LIMIT = 5
# For claims that died within the first lease: a process that is killed every few seconds gives no
# job a fair chance, but one that takes the process down at once must come to an end as well.
EARLY_CRASH_LIMIT = 25
FAILURE_LIMIT = 3
# All processes that were forked from one have the same.
MARK = secrets.token_hex(4)


def worker_name(process: int) -> str:
    """Who holds a claim: a process of this machine, by number.

    With a mark of this program, since containers may share their name and their numbers.
    """
    return f"{socket.gethostname()[:50].replace(':', '-')}:{process}:{MARK}"


def is_dead(worker: str) -> bool:
    """The process behind this name of ours has ended; false where one like it has its number."""
    _host, process, _mark = worker.split(":")
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, PermissionError):  # Ours could be asked.
        return True
    return False


def due() -> QuerySet[Job]:
    """Jobs that may start now, the next one first."""
    return Job.objects.filter(
        Q(run_after=None) | Q(run_after__lte=timezone.now()), status__in=WAITING
    ).order_by("priority", "id")


def take(job_id: int) -> Job | None:
    """The job with a fresh claim, or None when it is not due or somebody else was faster."""
    now = timezone.now()
    won = (
        due()
        .filter(pk=job_id)
        .order_by()
        .update(
            status=JobStatus.RUNNING,
            claims=F("claims") + 1,
            worker=worker_name(os.getpid()),
            claimed_at=now,
            lease_until=now + timedelta(seconds=LEASE_S),
            run_after=None,
            message="",
            updated_at=now,
        )
    )
    if not won:
        return None
    job = Job.objects.select_related("owner").get(pk=job_id)
    if job.started_at is None:
        job.started_at = now
        Job.objects.filter(pk=job_id, claims=job.claims).update(started_at=now)
    return job


def held(job_id: int, claim: int) -> QuerySet[Job]:
    """The row, as long as it still runs under this claim."""
    return Job.objects.filter(pk=job_id, claims=claim, status=JobStatus.RUNNING)


def write(job_id: int, claim: int, **columns: Any) -> None:
    """Changes the row; Interrupted when the claim is lost."""
    if not held(job_id, claim).update(updated_at=timezone.now(), **columns):
        raise Interrupted(technical="The claim was lost.")


def renew(job_id: int, claim: int) -> bool:
    """Moves the lease on; False when the claim is lost."""
    until = timezone.now() + timedelta(seconds=LEASE_S)
    return bool(held(job_id, claim).update(lease_until=until))


def let_go(job_id: int, claim: int, *, status: JobStatus, **columns: Any) -> bool:
    """Ends the claim with the row in this status; False when it was lost already."""
    now = timezone.now()
    if status not in WAITING:
        columns["ended_at"] = now
    return bool(
        held(job_id, claim).update(
            status=status, lease_until=None, worker="", updated_at=now, **columns
        )
    )


def add_line(
    job_id: int, message: str, *, level: LogLevel = LogLevel.INFO, stage: str = ""
) -> JobLog:
    """Appends a log line with the next number; numbers have no gaps."""
    with transaction.atomic():
        # Where rows can be locked this makes writers queue; SQLite lets in one writer anyway.
        Job.objects.select_for_update().only("pk").get(pk=job_id)
        last = JobLog.objects.filter(job_id=job_id).aggregate(last=Max("seq"))["last"] or 0
        return JobLog.objects.create(
            job_id=job_id, seq=last + 1, level=level, stage=stage, message=message
        )
