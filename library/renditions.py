"""Makes preview frames and browser copies; work of jobs, safe to run twice."""

from collections.abc import Callable
from pathlib import Path

from django.utils.translation import gettext as _

from library.errors import EntryGone, FileMissing
from library.models import Entry, EntryFile, FileRole, MediaKind
from library.queries import file_path, media_url, playable_file
from library.services import (
    NewFile,
    add_files,
    discard_incoming,
    hash_file,
    incoming_folder,
)
from videorama.adapters import ffmpeg
from videorama.adapters.errors import NotMedia, ToolFailed
from videorama.adapters.media import Shown
from videorama.errors import Transient
from videorama.jobs.run import Part, Run
from videorama.jobs.services import JobResult

type Make = Callable[[Run, Entry, Path, Part], list[NewFile]]


def make_sprite(run: Run) -> JobResult:
    """One picture of small frames and the index that says which belongs to which moment."""
    return _make(run, FileRole.SPRITE, _sprite)


def make_playable(run: Run) -> JobResult:
    """A copy of the original that every browser plays."""
    return _make(run, FileRole.PLAYABLE, _playable)


def _make(run: Run, role: FileRole, work: Make) -> JobResult:
    """Works in an empty folder of the job's own, which is gone at the end, however it ends."""
    entry = (
        Entry.objects.select_related("library")
        .filter(uuid=run.params["entry_id"], deleted_at__isnull=True)
        .first()
    )
    if entry is None:
        return JobResult(message=str(EntryGone.sentence))
    # What a killed run left is of no use: it may be cut off.
    discard_incoming(job_uuid=run.uuid)
    if not entry.files.filter(role=role).exists():
        folder = incoming_folder(job_uuid=run.uuid, library=entry.library)
        place = _place_of_original(entry)
        try:
            made = work(run, entry, folder, run.stage("make"))
            run.stage("store")
            add_files(entry=entry, new=made, check=run.check)
        except (EntryGone, FileMissing, NotMedia, ToolFailed) as error:
            # A deletion or a move takes the original away under our hands.
            if not Entry.objects.filter(pk=entry.pk, deleted_at__isnull=True).exists():
                return JobResult(message=str(EntryGone.sentence))
            if _place_of_original(entry) != place:
                raise Transient(_("The file was moved meanwhile.")) from error
            raise
        finally:
            discard_incoming(job_uuid=run.uuid)
    return JobResult(result={"entry_id": str(entry.uuid)})


def _place_of_original(entry: Entry) -> tuple[str, str] | None:
    """Where the original lies now."""
    originals = EntryFile.objects.filter(entry=entry, role=FileRole.ORIGINAL)
    return originals.values_list("root", "path").first()


def _sprite(run: Run, entry: Entry, folder: Path, part: Part) -> list[NewFile]:
    row = playable_file(entry)
    original = file_path(row)
    picture, index = folder / "sprite.jpg", folder / "sprite.vtt"
    ffmpeg.sprite(
        original,
        picture,
        index,
        facts=_shown(entry, row) or ffmpeg.inspect(original, run.check),
        check=run.check,
        progress=part,
        image_url=media_url(entry, f"files/{FileRole.SPRITE}"),
    )
    return [
        _new_file(run, picture, FileRole.SPRITE, "image/jpeg"),
        _new_file(run, index, FileRole.SPRITE_INDEX, "text/vtt"),
    ]


def _shown(entry: Entry, row: EntryFile) -> Shown | None:
    """What the import saw; looking into the file again would take a child of its own."""
    if not (entry.media_kind == MediaKind.VIDEO and row.duration_s and row.width and row.height):
        return None
    return Shown("video", row.duration_s, row.width, row.height)


def _playable(run: Run, entry: Entry, folder: Path, part: Part) -> list[NewFile]:
    original = file_path(playable_file(entry))
    copy = ffmpeg.playable(
        original,
        folder / "playable.mp4",
        facts=ffmpeg.inspect(original, run.check),
        check=run.check,
        progress=part,
    )
    file = _new_file(run, copy, FileRole.PLAYABLE)
    return [file.measured(ffmpeg.inspect(copy, run.check))]


def _new_file(run: Run, path: Path, role: FileRole, mime: str = "") -> NewFile:
    return NewFile(
        path=path,
        role=role,
        format=path.suffix.lstrip("."),
        mime=mime,
        sha256=hash_file(path, run.check),
        size_bytes=path.stat().st_size,
    )
