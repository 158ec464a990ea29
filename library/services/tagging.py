"""Tags on entries: a person's word outranks every machine's, and taking one off is remembered."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from library.errors import MayNotEdit
from library.models import Entry, EntryTag, Tag, TagSource
from library.queries import editable_libraries_for
from library.services.facts import TAG_LIMIT, plain, tag_named
from videorama.accounts.models import User
from videorama.errors import Invalid
from videorama.ledger.services import record

TAGS_LIMIT = 200

type Before = dict[int, dict[str, Any]]


def tag_entries(
    *, user: User, entries: Sequence[Entry], add: Iterable[str] = (), remove: Iterable[str] = ()
) -> int:
    """Puts tags on these entries and takes others off; gives how many entries changed.

    A tag that a machine had put on becomes the person's own. One that is taken off is remembered
    as hidden, so no rule or import brings it back.
    """
    require_edit(user, entries)
    wanted, unwanted = tag_words(add), tag_words(remove)
    with transaction.atomic():
        before = change_tags(entries, add=wanted, remove=unwanted)
        changed = [entry for entry in entries if entry.pk in before]
        if changed:
            record(
                "entry.tagged",
                user=user,
                about=[("entry", entry.uuid) for entry in changed],
                data={"add": wanted, "remove": unwanted},
            )
    return len(changed)


def change_tags(
    entries: Sequence[Entry], *, add: Collection[str] = (), remove: Collection[str] = ()
) -> Before:
    """The change itself, in a transaction of the caller's; tells how each changed entry was.

    `before[entry.pk]` holds per tag id the source and `hidden` of the link, or None where there
    was none. Four statements and one per new tag, however many entries there are.
    """
    taken = {word.casefold() for word in add}
    added = [tag_named(word) for word in add]
    removed = [
        tag
        for word in remove
        if word.casefold() not in taken
        and (tag := Tag.objects.filter(name__iexact=word).first()) is not None
    ]
    links = {
        (link.entry_id, link.tag_id): link
        for link in EntryTag.objects.select_for_update().filter(
            entry__in=[entry.pk for entry in entries], tag__in=[*added, *removed]
        )
    }
    before: Before = {}
    fresh: list[EntryTag] = []
    changed: list[EntryTag] = []

    def note(entry: Entry, tag: Tag, link: EntryTag | None) -> None:
        was = None if link is None else {"source": link.source, "hidden": link.hidden}
        before.setdefault(entry.pk, {})[str(tag.pk)] = was

    for entry in entries:
        for tag in added:
            link = links.get((entry.pk, tag.pk))
            if link is None:
                note(entry, tag, None)
                fresh.append(EntryTag(entry=entry, tag=tag, source=TagSource.USER))
            elif link.hidden or link.source != TagSource.USER:
                note(entry, tag, link)
                link.source, link.hidden, link.confidence = TagSource.USER, False, 1
                changed.append(link)
        for tag in removed:
            link = links.get((entry.pk, tag.pk))
            if link is not None and not link.hidden:
                note(entry, tag, link)
                link.hidden = True
                changed.append(link)
    EntryTag.objects.bulk_create(fresh, batch_size=500)
    EntryTag.objects.bulk_update(changed, ["source", "hidden", "confidence"], batch_size=200)
    return before


def restore_tags(entry: Entry, before: dict[str, Any]) -> None:
    """Sets the tags named in `before` back to what they were."""
    for tag_id, was in before.items():
        links = EntryTag.objects.filter(entry=entry, tag=int(tag_id))
        if was is None:
            links.delete()
        else:
            links.update(source=was["source"], hidden=was["hidden"])


def tag_words(names: Iterable[str]) -> list[str]:
    """The names as tags are spelled, without doubles; case does not tell tags apart.

    Each new one is a row, and nobody else writes meanwhile: Invalid for more than an entry holds.
    """
    wanted: dict[str, str] = {}
    for name in names:
        word = " ".join(plain(name, TAG_LIMIT).split())
        if word:
            wanted.setdefault(word.casefold(), word)
    if len(wanted) > TAGS_LIMIT:
        raise Invalid(_("An entry has at most 200 tags."), details={"field": "tags"})
    return list(wanted.values())


def require_edit(user: User, entries: Iterable[Entry]) -> None:
    """MayNotEdit unless the user may change every one of them."""
    shelves = {entry.library_id for entry in entries}
    if editable_libraries_for(user).filter(pk__in=shelves).count() < len(shelves):
        raise MayNotEdit
