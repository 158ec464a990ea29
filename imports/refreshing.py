"""The work of a refresh job: what the source says now, where no person has said anything."""

from pathlib import Path

from django.utils.translation import gettext as _

from imports.enrichment.metadata import Description, describe
from imports.services import checked_source, network_policy
from library import services as library
from library.errors import EntryGone
from library.models import Entry
from library.queries import file_path, playable_file
from videorama.adapters import ffmpeg, http, ytdlp
from videorama.adapters.media import SourceInfo
from videorama.errors import AppError
from videorama.jobs.models import LogLevel
from videorama.jobs.run import Run
from videorama.jobs.services import JobResult

PROBE_TIMEOUT_S = 60
PICTURE_TIMEOUT_S = 20
PICTURE_BYTES = 20 * 2**20


def refresh(run: Run) -> JobResult:
    """Asks and takes over; safe to run again. A source that is gone fails, and nothing is lost."""
    entry = (
        Entry.objects.select_related("library")
        .filter(uuid=run.params["entry_id"], deleted_at__isnull=True)
        .first()
    )
    if entry is None:
        return JobResult(message=str(EntryGone.sentence))
    run.stage("probe")
    url = checked_source(entry.original_url).url
    info = ytdlp.probe(url, policy=network_policy(), timeout_s=PROBE_TIMEOUT_S, check=run.check)
    run.stage("change")
    try:
        changed = _take_over(run, entry, info, _described(run, entry, info, url))
    finally:
        library.discard_incoming(job_uuid=run.uuid)
    return JobResult(
        result={"entry_id": str(entry.uuid), "changed": changed},
        message=_said(changed),
    )


def _described(run: Run, entry: Entry, info: SourceInfo, url: str) -> Description:
    facts = ffmpeg.inspect(file_path(playable_file(entry)), run.check)
    return describe(info, facts, url=url)


def _take_over(run: Run, entry: Entry, info: SourceInfo, said: Description) -> list[str]:
    with_picture = bool(run.params.get("with_picture"))
    fields = {
        "title": said.title,
        "description": said.description,
        "uploader": said.uploader,
        "published_at": said.published_at,
        "language": said.language,
    }
    # A source without words of its own has none to replace ours with.
    if not info.title:
        del fields["title"]
    return library.refresh_entry(
        user=run.owner,
        entry=entry,
        fields=fields,
        properties=said.properties,
        tags=said.tags,
        poster=_picture(run, entry, info) if with_picture else None,
        poster_is_wanted=with_picture,
    )


def _picture(run: Run, entry: Entry, info: SourceInfo) -> Path | None:
    """The source's picture, drawn anew by ffmpeg; None with a line in the log where it has none."""
    folder = library.incoming_folder(job_uuid=run.uuid, library=entry.library)
    try:
        if not info.thumbnail_url:
            raise AppError(_("The source offers no picture."))
        found = http.fetch(
            info.thumbnail_url,
            policy=network_policy(),
            timeout_s=PICTURE_TIMEOUT_S,
            max_bytes=PICTURE_BYTES,
        )
        (folder / "sent").write_bytes(found.body)
        return ffmpeg.picture(folder / "sent", folder / "poster.jpg", check=run.check)
    except AppError as error:
        run.log(error.message, LogLevel.WARNING)
        return None


def _said(changed: list[str]) -> str:
    names = {
        "title": _("title"),
        "description": _("description"),
        "uploader": _("uploader"),
        "published_at": _("date"),
        "language": _("language"),
        "properties": _("properties"),
        "tags": _("tags"),
        "poster": _("picture"),
    }
    if not changed:
        return _("Nothing is new at the source, or you decided it yourself.")
    return _("New from the source: %(what)s.") % {"what": ", ".join(names[one] for one in changed)}
