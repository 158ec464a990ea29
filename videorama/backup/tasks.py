"""Celery doors of this room."""

from celery import shared_task

from videorama.backup import services, work
from videorama.jobs import services as jobs


@shared_task(name="backup.make")  # type: ignore[untyped-decorator]
def make(job_id: int) -> None:
    """One backup."""
    jobs.run(job_id, work.back_up)


@shared_task(name="backup.make_due")  # type: ignore[untyped-decorator]
def make_due() -> None:
    """Beat, hourly."""
    services.make_due()
