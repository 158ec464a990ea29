"""The work behind an approved item: held files become an entry, or another entry's original."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from imports import errors, held
from imports.given import Given
from imports.inbox_parts import item_link, publish_inbox
from imports.models import Decision, FilingWay, InboxItem, InboxKind
from imports.services.inbox import discard_files, refresh_open
from imports.services.learning import record_filing
from library import services as library
from library.errors import DuplicateContent, FileMissing
from library.models import Entry, FileRole, Library
from library.services import NewEntry, NewFile, enqueue_renditions
from videorama.jobs.run import Part, Run
from videorama.jobs.services import JobResult


def file_item(run: Run) -> JobResult:
    """The work of a `file` job; safe to run again after a kill at any moment."""
    item = (
        InboxItem.objects.select_related("existing__library", "owner")
        .filter(uuid=run.params["item"])
        .first()
    )
    target = Library.objects.filter(slug=run.params["library"]).first()
    if item is None or run.owner is None:
        raise errors.NobodyAsks
    if target is None:
        raise errors.LibraryGone
    part = run.stage("store")
    try:
        if run.params["what"] == "replace":
            entry = _replace(run, item)
        else:
            entry = _store(run, item, target, part)
    except DuplicateContent as error:
        return _is_duplicate(item, error.entry)
    except FileMissing as error:
        raise errors.HeldFilesGone from error
    run.describe(link=_link(entry), library=entry.library.slug)
    run.stage("poster")
    _add_poster(run, item, entry)
    enqueue_renditions(entry=entry, user=run.owner)
    InboxItem.objects.filter(pk=item.pk).update(existing=entry)
    discard_files(item)
    return JobResult(
        result={"entry_id": str(entry.uuid)}, link=_link(entry), message=_("In your library.")
    )


def _store(run: Run, item: InboxItem, target: Library, part: Part) -> Entry:
    """The stored entry, and what the rules learn from the decision."""
    job_id = item.job_id or run.job_id
    entry = Entry.objects.select_related("library").filter(import_job_id=job_id).first()
    given = Given.of(run.params["given"])
    if entry is None:
        new = given.over(held.new_entry(item, target, job_id))
        part(0.1)
        entry = library.add_entry(new=_only_there(new), check=run.check)
    record_filing(
        entry=entry,
        user=item.owner or run.owner,
        way=FilingWay.APPROVED,
        confidence=item.confidence if given.confidence is None else given.confidence,
        subfolder=given.subfolder,
        tags=_extra_tags(given, item),
    )
    refresh_open(item.owner)
    return entry


def _only_there(new: NewEntry) -> NewEntry:
    """Without companions that vanished; the original has to be there."""
    files = tuple(
        file for file in new.files if file.role == FileRole.ORIGINAL or file.path.is_file()
    )
    return NewEntry(**{**vars(new), "files": files})


def _extra_tags(given: Given, item: InboxItem) -> list[str]:
    """Tags a person added to those of the source."""
    said = {tag.casefold() for tag in item.proposal["description"].get("tags", ())}
    return [tag for tag in given.tags or () if tag.casefold() not in said]


def _replace(run: Run, item: InboxItem) -> Entry:
    """The existing entry with its new original."""
    entry, kept = item.existing, held.original_of(item)
    if entry is None or kept is None:
        raise errors.HeldFilesGone
    library.replace_original(
        entry=entry,
        new=held.new_file(kept, held.folder_of(item)),
        folder=held.folder_of(item),
        remember=lambda places: run.remember(old_files=places),
        forgotten=run.result.get("old_files", []),
        check=run.check,
    )
    return entry


def _add_poster(run: Run, item: InboxItem, entry: Entry) -> None:
    """The picture that was kept with the item; without one the entry has none."""
    name = held.poster_name(item)
    if not name or entry.files.filter(role=FileRole.POSTER).exists():
        return
    path = held.folder_of(item) / name
    if path.is_file():
        picture = NewFile(
            path=path,
            role=FileRole.POSTER,
            format="jpg",
            mime="image/jpeg",
            sha256=library.hash_file(path, run.check),
            size_bytes=path.stat().st_size,
        )
        library.add_files(entry=entry, new=[picture], check=run.check)


def _is_duplicate(item: InboxItem, existing: Entry) -> JobResult:
    """The library got the same bytes meanwhile: the item waits again, as a duplicate."""
    with transaction.atomic():
        InboxItem.objects.filter(pk=item.pk, decision=Decision.APPROVED).update(
            decision=Decision.OPEN,
            kind=InboxKind.DUPLICATE,
            existing=existing,
            library=existing.library,
            decided_at=None,
            decided_by=None,
        )
    publish_inbox(item)
    return JobResult(
        result={"inbox_id": str(item.uuid)},
        link=item_link(item),
        message=_("The same file is already in the library."),
    )


def _link(entry: Entry) -> str:
    return reverse("library:entry_detail", args=[entry.uuid])
