"""What a person says about an entry: its fields, tags and properties, saved as one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from library.errors import ChangedMeanwhile
from library.models import Entry, EntryTag
from library.services import properties as props
from library.services.facts import language_code, plain
from library.services.tagging import change_tags, require_edit, tag_words
from videorama.accounts.models import User
from videorama.errors import Invalid
from videorama.ledger.services import record

TITLE_LIMIT = 500
DESCRIPTION_LIMIT = 50_000
UPLOADER_LIMIT = 300
FIELDS = ("title", "description", "language", "uploader", "published_at")


def edit_entry(
    *,
    user: User,
    entry: Entry,
    version: str = "",
    tags: Sequence[str] | None = None,
    properties: Mapping[str, str | None] | None = None,
    **fields: Any,
) -> Entry:
    """Changes what is given, all of it or nothing. The files keep their names.

    `fields` are of FIELDS. What changes is the person's from now on: no refresh overwrites it.
    `tags` is the whole list; `properties` sets those that are given, None takes one off.
    `version` is `version_of` the entry that the asker saw: ChangedMeanwhile when it is another by
    now.
    """
    require_edit(user, [entry])
    wanted = _checked(fields)
    values = _checked_properties(properties or {})
    words = None if tags is None else tag_words(tags)
    with transaction.atomic():
        held = props.held_entry(entry)
        if version and version != version_of(held):
            raise ChangedMeanwhile
        data = _set_fields(held, wanted)
        data |= _set_tags(held, words)
        data |= _set_properties(held, values)
        if data:
            held.save(update_fields=[*FIELDS, "edited_fields", "updated_at"])
            record("entry.edited", user=user, about=[("entry", entry.uuid)], data=data)
    for name in (*FIELDS, "edited_fields", "updated_at"):
        setattr(entry, name, getattr(held, name))
    return entry


def version_of(entry: Entry) -> str:
    """Names the state of the entry that somebody looks at."""
    return entry.updated_at.isoformat()


def refresh_fields(entry: Entry, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a source says now, in a transaction of the caller's; gives what changed.

    A field that a person set stays, and nothing is emptied. The entry is not saved.
    """
    free = {
        name: value
        for name, value in values.items()
        if name in FIELDS and name not in entry.edited_fields and value
    }
    return _changed(entry, _cut(free))


def _set_fields(held: Entry, wanted: Mapping[str, Any]) -> dict[str, Any]:
    data = _changed(held, wanted)
    held.edited_fields = list(dict.fromkeys([*held.edited_fields, *data]))
    return data


def _changed(entry: Entry, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    data: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        was = getattr(entry, name)
        if was != value:
            data[name] = {"from": _plain_json(was), "to": _plain_json(value)}
            setattr(entry, name, value)
    return data


def _set_tags(held: Entry, words: list[str] | None) -> dict[str, Any]:
    if words is None:
        return {}
    links = EntryTag.objects.filter(entry=held, hidden=False).select_related("tag")
    there = {link.tag.name.casefold(): link.tag.name for link in links}
    wanted = {word.casefold(): word for word in words}
    add = [word for key, word in wanted.items() if key not in there]
    remove = [name for key, name in there.items() if key not in wanted]
    if not change_tags([held], add=add, remove=remove):
        return {}
    return {"tags": {"add": add, "remove": remove}}


def _set_properties(held: Entry, values: Mapping[str, str | None]) -> dict[str, Any]:
    there = {one.key: one.value for one in held.properties.all()}
    said = {
        key: value for key, value in values.items() if value is not None and there.get(key) != value
    }
    gone = [key for key, value in values.items() if value is None and key in there]
    if len(there.keys() | said.keys()) - len(gone) > props.COUNT_LIMIT:
        raise props.too_many()
    if said:
        props.say(held, said)
    if gone:
        props.take_off(held, gone)
    data = {key: {"from": there.get(key), "to": values[key]} for key in (*said, *gone)}
    return {"properties": data} if data else {}


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - set(FIELDS)
    if unknown:
        raise Invalid(_("This field cannot be set."), details={"field": min(unknown)})
    wanted = dict(fields)
    if "title" in wanted:
        wanted["title"] = plain(wanted["title"]).strip()
        if not 1 <= len(wanted["title"]) <= TITLE_LIMIT:
            raise Invalid(_("A title has 1 to 500 characters."), details={"field": "title"})
    if "description" in wanted:
        wanted["description"] = plain(wanted["description"])
        if len(wanted["description"]) > DESCRIPTION_LIMIT:
            raise Invalid(_("This description is too long."), details={"field": "description"})
    if "uploader" in wanted:
        wanted["uploader"] = " ".join(plain(wanted["uploader"]).split())
        if len(wanted["uploader"]) > UPLOADER_LIMIT:
            raise Invalid(
                _("An uploader has at most 300 characters."), details={"field": "uploader"}
            )
    if "language" in wanted:
        wanted["language"] = language_code(wanted["language"])
    moment = wanted.get("published_at")
    if isinstance(moment, datetime) and timezone.is_naive(moment):
        wanted["published_at"] = timezone.make_aware(moment)
    return wanted


def _cut(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a stranger's site said, as long as it may be."""
    limits = {"title": TITLE_LIMIT, "description": DESCRIPTION_LIMIT, "uploader": UPLOADER_LIMIT}
    limits["language"] = 35
    return {
        name: plain(value, limits[name]).strip() if name in limits else value
        for name, value in values.items()
    }


def _checked_properties(given: Mapping[str, str | None]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for key, value in given.items():
        if value is None:
            found[plain(key)] = None
        else:
            name, text = props.checked(key, value)
            found[name] = text
    return found


def _plain_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
