"""Second thoughts about what was filed by itself: undo it, and decide it once more."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from imports import errors
from imports.given import Given
from imports.inbox_parts import publish_inbox
from imports.models import Decision, Filing, FilingWay, InboxItem, InboxKind
from imports.services.learning import correct
from library import services as library_services
from library.models import Entry, Library
from library.queries import may_edit
from videorama.accounts.models import User
from videorama.errors import NotAllowed
from videorama.jobs.models import Job
from videorama.ledger.services import gather, record


def undo_decision(*, user: User, entry: Entry, library: Library | None = None) -> Job | None:
    """Takes an automatic filing back: into another library, or into the inbox for a decision.

    The rules learn from it. In the inbox the entry stays where it is until somebody decides. Gives
    the job that moves the files when that takes one. Raises NotFiledByItself, NotAllowed.
    """
    if not may_edit(user, entry.library):
        raise NotAllowed
    filing = Filing.objects.select_related("library", "user", "entry").filter(entry=entry).first()
    if filing is None or filing.way != FilingWay.AUTOMATIC or filing.undone_at is not None:
        raise errors.NotFiledByItself
    if library is not None:
        # The move first: it may be refused, and then nothing was undone.

        def learn() -> None:
            correct(filing=filing, user=user, library=library)

        job = library_services.move_entries(user=user, entries=[entry], library=library, also=learn)
        # Where nothing had to move, nothing was written beside it; else this changes nothing.
        correct(filing=filing, user=user, library=library)
        return job
    with transaction.atomic():
        if not correct(filing=filing, user=user, library=None):
            raise errors.NotFiledByItself
        item = _reopened(filing, entry)
        record(
            "inbox.reopened",
            user=user,
            about=[("entry", entry.uuid), ("inbox_item", item.uuid)],
            data={"library": entry.library.slug, "confidence": filing.confidence},
        )
    publish_inbox(item)
    return None


def settle_filed(
    *,
    user: User,
    item: InboxItem,
    library: Library,
    given: Given,
    close: Callable[..., None],
) -> Job | None:
    """Decides an item whose entry is in a library already: moves and changes that entry."""
    entry = item.existing
    if entry is None or entry.deleted_at is not None:
        raise errors.HeldFilesGone
    filing = Filing.objects.select_related("library", "user", "entry").filter(entry=entry).first()
    words = _words(entry, given)

    def write() -> None:
        close(item, user, Decision.APPROVED, "inbox.approved", {"what": "filed"}, library)
        if filing is not None:
            correct(filing=filing, user=user, library=library)
        if words:
            library_services.edit_entry(user=user, entry=entry, **words)

    if library.pk != entry.library_id or given.subfolder:
        return library_services.move_entries(
            user=user,
            entries=[entry],
            library=library,
            subfolder=given.subfolder or None,
            also=write,
        )
    with transaction.atomic():
        with gather() as told:
            write()
        record("inbox.approved", user=user, about=told.about, data=told.data)
    return None


def _words(entry: Entry, given: Given) -> dict[str, Any]:
    """What a person left in the form, as edit_entry takes it."""
    words: dict[str, Any] = {"title": given.title, "language": given.language, "tags": given.tags}
    if given.properties is not None:
        gone = {one.key: None for one in entry.properties.all()}
        words["properties"] = {**gone, **given.properties}
    return {name: value for name, value in words.items() if value is not None}


def _reopened(filing: Filing, entry: Entry) -> InboxItem:
    """An item about a stored entry; it holds no files of its own."""
    names = entry.entry_tags.filter(hidden=False).values_list("tag__name", flat=True)
    said: dict[str, Any] = {
        "title": entry.title,
        "description": entry.description,
        "uploader": entry.uploader,
        "channel_id": entry.channel_id,
        "platform": entry.platform,
        "language": entry.language,
        "tags": list(names),
        "properties": {one.key: one.value for one in entry.properties.all()},
    }
    return InboxItem.objects.create(
        kind=InboxKind.NEEDS_REVIEW,
        owner=filing.user,
        library=entry.library,
        existing=entry,
        title=entry.title,
        confidence=0,
        proposal={
            "url": entry.original_url,
            "normalized_url": entry.normalized_url,
            "media_kind": entry.media_kind,
            "duration_s": entry.duration_s,
            "description": said,
            "ranked": [],
        },
    )
