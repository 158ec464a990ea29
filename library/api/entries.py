"""API of entries."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from library import queries, services
from library.models import MediaKind
from library.queries import EntryFilters, entry_document
from videorama.accounts.auth import caller
from videorama.paging import PageOf, PageQuery

router = Router(tags=["entries"])
_WORDS = (
    "title",
    "description",
    "language",
    "uploader",
    "published_at",
    "tags",
    "properties",
)
_EMPTIED = {"published_at"}


class FileOut(Schema):
    """A file of an entry."""

    id: UUID
    role: str
    format: str
    mime: str
    size_bytes: int
    sha256: str
    duration_s: float | None
    container: str
    video_codec: str
    audio_codec: str
    width: int | None
    height: int | None
    fps: float | None
    bitrate: int | None
    language: str
    is_automatic: bool
    is_available: bool


class EntryOut(Schema):
    """An entry with the caller's own favorite, rating and position."""

    id: UUID
    library_id: str
    title: str
    description: str
    uploader: str
    platform: str
    original_url: str
    duration_s: float | None
    size_bytes: int
    media_kind: str
    thumbnail_url: str | None
    favorite: bool
    rating: int | None
    position_s: float
    watched_at: datetime | None
    view_count: int
    last_viewed_at: datetime | None
    published_at: datetime | None
    language: str
    import_source: str
    imported_by: str
    added_at: datetime
    updated_at: datetime
    files: list[FileOut]
    subfolder: str
    tags: list[str]
    auto_tags: list[str]
    user_tags: list[str]
    properties: dict[str, str]


class EntryQuery(Schema):
    """Filters of the list; without library_id private libraries are left out."""

    library_id: str | None = Field(None, max_length=50)
    search: str = Field("", max_length=200)
    media_kind: MediaKind | None = None
    platform: str = Field("", max_length=100)
    tag: str = Field("", max_length=100)
    favorite: bool | None = None
    sort: Literal["newest", "oldest", "title", "longest"] = "newest"


class EntryChange(Schema):
    """What may be changed; what is left out stays. `rating` null or 0 takes the stars away.

    `tags` is the whole list. `properties` sets those that are given; null takes one off. Another
    `library_id` or `subfolder` moves the files, as a job where that takes long.
    """

    model_config = {"extra": "forbid"}

    title: str | None = None
    description: str | None = None
    language: str | None = Field(None, max_length=35)
    uploader: str | None = Field(None, max_length=300)
    published_at: datetime | None = None
    library_id: str | None = Field(None, max_length=50)
    subfolder: str | None = Field(None, max_length=500)
    tags: list[str] | None = Field(None, max_length=200)
    properties: dict[str, str | None] | None = None
    favorite: bool | None = None
    rating: int | None = Field(None, ge=0, le=5)
    position_s: float | None = Field(None, ge=0)
    watched: bool | None = None


class ViewsOut(Schema):
    """How often an entry was opened."""

    view_count: int
    last_viewed_at: datetime


@router.get("", response=PageOf[EntryOut])
def list_entries(
    request: HttpRequest, query: Query[EntryQuery], page: Query[PageQuery]
) -> dict[str, Any]:
    """Entries the caller may see."""
    user = caller(request)
    library = queries.library_by_slug(user, query.library_id) if query.library_id else None
    filters = EntryFilters(
        library=library,
        text=query.search,
        kinds=(query.media_kind,) if query.media_kind else (),
        platform=query.platform,
        tag=query.tag,
        favorites=query.favorite,
        sort=query.sort,
    )
    found = queries.entry_page(user, filters, page.after, page.limit, offset=page.offset)
    return found.document(lambda entry: entry_document(entry, user))


@router.get("/{uuid:entry_id}", response=EntryOut)
def get_entry(request: HttpRequest, entry_id: UUID) -> dict[str, Any]:
    """One entry."""
    user = caller(request)
    return entry_document(queries.detailed_entry(user, entry_id), user)


@router.patch("/{uuid:entry_id}", response=EntryOut)
def change_entry(request: HttpRequest, entry_id: UUID, change: EntryChange) -> dict[str, Any]:
    """Words and place are everybody's, marks the caller's own. All is changed or nothing."""
    user = caller(request)
    entry = queries.entry_by_uuid(user, entry_id)
    given = change.model_dump(exclude_unset=True)
    if given.get("rating", 0) is None:
        given["rating"] = 0
    emptied = _EMPTIED & change.model_fields_set
    # Null means "leave it" for all but what can be empty.
    words = {
        name: value
        for name in _WORDS
        if (value := given.pop(name, None)) is not None or name in emptied
    }
    library_id, subfolder = given.pop("library_id", None), given.pop("subfolder", None)
    library = queries.library_by_slug(user, library_id) if library_id else entry.library
    is_there = library.pk == entry.library_id and subfolder in (None, entry.subfolder)
    services.change_entry(
        user=user,
        entry=entry,
        words=words,
        marks=given,
        library=None if is_there else library,
        subfolder=subfolder,
    )
    return entry_document(queries.detailed_entry(user, entry_id), user)


@router.delete("/{uuid:entry_id}", response={204: None})
def delete_entry(request: HttpRequest, entry_id: UUID, with_files: bool = False) -> Status[None]:
    """Out of the library; `with_files` moves the files to the trash as well."""
    user = caller(request)
    entry = queries.entry_by_uuid(user, entry_id)
    services.delete_entry(user=user, entry=entry, with_files=with_files)
    return Status(204, None)


@router.post("/{uuid:entry_id}/view", response=ViewsOut)
def count_view(request: HttpRequest, entry_id: UUID) -> dict[str, Any]:
    """Counts one viewing."""
    entry = queries.entry_by_uuid(caller(request), entry_id)
    services.count_view(entry=entry)
    return {"view_count": entry.view_count, "last_viewed_at": entry.last_viewed_at}
