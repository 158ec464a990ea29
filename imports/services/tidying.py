"""Removing what an import left behind that ended without success."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from imports import held
from imports.inbox_parts import publish_inbox
from imports.models import Decision, InboxItem
from imports.services.inbox import KEPT_FOR, discard_files
from imports.services.uploads import settle_uploads, sweep_uploads
from library import services as library_services
from videorama.jobs.models import Job, JobStatus
from videorama.jobs.queries import equal_job


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
            discard_files(item)


def tidy_up_filing(*, job_id: int) -> None:
    """An item whose filing failed or was cancelled waits again."""
    job = Job.objects.filter(pk=job_id, kind="file").first()
    if job is None or job.is_open or job.status == JobStatus.COMPLETED:
        return
    _reopen(InboxItem.objects.filter(uuid=job.params["item"]).first())


def sweep(*, quiet_s: float = 0) -> int:
    """Removes what kills left: incoming folders of ended jobs, half done moves and deletions.

    Gives how much. A kill between the end of a job's row and its tidying up leaves such a folder.
    For the start of the program, before any job runs; beside running jobs `quiet_s` keeps it from
    what somebody may be at just now.
    """
    count = library_services.finish_interrupted(quiet_s=quiet_s)
    count += sum(_discard_ended(key) for key in library_services.incoming_keys())
    count += sweep_uploads()
    there = set(library_services.held_keys())
    approved = InboxItem.objects.filter(decision=Decision.APPROVED).exclude(held="")
    for item in approved.defer("proposal").iterator():
        if held.key_of(item) not in there:
            continue
        # A kill between the end of a filing and its tidying up.
        is_filing = equal_job(None, dedup_key=f"file:{item.uuid}") is not None
        if not is_filing and held.is_there(item):
            _settle(item)
    return count + sweep_held()


def sweep_held() -> int:
    """Removes held files that no item needs any more: those of items rejected a day ago."""
    kept = InboxItem.objects.exclude(held="").exclude(
        decision=Decision.REJECTED, decided_at__lt=timezone.now() - KEPT_FOR
    )
    needed = kept.filter(decision__in=[Decision.OPEN, Decision.APPROVED, Decision.REJECTED])
    # An import on its way moves its folder a moment after writing its item, never before.
    return library_services.sweep_held(lambda: {held.key_of(item) for item in needed.only("held")})


def _discard_ended(key: str) -> bool:
    """Removes the incoming folder of a job that is not open; nobody can try it again meanwhile."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(uuid=key).first() if _is_uuid(key) else None
        if job is not None and job.is_open:
            return False
        library_services.discard_incoming(job_uuid=key)
    return True


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _settle(item: InboxItem) -> None:
    """Held files of an approved item that nobody works on: leftovers, or a filing that failed."""
    newest = Job.objects.filter(kind="file", params__item=str(item.uuid)).order_by("-pk").first()
    if newest is not None and newest.status == JobStatus.COMPLETED:
        discard_files(item)
    else:
        _reopen(item)


def _reopen(item: InboxItem | None) -> None:
    """Back to those that wait; nothing for one that is not approved."""
    if item is None:
        return
    approved = InboxItem.objects.filter(pk=item.pk, decision=Decision.APPROVED)
    if approved.update(decision=Decision.OPEN, decided_at=None, decided_by=None):
        publish_inbox(item)
