"""The life of an upload: begun, written piece by piece, whole, handed over or given up."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from imports import errors, queries, tus
from imports.models import Upload, UploadState
from imports.services.file_requests import request_uploaded
from imports.services.handing_over import KEPT, hand_over
from imports.services.joining import join_subtitle
from imports.services.requests import require_editor
from imports.subtitle_names import is_subtitle
from library import services as library_services
from library.errors import DiskFull
from library.models import Library
from videorama.accounts.models import User
from videorama.errors import AppError, Invalid
from videorama.jobs import services as jobs
from videorama.jobs.models import Job, JobStatus
from videorama.ledger.services import record

MAX_OPEN = 200
ACTIVE = timedelta(days=1)
# What must stay free: the rows of this very program need some room, too.
RESERVE_BYTES = 64 * 2**20

log = logging.getLogger(__name__)


def begin_upload(
    *, user: User, size: int, about: tus.About, library: Library | None = None, metadata: str = ""
) -> Upload:
    """A place for a file that is about to be sent.

    Raises NotAllowed, EmptyFile, TooManyUploads, and DiskFull when the file cannot fit beside what
    other open uploads still need.
    """
    require_editor(user, library)
    if size == 0:
        raise errors.EmptyFile
    root = library.root if library else next(iter(settings.ROOTS))
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if queries.open_uploads_for(user).count() >= MAX_OPEN:
            raise errors.TooManyUploads
        _require_room(root, size)
        upload = Upload.objects.create(
            owner=user,
            library=library,
            filename=about.filename,
            size=size,
            root=root,
            batch=about.batch,
            fingerprint=about.fingerprint,
            metadata=metadata,
            expires_at=timezone.now() + KEPT,
        )
        record(
            "upload.created",
            user=user,
            about=_subjects(upload),
            data={"filename": upload.filename, "size_bytes": size},
        )
        # Fails here, before a byte is sent, where the disk refuses.
        library_services.upload_file(root=root, upload_uuid=upload.uuid)
    return upload


def confirm(*, upload: Upload, offset: int) -> None:
    """Writes down that the bytes below `offset` are safe on disk.

    Raises UploadGone when the upload was given up meanwhile, or somebody else moved it on.
    """
    now = timezone.now()
    same = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN, offset=upload.offset)
    if not same.update(offset=offset, updated_at=now, expires_at=now + KEPT):
        raise errors.UploadGone
    upload.offset = offset


def complete(*, upload: Upload) -> Upload:
    """Hands a file that is whole over to its import; doing it again changes nothing."""
    with transaction.atomic():
        whole = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN, offset=F("size"))
        is_first = bool(whole.update(state=UploadState.WHOLE, updated_at=timezone.now()))
        if is_first and not is_subtitle(upload.filename):
            job = request_uploaded(upload=upload)
            Upload.objects.filter(pk=upload.pk).update(job=job)
    if is_first and is_subtitle(upload.filename):
        try:
            join_subtitle(subtitle=upload)
        except Invalid:
            hand_over(upload=upload)
            raise
    found = queries.any_upload(upload.uuid)
    if found is None:
        raise errors.UploadGone
    return found


def give_up(*, upload: Upload, user: User) -> None:
    """Ends an upload at the wish of its owner: what arrived goes, an open import of it stops."""
    with transaction.atomic():
        # As it is now: its last piece may have made an import of it this very moment.
        rows = Upload.objects.select_for_update(of=("self",)).select_related("job", "library")
        found = rows.filter(pk=upload.pk).first()
        if found is None:
            raise errors.UploadGone
        upload = found
        Upload.objects.filter(pk=upload.pk).delete()
        if upload.job is not None and upload.job.is_open:
            # Leaves the one fact of this.
            jobs.request_cancel(job=upload.job, user=user)
        else:
            record(
                "upload.cancelled",
                user=user,
                about=_subjects(upload),
                data={"filename": upload.filename, "arrived_bytes": upload.offset},
            )
    library_services.discard_upload(root=upload.root, upload_uuid=upload.uuid)


def settle_uploads(*, job_id: int) -> None:
    """After the end of an import: lets go of its upload, unless trying again could use it."""
    for upload in Upload.objects.filter(job_id=job_id, state=UploadState.WHOLE):
        if upload.job is None or _is_over(upload.job):
            hand_over(upload=upload)


def sweep_uploads() -> int:
    """Puts uploads in order: finishes what is whole, forgets what is old. Gives how many.

    Safe beside running uploads: one that is being written has a date in the future.
    """
    count = 0
    for upload in Upload.objects.filter(state=UploadState.OPEN, offset=F("size")):
        try:
            complete(upload=upload)
        except AppError as error:
            log.warning("A whole upload cannot be imported: %s", error.message)
        count += 1
    for upload in queries.ended_uploads():
        assert upload.job_id is not None
        settle_uploads(job_id=upload.job_id)
        count += 1
    for upload in queries.dropped_uploads():
        hand_over(upload=upload)
        count += 1
    for upload in queries.expired_uploads():
        # Somebody may go on with it this very moment.
        if not queries.expired_uploads().filter(pk=upload.pk).delete()[0]:
            continue
        library_services.discard_upload(root=upload.root, upload_uuid=upload.uuid)
        count += 1
    return count + _drop_strays()


def _is_over(job: Job) -> bool:
    """No later attempt of the job could use its upload."""
    is_hopeless = job.status == JobStatus.FAILED and job.error_code in queries.HOPELESS
    return is_hopeless or job.status in {JobStatus.COMPLETED, JobStatus.CANCELLED}


def _drop_strays() -> int:
    """Folders without a row: a row comes before its folder and goes before it."""
    there = list(library_services.upload_folders())
    known = {str(one) for one in Upload.objects.values_list("uuid", flat=True)}
    strays = [(root, name) for root, name in there if name not in known]
    for root, name in strays:
        library_services.discard_upload(root=root, upload_uuid=name)
    return len(strays)


def _require_room(root: str, size: int) -> None:
    if size > tus.LARGEST // 2:
        raise Invalid(_("No disk holds a file of this size."))
    # Of those that nobody sends any more the room is not kept: they would fill the disk on paper.
    others = Upload.objects.filter(
        root=root, state=UploadState.OPEN, updated_at__gte=timezone.now() - ACTIVE
    )
    still_due = others.aggregate(bytes=Sum(F("size") - F("offset")))["bytes"] or 0
    free = max(0, library_services.free_bytes(root) - RESERVE_BYTES - still_due)
    if size > free:
        raise DiskFull(
            _("This file has %(size)s, and the disk has room for %(free)s. Free some space first.")
            % {"size": filesizeformat(size), "free": filesizeformat(free)}
        )


def _subjects(upload: Upload) -> list[tuple[str, object]]:
    library: list[tuple[str, object]] = [("library", upload.library.slug)] if upload.library else []
    return [("upload", upload.uuid), *library]
