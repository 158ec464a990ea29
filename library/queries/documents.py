"""The agreed documents of the API, and what has to be loaded for them."""

from typing import Any

from django.db.models import Prefetch, QuerySet

from library.models import Entry, EntryFile, EntryState, EntryTag, FileRole, Library, TagSource
from library.queries.libraries import Asker
from videorama.accounts.models import User

MEDIA_BASE = "/api/v1/entries"


def with_details(entries: QuerySet[Entry], user: Asker) -> QuerySet[Entry]:
    """The entries with library, files, tags, properties and the asker's own state loaded.

    Six queries for any number of entries. `own_states` holds at most one EntryState.
    """
    own = (
        EntryState.objects.filter(user=user)
        if isinstance(user, User)
        else EntryState.objects.none()
    )
    tags = EntryTag.objects.filter(hidden=False).select_related("tag").order_by("tag__name")
    # The library comes by a query of its own, too: joined, SQLite begins with the libraries and
    # sorts every entry they have.
    return entries.prefetch_related(  # type: ignore[no-redef]
        "library",
        "files",
        "properties",
        Prefetch("entry_tags", queryset=tags, to_attr="shown_tags"),
        Prefetch("states", queryset=own, to_attr="own_states"),
    )


def media_url(entry: Entry, what: str) -> str:
    """Address of something of the entry's: stream, download, thumbnail, files/<id or role>."""
    return f"{MEDIA_BASE}/{entry.uuid}/{what}"


def entry_document(entry: Entry, user: Asker) -> dict[str, Any]:
    """The agreed entry. Expects an entry from `with_details` of the same user."""
    state = entry.own_states[0] if entry.own_states else EntryState()
    files = list(entry.files.all())
    original = next((file for file in files if file.role == FileRole.ORIGINAL), None)
    has_poster = any(file.role == FileRole.POSTER for file in files)
    return {
        "id": str(entry.uuid),
        "library_id": entry.library.slug,
        "title": entry.title,
        "description": entry.description,
        "uploader": entry.uploader,
        "platform": entry.platform,
        "original_url": entry.original_url,
        "duration_s": entry.duration_s,
        "size_bytes": original.size_bytes if original else 0,
        "media_kind": entry.media_kind,
        "thumbnail_url": media_url(entry, "thumbnail") if has_poster else None,
        "favorite": state.favorite,
        "rating": state.rating,
        "position_s": state.position_s,
        "watched_at": state.watched_at,
        "view_count": entry.view_count,
        "last_viewed_at": entry.last_viewed_at,
        "published_at": entry.published_at,
        "language": entry.language,
        "import_source": entry.import_source,
        "imported_by": entry.imported_by,
        "added_at": entry.added_at,
        "updated_at": entry.updated_at,
        "files": [file_document(file) for file in files],
        "subfolder": entry.subfolder,
        "tags": [link.tag.name for link in entry.shown_tags],
        "auto_tags": [link.tag.name for link in entry.shown_tags if link.source != TagSource.USER],
        "user_tags": [link.tag.name for link in entry.shown_tags if link.source == TagSource.USER],
        "properties": {prop.key: prop.value for prop in entry.properties.all()},
    }


def file_document(file: EntryFile) -> dict[str, Any]:
    """A file as the API shows it; where it lies on disk stays inside."""
    return {
        "id": str(file.uuid),
        "role": file.role,
        "format": file.format,
        "mime": file.mime,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "duration_s": file.duration_s,
        "container": file.container,
        "video_codec": file.video_codec,
        "audio_codec": file.audio_codec,
        "width": file.width,
        "height": file.height,
        "fps": file.fps,
        "bitrate": file.bitrate,
        "language": file.language,
        "is_automatic": file.is_automatic,
        "is_available": file.is_available,
    }


def library_document(library: Library) -> dict[str, Any]:
    """A library from `counted_libraries`, as the API shows it."""
    return {
        "id": library.slug,
        "name": library.name,
        "description": library.description,
        "icon": library.icon,
        "owner": library.owner.get_username(),
        "is_private": library.is_private,
        "path_template": library.path_template,
        "auto_organize": library.auto_organize,
        "auto_tag_from_path": library.auto_tag_from_path,
        "confidence_threshold": library.confidence_threshold,
        "entry_count": library.entry_count,
        "size_bytes": library.total_bytes,
        "created_at": library.created_at,
        "updated_at": library.updated_at,
    }
