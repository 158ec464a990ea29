"""Properties of an entry: what a person says is never overwritten."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from library.models import Entry, EntryProperty, PropertySource
from library.services.facts import KEY_LIMIT, plain
from library.services.tagging import require_edit
from videorama.accounts.models import User
from videorama.errors import Invalid, NotFound
from videorama.ledger.services import record

VALUE_LIMIT = 10_000
# An entry is no database; the form and the API document hold them all.
COUNT_LIMIT = 200


def set_property(*, user: User, entry: Entry, key: str, value: str) -> EntryProperty:
    """Says one thing about an entry, as a person: it stays through every refresh."""
    require_edit(user, [entry])
    key, value = checked(key, value)
    with transaction.atomic():
        held = held_entry(entry)
        was = held.properties.filter(key=key).first()
        if was is None and held.properties.count() >= COUNT_LIMIT:
            raise too_many()
        say(held, {key: value})
        touch(held)
        record(
            "entry.edited",
            user=user,
            about=[("entry", entry.uuid)],
            data={"properties": {key: {"from": was.value if was else None, "to": value}}},
        )
        return held.properties.get(key=key)


def remove_property(*, user: User, entry: Entry, key: str) -> None:
    """Takes one thing off; a machine that knows it does not bring it back. NotFound when absent."""
    require_edit(user, [entry])
    with transaction.atomic():
        held = held_entry(entry)
        was = held.properties.filter(key=key).first()
        if was is None:
            raise NotFound
        take_off(held, [key])
        touch(held)
        record(
            "entry.edited",
            user=user,
            about=[("entry", entry.uuid)],
            data={"properties": {key: {"from": was.value, "to": None}}},
        )


def say(entry: Entry, values: Mapping[str, str]) -> None:
    """A person's values, in a transaction of the caller's. The entry is not saved."""
    for key, value in values.items():
        EntryProperty.objects.update_or_create(
            entry=entry, key=key, defaults={"value": value, "source": PropertySource.USER}
        )
    marks = {mark_of(key) for key in values}
    entry.edited_fields = [mark for mark in entry.edited_fields if mark not in marks]


def take_off(entry: Entry, keys: list[str]) -> None:
    """Removes properties and remembers it, in a transaction of the caller's."""
    EntryProperty.objects.filter(entry=entry, key__in=keys).delete()
    marks = [mark_of(key) for key in keys]
    entry.edited_fields = list(dict.fromkeys([*entry.edited_fields, *marks]))


def refresh_properties(entry: Entry, values: Mapping[str, str], *, source: str) -> dict[str, str]:
    """What a machine says now, in a transaction of the caller's; gives what changed by key.

    A person's value stays, and so does the gap where a person took one off. What the machine does
    not name any more stays too: a source that forgets is no reason to forget.
    """
    given = {plain(key, KEY_LIMIT): plain(value).strip() for key, value in values.items()}
    there = {one.key: one for one in entry.properties.all()}
    changed: dict[str, str] = {}
    for key, value in given.items():
        was = there.get(key)
        is_persons = mark_of(key) in entry.edited_fields or (
            was is not None and was.source == PropertySource.USER
        )
        if not key or not value or is_persons or (was is not None and was.value == value):
            continue
        EntryProperty.objects.update_or_create(
            entry=entry, key=key, defaults={"value": value, "source": source}
        )
        changed[key] = value
    return changed


def checked(key: str, value: str) -> tuple[str, str]:
    """Key and value as they are kept; Invalid for what cannot be."""
    key, value = " ".join(plain(key).split()), plain(value).strip()
    if not 1 <= len(key) <= KEY_LIMIT:
        raise Invalid(_("The name of a property has 1 to 60 characters."), details={"field": "key"})
    if not 1 <= len(value) <= VALUE_LIMIT:
        raise Invalid(
            _("The value of “%(key)s” has 1 to 10,000 characters.") % {"key": key},
            details={"field": "value", "key": key},
        )
    return key, value


def mark_of(key: str) -> str:
    """How `edited_fields` remembers that a person took this property off."""
    return f"properties.{key}"


def held_entry(entry: Entry) -> Entry:
    """The entry as it is now, held until the transaction ends; NotFound when it was deleted."""
    found = Entry.objects.select_for_update().filter(pk=entry.pk, deleted_at__isnull=True).first()
    if found is None:
        raise NotFound
    return found


def touch(entry: Entry) -> None:
    """Writes what is remembered and that the entry changed."""
    entry.save(update_fields=["edited_fields", "updated_at"])


def too_many() -> Invalid:
    """The refusal of one property more than fits."""
    return Invalid(_("An entry has at most 200 properties."), details={"field": "properties"})
