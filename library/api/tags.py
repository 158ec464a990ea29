"""API of tags."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from library import queries, services
from library.models import Tag
from videorama.accounts.auth import caller
from videorama.paging import PageOf, PageQuery, paginate

router = Router(tags=["tags"])


class TagOut(Schema):
    """A tag; `usage_count` counts the entries the caller sees."""

    id: UUID
    name: str
    parent_id: UUID | None
    usage_count: int


class TagIn(Schema):
    """A new tag."""

    model_config = {"extra": "forbid"}

    name: str = Field(min_length=1, max_length=100)
    parent_id: UUID | None = None


class TagChange(Schema):
    """What may be changed; `parent_id` null takes it to the top."""

    model_config = {"extra": "forbid"}

    name: str | None = Field(None, min_length=1, max_length=100)
    parent_id: UUID | None = None


class TagMerge(Schema):
    """The tags that go into this one."""

    model_config = {"extra": "forbid"}

    source_ids: list[UUID] = Field(min_length=1, max_length=100)


class TagQuery(Schema):
    """Narrows the list to names with this text."""

    search: str = Field("", max_length=100)


@router.get("", response=PageOf[TagOut])
def list_tags(
    request: HttpRequest, query: Query[TagQuery], page: Query[PageQuery]
) -> dict[str, Any]:
    """Tags the caller may know of, by name."""
    tags = queries.counted_tags(caller(request))
    if search := query.search.replace("\0", ""):
        tags = tags.filter(name__icontains=search)
    return paginate(tags, order=("name", "pk"), **page.model_dump()).document(_document)


@router.post("", response={201: TagOut})
def create_tag(request: HttpRequest, new: TagIn) -> Status[dict[str, Any]]:
    """A new tag, below another one if wanted."""
    user = caller(request)
    parent = queries.tag_by_uuid(user, new.parent_id) if new.parent_id else None
    tag = services.create_tag(user=user, name=new.name, parent=parent)
    found = queries.counted_tags(user).filter(pk=tag.pk).first()
    return Status(201, _document(found or tag))


@router.get("/{uuid:tag_id}", response=TagOut)
def get_tag(request: HttpRequest, tag_id: UUID) -> dict[str, Any]:
    """One tag."""
    return _document(queries.tag_by_uuid(caller(request), tag_id))


@router.patch("/{uuid:tag_id}", response=TagOut)
def change_tag(request: HttpRequest, tag_id: UUID, change: TagChange) -> dict[str, Any]:
    """Another name, another place in the tree."""
    user = caller(request)
    given = change.model_dump(exclude_unset=True)
    parent = queries.tag_by_uuid(user, given["parent_id"]) if given.get("parent_id") else None
    services.edit_tag(
        user=user,
        tag=queries.tag_by_uuid(user, tag_id),
        name=given.get("name"),
        parent=parent,
        move="parent_id" in given,
    )
    return _document(queries.tag_by_uuid(user, tag_id))


@router.post("/{uuid:tag_id}/merge", response=TagOut)
def merge_tags(request: HttpRequest, tag_id: UUID, merge: TagMerge) -> dict[str, Any]:
    """Other tags go into this one: entries are tagged once, children move here."""
    user = caller(request)
    sources = [queries.tag_by_uuid(user, source) for source in dict.fromkeys(merge.source_ids)]
    services.merge_tags(user=user, sources=sources, target=queries.tag_by_uuid(user, tag_id))
    return _document(queries.tag_by_uuid(user, tag_id))


@router.delete("/{uuid:tag_id}", response={204: None})
def delete_tag(request: HttpRequest, tag_id: UUID) -> Status[None]:
    """Taken off every entry; its children move up."""
    user = caller(request)
    services.delete_tag(user=user, tag=queries.tag_by_uuid(user, tag_id))
    return Status(204, None)


def _document(tag: Tag) -> dict[str, Any]:
    return {
        "id": tag.uuid,
        "name": tag.name,
        "parent_id": tag.parent.uuid if tag.parent else None,
        "usage_count": getattr(tag, "usage_count", 0),
    }
