"""Celery doors of this room."""

from celery import shared_task

from imports import filing_job, folder_import, pipeline, refreshing, services
from videorama.jobs import services as jobs

# Nobody takes this long from planning a deletion to writing it down.
SWEPT_AFTER_S = 600


@shared_task(name="imports.run_import")  # type: ignore[untyped-decorator]
def run_import(job_id: int) -> None:
    """One import."""
    jobs.run(job_id, pipeline.import_one)


@shared_task(name="imports.run_folder")  # type: ignore[untyped-decorator]
def run_folder(job_id: int) -> None:
    """The files of one folder."""
    jobs.run(job_id, folder_import.import_folder)


@shared_task(name="imports.sweep_uploads")  # type: ignore[untyped-decorator]
def sweep_uploads() -> None:
    """Forgets uploads that nobody went on with."""
    services.sweep_uploads()


@shared_task(name="imports.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """In scale mode, hourly and when a process died: what it left, beside those that work."""
    services.sweep(quiet_s=SWEPT_AFTER_S)


@shared_task(name="imports.run_filing")  # type: ignore[untyped-decorator]
def run_filing(job_id: int) -> None:
    """One approved item of the inbox."""
    jobs.run(job_id, filing_job.file_item)


@shared_task(name="imports.sweep_held")  # type: ignore[untyped-decorator]
def sweep_held() -> None:
    """Removes the files of items that were rejected a day ago."""
    services.sweep_held()


@shared_task(name="imports.run_refresh")  # type: ignore[untyped-decorator]
def run_refresh(job_id: int) -> None:
    """What a source says now about one entry."""
    jobs.run(job_id, refreshing.refresh)
