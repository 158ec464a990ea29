"""A made-up installation of any size, the same at each run: what lists are measured on.

Shares stay the same at every size (a word in 5 % of the titles, a tag on 10 % of the entries), so
that a list of a large installation shows as many rows as one of a small one. What is called rare
is there 60 times, however large the installation is.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from uuid import UUID

from django.db import connection, models

from analytics.models import Notification, NotificationKind
from imports.models import Decision, Filing, FilingWay, InboxItem, InboxKind, Rule, RuleOrigin
from library import derived
from library.models import (
    Entry,
    EntryFile,
    EntryProperty,
    EntryState,
    EntryTag,
    FileRole,
    Library,
    Tag,
)
from videorama.accounts.models import User
from videorama.jobs.models import Job, JobStatus
from videorama.ledger import guard
from videorama.ledger.models import LedgerEvent, LedgerHead, LedgerSubject

START = datetime(2020, 1, 1, tzinfo=UTC)
COMMON_WORD, RARE_WORD = "harbour", "quince"
COMMON_TAG, RARE_TAG = "music", "lighthouse"
RARE = 60
_BATCH = 2_000
# Share of the entries in each library; the last one is private.
_SHELVES = (0.55, 0.25, 0.12, 0.08)
_KINDS = ("import", "import", "import", "sprite", "playable", "move")
_ENDS = (JobStatus.COMPLETED,) * 17 + (JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.PARTIAL)
_EVENTS = ("entry.created", "entry.created", "entry.edited", "entry.trashed", "import.requested")


def seed(size: int) -> dict[str, User]:
    """Fills an empty database with `size` entries and what belongs to so many; gives its people."""
    rng = random.Random(4)
    with _own_times():
        people = _people()
        shelves = _libraries(people)
        _add(Job, _jobs(size, rng, people))
        _add(Entry, _entries(size, rng, shelves))
        _add(EntryFile, _files(size, shelves))
        _tags(size, rng)
        _add(EntryProperty, _properties(size))
        _add(EntryState, _states(size, rng, people))
        _add(InboxItem, _inbox(size, rng, people, shelves))
        _add(Rule, _rules(size, shelves))
        _add(Filing, _filings(size, shelves))
        _add(Notification, _notifications(size, people))
        _add(LedgerEvent, _facts(size, rng, people))
        _add(LedgerSubject, _subjects(size))
        _end_of_ledger(size)
    _look_at_what_is_there()
    return {person.username: person for person in people}


def _look_at_what_is_there() -> None:
    """As an installation that has run for a while: the clock's task, or PostgreSQL's autovacuum."""
    derived.analyze("default")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


class _own_times:
    """Rows may say when they were made; usually the database's clock is the only word."""

    _FIELDS: tuple[tuple[type[models.Model], str], ...] = (
        (Entry, "added_at"),
        (Entry, "updated_at"),
        (EntryState, "updated_at"),
        (Job, "created_at"),
        (InboxItem, "created_at"),
    )

    def __enter__(self) -> None:
        self._was = [
            (field, field.auto_now_add, field.auto_now)
            for model, name in self._FIELDS
            for field in (model._meta.get_field(name),)
            if isinstance(field, models.DateTimeField)
        ]
        for field, *_ in self._was:
            field.auto_now_add = field.auto_now = False

    def __exit__(self, *_: object) -> None:
        for field, added, changed in self._was:
            field.auto_now_add, field.auto_now = added, changed


def _add(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    found = iter(rows)
    while batch := list(islice(found, _BATCH)):
        model._default_manager.bulk_create(batch)


def _at(number: int) -> datetime:
    return START + timedelta(minutes=number)


def _people() -> list[User]:
    roles = ("admin", "editor", "editor", "viewer")
    people = [
        User(username=f"person{index}", role=role, is_staff=role == "admin")
        for index, role in enumerate(roles)
    ]
    return User.objects.bulk_create(people)


def _libraries(people: list[User]) -> list[Library]:
    rows = [
        Library(
            slug=f"shelf-{index}",
            name=f"Shelf {index}",
            owner=people[1],
            is_private=index == len(_SHELVES) - 1,
            root="media",
            folder=f"shelf-{index}",
        )
        for index in range(len(_SHELVES))
    ]
    for row in rows:
        row.save()
    return rows


def _shelf_of(number: int, shelves: list[Library]) -> Library:
    """Entries of all libraries lie evenly among each other in time."""
    place = (number * 37 % 100) / 100
    return shelves[next(at for at, end in enumerate(accumulate(_SHELVES)) if place < end + 1e-9)]


def _is_rare(number: int, size: int) -> bool:
    return number % max(1, size // RARE) == 0


def _uuid(kind: int, number: int) -> UUID:
    return UUID(int=kind << 96 | number)


def _words(rng: random.Random) -> Callable[[], str]:
    """Titles as people write them: a few words are everywhere, most are rare."""
    syllables = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u", "an", "or")]
    known = ["".join(rng.choices(syllables, k=3)) for _ in range(20_000)]
    weights = list(accumulate(1 / (rank + 20) for rank in range(len(known))))
    return lambda: " ".join(rng.choices(known, cum_weights=weights, k=5))


def _entries(size: int, rng: random.Random, shelves: list[Library]) -> Iterator[Entry]:
    title = _words(rng)
    for number in range(size):
        extra = f" {COMMON_WORD}" * (number % 20 == 0) + f" {RARE_WORD}" * _is_rare(number, size)
        yield Entry(
            uuid=_uuid(1, number),
            library=_shelf_of(number, shelves),
            title=f"{title()}{extra}".capitalize(),
            description=f"{title()} {title()}",
            media_kind="audio" if number % 7 == 0 else "video",
            duration_s=None if number % 50 == 0 else float(rng.randrange(10, 7200)),
            normalized_url=f"https://media.example/watch/{number}",
            source_extractor="site",
            source_id=str(number),
            platform="vimeo" if _is_rare(number, size) else "youtube",
            uploader=f"Uploader {number % (size // 20 + 1)}",
            channel_id=f"channel-{number % (size // 20 + 1)}",
            added_at=_at(number),
            updated_at=_at(number),
            deleted_at=_at(number) if number % 20 == 7 else None,
        )


def _files(size: int, shelves: list[Library]) -> Iterator[EntryFile]:
    for number, pk in enumerate(_keys(Entry)):
        library = _shelf_of(number, shelves)
        for role, ending, mime in (
            (FileRole.ORIGINAL, "mp4", "video/mp4"),
            (FileRole.POSTER, "jpg", "image/jpeg"),
        ):
            yield EntryFile(
                entry_id=pk,
                library=library,
                role=role,
                root="media",
                path=f"{library.folder}/{number}.{ending}",
                format=ending,
                mime=mime,
                sha256=f"{number:064x}" if role == FileRole.ORIGINAL else "",
                size_bytes=50_000_000 + number,
                is_live=number % 20 != 7,
            )


def _tags(size: int, rng: random.Random) -> None:
    """Two tags or so on each entry; some tags are everywhere, most are not."""
    names = [COMMON_TAG, RARE_TAG, *(f"tag {index}" for index in range(max(20, size // 50)))]
    tags = Tag.objects.bulk_create(Tag(name=name) for name in names)
    weights = list(accumulate(1 / (rank + 5) for rank in range(len(tags) - 2)))

    def links() -> Iterator[EntryTag]:
        for number, pk in enumerate(_keys(Entry)):
            chosen = {tags[0]} if number % 10 == 0 else set()
            chosen |= {tags[1]} if _is_rare(number, size) else set()
            chosen |= set(rng.choices(tags[2:], cum_weights=weights, k=2))
            for tag in sorted(chosen, key=lambda tag: tag.pk):
                yield EntryTag(entry_id=pk, tag=tag)

    _add(EntryTag, links())


def _keys(model: type[models.Model]) -> list[int]:
    return list(model._default_manager.order_by("pk").values_list("pk", flat=True))


def _properties(size: int) -> Iterator[EntryProperty]:
    for number, pk in enumerate(_keys(Entry)):
        if number % 2:
            yield EntryProperty(entry_id=pk, key="artist", value=f"Artist {number % 500}")


def _states(size: int, rng: random.Random, people: list[User]) -> Iterator[EntryState]:
    """Half of everything was watched by one person or another; some was only begun."""
    for number, pk in enumerate(_keys(Entry)):
        for person in people[:2]:
            if rng.random() < 0.3:
                yield EntryState(
                    user=person,
                    entry_id=pk,
                    favorite=_is_rare(number, size) or number % 25 == 0,
                    position_s=30 if number % 9 == 0 else 0,
                    watched_at=_at(number) if number % 3 else None,
                    updated_at=_at(number),
                )


def _jobs(size: int, rng: random.Random, people: list[User]) -> Iterator[Job]:
    for number in range(size):
        status = JobStatus.PENDING if _is_rare(number, size) else rng.choice(_ENDS)
        yield Job(
            uuid=_uuid(2, number),
            kind=_KINDS[number % len(_KINDS)],
            title=f"Job {number}",
            owner=people[number % 3],
            library=f"shelf-{number % len(_SHELVES)}",
            status=status,
            # Cards of the grid come with imports; these wait outside it.
            queue="heavy",
            created_at=_at(number),
            ended_at=None if status == JobStatus.PENDING else _at(number + 5),
        )


def _inbox(
    size: int, rng: random.Random, people: list[User], shelves: list[Library]
) -> Iterator[InboxItem]:
    for number in range(size // 5):
        yield InboxItem(
            kind=InboxKind.NEEDS_REVIEW if number % 10 == 0 else InboxKind.LOW_CONFIDENCE,
            decision=Decision.OPEN if number % 2 else Decision.APPROVED,
            owner=people[number % 3],
            library=_shelf_of(number, shelves),
            title=f"Item {number}",
            proposal={"description": {"title": f"Item {number}"}, "ranked": []},
            confidence=rng.random(),
            created_at=_at(number),
        )


def _rules(size: int, shelves: list[Library]) -> Iterator[Rule]:
    for number in range(size // 2):
        yield Rule(
            origin=RuleOrigin.LEARNED if number % 20 else RuleOrigin.WRITTEN,
            library=shelves[number % 3],
            yes=number % 7,
            **{"tag" if number % 2 else "channel_id": f"rule {number}"},
        )


def _filings(size: int, shelves: list[Library]) -> Iterator[Filing]:
    for number, pk in enumerate(_keys(Entry)):
        yield Filing(entry_id=pk, library=_shelf_of(number, shelves), way=FilingWay.AUTOMATIC)


def _notifications(size: int, people: list[User]) -> Iterator[Notification]:
    for number in range(size):
        yield Notification(
            user=people[number % 2],
            kind=NotificationKind.IMPORT_DONE,
            titles=[f"Entry {number}"],
            link="/",
            created_at=_at(number),
            changed_at=_at(number),
            read_at=None if number % 4 == 0 else _at(number + 1),
        )


def _facts(size: int, rng: random.Random, people: list[User]) -> Iterator[LedgerEvent]:
    """As many facts as an installation of this size has at least; no chain, nobody walks it."""
    for number in range(size):
        person = people[2] if _is_rare(number, size) else people[number % 2]
        yield LedgerEvent(
            sequence=number + 1,
            uuid=_uuid(3, number),
            at=_at(number),
            event=_EVENTS[number % len(_EVENTS)],
            severity="warning" if _is_rare(number, size) else "info",
            door="page",
            user_id=str(person.uuid),
            user_name=person.username,
            data={"title": f"Entry {number}"},
            previous_hash=f"{number:064x}",
            hash=f"{number + 1:064x}",
        )


def _end_of_ledger(size: int) -> None:
    """So that facts can be added; the head moves by one at a time, unless nobody guards it."""
    guard.remove("default")
    LedgerHead.objects.update_or_create(defaults={"count": size, "hash": f"{size:064x}"})
    guard.install("default")


def _subjects(size: int) -> Iterator[LedgerSubject]:
    for number in range(size):
        yield LedgerSubject(
            event_id=number + 1, kind="entry", subject_id=str(_uuid(1, number * 7 % size))
        )
