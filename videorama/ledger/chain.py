"""The chain of hashes: how a fact is hashed, and walking it from the first fact to the last."""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import OuterRef, Subquery

from videorama.ledger.models import NOTHING, LedgerEvent, LedgerHead, LedgerSubject

TEXT_LIMIT = 2_000
_CHUNK = 500

type Subjects = Collection[tuple[str, str]]


@dataclass(frozen=True)
class State:
    """What a walk has found: how many facts, the hash of the last, and what is wrong."""

    count: int = 0
    hash: str = NOTHING
    problem: str = ""


def plain(value: Any) -> Any:
    """Plain JSON that reads back the same from every database.

    Times and ids become text, whole floats become integers (PostgreSQL does not tell them apart),
    characters no database holds go, and long texts are cut.
    """
    encoded = json.loads(json.dumps(value, cls=DjangoJSONEncoder, allow_nan=False))
    return _tidy(encoded)


def _tidy(value: Any) -> Any:
    if isinstance(value, dict):
        return {text(key, 200): _tidy(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_tidy(inner) for inner in value]
    if isinstance(value, str):
        return text(value, TEXT_LIMIT)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def text(value: str, limit: int) -> str:
    """Without NUL and half characters; a text that is too long ends with an ellipsis."""
    clean = value.replace("\0", "").encode(errors="ignore").decode()
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def hash_of(fact: LedgerEvent, subjects: Subjects) -> str:
    """SHA-256 over every column of the fact but the hash itself, and over its subjects."""
    document = {
        "sequence": fact.sequence,
        "uuid": str(fact.uuid),
        "at": _moment(fact.at),
        "event": fact.event,
        "severity": fact.severity,
        "door": fact.door,
        "user_id": fact.user_id,
        "user_name": fact.user_name,
        "data": _tidy(fact.data),
        "subjects": sorted([kind, subject] for kind, subject in subjects),
        "previous_hash": fact.previous_hash,
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _moment(at: datetime | None) -> str:
    # SQLite holds any text as a time; what is none reads as None.
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else ""


def walk(*, anchor: tuple[int, str] | None = None) -> State:
    """Checks every fact in constant memory; facts written meanwhile are checked too.

    `anchor` is a number of facts and the hash at that place, noted elsewhere earlier: it also finds
    a chain that was written anew from some fact on, with every hash after it.
    """
    state = State()
    while True:
        head = _head()
        if head is None:
            problem = "The head of the ledger is missing." if _last_sequence() else ""
            return State(state.count, state.hash, problem or _anchored(state, anchor))
        for fact in _facts(state.count, head.count):
            state = _follow(state, fact)
            if not state.problem and anchor is not None and state.count == anchor[0]:
                state = State(state.count, state.hash, _anchored(state, anchor))
            if state.problem:
                return state
        if problem := _ends(state, head):
            return State(state.count, state.hash, problem)
        if head.count == _head().count:
            break
    problem = _loose_subjects()
    if not problem and anchor is not None and anchor[0] > state.count:
        problem = f"There are {state.count} facts, and there were {anchor[0]} once."
    return State(state.count, state.hash, problem)


def _anchored(state: State, anchor: tuple[int, str] | None) -> str:
    if anchor is None or anchor == (state.count, state.hash):
        return ""
    return f"The first {state.count} facts are not those that ended with {anchor[1]}."


def _follow(state: State, fact: LedgerEvent | int) -> State:
    """The state with one more fact, or with what is wrong about it."""
    expected = state.count + 1
    sequence = fact if isinstance(fact, int) else fact.sequence
    if sequence > expected:
        return State(state.count, state.hash, f"Fact {expected} is missing.")
    if sequence < expected:
        return State(state.count, state.hash, f"Fact {sequence} was put in.")
    if isinstance(fact, int):
        return State(state.count, state.hash, f"Fact {sequence} cannot be read.")
    subjects = [(one.kind, one.subject_id) for one in fact.subjects.all()]
    if fact.previous_hash != state.hash:
        problem = f"Fact {sequence} ({fact.event}) does not follow the fact before it."
        return State(state.count, state.hash, problem)
    if fact.hash != hash_of(fact, subjects):
        return State(state.count, state.hash, f"Fact {sequence} ({fact.event}) was changed.")
    return State(sequence, fact.hash)


def _ends(state: State, head: LedgerHead) -> str:
    """What is wrong about the end, compared with the head."""
    if state.count < head.count:
        return f"Fact {state.count + 1} is missing: there were {head.count} facts."
    if head.pk != 1:
        return "The head of the ledger was changed."
    last: int = head.last  # type: ignore[attr-defined]
    if last > head.count:
        return f"Fact {head.count + 1} was put in, or the head of the ledger was changed."
    if state.hash != head.hash:
        return f"The head of the ledger does not know fact {state.count} as the last one."
    return ""


def _head() -> Any:
    """The head and, read in the same moment, the highest number that is there."""
    highest = LedgerEvent.objects.order_by("-sequence").values("sequence")[:1]
    rows = LedgerHead.objects.order_by("pk")
    head = rows.annotate(last=Subquery(highest)).first()
    if head is not None:
        head.last = head.last or 0
    return head


def _last_sequence() -> int:
    found = LedgerEvent.objects.order_by("-sequence").values_list("sequence", flat=True).first()
    return found or 0


def _facts(done: int, end: int) -> Iterator[LedgerEvent | int]:
    """Facts up to number `end` behind those that are done; a number for one that cannot be read.

    The first walk begins with the lowest number there is, so that none hides below 1.
    """
    rows = LedgerEvent.objects.order_by("sequence").filter(sequence__lte=end)
    after = done or None
    while True:
        behind = rows if after is None else rows.filter(sequence__gt=after)
        chunk = _read(behind)
        if not chunk:
            return
        yield from chunk
        last = chunk[-1]
        after = last if isinstance(last, int) else last.sequence


def _read(rows: Any) -> list[LedgerEvent | int]:
    """The next facts; where a tampered column cannot even be read, the facts before it."""
    for size in (_CHUNK, 20, 1):
        try:
            return list(rows.prefetch_related("subjects")[:size])
        except (ValueError, TypeError, OverflowError, AttributeError):
            continue
    return list(rows.values_list("sequence", flat=True)[:1])


def _loose_subjects() -> str:
    """Subjects of facts that do not exist; keys forbid them while they are enforced."""
    facts = LedgerEvent.objects.filter(sequence=OuterRef("event_id")).values("sequence")
    loose = LedgerSubject.objects.annotate(fact=Subquery(facts)).filter(fact__isnull=True).first()
    return f"A subject was put in for fact {loose.event_id}, which does not exist." if loose else ""
