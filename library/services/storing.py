"""Files and facts become an entry, exactly once."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from library import files, naming, paths
from library.errors import DuplicateContent, EntryGone, FileMissing
from library.models import Entry, EntryFile, FileRole, PropertySource, TagSource
from library.placing import Placing, folder_of
from library.services.facts import add_chapters, add_properties, add_tags, plain
from library.services.new_entries import NewEntry, NewFile
from library.services.telling import tell_imported
from videorama.errors import Invalid
from videorama.jobs.errors import Interrupted

_ATTEMPTS = 5
logger = logging.getLogger(__name__)


def add_entry(*, new: NewEntry, check: Callable[[], None]) -> Entry:
    """Places the files and writes the rows; safe to run again after a kill at any moment.

    A run that finds the job's entry already stored returns it. `check` is called between steps and
    may raise to stop; then, as after any error, no name in the library is left taken. Raises
    DuplicateContent when the library has a live original with these bytes, DiskFull and
    StorageUnwritable when the disk refuses.
    """
    if sum(file.role == FileRole.ORIGINAL for file in new.files) != 1:
        raise Invalid(technical="an entry needs exactly one original")
    with files.storage_errors():
        moving = next(file for file in new.files if not file.stays_at)
        placing = Placing.open(folder_of(moving.path))
        entry = _stored_before(new, placing) or _store(new, placing, check)
        placing.finish()
    return entry


def add_files(
    *,
    entry: Entry,
    new: Sequence[NewFile],
    check: Callable[[], None] = lambda: None,
    tell: Callable[[], None] = lambda: None,
) -> list[EntryFile]:
    """Adds files to a stored entry; one of the same role (and language, label) is replaced.

    `tell` writes down who did it, in the transaction of each file's row. Raises EntryGone when the
    entry is deleted meanwhile; then nothing is left.
    """
    if not new:
        return []
    with files.storage_errors():
        placing = Placing.open(folder_of(new[0].path), entry.uuid)
        rows = [_add_file(entry, file, placing, check, tell) for file in new]
        placing.finish()
    return rows


def claimed(root: str, path: str) -> bool:
    """A row has this place, whether or not its file is there."""
    return EntryFile.objects.filter(root=root, path=path).exists()


def _store(new: NewEntry, placing: Placing, check: Callable[[], None]) -> Entry:
    """Names, then rows; a name that a row took meanwhile makes it begin again."""
    for _attempt in range(_ATTEMPTS):
        try:
            _refuse_duplicate(new)
            placed = _place(new, placing, check)
            check()
            return _write_rows(new, placing, placed)
        except IntegrityError as error:
            placing.undo(claimed)
            stored = _stored_before(new, placing)
            if stored is not None:
                return stored
            logger.info("A row was faster; trying again.", extra={"why": str(error)})
        except Interrupted:
            # Whoever claims the job next goes on from the manifest; it may be at it already.
            raise
        except BaseException:
            placing.undo(claimed)
            raise
    raise Invalid(technical="no free place after several attempts")


def _place(
    new: NewEntry, placing: Placing, check: Callable[[], None]
) -> list[tuple[NewFile, str, str]]:
    """Takes a name for every file; the original first, since subtitles are named after it."""
    library = new.library
    target = _target(new, placing)
    placed: list[tuple[NewFile, str, str]] = []
    stem = ""
    ordered = sorted(new.files, key=lambda file: file.role != FileRole.ORIGINAL)
    for file in ordered:
        if file.role == FileRole.ORIGINAL:
            names: Iterable[str] = naming.original_names(library, target, placing.entry_uuid)
        elif file.role in naming.BESIDE_ORIGINAL:
            names = _subtitle_names(stem, file)
        else:
            names = (
                files.derived_path(
                    placing.entry_uuid, f"{file.role}.{naming.ending_of(file.format)}"
                ),
            )
        path = file.stays_at or placing.put(
            file.path, library.root, names, claimed=claimed, check=check
        )
        if file.role == FileRole.ORIGINAL:
            stem = path.rpartition(".")[0]
        placed.append((file, library.root, path))
    return placed


def _write_rows(
    new: NewEntry, placing: Placing, placed: Sequence[tuple[NewFile, str, str]]
) -> Entry:
    original_path = next(path for file, _root, path in placed if file.role == FileRole.ORIGINAL)
    with transaction.atomic():
        entry = Entry.objects.create(
            uuid=placing.entry_uuid,
            library=new.library,
            subfolder=naming.subfolder_of(new.library, original_path),
            title=plain(new.title, 500).strip() or _("Untitled"),
            description=plain(new.description),
            media_kind=new.media_kind,
            duration_s=new.duration_s,
            original_url=plain(new.original_url),
            normalized_url=plain(new.normalized_url),
            source_extractor=plain(new.source_extractor, 100),
            source_id=plain(new.source_id, 300),
            platform=plain(new.platform, 100),
            uploader=plain(new.uploader, 300),
            channel_id=plain(new.channel_id, 300),
            published_at=new.published_at,
            language=plain(new.language, 35),
            import_source=new.import_source,
            imported_by=plain(new.imported_by, 150),
            import_job_id=new.import_job_id,
            edited_fields=list(new.edited_fields),
        )
        EntryFile.objects.bulk_create(
            file_row(entry, file, root, path) for file, root, path in placed
        )
        add_chapters(entry, new.chapters)
        add_properties(entry, new.given_properties, source=PropertySource.USER)
        left = {key: new.properties[key] for key in new.properties.keys() - new.given_properties}
        add_properties(entry, left, source=new.property_source)
        add_tags(entry, new.given_tags, source=TagSource.USER)
        add_tags(entry, new.tags, source=new.tag_source)
        if new.library.auto_tag_from_path:
            add_tags(entry, entry.subfolder.split("/"), source=TagSource.PATH)
        # A stale runner of the same job could have taken our names back a moment ago.
        for _file, root, path in placed:
            if not files.is_there(root, path):
                raise FileMissing(technical=f"{root}:{path} vanished while it was stored")
        tell_imported(entry)
    return entry


def _stored_before(new: NewEntry, placing: Placing) -> Entry | None:
    """The entry that an earlier run of this very work committed."""
    entries = Entry.objects.select_related("library")
    if new.import_job_id is not None:
        stored = entries.filter(import_job_id=new.import_job_id).first()
        if stored is not None:
            return stored
    return entries.filter(uuid=placing.entry_uuid).first()


def _refuse_duplicate(new: NewEntry) -> None:
    twin = (
        Entry.objects.filter(
            files__library=new.library,
            files__role=FileRole.ORIGINAL,
            files__sha256=new.original.sha256,
            files__is_live=True,
        ).first()
        if new.original.sha256
        else None
    )
    if twin is not None:
        raise DuplicateContent(twin)


def _add_file(
    entry: Entry,
    file: NewFile,
    placing: Placing,
    check: Callable[[], None],
    tell: Callable[[], None],
) -> EntryFile:
    library = entry.library
    old = entry.files.filter(role=file.role)
    if file.role == FileRole.SUBTITLE:
        old = old.filter(
            language=file.language[:35], label=file.label, is_automatic=file.is_automatic
        )
        original = entry.files.get(role=FileRole.ORIGINAL)
        names = _subtitle_names(original.path.rpartition(".")[0], file)
    else:
        version = file.sha256[:12] or "new"
        name = f"{file.role}-{version}.{naming.ending_of(file.format)}"
        names = iter((files.derived_path(entry.uuid, name),))
    before = old.first()
    if before is not None and before.sha256 == file.sha256 and file.sha256:
        with transaction.atomic():
            tell()
        file.path.unlink(missing_ok=True)
        _remove_older(before)
        return before
    path = placing.put(file.path, library.root, names, claimed=claimed, check=check)
    row = file_row(entry, file, library.root, path)
    try:
        with transaction.atomic():
            # The entry, or the file to replace, may have been moved meanwhile.
            row.library_id = _live_library(entry)
            replaced = list(old.values_list("root", "path"))
            old.delete()
            row.save(force_insert=True)
            tell()
    except BaseException:
        placing.undo(claimed)
        raise
    for place in replaced:
        files.remove_file(*place)
    _remove_older(row)
    return row


def _live_library(entry: Entry) -> int:
    """The library the entry is in now; EntryGone when it was deleted.

    Holds the row, so that a deletion waits for this transaction.
    """
    live = Entry.objects.select_for_update().filter(pk=entry.pk, deleted_at__isnull=True)
    library_id = live.values_list("library", flat=True).first()
    if library_id is None:
        raise EntryGone
    return library_id


def _remove_older(row: EntryFile) -> None:
    """Versions of a derived file that a killed run left without a row."""
    if row.role in naming.BESIDE_ORIGINAL:
        return
    place = files.inside(row.root, row.path)
    for other in place.parent.glob(f"{row.role}[-.]*"):
        if other != place:
            other.unlink(missing_ok=True)


def file_row(entry: Entry, file: NewFile, root: str, path: str) -> EntryFile:
    """The row of a file that has its place."""
    return EntryFile(
        entry=entry,
        library=entry.library,
        role=file.role,
        root=root,
        path=path,
        format=file.format[:20],
        mime=file.mime[:100],
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        duration_s=file.duration_s,
        container=file.container[:60],
        video_codec=file.video_codec[:40],
        audio_codec=file.audio_codec[:40],
        width=file.width,
        height=file.height,
        fps=file.fps,
        bitrate=file.bitrate,
        language=file.language[:35],
        label=file.label[:100],
        is_automatic=file.is_automatic,
        is_browser_playable=file.is_browser_playable,
        last_verified_at=timezone.now(),
    )


def _target(new: NewEntry, placing: Placing) -> paths.Place:
    about = naming.Described(
        uuid=placing.entry_uuid,
        title=new.title,
        uploader=new.uploader,
        platform=new.platform,
        language=new.language,
        height=new.original.height,
        moment=new.published_at or timezone.now(),
        properties={key: plain(value) for key, value in new.properties.items()},
    )
    place = naming.place_by_template(new.library, about, ext=new.original.format)
    if new.subfolder is not None:
        folders = [paths.safe_name(step) for step in new.subfolder.split("/")]
        place = replace(place, folders=tuple(step for step in folders if step))
        place = paths.fitted(place, below=new.library.folder)
    return place


def _subtitle_names(stem: str, file: NewFile) -> Iterable[str]:
    return naming.subtitle_names(
        stem,
        language=file.language,
        is_automatic=file.is_automatic,
        ending=naming.ending_of(file.format),
    )
