"""The first two stages for a file that is here already: what it is called, and bringing it in."""

from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from imports import errors, queries, services
from imports.enrichment.file_names import title_from
from imports.work import FileOrder, Import
from library import services as library
from videorama.adapters.media import Downloaded, SourceInfo
from videorama.jobs.models import LogLevel
from videorama.jobs.run import Part


@dataclass(frozen=True)
class Source:
    """The file as it was when the import began, to know later that it is still the same one."""

    path: str
    device: int
    inode: int
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> "Source":
        """Looks at the file."""
        facts = path.stat()
        return cls(str(path), facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)


def look(work: Import, file: FileOrder) -> None:
    """Says what is to be imported; there is no source to ask, so this takes no time."""
    work.info = described(file)
    work.run.describe(title=file.name)
    work.run.log(_("The file is called “%(name)s”.") % {"name": file.name})


def bring(work: Import, file: FileOrder, part: Part) -> Downloaded:
    """Gives the file a place in the job's folder; the one it comes from stays until the end."""
    found = work.space.recall("downloaded", Downloaded)
    if found is not None and found.path.is_file():
        return found
    source = place_of(file)
    if not source.is_file():
        raise errors.UploadGone if file.upload else errors.FileGone
    work.space.keep("source_file", Source.of(source))
    if file.mode == "index":
        target = source
    else:
        work.space.downloads.mkdir(exist_ok=True)
        target = work.space.downloads / f"file{_ending(file.name)}"
        library.bring_in(source, target, may_link=file.mode != "copy", progress=part)
    found = Downloaded(info=work.info, path=target, thumbnail=None, subtitles=())
    work.space.keep("downloaded", found)
    return found


def leave(work: Import, file: FileOrder) -> None:
    """After the entry is stored: subtitles that waited for an upload join it, and of a moved file
    the old name goes, if it still is that file.
    """
    upload = queries.any_upload(file.upload) if file.upload else None
    if upload is not None and work.entry is not None:
        count = services.join_waiting(entry=work.entry, video=upload)
        if count:
            work.run.log(_("Subtitles joined: %(count)s.") % {"count": count})
    noted = work.space.recall("source_file", Source)
    if file.mode != "move" or noted is None:
        return
    path = Path(noted.path)
    if path.is_file() and Source.of(path) == noted:
        try:
            path.unlink()
        except OSError:
            work.run.log(_("The original could not be removed."), LogLevel.WARNING)


def place_of(file: FileOrder) -> Path:
    """Where the file lies; OutsideRoot when a path leads out of its storage root."""
    if not file.upload:
        return library.place_in_root(file.root, file.path)
    upload = queries.any_upload(file.upload)
    if upload is None:
        raise errors.UploadGone
    return library.upload_file(root=upload.root, upload_uuid=upload.uuid)


def described(file: FileOrder) -> SourceInfo:
    """What is known of a file before anybody looked into it: its name."""
    return SourceInfo(
        url="",
        webpage_url="",
        title="",
        description="",
        uploader="",
        channel_id="",
        platform="",
        extractor="",
        source_id="",
        duration_s=None,
        thumbnail_url="",
        published_at=None,
        language="",
        chapters=(),
        subtitle_languages=(),
        formats=(),
        presets=(),
        tags=(),
        is_live=False,
        raw={"file": asdict(file), "title": title_from(file.name)},
    )


def _ending(name: str) -> str:
    """The ending of a name as far as every disk can hold it; content decides what the file is."""
    ending = PurePosixPath(name).suffix
    return ending if len(ending) < 12 and ending[1:].isascii() and ending[1:].isalnum() else ""
