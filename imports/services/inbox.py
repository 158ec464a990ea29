"""Deciding what waits in the inbox: approve, refuse, keep, link, replace."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import batched
from typing import Any

from django.db import transaction
from django.utils import timezone

from imports import deciding, errors, held, queries
from imports.given import Given
from imports.inbox_parts import item_link, publish_inbox
from imports.models import Decision, InboxItem, InboxKind
from imports.services.learning import count_against
from imports.services.requests import request_import
from imports.services.reviewing import settle_filed
from library import services as library_services
from library.models import Library
from library.queries import editable_libraries_for, may_edit
from videorama.accounts.models import User
from videorama.errors import NotAllowed
from videorama.jobs import services as jobs
from videorama.jobs.models import Job
from videorama.ledger.services import record

# Rejected items keep their files for a while, so that a slip can be taken back.
KEPT_FOR = timedelta(hours=24)
APPROVE_AT_ONCE = 200
APPROVED_TOGETHER = 20
REFRESHED = 200


def approve(
    *,
    user: User,
    item: InboxItem,
    library: Library | None = None,
    given: Given | None = None,
    tell: bool = True,
) -> Job | None:
    """Files the item: into this library, else into the proposed one, with what a person set.

    Gives the job that does it; None for what needs none (a duplicate that is acknowledged). When
    the files are gone and the address is known, that job fetches them again. `tell` off leaves the
    fact to the caller. Raises LibraryNeeded, NotAllowed, AlreadyDecided, HeldFilesGone, Invalid.
    """
    given = (given or Given()).checked()
    if item.kind == InboxKind.DUPLICATE:
        _close(item, user, Decision.APPROVED, "inbox.approved" if tell else "", {"what": "keep"})
        discard_files(item)
        return None
    target = library or _proposed(user, item)
    if target is None:
        raise errors.LibraryNeeded
    _require_edit(user, target)
    if not item.held:
        return settle_filed(user=user, item=item, library=target, given=given, close=_close)
    if held.is_there(item):
        return _file(user, item, target, given, "file", tell=tell)
    return _fetch_again(user, item, target, given)


def approve_all(*, user: User, threshold: float) -> tuple[int, int]:
    """Files every open item at least this sure; gives how many, and how many could not be filed.

    What has to be fetched again is left to a person.
    """
    found = list(above(user, threshold).exclude(held="")[:APPROVE_AT_ONCE])
    there = [item for item in found if held.is_there(item)]
    done = sum(_approve_some(user, some, threshold) for some in batched(there, APPROVED_TOGETHER))
    return done, len(found) - done


def _approve_some(user: User, items: Sequence[InboxItem], threshold: float) -> int:
    """A few items in one transaction, as one fact: while it is open, nobody else writes."""
    done = []
    with transaction.atomic():
        for item in items:
            try:
                approve(user=user, item=item, tell=False)
            except (errors.AlreadyDecided, errors.HeldFilesGone, errors.LibraryNeeded, NotAllowed):
                continue
            done.append(item)
        if done:
            record(
                "inbox.approved",
                user=user,
                about=[("inbox_item", item.uuid) for item in done],
                data={"what": "all", "threshold": threshold, "count": len(done)},
            )
    return len(done)


def above(user: User, threshold: float) -> Any:
    """Open items with a proposal at least this sure; duplicates are not among them."""
    return (
        queries.open_inbox_for(user)
        .exclude(kind=InboxKind.DUPLICATE)
        .filter(confidence__gte=threshold, confidence__gt=0)
    )


def reject(*, user: User, item: InboxItem, at_once: bool = False) -> None:
    """Refuses the item. Its files go after a day, or `at_once`; an entry goes to the trash."""
    if not item.held and item.kind != InboxKind.DUPLICATE and item.existing is not None:
        if not InboxItem.objects.filter(pk=item.pk, decision=Decision.OPEN).exists():
            raise errors.AlreadyDecided
        # First, since it may be refused; it leaves the one fact of this.
        library_services.delete_entry(user=user, entry=item.existing, with_files=True)
        _close(item, user, Decision.REJECTED, "", {})
        return
    refused = None if item.kind == InboxKind.DUPLICATE else _proposed(user, item)
    with transaction.atomic():
        _close(item, user, Decision.REJECTED, "inbox.rejected", {})
        if refused is not None:
            features = deciding.facts_in(item.proposal).features()
            count_against(features=features, library=refused, user=item.owner)
    if refused is not None:
        refresh_open(item.owner)
    if at_once:
        discard_files(item)


def take_back(*, user: User, item: InboxItem) -> None:
    """A rejected item waits again, while its files are still kept."""
    if item.held and not held.is_there(item):
        raise errors.HeldFilesGone
    with transaction.atomic():
        rejected = InboxItem.objects.filter(pk=item.pk, decision=Decision.REJECTED)
        if not rejected.update(decision=Decision.OPEN, decided_at=None, decided_by=None):
            raise errors.AlreadyDecided
        record("inbox.reopened", user=user, about=_about(item))
    publish_inbox(item)


def change(*, user: User, item: InboxItem, given: Given, library: Library | None = None) -> None:
    """Keeps what a person set on an item without deciding it."""
    given = given.checked()
    if library is not None:
        _require_edit(user, library)
    with transaction.atomic():
        waiting = InboxItem.objects.select_for_update().filter(pk=item.pk, decision=Decision.OPEN)
        current = waiting.first()
        if current is None:
            raise errors.AlreadyDecided
        kept = {**(current.proposal.get("given") or {}), **given.document()}
        current.proposal = {**current.proposal, "given": kept}
        if library is not None:
            current.proposal["wanted"] = library.slug
        current.title = given.title or current.title
        current.save(update_fields=["proposal", "title"])
        record("inbox.edited", user=user, about=_about(item), data=given.document())
    item.proposal, item.title = current.proposal, current.title


def link(*, user: User, item: InboxItem) -> None:
    """The existing entry is known by the item's address too; the new file is dropped."""
    if item.kind != InboxKind.DUPLICATE or item.existing is None:
        raise errors.NotForThisItem
    said = item.proposal.get("description") or item.proposal
    with transaction.atomic():
        _close(item, user, Decision.APPROVED, "inbox.approved", {"what": "link"})
        library_services.add_source(
            user=user,
            entry=item.existing,
            url=item.proposal.get("url", ""),
            normalized_url=item.proposal.get("normalized_url", ""),
            extractor=said.get("extractor", ""),
            source_id=said.get("source_id", ""),
        )
    discard_files(item)


def replace(*, user: User, item: InboxItem) -> Job:
    """The new file takes the place of the existing entry's original."""
    entry = item.existing
    if item.kind != InboxKind.DUPLICATE or entry is None or not item.held:
        raise errors.NotForThisItem
    _require_edit(user, entry.library)
    if not held.is_there(item):
        raise errors.HeldFilesGone
    return _file(user, item, entry.library, Given(), "replace")


def keep_both(*, user: User, item: InboxItem, library: Library | None = None) -> Job:
    """The new file becomes an entry of its own beside the existing one."""
    target = library or item.library
    if item.kind != InboxKind.DUPLICATE or not item.held or target is None:
        raise errors.NotForThisItem
    _require_edit(user, target)
    if not held.is_there(item):
        raise errors.HeldFilesGone
    return _file(user, item, target, Given(), "file")


def discard_files(item: InboxItem) -> None:
    """Removes what the item holds; nothing when that is nothing."""
    if item.held:
        library_services.discard_held(root=item.root, key=held.key_of(item))


def refresh_open(owner: User | None) -> None:
    """Proposes anew for what waits, now that more is known; a person's own words stay."""
    if owner is None:
        return
    waiting = InboxItem.objects.filter(
        owner=owner, decision=Decision.OPEN, kind=InboxKind.LOW_CONFIDENCE
    ).order_by("-created_at", "-pk")
    items = list(waiting[:REFRESHED])
    found = deciding.proposals_for(owner, [deciding.facts_in(one.proposal) for one in items])
    proposals = {item.pk: proposal for item, proposal in zip(items, found, strict=True)}
    with transaction.atomic():
        # As they are now: somebody may have set something on one of them meanwhile.
        held_ones = InboxItem.objects.select_for_update().order_by("pk")
        items = list(held_ones.filter(pk__in=proposals, decision=Decision.OPEN))
        for item in items:
            proposal = proposals[item.pk]
            item.proposal = {**item.proposal, "ranked": proposal.document()}
            item.confidence = proposal.first.confidence if proposal.first else 0
        InboxItem.objects.bulk_update(items, ["proposal", "confidence"])


def _proposed(user: User, item: InboxItem) -> Library | None:
    """The library a person noted on the item, or the first one of its ranking."""
    ranked = item.proposal.get("ranked") or []
    slug = item.proposal.get("wanted") or (ranked[0]["library_id"] if ranked else "")
    return editable_libraries_for(user).filter(slug=slug).first() if slug else None


def _file(
    user: User, item: InboxItem, library: Library, given: Given, what: str, *, tell: bool = True
) -> Job:
    """Closes the item and asks for the work, both or neither."""
    kept = {**(item.proposal.get("given") or {}), **given.document()}
    data = {"what": what, "library": library.slug, "given": sorted(kept)}
    with transaction.atomic():
        event = "inbox.approved" if tell else ""
        _close(item, user, Decision.APPROVED, event, data, library)
        job = jobs.enqueue(
            kind="file",
            owner=user,
            title=kept.get("title") or item.title,
            library=library.slug,
            link=item_link(item),
            params={
                "item": str(item.uuid),
                "library": library.slug,
                "given": kept,
                "what": what,
            },
            dedup_key=f"file:{item.uuid}",
        )
    return job


def _fetch_again(user: User, item: InboxItem, library: Library, given: Given) -> Job:
    """The files are gone: the import runs once more, straight into the library."""
    if not held.can_fetch_again(item):
        raise errors.HeldFilesGone
    kept = {**(item.proposal.get("given") or {}), **given.document()}
    with transaction.atomic():
        # The request for the import is the fact.
        _close(item, user, Decision.SUPERSEDED, "", {})
        job = request_import(
            user=user,
            url=item.proposal["url"],
            library=library,
            force=True,
            source=item.proposal.get("import_source", "web"),
            given=kept,
        )
    return job


def _close(
    item: InboxItem,
    user: User,
    decision: Decision,
    event: str,
    data: dict[str, Any],
    library: Library | None = None,
) -> None:
    """Nobody else decides it after this; AlreadyDecided when somebody was faster."""
    with transaction.atomic():
        changes: dict[str, Any] = {"library": library} if library is not None else {}
        waiting = InboxItem.objects.filter(pk=item.pk, decision=Decision.OPEN)
        now = timezone.now()
        if not waiting.update(decision=decision, decided_at=now, decided_by=user, **changes):
            raise errors.AlreadyDecided
        if event:
            record(event, user=user, about=_about(item), data=data)
    publish_inbox(item)


def _about(item: InboxItem) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [("inbox_item", item.uuid)]
    if item.existing is not None:
        found.append(("entry", item.existing.uuid))
    return found


def _require_edit(user: User, library: Library) -> None:
    if not may_edit(user, library):
        raise NotAllowed
