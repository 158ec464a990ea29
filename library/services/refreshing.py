"""What a source says about an entry now, where no person has said anything."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from library.models import Entry, PropertySource, TagSource
from library.services.editing import FIELDS, refresh_fields
from library.services.facts import add_tags
from library.services.posters import MARK, place_poster
from library.services.properties import held_entry, refresh_properties
from videorama.accounts.models import User
from videorama.ledger.services import record


def refresh_entry(
    *,
    user: User | None,
    entry: Entry,
    fields: Mapping[str, Any],
    properties: Mapping[str, str],
    tags: Iterable[str] = (),
    poster: Path | None = None,
    poster_is_wanted: bool = False,
) -> list[str]:
    """Takes over what is new and gives the names of what changed, as one fact.

    What a person set, took off or chose stays; `poster_is_wanted` says that a person asked for
    the source's picture again. NotFound when the entry was deleted meanwhile.
    """
    with transaction.atomic():
        held = held_entry(entry)
        has_own = MARK in held.edited_fields
        data: dict[str, Any] = refresh_fields(held, fields)
        said = refresh_properties(held, properties, source=PropertySource.PLATFORM)
        if said:
            data["properties"] = said
        before = held.entry_tags.count()
        add_tags(held, tags, source=TagSource.IMPORT)
        if held.entry_tags.count() > before:
            data["tags"] = list(tags)
        takes_poster = poster is not None and (poster_is_wanted or not has_own)
        if takes_poster:
            data["poster"] = {"to": "source"}
            held.edited_fields = [name for name in held.edited_fields if name != MARK]
        if data:
            held.save(update_fields=[*FIELDS, "edited_fields", "updated_at"])
            record("entry.refreshed", user=user, about=[("entry", entry.uuid)], data=data)
    if takes_poster and poster is not None:
        place_poster(entry, poster)
    return list(data)
