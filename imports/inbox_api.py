"""API of the inbox and of the rules behind it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from imports import held, queries, reasons, services
from imports.given import Given
from imports.models import Decision, InboxItem, InboxKind, Rule
from library.models import Library
from library.queries import editable_libraries_for, library_by_slug
from videorama.accounts.auth import caller
from videorama.accounts.models import User
from videorama.errors import Invalid
from videorama.jobs.api import JobOut
from videorama.jobs.queries import job_document
from videorama.paging import PageOf, PageQuery, paginate

router = Router(tags=["inbox"])
rules_router = Router(tags=["rules"])


class Ranked(Schema):
    """A proposed library, how sure that is, and why in plain words."""

    library_id: str
    confidence: float
    reasons: list[str]


class InboxOut(Schema):
    """Something that waits for a decision, or was decided (`reviewed`)."""

    id: UUID
    kind: InboxKind
    reviewed: bool
    decision: Decision
    title: str
    confidence: float
    library_id: str | None
    existing_entry_id: UUID | None
    job_id: UUID | None
    source_url: str
    media_kind: str
    duration_s: float | None
    tags: list[str]
    properties: dict[str, str]
    subfolder: str
    suggestions: list[Ranked]
    has_file: bool
    created_at: datetime
    decided_at: datetime | None


class InboxQuery(PageQuery):
    """Which items; those that wait unless `reviewed` asks for the others."""

    kind: InboxKind | None = None
    reviewed: bool = False


class Override(Schema):
    """What replaces what the source said; what is left out stays."""

    model_config = {"extra": "forbid"}

    title: str | None = Field(None, max_length=1_000)
    subfolder: str | None = Field(None, max_length=1_000)
    tags: list[str] | None = Field(None, max_length=200)
    properties: dict[str, str] | None = None
    language: str | None = Field(None, max_length=100)
    confidence: float | None = Field(None, ge=0, le=1)

    def given(self) -> Given:
        """As services take it."""
        said = self.model_dump()
        return Given.of(said)


class ApproveIn(Schema):
    """Where it goes; without a library the proposed one is taken."""

    model_config = {"extra": "forbid"}

    library_id: str | None = Field(None, max_length=50)
    metadata_override: Override | None = None
    duplicate: Literal["keep", "link", "replace", "both"] = "keep"


class PatchIn(Override):
    """What to note on an item without deciding it."""

    library_id: str | None = Field(None, max_length=50)


class ApproveAllIn(Schema):
    """From which confidence on, 0 to 1."""

    model_config = {"extra": "forbid"}

    threshold: float = Field(ge=0, le=1, strict=True)


class Decided(Schema):
    """The decided item, and the job that files it when that takes one."""

    item: InboxOut
    job: JobOut | None


class AllDecided(Schema):
    """How many were approved, and how many wait as before."""

    approved: int
    failed: int


class RuleOut(Schema):
    """A rule: learned ones count how often they were right (`yes`) and wrong (`no`)."""

    id: UUID
    origin: str
    conditions: dict[str, str]
    library_id: str
    subfolder: str
    tags: list[str]
    is_on: bool
    is_for_all: bool
    yes: int
    no: int
    created_at: datetime


class RuleIn(Schema):
    """A rule as a person writes it; every given condition has to fit."""

    model_config = {"extra": "forbid"}

    conditions: dict[str, str]
    library_id: str = Field(max_length=50)
    subfolder: str = Field("", max_length=300)
    tags: list[str] = Field([], max_length=20)
    for_all: bool = False


class RuleChange(Schema):
    """Whether it speaks."""

    model_config = {"extra": "forbid"}

    is_on: bool


@router.get("", response=PageOf[InboxOut])
def list_inbox(request: HttpRequest, which: Query[InboxQuery]) -> dict[str, Any]:
    """What the caller may decide, newest first."""
    user = caller(request)
    found = queries.inbox_for(user)
    waits = found.filter(decision=Decision.OPEN)
    found = found.exclude(decision=Decision.OPEN) if which.reviewed else waits
    if which.kind:
        found = found.filter(kind=which.kind)
    page = paginate(
        found,
        order=("-created_at", "-pk"),
        after=which.after,
        limit=which.limit,
        offset=which.offset,
    )
    names = _names(user)
    return page.document(lambda item: inbox_document(item, names))


@router.post("/approve-all", response=AllDecided)
def approve_all(request: HttpRequest, body: ApproveAllIn) -> dict[str, int]:
    """Approves at most 200 items that are at least this sure; duplicates are left alone."""
    done, failed = services.approve_all(user=caller(request), threshold=body.threshold)
    return {"approved": done, "failed": failed}


@router.get("/{uuid:item_id}", response=InboxOut)
def get_item(request: HttpRequest, item_id: UUID) -> dict[str, Any]:
    """One item."""
    user = caller(request)
    return inbox_document(queries.inbox_item_by_uuid(user, item_id), _names(user))


@router.patch("/{uuid:item_id}", response=InboxOut)
def change_item(request: HttpRequest, item_id: UUID, body: PatchIn) -> dict[str, Any]:
    """Notes title, tags, folder or library on an item that waits."""
    user = caller(request)
    item = queries.inbox_item_by_uuid(user, item_id)
    said = body.model_dump()
    library = _library(user, said.pop("library_id"))
    services.change(user=user, item=item, given=Given.of(said), library=library)
    return inbox_document(item, _names(user))


@router.post("/{uuid:item_id}/approve", response={200: Decided, 202: Decided})
def approve_item(request: HttpRequest, item_id: UUID, body: ApproveIn) -> Status[dict[str, Any]]:
    """Files an item (202 with the job); of a duplicate becomes what `duplicate` says."""
    user = caller(request)
    item = queries.inbox_item_by_uuid(user, item_id)
    library = _library(user, body.library_id)
    if item.kind == InboxKind.DUPLICATE and body.duplicate != "keep":
        job = _decide_duplicate(user, item, body.duplicate, library)
    else:
        over = body.metadata_override
        given = over.given() if over else None
        job = services.approve(user=user, item=item, library=library, given=given)
    item.refresh_from_db()
    answer = {
        "item": inbox_document(item, _names(user)),
        "job": job_document(job) if job else None,
    }
    return Status(202 if job else 200, answer)


@router.delete("/{uuid:item_id}", response={204: None})
def reject_item(request: HttpRequest, item_id: UUID) -> Status[None]:
    """Rejects an item and removes its files at once."""
    user = caller(request)
    services.reject(user=user, item=queries.inbox_item_by_uuid(user, item_id), at_once=True)
    return Status(204, None)


@rules_router.get("", response=PageOf[RuleOut])
def list_rules(request: HttpRequest, which: Query[PageQuery]) -> dict[str, Any]:
    """Rules the caller may switch, newest first."""
    page = paginate(
        queries.rules_for(caller(request)),
        order=("-pk",),
        after=which.after,
        limit=which.limit,
        offset=which.offset,
    )
    return page.document(rule_document)


@rules_router.post("", response={201: RuleOut})
def create_rule(request: HttpRequest, body: RuleIn) -> Status[dict[str, Any]]:
    """Writes a rule."""
    user = caller(request)
    unknown = body.conditions.keys() - set(Rule.CONDITIONS)
    if unknown:
        raise Invalid(details={"field": min(unknown), "known": list(Rule.CONDITIONS)})
    rule = services.create_rule(
        user=user,
        library=library_by_slug(user, body.library_id),
        subfolder=body.subfolder,
        tags=tuple(body.tags),
        for_all=body.for_all,
        **body.conditions,
    )
    return Status(201, rule_document(rule))


@rules_router.patch("/{uuid:rule_id}", response=RuleOut)
def change_rule(request: HttpRequest, rule_id: UUID, body: RuleChange) -> dict[str, Any]:
    """Switches a rule on or off."""
    user = caller(request)
    rule = queries.rule_by_uuid(user, rule_id)
    services.switch_rule(user=user, rule=rule, is_on=body.is_on)
    return rule_document(rule)


@rules_router.delete("/{uuid:rule_id}", response={204: None})
def delete_rule(request: HttpRequest, rule_id: UUID) -> Status[None]:
    """Removes a rule."""
    user = caller(request)
    services.delete_rule(user=user, rule=queries.rule_by_uuid(user, rule_id))
    return Status(204, None)


def inbox_document(item: InboxItem, names: dict[str, str]) -> dict[str, Any]:
    """The item as clients get it; `names` are of libraries the caller may edit, by id."""
    said = item.proposal.get("description") or {}
    given = item.proposal.get("given") or {}
    ranked = [one for one in item.proposal.get("ranked") or [] if one["library_id"] in names]
    return {
        "id": item.uuid,
        "kind": item.kind,
        "reviewed": item.decision != Decision.OPEN,
        "decision": item.decision,
        "title": item.title,
        "confidence": item.confidence,
        "library_id": item.library.slug if item.library else item.proposal.get("wanted"),
        "existing_entry_id": (
            # Only on rows from queries.inbox_for.
            item.existing.uuid if item.existing and getattr(item, "shows_existing", False) else None
        ),
        "job_id": item.job.uuid if item.job else None,
        "source_url": item.proposal.get("url", ""),
        "media_kind": item.proposal.get("media_kind", ""),
        "duration_s": item.proposal.get("duration_s"),
        "tags": given.get("tags", said.get("tags", [])),
        "properties": given.get("properties", said.get("properties", {})),
        "subfolder": given.get("subfolder", ranked[0]["subfolder"] if ranked else ""),
        "suggestions": [
            {
                "library_id": one["library_id"],
                "confidence": one["confidence"],
                "reasons": [
                    reasons.sentence(reason, names[one["library_id"]]) for reason in one["reasons"]
                ],
            }
            for one in ranked
        ],
        "has_file": held.is_there(item),
        "created_at": item.created_at,
        "decided_at": item.decided_at,
    }


def rule_document(rule: Rule) -> dict[str, Any]:
    """The rule as clients get it."""
    return {
        "id": rule.uuid,
        "origin": rule.origin,
        "conditions": rule.conditions,
        "library_id": rule.library.slug,
        "subfolder": rule.subfolder,
        "tags": rule.tags,
        "is_on": rule.is_on,
        "is_for_all": rule.user_id is None,
        "yes": rule.yes,
        "no": rule.no,
        "created_at": rule.created_at,
    }


def _decide_duplicate(user: User, item: InboxItem, what: str, library: Library | None) -> Any:
    if what == "link":
        services.link(user=user, item=item)
        return None
    if what == "replace":
        return services.replace(user=user, item=item)
    return services.keep_both(user=user, item=item, library=library)


def _library(user: User, slug: str | None) -> Library | None:
    return library_by_slug(user, slug) if slug else None


def _names(user: User) -> dict[str, str]:
    return dict(editable_libraries_for(user).values_list("slug", "name"))
