"""Reads of the ledger. Who may read what is for the caller to say: this room knows no rights."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from videorama.ledger.models import LedgerEvent, LedgerSubject, Severity
from videorama.ledger.words import Told as Told
from videorama.ledger.words import library_slugs as library_slugs
from videorama.ledger.words import tell as tell

NEWEST = ("-sequence",)


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
        rows = rows.filter(_matching(text))
    if which.event:
        rows = rows.filter(event=which.event.replace("\0", ""))
    if which.person:
        rows = rows.filter(user_name=which.person.replace("\0", ""))
    if which.severity in Severity.values:
        rows = rows.filter(severity=which.severity)
    if which.since:
        rows = rows.filter(at__gte=_moment(which.since, time.min))
    if which.until:
        rows = rows.filter(at__lte=_moment(which.until, time.max))
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


def _matching(text: str) -> Q:
    about = LedgerSubject.objects.filter(event_id=OuterRef("pk"), subject_id=text)
    match = Q(Exists(about)) | Q(event__startswith=text)
    if text.lstrip("#").isdecimal() and len(text) < 18:
        match |= Q(sequence=int(text.lstrip("#")))
    return match


def _moment(day: date, hour: time) -> datetime:
    """That hour of the day; years without facts are cut, since zones move days over their ends."""
    inside = min(max(day, date(1970, 1, 1)), date(9000, 1, 1))
    return timezone.make_aware(datetime.combine(inside, hour))
