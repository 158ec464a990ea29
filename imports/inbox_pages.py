"""What the inbox shows: the queue with a line on each item, and the panel of one."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from imports import held, queries, reasons
from imports.forms import ReviewForm
from imports.models import Decision, Filing, FilingWay, InboxItem, InboxKind
from library.models import Entry, Library
from library.queries import editable_libraries_for, entries_for, with_details
from videorama.accounts.models import User
from videorama.paging import Page, paginate

QUEUE_SIZE = 24
RANKED_SHOWN = 3


@dataclass(frozen=True)
class Line:
    """One item in the queue."""

    item: InboxItem
    why: str
    percent: int
    level: str
    picture: str


@dataclass(frozen=True)
class Queue:
    """One page of what waits."""

    page: Page[InboxItem]
    items: list[Line]


@dataclass(frozen=True)
class Choice:
    """A ranked library; `number` is its key."""

    number: int
    library: Library
    percent: int
    reasons: list[str]


@dataclass(frozen=True)
class Filed:
    """Why an entry is where it is, and where else it could go."""

    entry: Entry
    library: Library
    percent: int
    reason: str
    others: list[Library]


def filing_on(request: HttpRequest) -> Filed | None:
    """The automatic filing of the entry that a page is about, while the asker may undo it."""
    match = request.resolver_match
    uuid = match.kwargs.get("entry_id") if match else None
    user: Any = request.user
    if uuid is None:
        return None
    found = (
        Filing.objects.filter(entry__uuid=uuid, way=FilingWay.AUTOMATIC, undone_at__isnull=True)
        .filter(library=F("entry__library"))
        .select_related("entry", "library")
        .first()
    )
    editable = list(editable_libraries_for(user).order_by("name", "pk")) if found else []
    if found is None or found.library not in editable:
        return None
    return Filed(
        entry=found.entry,
        library=found.library,
        percent=round(found.confidence * 100),
        reason=reasons.first_sentence(found.reasons, found.library.name),
        others=[one for one in editable if one != found.library],
    )


def queue_of(user: User, *, kind: str = "", after: str | None = None) -> Queue:
    """The items that wait for this person, the newest first."""
    found = queries.open_inbox_for(user, kind)
    page = paginate(found, order=("-created_at", "-pk"), after=after, limit=QUEUE_SIZE)
    return Queue(page, [line_of(item) for item in page.items])


def line_of(item: InboxItem) -> Line:
    """The item with the reason why somebody has to look."""
    percent = round(item.confidence * 100)
    level = "high" if percent >= 75 else "mid" if percent >= 50 else "low"
    return Line(item, why(item), percent, level, picture_of(item))


def why(item: InboxItem) -> str:
    """Why it waits, in a few words."""
    ranked = item.proposal.get("ranked") or []
    if item.kind == InboxKind.DUPLICATE:
        return _("Another version of an entry") if item.held else _("Already in the library")
    if item.existing_id and not item.held:
        return _("Taken back from its library")
    if item.kind == InboxKind.NEEDS_REVIEW:
        return _("You asked to look first")
    if len(ranked) > 1 and ranked[1]["confidence"] > 0.5 * ranked[0]["confidence"]:
        return _("Uncertain between libraries")
    return _("Nothing like it yet") if item.confidence < 0.3 else _("Not sure enough")


def picture_of(item: InboxItem) -> str:
    """Address of the item's picture; empty when it has none."""
    if item.held and held.poster_name(item):
        return reverse("inbox:item_media", args=[item.uuid, "poster"])
    return ""


def panel_of(user: User, item: InboxItem, form: ReviewForm | None = None) -> dict[str, Any]:
    """Everything the panel of one item shows."""
    libraries = list(editable_libraries_for(user).order_by("name", "pk"))
    ranked = choices_of(item, libraries)
    is_there = held.is_there(item)
    existing = _existing(user, item)
    original = held.original_of(item)
    form = form or ReviewForm(user=user, initial=_initial(item, ranked))
    chosen = str(form["library"].value() or "")
    return {
        "item": item,
        "line": line_of(item),
        "form": form,
        "ranked": ranked,
        "others": [one for one in libraries if one not in [choice.library for choice in ranked]],
        "chosen": chosen,
        "said": item.proposal.get("description") or {},
        "facts": item.proposal,
        "original": original,
        "is_there": is_there,
        "is_gone": bool(item.held) and not is_there,
        "can_fetch": held.can_fetch_again(item),
        "is_open": item.decision == Decision.OPEN,
        "is_duplicate": item.kind == InboxKind.DUPLICATE,
        "existing": existing,
        "existing_file": _original_file(existing),
        "media_url": reverse("inbox:item_media", args=[item.uuid, "original"]) if is_there else "",
        "source_url": item.proposal.get("url", "") if held.can_fetch_again(item) else "",
    }


def choices_of(item: InboxItem, libraries: list[Library]) -> list[Choice]:
    """The ranking with its reasons in words; libraries the person may not edit are left out."""
    known = {library.slug: library for library in libraries}
    found: list[Choice] = []
    for one in item.proposal.get("ranked") or []:
        library = known.get(one["library_id"])
        if library is not None and len(found) < RANKED_SHOWN:
            words = [reasons.sentence(reason, library.name) for reason in one["reasons"]]
            percent = round(one["confidence"] * 100)
            found.append(Choice(len(found) + 1, library, percent, words))
    return found


def _initial(item: InboxItem, ranked: list[Choice]) -> dict[str, Any]:
    """The form as it is offered: what a person noted, else what the source and the rules say."""
    said = item.proposal.get("description") or {}
    given = item.proposal.get("given") or {}
    first = (item.proposal.get("ranked") or [{}])[0]
    tags = given.get("tags")
    if tags is None:
        tags = list(dict.fromkeys([*said.get("tags", ()), *first.get("tags", ())]))
    properties = given.get("properties", said.get("properties") or {})
    wanted = item.proposal.get("wanted") or (ranked[0].library.slug if ranked else "")
    return {
        "library": wanted,
        "title": item.title,
        "subfolder": given.get("subfolder", first.get("subfolder", "")),
        "tags": ", ".join(tags),
        "properties": "\n".join(f"{key}: {value}" for key, value in properties.items()),
        "language": given.get("language", said.get("language", "")),
    }


def _existing(user: User, item: InboxItem) -> Entry | None:
    """The entry the item is about, if the person may see it."""
    if item.existing_id is None:
        return None
    return with_details(entries_for(user), user).filter(pk=item.existing_id).first()


def _original_file(entry: Entry | None) -> Any:
    if entry is None:
        return None
    return next((file for file in entry.files.all() if file.role == "original"), None)
