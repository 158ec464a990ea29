"""Subtitles that were uploaded find their video, whichever of the two is there first."""

import codecs
import logging

from django.utils.translation import gettext as _

from imports import queries
from imports.models import Upload
from imports.services.handing_over import hand_over
from imports.subtitle_names import ass_to_srt, belongs_to, is_subtitle, marks_of
from library import services as library_services
from library.models import Entry
from videorama.errors import AppError, Invalid
from videorama.jobs.models import Job, JobStatus

# Read as a whole; what is named like subtitles may be as large as any upload.
ASS_LIMIT = 10 * 2**20

log = logging.getLogger(__name__)


def join_subtitle(*, subtitle: Upload) -> Entry | None:
    """Gives arrived subtitles to the entry of their video; None while there is none yet.

    The video is an upload of the same person with the same name, best one of the same drop.
    Raises Invalid for what holds no subtitles.
    """
    for video in queries.stored_videos_for(subtitle.owner):
        if video.job_id is None or not belongs_to(subtitle.filename, video.filename):
            continue
        entry = queries.entry_of_job(video.job_id)
        if entry is not None and entry.deleted_at is None:
            _attach(entry, subtitle, video)
            return entry
    return None


def join_waiting(*, entry: Entry, video: Upload) -> int:
    """Gives a stored video the subtitles that waited for it; says how many."""
    count = 0
    for subtitle in queries.waiting_subtitles_for(video.owner):
        if not belongs_to(subtitle.filename, video.filename):
            continue
        try:
            _attach(entry, subtitle, video)
            count += 1
        except AppError as error:
            log.warning("“%s” could not join its video: %s", subtitle.filename, error.message)
            hand_over(upload=subtitle)
    return count


def join_filed(*, job_id: int) -> None:
    """After something was filed out of the inbox: subtitles that were uploaded beside it join."""
    job = Job.objects.filter(pk=job_id, kind="file", status=JobStatus.COMPLETED).first()
    entry = queries.entry_by_id(job.result.get("entry_id")) if job is not None else None
    if entry is None or entry.import_job_id is None:
        return
    for video in queries.uploads_of_job(entry.import_job_id):
        join_waiting(entry=entry, video=video)


def waits_for_video(upload: Upload) -> bool:
    """Arrived subtitles whose video has not."""
    return upload.job_id is None and is_subtitle(upload.filename)


def _attach(entry: Entry, subtitle: Upload, video: Upload) -> None:
    path = library_services.upload_file(root=subtitle.root, upload_uuid=subtitle.uuid)
    if subtitle.filename.lower().endswith((".ass", ".ssa")):
        if path.stat().st_size > ASS_LIMIT:
            raise Invalid(_("Subtitles have at most 10 MB."))
        converted = path.with_name("converted.srt")
        converted.write_text(ass_to_srt(_text(path.read_bytes())), encoding="utf-8")
        path = converted
    language, label = marks_of(subtitle.filename, video.filename)
    library_services.attach_subtitle(
        user=subtitle.owner, entry=entry, path=path, language=language, label=label
    )
    hand_over(upload=subtitle)


def _text(content: bytes) -> str:
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
