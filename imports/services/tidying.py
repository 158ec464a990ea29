"""Removing what an import left behind that ended without success."""

import shutil

from imports import queries
from imports.models import Decision, InboxItem
from imports.services.uploads import settle_uploads, sweep_uploads
from library import services as library_services
from videorama.jobs.models import Job, JobStatus


def tidy_up(*, job_id: int) -> None:
    """Removes what an import left behind that ended without success, wherever it stopped.

    Mostly there is nothing left. There is when the job was cancelled or gave up while it waited for
    another attempt, since then no run of it comes any more.
    """
    job = Job.objects.filter(pk=job_id, kind="import").first()
    if job is None or job.is_open:
        return
    library_services.discard_incoming(job_uuid=job.uuid)
    settle_uploads(job_id=job.pk)
    if job.status != JobStatus.COMPLETED:
        # A kill between writing the item and ending the job, then a cancel.
        for item in InboxItem.objects.filter(job=job, decision=Decision.OPEN):
            item.delete()
            if item.held:
                shutil.rmtree(library_services.held_folder(root=item.root, item_uuid=job.uuid))


def sweep() -> int:
    """Removes incoming folders whose job is not open any more; gives how many.

    For the start of the program, before any job runs: a kill between the end of a job's row and
    its tidying up leaves such a folder.
    """
    return library_services.sweep_incoming(queries.open_job_uuids()) + sweep_uploads()
