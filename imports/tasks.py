"""Celery doors of this room."""

from celery import shared_task

from imports import pipeline
from videorama.jobs import services as jobs


@shared_task(name="imports.run_import")  # type: ignore[untyped-decorator]
def run_import(job_id: int) -> None:
    """One import."""
    jobs.run(job_id, pipeline.import_one)
