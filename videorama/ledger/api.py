"""API of the ledger, for administrators."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from videorama.ledger import queries
from videorama.pages import require_administrator
from videorama.paging import PageOf, PageQuery, paginate

router = Router(tags=["ledger"])


class Person(Schema):
    """Who did it, by the name of then."""

    id: str
    username: str


class Subject(Schema):
    """One thing a fact is about."""

    kind: str
    id: str


class FactOut(Schema):
    """Something that happened. `sequence` counts without gaps, `hash` covers all and the hash
    before.
    """

    sequence: int
    id: UUID
    at: datetime
    event: str
    severity: str
    door: str
    user: Person | None
    about: list[Subject]
    data: dict[str, Any]
    hash: str


class FactQuery(Schema):
    """Which facts. `subject` is the id of anything a fact is about."""

    event: str = Field("", max_length=60)
    person: str = Field("", max_length=150)
    severity: Literal["", "info", "warning", "error"] = ""
    subject: str = Field("", max_length=200)
    since: date | None = None
    until: date | None = None


@router.get("", response=PageOf[FactOut])
def list_facts(
    request: HttpRequest, which: Query[FactQuery], page: Query[PageQuery]
) -> dict[str, Any]:
    """What happened, newest first. For administrators."""
    require_administrator(request)
    given = which.model_dump()
    found = queries.facts(queries.Which(text=given.pop("subject"), **given))
    return paginate(found, order=queries.NEWEST, **page.model_dump()).document(
        queries.fact_document
    )
