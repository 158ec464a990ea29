"""Writing facts down."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from videorama.ledger import doors, guard
from videorama.ledger.chain import State, hash_of, plain, text, walk
from videorama.ledger.models import LedgerEvent, LedgerHead, LedgerSubject, Severity

type About = Iterable[tuple[str, object]]

_EVENT = re.compile(r"[a-z_]+\.[a-z_]+")


@dataclass
class Gathered:
    """What the facts of several verbs would have been: their events, subjects and data, as one."""

    events: list[str] = field(default_factory=list)
    about: list[tuple[str, object]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


_gathered: ContextVar[Gathered | None] = ContextVar("gathered", default=None)


def record(
    event: str,
    *,
    user: Any = None,
    about: About = (),
    data: Mapping[str, Any] | None = None,
    severity: Severity = Severity.INFO,
) -> LedgerEvent:
    """Writes one fact, inside the transaction of the write it tells of.

    `event` is a noun and a past verb, `entry.moved`. `about` lists (kind, id) of what it concerns:
    ("entry", uuid), ("library", slug), ("user", uuid), ("job", uuid) … `user` is who did it, None
    when the program did. `data` is plain JSON and never holds a secret.

    When the fact cannot be written, the error goes on and the write it tells of is rolled back
    with it: nothing happens that is not written down. Without a transaction around, it opens one.
    """
    if not _EVENT.fullmatch(event) or len(event) > 60:
        raise ValueError(f"{event!r} is no noun and verb.")
    subjects = [(kind, text(str(subject), 200)) for kind, subject in about]
    fact = LedgerEvent(
        at=timezone.now(),
        event=event,
        severity=severity if severity in Severity.values else Severity.WARNING,
        door=doors.current(),
        user_id=str(user.uuid) if user is not None else "",
        user_name=text(user.get_username(), 150) if user is not None else "",
        data=plain(dict(data or {})),
    )
    gathered = _gathered.get()
    if gathered is not None:
        gathered.events.append(event)
        gathered.about.extend(subjects)
        gathered.data |= dict(data or {})
    else:
        _append(fact, list(dict.fromkeys(subjects)))
    return fact


@contextmanager
def gather() -> Iterator[Gathered]:
    """For a verb made of other verbs: inside, their facts are not written, only what they would
    say is noted. The caller records one fact of all of it afterwards, in the same transaction.
    """
    found = Gathered()
    token = _gathered.set(found)
    try:
        yield found
    finally:
        _gathered.reset(token)


def verify() -> State:
    """Walks the chain from the first fact to the last: how many, the last hash, what is wrong."""
    return walk()


@contextmanager
def rewriting(using: str = "default") -> Iterator[None]:
    """For putting a backup back: inside, the guard lets facts be removed and loaded as they were.

    Belongs into the transaction of that work: when it fails, the guard is back with it.
    """
    guard.remove(using)
    yield
    guard.install(using)


def _append(fact: LedgerEvent, subjects: list[tuple[str, str]]) -> None:
    with transaction.atomic():
        head = _held_head()
        fact.sequence, fact.previous_hash = head.count + 1, head.hash
        fact.hash = hash_of(fact, subjects)
        fact.save()
        LedgerSubject.objects.bulk_create(
            [LedgerSubject(event=fact, kind=kind, subject_id=one) for kind, one in subjects]
        )
        head.count, head.hash = fact.sequence, fact.hash
        head.save(update_fields=["count", "hash"])


def _held_head() -> LedgerHead:
    """The end of the chain, held until the transaction ends, so that writers queue.

    PostgreSQL holds the row; on SQLite every transaction is IMMEDIATE, and one writer is let in.
    """
    head = LedgerHead.objects.select_for_update().first()
    if head is not None:
        return head
    last = LedgerEvent.objects.order_by("-sequence").first()
    if last is None:
        return LedgerHead.objects.create()
    # Somebody removed the head. Writing goes on, with a gap that verify_ledger finds for ever.
    return LedgerHead.objects.create(count=last.sequence + 1, hash=last.hash)
