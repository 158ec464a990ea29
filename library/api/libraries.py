"""API of libraries and their members."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from library import queries, services
from library.errors import MayNotEdit
from library.models import Library, LibraryMember, MemberRole
from library.paths import DEFAULT_TEMPLATE
from library.queries import library_document
from videorama.accounts.auth import caller
from videorama.accounts.models import User
from videorama.errors import NotAllowed, NotFound
from videorama.jobs.api import JobAnswer
from videorama.jobs.queries import job_document
from videorama.paging import PageOf, PageQuery, paginate

router = Router(tags=["libraries"])


class LibraryOut(Schema):
    """A library; its id is its slug."""

    id: str
    name: str
    description: str
    icon: str
    owner: str
    is_private: bool
    path_template: str
    auto_organize: bool
    auto_tag_from_path: bool
    confidence_threshold: float
    entry_count: int
    size_bytes: int
    created_at: datetime
    updated_at: datetime


class LibraryIn(Schema):
    """A new library; `id` and `name` are enough."""

    model_config = {"extra": "forbid"}

    id: str = Field(pattern="^[a-z0-9_-]{1,50}$")
    name: str = Field(min_length=1, max_length=100)
    description: str = Field("", max_length=500)
    icon: str = Field("📁", min_length=1, max_length=16)
    is_private: bool = False
    root: str = Field("", max_length=30)
    folder: str = Field("", max_length=500)
    path_template: str = Field(DEFAULT_TEMPLATE, min_length=1, max_length=300)
    auto_organize: bool = True
    auto_tag_from_path: bool = False
    confidence_threshold: float = Field(0.7, ge=0, le=1, strict=True)


class LibraryChange(Schema):
    """What may be changed; what is left out stays."""

    model_config = {"extra": "forbid"}

    name: str = Field("", min_length=1, max_length=100)
    description: str = Field("", max_length=500)
    icon: str = Field("", min_length=1, max_length=16)
    is_private: bool = False
    path_template: str = Field("", min_length=1, max_length=300)
    auto_organize: bool = True
    auto_tag_from_path: bool = False
    confidence_threshold: float = Field(0.7, ge=0, le=1, strict=True)


class SubfolderOut(Schema):
    """A folder in a folder; `path` is relative to the root."""

    name: str
    path: str
    child_count: int


class FolderOut(Schema):
    """A folder of a storage root, and a page of what is in it."""

    root: str
    path: str
    parent: str | None = None
    items: list[SubfolderOut]
    count: int
    next: str | None = None


class BrowseQuery(Schema):
    """Which folder, and where in it to go on."""

    path: str = Field("", max_length=1_000)
    root: str = Field("", max_length=30)
    after: str = Field("", max_length=255)
    limit: int = Field(100, ge=1, le=500)


class MoveOut(Schema):
    """An entry that a re-organise would move; paths are relative to the storage root."""

    entry_id: UUID
    old: str
    new: str
    companions: int
    is_numbered: bool
    is_missing: bool


class MemberOut(Schema):
    """Somebody's place in a library."""

    username: str
    role: str
    created_at: datetime


class MemberIn(Schema):
    """What the member may do."""

    role: MemberRole


@router.get("", response=PageOf[LibraryOut])
def list_libraries(
    request: HttpRequest, page: Query[PageQuery], include_private: bool = True
) -> dict[str, Any]:
    """Libraries the caller may look into, by name."""
    rows = queries.counted_libraries(caller(request)).select_related("owner")
    if not include_private:
        rows = rows.filter(is_private=False)
    return paginate(rows, order=("name", "pk"), **page.model_dump()).document(library_document)


@router.post("", response={201: LibraryOut})
def create_library(request: HttpRequest, new: LibraryIn) -> Status[dict[str, Any]]:
    """A new library of the caller's."""
    user = caller(request)
    given = new.model_dump()
    library = services.create_library(user=user, slug=given.pop("id"), **given)
    return Status(201, _document(user, library.slug))


@router.get("/browse", response=FolderOut)
def browse_storage(request: HttpRequest, where: Query[BrowseQuery]) -> queries.Folder:
    """Folders of a storage root, for choosing where a library goes. Editors only."""
    return queries.browse(caller(request), **where.model_dump())


@router.get("/{slug:library_id}", response=LibraryOut)
def get_library(request: HttpRequest, library_id: str) -> dict[str, Any]:
    """One library."""
    return _document(caller(request), library_id)


@router.patch("/{slug:library_id}", response=LibraryOut)
def change_library(request: HttpRequest, library_id: str, change: LibraryChange) -> dict[str, Any]:
    """Changes what is given."""
    user = caller(request)
    library = queries.library_by_slug(user, library_id)
    given = change.model_dump(exclude_unset=True)
    services.edit_library(user=user, library=library, **given)
    return _document(user, library_id)


@router.delete("/{slug:library_id}", response={204: None})
def delete_library(request: HttpRequest, library_id: str) -> Status[None]:
    """Removes an empty library."""
    user = caller(request)
    services.delete_library(user=user, library=queries.library_by_slug(user, library_id))
    return Status(204, None)


@router.get("/{slug:library_id}/organize", response=PageOf[MoveOut])
def preview_organizing(
    request: HttpRequest,
    library_id: str,
    after: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """What re-organising the library now would move, in the order of the move."""
    library = _editable(caller(request), library_id)
    plan = queries.plan_of(library, start=after, limit=limit)
    return {
        "items": [_move(move) for move in plan.moves],
        "count": plan.count,
        "count_capped": False,
        "next": str(plan.next) if plan.next is not None else None,
    }


@router.post("/{slug:library_id}/organize", response={202: JobAnswer})
def organize_library(request: HttpRequest, library_id: str) -> Status[dict[str, Any]]:
    """Moves every entry to where the library's template wants it, as a job."""
    user = caller(request)
    job = services.reorganize(user=user, library=_editable(user, library_id))
    return Status(202, {"job": job_document(job)})


@router.get("/{slug:library_id}/members", response=PageOf[MemberOut])
def list_members(request: HttpRequest, library_id: str, page: Query[PageQuery]) -> dict[str, Any]:
    """Who belongs to the library; for its owner and administrators."""
    members = queries.members_of(_administered(caller(request), library_id))
    return paginate(members, order=("user__username", "pk"), **page.model_dump()).document(_member)


@router.put("/{slug:library_id}/members/{str:username}", response=MemberOut)
def set_member(
    request: HttpRequest, library_id: str, username: str, member: MemberIn
) -> dict[str, Any]:
    """Lets somebody in, or changes what they may do."""
    user = caller(request)
    library = _administered(user, library_id)
    person = queries.person_named(username)
    membership = services.set_member(user=user, library=library, member=person, role=member.role)
    return _member(membership)


@router.delete("/{slug:library_id}/members/{str:username}", response={204: None})
def remove_member(request: HttpRequest, library_id: str, username: str) -> Status[None]:
    """Takes somebody out."""
    user = caller(request)
    library = _administered(user, library_id)
    services.remove_member(user=user, library=library, member=queries.person_named(username))
    return Status(204, None)


def _editable(user: User, slug: str) -> Library:
    library = queries.library_by_slug(user, slug)
    if not queries.may_edit(user, library):
        raise MayNotEdit
    return library


def _move(move: queries.PlannedMove) -> dict[str, Any]:
    return {
        "entry_id": move.entry.uuid,
        "old": move.old,
        "new": move.new,
        "companions": move.companions,
        "is_numbered": move.is_numbered,
        "is_missing": move.is_missing,
    }


def _administered(user: User, slug: str) -> Library:
    library = queries.library_by_slug(user, slug)
    if not queries.may_administer(user, library):
        raise NotAllowed
    return library


def _document(user: User, slug: str) -> dict[str, Any]:
    found = queries.counted_libraries(user).select_related("owner").filter(slug=slug).first()
    if found is None:
        raise NotFound
    return library_document(found)


def _member(membership: LibraryMember) -> dict[str, Any]:
    return {
        "username": membership.user.get_username(),
        "role": membership.role,
        "created_at": membership.created_at,
    }
