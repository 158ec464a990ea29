"""Finding entries and their files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Lower, Upper

from library import files
from library.models import (
    Entry,
    EntryFile,
    EntrySource,
    EntryState,
    EntryTag,
    FileRole,
    Library,
    MediaKind,
    Tag,
)
from library.models.entry import length_order
from library.queries import words
from library.queries.documents import with_details
from library.queries.libraries import Asker, libraries_for
from videorama.accounts.models import User
from videorama.errors import Invalid, NotFound
from videorama.jobs.models import Job
from videorama.paging import Page, paginate

# So many keys a query names one by one.
_FEW = 1_000
SORTS = {
    "newest": ("-added_at", "-pk"),
    "oldest": ("added_at", "pk"),
    "title": ("title_order", "pk"),
    "longest": ("-length_order", "-pk"),
}


@dataclass(frozen=True)
class EntryFilters:
    """What a list is narrowed to; empty means everything.

    `text` is looked for in title, description and uploader. `tag` is a name in any case. `sort` is
    a key of SORTS.
    """

    library: Library | None = None
    text: str = ""
    kinds: tuple[str, ...] = ()
    platform: str = ""
    tag: str = ""
    favorites: bool | None = None
    unwatched: bool = False
    sort: str = "newest"


def entries_for(user: Asker) -> QuerySet[Entry]:
    """Entries the user may see, without those in the trash."""
    return Entry.objects.filter(
        deleted_at__isnull=True, library__in=libraries_for(user).order_by().values("pk")
    )


def entry_by_uuid(user: Asker, uuid: UUID | str) -> Entry:
    """The entry with its library; NotFound when there is none or the user may not know of it."""
    entry = entries_for(user).select_related("library").filter(uuid=uuid).first()
    if entry is None:
        raise NotFound
    return entry


def detailed_entry(user: Asker, uuid: UUID | str) -> Entry:
    """The same with everything that its page and its document show (see with_details)."""
    entry = with_details(entries_for(user), user).filter(uuid=uuid).first()
    if entry is None:
        raise NotFound
    return entry


def listed_entries(user: Asker, filters: EntryFilters) -> QuerySet[Entry]:
    """What a list shows. Private libraries appear only in their own list."""
    return _listed(user, filters)[0]


def _listed(user: Asker, filters: EntryFilters) -> tuple[QuerySet[Entry], QuerySet[Entry]]:
    """The same rows twice: to be walked in an order, and to be counted; see _among."""
    rows = Entry.objects.filter(_shown_on(user, filters.library))
    if filters.kinds and set(filters.kinds) != set(MediaKind.values):
        rows = rows.filter(media_kind__in=filters.kinds)
    if filters.platform:
        given = Upper(Value(filters.platform.replace("\0", "")))
        rows = rows.alias(platform_upper=Upper("platform")).filter(platform_upper=given)
    rows = _but_state(rows, user, filters)
    both = (rows, rows)
    if text := filters.text.replace("\0", "").strip():
        both = _by_text(both, text)
    if filters.tag:
        both = _by_tag(both, filters.tag.replace("\0", ""))
    if filters.favorites and isinstance(user, User):
        own = EntryState.objects.filter(user=user, favorite=True)
        liked = Exists(own.filter(entry=OuterRef("pk")))
        both = _among(both, own.values_list("entry", flat=True), liked)
    return both


def entry_page(
    user: Asker,
    filters: EntryFilters | None = None,
    after: str | None = None,
    limit: int = 48,
    *,
    offset: int = 0,
    counted: bool = True,
) -> Page[Entry]:
    """One page of a list, with all that cards and documents show (see with_details)."""
    filters = filters or EntryFilters()
    order = SORTS.get(filters.sort)
    if order is None:
        raise Invalid(details={"field": "sort", "known": list(SORTS)})
    walked, found = _listed(user, filters)
    rows = with_details(walked, user)
    if filters.sort == "title":
        rows = rows.annotate(title_order=Lower("title"))
    if filters.sort == "longest":
        rows = rows.annotate(length_order=length_order())
    return paginate(
        rows,
        order=order,
        after=after,
        limit=limit,
        offset=offset,
        counted=found if counted else False,
    )


def known_source(
    user: Asker,
    *,
    normalized_url: str,
    extractor: str = "",
    source_id: str = "",
    library: Library | None = None,
) -> Entry | None:
    """The newest visible entry that came from this address, or from this id at its source."""
    match = also = Q(pk__in=())
    if normalized_url:
        match |= Q(normalized_url=normalized_url)
        also |= Q(normalized_url=normalized_url)
    if extractor and source_id:
        match |= Q(source_extractor=extractor, source_id=source_id)
        also |= Q(extractor=extractor, source_id=source_id)
    match |= Q(pk__in=EntrySource.objects.filter(also).values("entry"))
    rows = entries_for(user).select_related("library").filter(match)
    if library is not None:
        rows = rows.filter(library=library)
    return rows.first()


def entry_by_hash(user: Asker, library: Library | None, sha256: str) -> Entry | None:
    """A visible entry, in this library if one is named, whose original has these bytes."""
    if not sha256:
        return None
    originals = EntryFile.objects.filter(sha256=sha256, role=FileRole.ORIGINAL, is_live=True)
    rows = entries_for(user).filter(pk__in=originals.values("entry")).select_related("library")
    if library is not None:
        rows = rows.filter(library=library)
    return rows.first()


def is_placed(root: str, path: str) -> bool:
    """A file of an entry lies at this place, or is said to."""
    return EntryFile.objects.filter(root=root, path=path).exists()


def files_of(entry: Entry) -> Sequence[EntryFile]:
    """All files of the entry; from memory when the entry came with them."""
    return list(entry.files.all())


def file_of(entry: Entry, role: str) -> EntryFile | None:
    """The entry's file of a role (of several subtitles the first)."""
    return next((file for file in files_of(entry) if file.role == role), None)


def playable_file(entry: Entry, as_: str = "original") -> EntryFile:
    """What plays: the original as delivered, or its browser copy. NotFound when there is none."""
    if as_ not in {FileRole.ORIGINAL, FileRole.PLAYABLE}:
        raise Invalid(details={"field": "as", "known": ["original", "playable"]})
    file = file_of(entry, as_)
    if file is None:
        raise NotFound
    return file


def playable_job(entry: Entry) -> Job | None:
    """The newest job that makes the browser copy; None when the original plays as it is."""
    original = file_of(entry, FileRole.ORIGINAL)
    if original is None or original.is_browser_playable:
        return None
    return Job.objects.filter(kind="playable", dedup_key=rendition_key("playable", entry)).first()


def rendition_key(kind: str, entry: Entry) -> str:
    """What keeps two open jobs from making the same derived file."""
    return f"{kind}:{entry.uuid}"


def file_path(file: EntryFile) -> Path:
    """Where the file lies; raises OutsideRoot for a row that leads out of its root."""
    return files.inside(file.root, file.path)


def state_of(user: Asker, entry: Entry) -> EntryState:
    """What the user keeps about the entry; a fresh unsaved state when that is nothing yet."""
    if not isinstance(user, User):
        return EntryState(entry=entry)
    kept = getattr(entry, "own_states", None)
    if kept is None:
        kept = list(EntryState.objects.filter(user=user, entry=entry))
    return kept[0] if kept else EntryState(user=user, entry=entry)


def continue_watching(
    user: Asker, *, library: Library | None = None, limit: int = 12
) -> list[Entry]:
    """Entries begun and not finished, the last one watched first, with details and state."""
    if not isinstance(user, User):
        return []
    begun = EntryState.objects.filter(
        _shown_on(user, library, "entry__"), user=user, position_s__gt=0
    ).order_by("-updated_at", "-pk")
    ids = list(begun.values_list("entry", flat=True)[:limit])
    found = {entry.pk: entry for entry in with_details(Entry.objects.filter(pk__in=ids), user)}
    return [found[pk] for pk in ids if pk in found]


def _shown_on(user: Asker, library: Library | None, entry: str = "") -> Q:
    """What a library shows to the user, or all that are not private together.

    Which libraries are left out is asked first: with the keys in hand, both databases walk the
    index of the list's order instead of sorting everything that is left. `entry` is the way from
    the rows that are asked to their entry.
    """
    live = Q(**{f"{entry}deleted_at__isnull": True})
    if library is not None:
        may = libraries_for(user).filter(pk=library.pk).exists()
        return live & Q(**{f"{entry}library": library.pk}) if may else Q(pk__in=())
    if not isinstance(user, User) or not user.is_active:
        return Q(pk__in=())
    private = list(Library.objects.filter(is_private=True).order_by().values_list("pk", flat=True))
    return live & ~Q(**{f"{entry}library__in": private}) if private else live


type _Both = tuple[QuerySet[Entry], QuerySet[Entry]]


def _by_text(both: _Both, text: str) -> _Both:
    """Entries with all these words; none for a text without any."""
    walked, counted = both
    indexed, spelled = words.split(text)
    if not indexed and not spelled:
        return walked.none(), counted.none()
    for piece in spelled:
        walked, counted = words.spelling(walked, piece), words.spelling(counted, piece)
    if not indexed:
        return walked, counted
    found = words.matching(indexed, walked.db).values_list("pk", flat=True)
    return _among((walked, counted), found, Q(pk__in=found))


def _by_tag(both: _Both, name: str) -> _Both:
    """Entries that carry the tag, whatever its case."""
    tags = Tag.objects.alias(lower=Lower("name")).filter(lower=Lower(Value(name)))
    links = EntryTag.objects.filter(hidden=False, tag__in=list(tags.values_list("pk", flat=True)))
    carries = Exists(links.filter(entry=OuterRef("pk")))
    return _among(both, links.order_by().values_list("entry", flat=True), carries)


def _among(both: _Both, found: QuerySet[Any, int], condition: Any) -> _Both:
    """The rows that `found` names. Few are looked up one by one, in whatever order the list is.

    Of many the list meets enough soon when it walks in its own order and checks `condition`; they
    are counted from `found`. No database knows beforehand which of the two it is, and the wrong one
    looks at everything.
    """
    walked, counted = both
    few = list(found[: _FEW + 1])
    if len(few) <= _FEW:
        return walked.filter(pk__in=few), counted.filter(pk__in=few)
    return walked.filter(condition), counted.filter(pk__in=found)


def _but_state(rows: QuerySet[Entry], user: Asker, filters: EntryFilters) -> QuerySet[Entry]:
    """Without what the asker keeps something about that is not wanted."""
    if not isinstance(user, User):
        return rows
    own = EntryState.objects.filter(entry=OuterRef("pk"), user=user)
    if filters.favorites is False:
        rows = rows.filter(~Exists(own.filter(favorite=True)))
    if filters.unwatched:
        rows = rows.filter(~Exists(own.filter(watched_at__isnull=False)))
    return rows
