"""Celery doors of this room."""

from celery import shared_task

from imports import pipeline, services
from videorama.jobs import services as jobs


@shared_task(name="imports.run_import")  # type: ignore[untyped-decorator]
def run_import(job_id: int) -> None:
    """One import."""
    jobs.run(job_id, pipeline.import_one)


@shared_task(name="imports.sweep_uploads")  # type: ignore[untyped-decorator]
def sweep_uploads() -> None:
    """Forgets uploads that nobody went on with."""
    services.sweep_uploads()
