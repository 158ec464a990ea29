"""Celery doors of this room."""

from celery import shared_task

from videorama.jobs import services


@shared_task(name="jobs.forget_keys")  # type: ignore[untyped-decorator]
def forget_keys() -> None:
    """Beat, hourly."""
    services.forget_keys()
