"""Reads of background work, always scoped by who asks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Min, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from videorama.accounts.models import User
from videorama.errors import NotFound
from videorama.jobs import claims, kinds
from videorama.jobs.models import OPEN, Job, JobLog, JobStatus
from videorama.paging import count_up_to
from videorama.preferences import queries as preferences

# How long a client may send the same request again and get the same job.
KEY_KEPT = timedelta(hours=24)
_TRAY_SIZE = 8
HEAVY_KEY = "downloader.heavy_jobs"
MOST_HEAVY = 8


def _nothing(user: User) -> Iterable[str]:
    return ()


_editable: Callable[[User], Iterable[str]] = _nothing


def register_editable_libraries(fn: Callable[[User], Iterable[str]]) -> None:
    """Tells this room, which may not know libraries, the slugs of those a user may edit."""
    global _editable
    _editable = fn


def editable_libraries(user: User) -> Iterable[str]:
    """Slugs of the libraries whose jobs the user may see."""
    return _editable(user)


def job_slots() -> dict[str, int]:
    """How many jobs of each queue may run at the same time now."""
    heavy = preferences.state(HEAVY_KEY)
    is_set = heavy.source != "default"
    return settings.JOB_SLOTS | ({"heavy": int(heavy.value)} if is_set else {})


def most_slots() -> int:
    """How many jobs may ever run at the same time in one process."""
    return sum((settings.JOB_SLOTS | {"heavy": MOST_HEAVY}).values())


@dataclass(frozen=True)
class Overall:
    """How much work there is; `oldest_waiting` is since when a job that is due waits."""

    running: int
    waiting: int
    oldest_waiting: datetime | None


def overall() -> Overall:
    """The state of all queues, for operators; says nothing about whose jobs they are."""
    waiting = claims.due()
    return Overall(
        running=Job.objects.filter(status=JobStatus.RUNNING).count(),
        waiting=waiting.count(),
        oldest_waiting=waiting.order_by().aggregate(oldest=Min("created_at"))["oldest"],
    )


def last_failures(limit: int) -> list[Job]:
    """The jobs that failed last, for operators."""
    failed = Job.objects.filter(status=JobStatus.FAILED, ended_at__isnull=False)
    return list(failed.order_by("-ended_at", "-pk")[:limit])


def jobs_for(user: Any) -> QuerySet[Job]:
    """The user's own jobs and those of libraries the user may edit; all for administrators."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Job.objects.none()
    if user.is_admin:
        return Job.objects.all()
    return Job.objects.filter(Q(owner=user) | Q(library__in=_editable(user)))


def own_jobs_for(user: Any) -> QuerySet[Job]:
    """What the JSON sockets tell: the user's own jobs; all for administrators."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Job.objects.none()
    return Job.objects.all() if user.is_admin else Job.objects.filter(owner=user)


def is_own_job(user: User, owner_id: int | None) -> bool:
    """The same of a job whose owner is known."""
    return user.is_active and (user.is_admin or owner_id == user.pk)


def job_by_uuid(user: Any, uuid: Any) -> Job:
    """The job, or NotFound when there is none this user may see."""
    job = jobs_for(user).filter(uuid=uuid).first()
    if job is None:
        raise NotFound
    return job


def equal_job(owner: User | None, *, dedup_key: str = "", idempotency_key: str = "") -> Job | None:
    """The job an equal request would get: one of this owner with the same idempotency_key, made
    within KEY_KEPT, else an open one with the same dedup_key."""
    job = None
    if owner is not None and idempotency_key:
        since = timezone.now() - KEY_KEPT
        own = Job.objects.filter(owner=owner, created_at__gte=since)
        job = own.filter(idempotency_key=idempotency_key).first()
    if job is None and dedup_key:
        job = Job.objects.filter(dedup_key=dedup_key, status__in=OPEN).first()
    if job is not None:
        job.was_reused = True
    return job


def open_jobs_for(user: Any) -> QuerySet[Job]:
    """Jobs that have not ended, running ones first."""
    return open_among(jobs_for(user))


def open_among(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Those that have not ended, in the order they run."""
    return jobs.filter(status__in=OPEN).order_by(
        F("started_at").asc(nulls_last=True), "priority", "id"
    )


def cards_for(user: Any) -> QuerySet[Job]:
    """Open jobs that are drawn in the library grid, newest first."""
    return (
        jobs_for(user)
        .filter(status__in=OPEN, kind__in=list(kinds.with_card()))
        .order_by("-created_at", "-pk")
    )


def tray(user: Any) -> dict[str, Any]:
    """Context of the tray: the first open jobs and how many there are."""
    jobs = list(open_jobs_for(user)[:_TRAY_SIZE])
    count = len(jobs) if len(jobs) < _TRAY_SIZE else count_up_to(open_jobs_for(user))
    return {"jobs": [{"job": job, "kind": kinds.kind_of(job)} for job in jobs], "count": count}


def counts_for(user: Any) -> dict[str, int]:
    """How many jobs of the user are in each status, zero included."""
    return counts_of(jobs_for(user))


def counts_of(jobs: QuerySet[Job]) -> dict[str, int]:
    """How many of these jobs are in each status, zero included; exact to COUNT_LIMIT."""
    return {status.value: count_up_to(jobs.filter(status=status)) for status in JobStatus}


def log_lines(job: Job, after: int = 0, limit: int = 1000) -> list[JobLog]:
    """Lines with a number above `after`, in order."""
    return lines_of(job.pk, after, limit)


def lines_of(job_id: int, after: int = 0, limit: int = 1000) -> list[JobLog]:
    """As log_lines, for a caller that has checked the job already."""
    return list(JobLog.objects.filter(job_id=job_id, seq__gt=after).order_by("seq")[:limit])


def last_lines(job: Job, limit: int = 1000) -> list[JobLog]:
    """The newest lines, in order."""
    newest = JobLog.objects.filter(job_id=job.pk).order_by("-seq")[:limit]
    return list(reversed(newest))


def job_document(job: Job) -> dict[str, Any]:
    """The job as clients get it: API and JSON sockets, the same to the letter."""
    has_error = job.status in {JobStatus.FAILED, JobStatus.PARTIAL} and bool(job.error_code)
    return {
        "id": str(job.uuid),
        "kind": job.kind,
        "status": job.status,
        "stage": job.stage,
        "progress": round(job.progress, 1),
        "message": job.message,
        "created_at": _time(job.created_at),
        "started_at": _time(job.started_at),
        "ended_at": _time(job.ended_at),
        "error": {"code": job.error_code, "message": job.error_message} if has_error else None,
        "result": {
            name: job.result[name] for name in ("entry_id", "inbox_id") if name in job.result
        },
    }


def line_document(line: JobLog) -> dict[str, Any]:
    """A log line as clients get it."""
    return {
        "seq": line.seq,
        "level": line.level,
        "stage": line.stage,
        "message": line.message,
        "created_at": _time(line.created_at),
    }


def stage_view(job: Job) -> list[dict[str, Any]]:
    """The stepper: each stage of the kind with name, label, state, fill (0..1) and seconds.

    State is done, current, failed or todo. `seconds` is how long the last pass through it took,
    None while it runs or was never entered.
    """
    kind = kinds.kind_of(job)
    if kind is None or not kind.stages:
        return []
    names = [stage.name for stage in kind.stages]
    at = names.index(job.stage) if job.stage in names else -1
    if job.status == JobStatus.COMPLETED:
        at = len(names)
    seconds = _seconds(job, names)
    has_failed = job.status in {JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.PARTIAL}
    shown = []
    for index, stage in enumerate(kind.stages):
        state, fill = "todo", 0.0
        if index < at:
            state, fill = "done", 1.0
        elif index == at:
            state = "failed" if has_failed else "current"
            fill = (job.progress - stage.start) / max(0.001, stage.end - stage.start)
        shown.append(_step(stage.name, stage.label, state, fill, seconds.get(stage.name)))
    return shown


def _step(
    name: str, label: str | Promise, state: str, fill: float, seconds: float | None
) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "state": state,
        "fill": round(min(1.0, max(0.0, fill)), 3),
        "seconds": seconds,
    }


def _seconds(job: Job, names: list[str]) -> dict[str, float]:
    """Time from the line that entered a stage to the line that entered the next, or to the end."""
    entered: list[tuple[str, Any]] = []
    lines = JobLog.objects.filter(job_id=job.pk, stage__in=names).order_by("seq")
    for stage, at in lines.values_list("stage", "created_at"):
        if not entered or entered[-1][0] != stage:
            entered.append((stage, at))
    ends = [at for _, at in entered[1:]] + ([job.ended_at] if job.ended_at else [])
    return {
        stage: max(0.0, (end - begin).total_seconds())
        for (stage, begin), end in zip(entered, ends, strict=False)
    }


def _time(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
