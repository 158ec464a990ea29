"""Celery doors of this room."""

from celery import shared_task

from videorama.accounts import services


@shared_task(name="accounts.forget_sessions")  # type: ignore[untyped-decorator]
def forget_sessions() -> None:
    """Beat, daily."""
    services.forget_sessions()
