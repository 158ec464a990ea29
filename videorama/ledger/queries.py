"""Reads of the ledger. Who may read what is for the caller to say: this room knows no rights."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from videorama.ledger.models import LedgerEvent, LedgerSubject, Severity
from videorama.ledger.words import Told as Told
from videorama.ledger.words import events as known_events
from videorama.ledger.words import library_slugs as library_slugs
from videorama.ledger.words import tell as tell

NEWEST = ("-sequence",)
_FEW = 1_000
_WRITERS = 1_000


@dataclass(frozen=True)
class Which:
    """What a list of facts is narrowed to; empty means everything.

    `text` is a number of a fact, the id of anything it is about, or the beginning of an event.
    """

    text: str = ""
    event: str = ""
    person: str = ""
    severity: str = ""
    since: date | None = None
    until: date | None = None


def facts(which: Which | None = None) -> QuerySet[LedgerEvent]:
    """Facts with what they are about, to be listed by NEWEST."""
    which = which or Which()
    rows: QuerySet[LedgerEvent] = LedgerEvent.objects.prefetch_related("subjects")
    if text := which.text.strip().replace("\0", ""):
        rows = _matching(rows, text)
    if which.event:
        rows = rows.filter(event=which.event.replace("\0", ""))
    if which.person:
        rows = rows.filter(user_name=which.person.replace("\0", ""))
    if which.severity in Severity.values:
        rows = rows.filter(severity=which.severity)
    if which.since:
        begin = _moment(which.since, time.min)
        rows = _beside(rows.filter(at__gte=begin), at__gte=begin)
    if which.until:
        end = _moment(which.until, time.max)
        rows = _beside(rows.filter(at__lte=end), at__lte=end)
    return rows


def facts_about(kind: str, subject: object) -> QuerySet[LedgerEvent]:
    """Everything that happened to one thing."""
    about = LedgerSubject.objects.filter(kind=kind, subject_id=str(subject))
    rows: QuerySet[LedgerEvent] = LedgerEvent.objects.filter(pk__in=about.values("event_id"))
    return rows.prefetch_related("subjects")


def fact_document(fact: LedgerEvent) -> dict[str, Any]:
    """A fact as the API says it."""
    return {
        "sequence": fact.sequence,
        "id": str(fact.uuid),
        "at": fact.at.isoformat(),
        "event": fact.event,
        "severity": fact.severity,
        "door": fact.door,
        "user": {"id": fact.user_id, "username": fact.user_name} if fact.user_id else None,
        "about": [{"kind": one.kind, "id": one.subject_id} for one in fact.subjects.all()],
        "data": fact.data,
        "hash": fact.hash,
    }


def _matching(rows: QuerySet[LedgerEvent], text: str) -> QuerySet[LedgerEvent]:
    """What is asked for is found out first: each answer alone has an index, all of them at once
    would make the database look at every fact.
    """
    about = LedgerSubject.objects.filter(subject_id=text).order_by("-event_id")
    number = text.lstrip("#")
    sequence = int(number) if number.isdecimal() and len(text) < 18 else 0
    ids = set(about.values_list("event_id", flat=True)[:_FEW]) | ({sequence} - {0})
    events = [name for name in known_events() if name.startswith(text)]
    if not events and not ids:
        # An event from before or after this version, if it looks like one.
        looks_right = text.replace(".", "").replace("_", "").isalpha()
        return rows.filter(event__startswith=text) if looks_right else rows.none()
    if events and ids:
        return rows.filter(Q(pk__in=ids) | Q(event__in=events))
    if len(ids) == _FEW:
        return rows.filter(Exists(about.filter(event_id=OuterRef("pk"))))
    return rows.filter(event__in=events) if events else rows.filter(pk__in=ids)


def _beside(rows: QuerySet[LedgerEvent], **moment: datetime) -> QuerySet[LedgerEvent]:
    """The same with the numbers between which those days lie, so that the list, which is ordered
    by number, begins there. Writers that wait for each other differ by a few numbers at most.
    """
    [(name, _at)] = moment.items()
    is_begin = name.endswith("gte")
    nearest = LedgerEvent.objects.filter(**moment).order_by("at" if is_begin else "-at")
    sequence = nearest.values_list("sequence", flat=True).first()
    if sequence is None:
        return rows.none()
    if is_begin:
        return rows.filter(sequence__gte=sequence - _WRITERS)
    return rows.filter(sequence__lte=sequence + _WRITERS)


def _moment(day: date, hour: time) -> datetime:
    """That hour of the day; years without facts are cut, since zones move days over their ends."""
    inside = min(max(day, date(1970, 1, 1)), date(9000, 1, 1))
    return timezone.make_aware(datetime.combine(inside, hour))
