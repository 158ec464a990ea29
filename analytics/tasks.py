"""Celery doors of this room."""

from celery import shared_task

from analytics import mailing, services
from videorama.jobs import services as jobs


@shared_task(name="analytics.send_mail")  # type: ignore[untyped-decorator]
def send_mail(job_id: int) -> None:
    """One mail."""
    jobs.run(job_id, mailing.send_mail)


@shared_task(name="analytics.look_after")  # type: ignore[untyped-decorator]
def look_after() -> None:
    """Beat, each minute: ends that nobody was told of, and mail that is due."""
    services.tell_missed()
    services.ask_for_mail()


@shared_task(name="analytics.forget_old")  # type: ignore[untyped-decorator]
def forget_old() -> None:
    """Beat, daily."""
    services.forget_old()
