"""Celery doors of this room."""

from pathlib import Path

from celery import shared_task
from django.conf import settings

from library import bulk_jobs, derived, move_jobs, renditions, services
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


@shared_task(name="library.change_many")  # type: ignore[untyped-decorator]
def change_many(job_id: int) -> None:
    """One change of many entries, or its undoing."""
    jobs.run(job_id, bulk_jobs.change)


@shared_task(name="library.sweep_trash")  # type: ignore[untyped-decorator]
def sweep_trash() -> None:
    """Forgets what lay in the trash long enough, and changes that cannot be undone any more."""
    services.sweep_trash()
    services.forget_changes()


@shared_task(name="library.read_access_log")  # type: ignore[untyped-decorator]
def read_access_log() -> None:
    """Bytes that nginx sent, into what was played and downloaded."""
    services.read_access_log(Path(settings.ACCESS_LOG))


@shared_task(name="library.analyze")  # type: ignore[untyped-decorator]
def analyze() -> None:
    """Lets the database look at what its tables hold by now."""
    derived.analyze("default")
