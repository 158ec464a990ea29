"""Celery doors of this room."""

from celery import shared_task

from library import move_jobs, renditions
from videorama.jobs import services as jobs


@shared_task(name="library.make_sprite")  # type: ignore[untyped-decorator]
def make_sprite(job_id: int) -> None:
    """Preview frames of one entry."""
    jobs.run(job_id, renditions.make_sprite)


@shared_task(name="library.make_playable")  # type: ignore[untyped-decorator]
def make_playable(job_id: int) -> None:
    """The browser copy of one entry."""
    jobs.run(job_id, renditions.make_playable)


@shared_task(name="library.move")  # type: ignore[untyped-decorator]
def move(job_id: int) -> None:
    """Entries to another library, or to where their library wants them."""
    jobs.run(job_id, move_jobs.move)
