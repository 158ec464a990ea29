"""How an import ends: as an entry with its files, or in the inbox."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext as _

from imports import errors
from imports.deciding import Proposal
from imports.given import Given
from imports.inbox_parts import item_link, publish_inbox
from imports.models import InboxItem, InboxKind
from imports.work import Import
from imports.workspace import held_name
from library import services as library
from library.models import Entry, FileRole, PropertySource, TagSource
from library.queries import file_path, playable_file
from library.services import NewEntry, NewFile
from videorama.adapters import ffmpeg
from videorama.adapters.errors import NotMedia, ToolFailed
from videorama.adapters.media import Downloaded, MediaFacts
from videorama.jobs.models import LogLevel
from videorama.jobs.services import JobResult
from videorama.ledger.services import record

_SUBTITLE_MIME = {"vtt": "text/vtt", "srt": "application/x-subrip"}


def add(work: Import) -> Entry:
    """The stored entry, with its original, subtitles and what the source said about it."""
    if work.library is None:
        raise errors.LibraryGone
    said = work.description
    new = NewEntry(
        library=work.library,
        title=said.title,
        description=said.description,
        media_kind=work.facts.media_kind,
        duration_s=work.facts.duration_s,
        original_url=work.order.source.url,
        normalized_url=work.order.source.normalized,
        source_extractor=said.extractor,
        source_id=said.source_id,
        platform=said.platform,
        uploader=said.uploader,
        channel_id=said.channel_id,
        published_at=said.published_at,
        language=said.language,
        import_source=work.order.via,
        imported_by=work.order.imported_by,
        import_job_id=work.run.job_id,
        chapters=said.chapters,
        properties=said.properties,
        property_source=PropertySource.FILE,
        tags=said.tags,
        tag_source=TagSource.PLATFORM,
        subfolder=work.verdict.subfolder or None,
        given_tags=work.verdict.tags,
        files=files_of(work),
    )
    if work.order.given:
        new = Given.of(work.order.given).over(new)
    return library.add_entry(new=new, check=work.run.check)


def files_of(work: Import) -> tuple[NewFile, ...]:
    """The original, its subtitles, and the document the source gave."""
    return (_original(work), *_subtitles(work), _info(work))


def add_poster(work: Import, entry: Entry) -> None:
    """The source's picture as the poster; else a frame, or the cover inside an audio file.

    An entry without a picture is still a good entry, so one that cannot be made is only noted.
    """
    if entry.files.filter(role=FileRole.POSTER).exists():
        return
    found = _picture(work, file_path(playable_file(entry)))
    if found is not None:
        file = _plain_file(work, found, FileRole.POSTER, "image/jpeg")
        library.add_files(entry=entry, new=[file], check=work.run.check)


def _picture(work: Import, media: Path) -> Path | None:
    """What the source offered, or a frame of the file."""
    download = work.space.recall("downloaded", Downloaded)
    found = download.thumbnail if download else None
    if found is not None and found.is_file():
        return found
    into, check = work.space.folder / "poster.jpg", work.run.check
    if into.is_file():
        return into
    try:
        facts = work.space.recall("facts", MediaFacts) or ffmpeg.inspect(media, check)
        return ffmpeg.poster(media, into, facts=facts, check=check)
    except (ToolFailed, NotMedia):
        work.run.log(_("No picture could be made."), LogLevel.WARNING)
        return None


def duplicate(work: Import, existing: Entry) -> JobResult:
    """Ends in the inbox, pointing at the entry that has the same bytes; nothing is kept."""
    said = work.info
    item = _waiting(
        work,
        kind=InboxKind.DUPLICATE,
        library=existing.library,
        existing=existing,
        title=said.title or existing.title,
        proposal={
            "url": work.order.source.url,
            "normalized_url": work.order.source.normalized,
            "extractor": said.extractor,
            "source_id": said.source_id,
            "sha256": work.fingerprint.sha256,
        },
        confidence=1,
    )
    return to_inbox(work, item)


def other_version(work: Import, existing: Entry) -> JobResult:
    """Ends in the inbox with the files held: the same source gave other bytes than before."""
    item = _waiting(
        work,
        kind=InboxKind.DUPLICATE,
        library=existing.library,
        existing=existing,
        title=work.description.title,
        root=work.space.root,
        held=held_name(work.run.uuid),
        proposal=_proposal(work),
        confidence=1,
    )
    return to_inbox(work, item)


def for_review(work: Import, kind: InboxKind, proposal: Proposal) -> JobResult:
    """Ends in the inbox with the files held until a person decides where they go."""
    document = _proposal(work) | {"ranked": proposal.document()}
    # The row first: it says where the files belong, so a kill before the move leaves no orphan.
    item = _waiting(
        work,
        kind=kind,
        title=work.description.title,
        root=work.space.root,
        held=held_name(work.run.uuid),
        proposal=document,
        confidence=proposal.first.confidence if proposal.first else 0,
    )
    return to_inbox(work, item)


def _waiting(work: Import, **values: Any) -> InboxItem:
    """The item of this import, made with its fact on the first call."""
    with transaction.atomic():
        item, is_new = InboxItem.objects.get_or_create(
            job_id=work.run.job_id, defaults={"owner": work.owner, **values}
        )
        if is_new:
            about: list[tuple[str, object]] = [("inbox_item", item.uuid), ("job", work.run.uuid)]
            if item.existing is not None:
                about.append(("entry", item.existing.uuid))
            data = {"kind": item.kind, "title": item.title}
            record("inbox.waiting", user=work.owner, about=about, data=data)
    return item


def to_inbox(work: Import, item: InboxItem) -> JobResult:
    """The result that names the item; brings its files to where the item says they are."""
    if item.held:
        work.space.hold()
        message = _("Waits in the inbox for a decision.")
    else:
        message = _("The same file is already in the library.")
    publish_inbox(item)
    return JobResult(result={"inbox_id": str(item.uuid)}, link=item_link(item), message=message)


def _original(work: Import) -> NewFile:
    return NewFile(
        path=work.download.path,
        role=FileRole.ORIGINAL,
        format=work.facts.format,
        mime=work.facts.mime,
        sha256=work.fingerprint.sha256,
        size_bytes=work.fingerprint.size_bytes,
        stays_at=work.order.file.stays_at if work.order.file else "",
    ).measured(work.facts)


def _subtitles(work: Import) -> list[NewFile]:
    return [
        _plain_file(
            work,
            track.path,
            FileRole.SUBTITLE,
            _SUBTITLE_MIME.get(track.format, "text/plain"),
            language=track.language,
            is_automatic=track.is_automatic,
        )
        for track in work.download.subtitles
        if track.path.is_file()
    ]


def _info(work: Import) -> NewFile:
    path = work.space.write_json("info.json", work.info.raw)
    return _plain_file(work, path, FileRole.INFO, "application/json")


def _plain_file(work: Import, path: Path, role: FileRole, mime: str, **more: Any) -> NewFile:
    """A file without facts of its own."""
    return NewFile(
        path=path,
        role=role,
        format=path.suffix.lstrip(".").lower(),
        mime=mime,
        sha256=library.hash_file(path, work.run.check),
        size_bytes=path.stat().st_size,
        **more,
    )


def _proposal(work: Import) -> dict[str, Any]:
    """The entry as it would be stored, with file names relative to the held folder."""
    folder = work.space.folder
    files = [
        {**asdict(file), "path": file.path.relative_to(folder).as_posix()}
        for file in files_of(work)
    ]
    poster = _picture(work, work.download.path)
    document = {
        "url": work.order.source.url,
        "normalized_url": work.order.source.normalized,
        "import_source": work.order.via,
        "imported_by": work.order.imported_by,
        "media_kind": work.facts.media_kind,
        "duration_s": work.facts.duration_s,
        "description": asdict(work.description),
        "files": files,
        "poster": poster.relative_to(folder).as_posix() if poster else "",
    }
    plain: dict[str, Any] = json.loads(json.dumps(document, cls=DjangoJSONEncoder))
    return plain
