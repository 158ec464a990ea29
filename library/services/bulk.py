"""Changing many entries at once; `undoing` takes it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from library.errors import NothingSelected
from library.models import (
    BulkChange,
    BulkItem,
    BulkKind,
    Entry,
    EntryFile,
    EntryState,
    FileRole,
    Tag,
)
from library.queries import editable_libraries_for, library_by_slug
from library.services.moves import move_entries
from library.services.tagging import change_tags, tag_words
from library.services.trashing import Plan, move_to_trash, plan_trash, trash_entry
from videorama.accounts.models import User
from videorama.errors import Invalid
from videorama.jobs.models import Job
from videorama.jobs.services import enqueue
from videorama.ledger.services import record

KIND = "bulk"
# What one request does itself; more becomes a job.
BOUND = 200
CHUNK = 100
LIMIT = 50_000
UNDO_FOR = timedelta(hours=24)
# What a person does to their own marks needs no right to edit.
PERSONAL = {BulkKind.FAVORITE, BulkKind.WATCHED}

# How an entry was that a change changed.
type Before = dict[str, Any]


@dataclass(frozen=True)
class BulkResult:
    """What came of it: `changed` entries now, or a `job` that is still at it. `skipped` ones the
    asker may not edit; `failed` ones could not be taken back.
    """

    change: BulkChange
    changed: int = 0
    skipped: int = 0
    failed: int = 0
    job: Job | None = None


def change_many(
    *, user: User, kind: str, entries: QuerySet[Entry], params: Mapping[str, Any]
) -> BulkResult:
    """Changes all of these entries that the user may change, as one change that can be undone.

    `entries` are ones the user sees. `params` by kind: tags `add` and `remove` (names), favorite
    and watched `value`, move `library` (slug), delete `with_files`. Up to 200 entries are done at
    once, more by a job; moves of several files are always one.
    """
    wanted = _checked(kind, params)
    seen = list(entries.order_by("pk").values_list("pk", "library")[: LIMIT + 1])
    if not seen:
        raise NothingSelected
    if len(seen) > LIMIT:
        raise Invalid(_("Select at most 50,000 entries at once."))
    mine = set(editable_libraries_for(user).values_list("pk", flat=True))
    ids = [pk for pk, library in seen if kind in PERSONAL or library in mine]
    skipped = len(seen) - len(ids)
    if not ids:
        raise NothingSelected(_("You may not change any of the selected entries."))
    if kind == BulkKind.MOVE:
        return _move(user, ids, wanted, skipped)
    with transaction.atomic():
        change = BulkChange.objects.create(user=user, kind=kind, params=wanted, skipped=skipped)
        items = (BulkItem(change=change, entry_id=pk) for pk in ids)
        BulkItem.objects.bulk_create(items, batch_size=1000)
        if len(ids) > BOUND:
            change.job = enqueue_work(change, len(ids), is_undo=False)
            change.save(update_fields=["job"])
        elif kind != BulkKind.DELETE:
            _apply_rest(change)
    if change.job is None and kind == BulkKind.DELETE:
        _apply_rest(change)
    changed = change.items.exclude(before={}).count()
    return BulkResult(change, changed, skipped, job=change.job)


def forget_changes() -> int:
    """Drops what can no longer be undone; for the clock."""
    old = BulkChange.objects.filter(created_at__lt=timezone.now() - 2 * UNDO_FOR)
    return old.delete()[0]


def _apply_rest(change: BulkChange) -> None:
    while apply_chunk(change):
        pass


def apply_chunk(change: BulkChange) -> int:
    """The next entries of the change; gives how many were looked at."""
    plans = _plans(change)
    with transaction.atomic():
        items = list(_next_items(change))
        live = [item.entry for item in items if item.entry.deleted_at is None]
        before, again = _before(change, live, plans)
        for item in items:
            item.before = before.get(item.entry_id, {})
        changed = [item for item in items if item.before]
        BulkItem.objects.bulk_update(changed, ["before"], batch_size=200)
        same = [item.pk for item in items if not item.before and item.entry_id not in again]
        BulkItem.objects.filter(pk__in=same).delete()
        if changed:
            note(change, changed, is_undo=False)
    if change.kind == BulkKind.DELETE and change.params["with_files"]:
        for item in changed:
            move_to_trash(item.entry)
    return len(items)


def _next_items(change: BulkChange) -> QuerySet[BulkItem]:
    items = change.items.filter(before={}).select_related("entry__library")
    return items.order_by("pk")[:CHUNK]


def _plans(change: BulkChange) -> dict[int, Plan | None]:
    """Where the files of the next entries go; disks are slow, so no transaction waits for this."""
    if change.kind != BulkKind.DELETE:
        return {}
    with_files = change.params["with_files"]
    return {
        item.entry_id: plan_trash(item.entry, with_files=with_files)
        for item in _next_items(change)
        if item.entry.deleted_at is None
    }


def _before(
    change: BulkChange, entries: list[Entry], plans: dict[int, Plan | None]
) -> tuple[dict[int, Before], set[int]]:
    """Makes the change; gives how each entry was that it changed, and which have to be looked at
    again because their files changed since the plan.
    """
    params = change.params
    if change.kind == BulkKind.TAGS:
        _note_new_tags(change)
        found = change_tags(entries, add=params["add"], remove=params["remove"])
        return {pk: {"tags": was} for pk, was in found.items()}, set()
    if change.kind == BulkKind.DELETE:
        marked = {
            entry.pk: trash_entry(change.user, entry, plans[entry.pk])
            if entry.pk in plans
            else None
            for entry in entries
        }
        gone: dict[int, Before] = {pk: {"deleted": True} for pk, was in marked.items() if was}
        return gone, {pk for pk, was in marked.items() if was is None}
    return _mark(change, entries), set()


def _note_new_tags(change: BulkChange) -> None:
    """Which tags this change makes, so that its undo can take them away again."""
    known = {
        word for word in change.params["add"] if Tag.objects.filter(name__iexact=word).exists()
    }
    if made := [word for word in change.params["add"] if word not in known]:
        change.params["made"] = [*change.params.get("made", []), *made]
        change.save(update_fields=["params"])


def _mark(change: BulkChange, entries: list[Entry]) -> dict[int, Before]:
    """Favourite and watched: the person's own marks."""
    is_favorite, value = change.kind == BulkKind.FAVORITE, bool(change.params["value"])
    known = {
        state.entry_id: state
        for state in EntryState.objects.filter(user=change.user, entry__in=entries)
    }
    now = timezone.now()
    before: dict[int, Before] = {}
    states = []
    for entry in entries:
        state = known.get(entry.pk) or EntryState(user=change.user, entry=entry)
        if is_favorite:
            if state.favorite == value:
                continue
            before[entry.pk] = {"favorite": state.favorite}
            state.favorite = value
        else:
            if (state.watched_at is not None) == value:
                continue
            was = state.watched_at.isoformat() if state.watched_at else None
            before[entry.pk] = {"watched_at": was, "position_s": state.position_s}
            state.watched_at, state.position_s = (now, 0.0) if value else (None, state.position_s)
        state.updated_at = now
        states.append(state)
    EntryState.objects.bulk_create(
        states,
        update_conflicts=True,
        unique_fields=["user", "entry"],
        update_fields=[
            "updated_at",
            *(["favorite"] if is_favorite else ["watched_at", "position_s"]),
        ],
    )
    return before


def _move(user: User, ids: list[int], params: dict[str, Any], skipped: int) -> BulkResult:
    """Moves through the one verb that moves; the change remembers where each entry was."""
    library = library_by_slug(user, params["library"])
    entries = list(
        Entry.objects.filter(pk__in=ids).exclude(library=library).select_related("library")
    )
    if not entries:
        raise NothingSelected(
            _("The selected entries are in “%(library)s” already.") % {"library": library.name}
        )
    originals = EntryFile.objects.filter(entry__in=entries, role=FileRole.ORIGINAL)
    paths = dict(originals.values_list("entry", "path"))
    before = {
        entry.pk: {
            "library": entry.library.slug,
            "subfolder": entry.subfolder,
            "name": paths.get(entry.pk, "").rpartition("/")[2],
        }
        for entry in entries
    }
    job = move_entries(user=user, entries=entries, library=library)
    with transaction.atomic():
        change = BulkChange.objects.create(
            user=user, kind=BulkKind.MOVE, params=params, skipped=skipped, job=job
        )
        BulkItem.objects.bulk_create(
            (BulkItem(change=change, entry_id=pk, before=was) for pk, was in before.items()),
            batch_size=1000,
        )
    return BulkResult(change, len(entries), skipped, job=job)


def note(change: BulkChange, items: list[BulkItem], *, is_undo: bool) -> None:
    """Writes the fact down."""
    record(
        "entries.changed",
        user=change.user,
        about=[("entry", item.entry.uuid) for item in items],
        data={"kind": change.kind, "undo": is_undo, **change.params},
    )


def enqueue_work(change: BulkChange, count: int, *, is_undo: bool) -> Job:
    """The job that makes a change of many entries, or takes it back."""
    titles = {
        BulkKind.TAGS: _("Change the tags of %(count)s entries"),
        BulkKind.FAVORITE: _("Change %(count)s favourites"),
        BulkKind.WATCHED: _("Mark %(count)s entries as watched"),
        BulkKind.DELETE: _("Delete %(count)s entries"),
    }
    undo = _("Undo for %(count)s entries")
    return enqueue(
        kind=KIND,
        owner=change.user,
        title=(undo if is_undo else titles[BulkKind(change.kind)]) % {"count": count},
        params={"change": str(change.uuid), "undo": is_undo, "count": count},
        link=reverse("library:entry_list"),
        dedup_key=f"{KIND}:{change.uuid}:{is_undo}",
    )


def _checked(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of this kind, as plain JSON; Invalid for what cannot be."""
    if kind == BulkKind.TAGS:
        add, remove = tag_words(params.get("add", ())), tag_words(params.get("remove", ()))
        if not add and not remove:
            raise Invalid(_("Name a tag to add or to remove."), details={"field": "add"})
        return {"add": add, "remove": remove}
    if kind in PERSONAL:
        return {"value": bool(params.get("value", True))}
    if kind == BulkKind.MOVE:
        return {"library": str(params.get("library", ""))}
    if kind == BulkKind.DELETE:
        return {"with_files": bool(params.get("with_files", False))}
    raise Invalid(details={"field": "kind", "known": BulkKind.values})
