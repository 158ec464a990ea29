"""API of background work."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from videorama.accounts.auth import caller
from videorama.jobs import queries, services
from videorama.jobs.models import Job, JobLog, JobStatus
from videorama.paging import Page, PageOf, PageQuery, paginate

router = Router(tags=["jobs"])


class JobError(Schema):
    """Why it failed: a stable code and a sentence."""

    code: str
    message: str


class JobOut(Schema):
    """One piece of background work. `result` may hold entry_id and inbox_id."""

    id: UUID
    kind: str
    status: str
    stage: str
    progress: float
    message: str
    created_at: str
    started_at: str | None
    ended_at: str | None
    error: JobError | None
    result: dict[str, Any]


class JobAnswer(Schema):
    """A job that changes in the background."""

    job: JobOut


class LineOut(Schema):
    """One line of a job's log; `seq` counts from 1 without gaps."""

    seq: int
    level: str
    stage: str
    message: str
    created_at: str


class JobFilter(PageQuery):
    """Which jobs."""

    status: list[JobStatus] = Field([])
    kind: str = Field("", max_length=40)


class LogQuery(Schema):
    """Which lines: those with a number above `after`."""

    after: int = Field(0, ge=0, le=2**31)
    limit: int = Field(200, ge=1, le=1_000)


@router.get("", response=PageOf[JobOut])
def list_jobs(request: HttpRequest, which: Query[JobFilter]) -> dict[str, Any]:
    """The caller's jobs and those of libraries the caller may edit, newest first."""
    found = queries.jobs_for(caller(request))
    if which.status:
        found = found.filter(status__in=which.status)
    if which.kind:
        found = found.filter(kind=which.kind)
    page = paginate(
        found,
        order=("-created_at", "-pk"),
        after=which.after,
        limit=which.limit,
        offset=which.offset,
    )
    return page.document(queries.job_document)


@router.get("/{uuid:job_id}", response=JobOut)
def get_job(request: HttpRequest, job_id: UUID) -> dict[str, Any]:
    """One job."""
    return queries.job_document(_job(request, job_id))


@router.get("/{uuid:job_id}/logs", response=PageOf[LineOut])
def list_lines(request: HttpRequest, job_id: UUID, which: Query[LogQuery]) -> dict[str, Any]:
    """The log, oldest line first; `after` takes the number of the last line known."""
    job = _job(request, job_id)
    lines = queries.log_lines(job, which.after, which.limit + 1)
    shown = lines[: which.limit]
    page: Page[JobLog] = Page(
        items=shown,
        count=job.lines.count(),
        count_capped=False,
        next=str(shown[-1].seq) if len(lines) > which.limit else None,
    )
    return page.document(queries.line_document)


@router.post("/{uuid:job_id}/cancel", response={202: JobAnswer})
def cancel_job(request: HttpRequest, job_id: UUID) -> Status[dict[str, Any]]:
    """A waiting job ends at once, a running one within seconds. 409 when it has ended."""
    job = services.request_cancel(job=_job(request, job_id), user=caller(request))
    return Status(202, {"job": queries.job_document(job)})


@router.post("/{uuid:job_id}/retry", response={202: JobAnswer})
def retry_job(request: HttpRequest, job_id: UUID) -> Status[dict[str, Any]]:
    """Starts a failed, cancelled or partly done job over. 409 for any other."""
    job = services.retry(job=_job(request, job_id), user=caller(request))
    return Status(202, {"job": queries.job_document(job)})


@router.delete("/{uuid:job_id}", response={204: None})
def delete_job(request: HttpRequest, job_id: UUID) -> Status[None]:
    """Removes an ended job and its log. 409 for an open one."""
    services.delete(job=_job(request, job_id), user=caller(request))
    return Status(204, None)


def _job(request: HttpRequest, job_id: UUID) -> Job:
    return queries.job_by_uuid(caller(request), job_id)
