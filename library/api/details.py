"""API of what hangs on an entry: its tags and properties, with where each came from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from library import queries, services
from library.models import EntryProperty, EntryTag
from videorama.accounts.auth import caller

router = Router(tags=["entries"])


class EntryTagOut(Schema):
    """A tag on an entry; `source` user means a person put it there."""

    id: UUID
    name: str
    source: str
    confidence: float


class EntryTagIn(Schema):
    """The tag to put on; made when there is none of this name."""

    model_config = {"extra": "forbid"}

    name: str = Field(min_length=1, max_length=100)


class PropertyOut(Schema):
    """A property; `source` user is never overwritten."""

    key: str
    value: str
    source: str
    updated_at: datetime


class PropertyIn(Schema):
    """What it is."""

    model_config = {"extra": "forbid"}

    value: str = Field(min_length=1, max_length=10_000)


@router.get("/{uuid:entry_id}/tags", response=list[EntryTagOut])
def list_entry_tags(request: HttpRequest, entry_id: UUID) -> list[dict[str, Any]]:
    """The tags that are on."""
    entry = queries.detailed_entry(caller(request), entry_id)
    return [_tag(link) for link in entry.shown_tags]


@router.post("/{uuid:entry_id}/tags", response=list[EntryTagOut])
def put_tag(request: HttpRequest, entry_id: UUID, new: EntryTagIn) -> list[dict[str, Any]]:
    """Puts a tag on; one that a machine had put there becomes the caller's."""
    user = caller(request)
    entry = queries.entry_by_uuid(user, entry_id)
    services.tag_entries(user=user, entries=[entry], add=[new.name])
    return list_entry_tags(request, entry_id)


@router.delete("/{uuid:entry_id}/tags/{uuid:tag_id}", response={204: None})
def take_tag_off(request: HttpRequest, entry_id: UUID, tag_id: UUID) -> Status[None]:
    """Takes a tag off, and remembers that a person did."""
    user = caller(request)
    entry = queries.entry_by_uuid(user, entry_id)
    tag = queries.tag_by_uuid(user, tag_id)
    services.tag_entries(user=user, entries=[entry], remove=[tag.name])
    return Status(204, None)


@router.get("/{uuid:entry_id}/properties", response=list[PropertyOut])
def list_properties(request: HttpRequest, entry_id: UUID) -> list[dict[str, Any]]:
    """Properties by key; there are at most 200."""
    entry = queries.entry_by_uuid(caller(request), entry_id)
    return [_property(one) for one in entry.properties.all()]


@router.put("/{uuid:entry_id}/properties/{path:key}", response=PropertyOut)
def set_property(request: HttpRequest, entry_id: UUID, key: str, new: PropertyIn) -> dict[str, Any]:
    """Sets one property as a person."""
    user = caller(request)
    entry = queries.entry_by_uuid(user, entry_id)
    return _property(services.set_property(user=user, entry=entry, key=key, value=new.value))


@router.delete("/{uuid:entry_id}/properties/{path:key}", response={204: None})
def remove_property(request: HttpRequest, entry_id: UUID, key: str) -> Status[None]:
    """Takes one property off."""
    user = caller(request)
    entry = queries.entry_by_uuid(user, entry_id)
    services.remove_property(user=user, entry=entry, key=key.replace("\0", ""))
    return Status(204, None)


def _tag(link: EntryTag) -> dict[str, Any]:
    return {
        "id": link.tag.uuid,
        "name": link.tag.name,
        "source": link.source,
        "confidence": link.confidence,
    }


def _property(one: EntryProperty) -> dict[str, Any]:
    return {
        "key": one.key,
        "value": one.value,
        "source": one.source,
        "updated_at": one.updated_at,
    }
