"""Items of the inbox and their files: from the document that was kept back to an entry."""

from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.dateparse import parse_datetime

from imports.models import InboxItem
from library import services as library_services
from library.errors import FileMissing, OutsideRoot
from library.models import FileRole, Library, PropertySource, TagSource
from library.services import NewChapter, NewEntry, NewFile

_FILE_FIELDS = {field.name for field in fields(NewFile)} - {"path"}


def key_of(item: InboxItem) -> str:
    """The name of the item's held folder."""
    return item.held.rpartition("/")[2]


def folder_of(item: InboxItem) -> Path:
    """The item's held folder."""
    return library_services.held_folder(root=item.root, item_uuid=key_of(item))


def original_of(item: InboxItem) -> dict[str, Any] | None:
    """What the item keeps of its media file; None when it holds none."""
    found = item.proposal.get("files") or []
    return next((file for file in found if file["role"] == FileRole.ORIGINAL), None)


def is_there(item: InboxItem) -> bool:
    """The media file still lies where the item says."""
    original = original_of(item)
    if not item.held or original is None:
        return False
    try:
        library_services.held_file(root=item.root, held=item.held, name=original["path"])
    except (FileMissing, OutsideRoot):
        return False
    return True


def can_fetch_again(item: InboxItem) -> bool:
    """It came from an address that can be asked once more."""
    return urlsplit(item.proposal.get("url", "")).scheme in {"http", "https"}


def poster_name(item: InboxItem) -> str:
    """The held picture, below the held folder; empty when there is none."""
    return str(item.proposal.get("poster") or "")


def new_entry(item: InboxItem, library: Library, import_job_id: int | None) -> NewEntry:
    """The entry as the import would have stored it."""
    kept, said = item.proposal, item.proposal["description"]
    folder = folder_of(item)
    return NewEntry(
        library=library,
        title=said["title"],
        description=said["description"],
        media_kind=kept["media_kind"],
        duration_s=kept["duration_s"],
        original_url=kept["url"],
        normalized_url=kept["normalized_url"],
        source_extractor=said["extractor"],
        source_id=said["source_id"],
        platform=said["platform"],
        uploader=said["uploader"],
        channel_id=said["channel_id"],
        published_at=parse_datetime(said["published_at"]) if said["published_at"] else None,
        language=said["language"],
        import_source=kept["import_source"],
        imported_by=kept["imported_by"],
        import_job_id=import_job_id,
        chapters=tuple(NewChapter(**chapter) for chapter in said["chapters"]),
        properties=said["properties"],
        property_source=PropertySource.FILE,
        tags=tuple(said["tags"]),
        tag_source=TagSource.PLATFORM,
        files=tuple(new_file(file, folder) for file in kept["files"]),
    )


def new_file(kept: dict[str, Any], folder: Path) -> NewFile:
    """A held file with its facts."""
    facts = {name: value for name, value in kept.items() if name in _FILE_FIELDS}
    return NewFile(path=folder / kept["path"], **facts)
