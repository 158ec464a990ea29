"""What the ledger is told about jobs."""

from typing import Any

from videorama.accounts.models import User
from videorama.jobs.models import Job, JobStatus
from videorama.ledger.doors import Door, using
from videorama.ledger.models import Severity
from videorama.ledger.services import record


def tell(event: str, job: Job, *, user: User | None, **data: Any) -> None:
    """One fact about the job, its library, and the entry it is for or has made."""
    record(
        event,
        user=user,
        about=_about(job),
        data={"kind": job.kind, "title": job.title, **data},
    )


def tell_end(job_id: int, status: JobStatus) -> None:
    """That a job gave up, wholly or in part; other ends are told by the work itself."""
    if status not in {JobStatus.FAILED, JobStatus.PARTIAL}:
        return
    job = Job.objects.get(pk=job_id)
    with using(Door.WORKER):
        record(
            "job.failed" if status == JobStatus.FAILED else "job.finished_in_part",
            about=_about(job),
            data={
                "kind": job.kind,
                "title": job.title,
                "code": job.error_code,
                "reason": job.error_message,
            },
            severity=Severity.ERROR if status == JobStatus.FAILED else Severity.WARNING,
        )


def _about(job: Job) -> list[tuple[str, object]]:
    subjects: list[tuple[str, object]] = [("job", job.uuid)]
    if job.library:
        subjects.append(("library", job.library))
    for facts in (job.params, job.result):
        if entry := facts.get("entry_id"):
            subjects.append(("entry", entry))
    return subjects
