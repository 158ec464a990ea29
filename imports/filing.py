"""The decision of an import: which library, for what reason, or a person's turn."""

from dataclasses import asdict

from django.db import transaction

from imports import deciding, queries, storing
from imports.models import FilingWay, InboxKind
from imports.proposals import Facts
from imports.services.learning import record_filing
from imports.work import Import, Verdict
from library import services as library_services
from library.models import Entry, Library
from library.queries import editable_libraries_for, file_of
from videorama.accounts.models import User
from videorama.jobs.services import JobResult


def likely_library(user: User) -> Library | None:
    """Near whose folder the files may arrive, so that storing them later needs no copy."""
    shelves = deciding.shelves_for(user)
    return shelves.only or (shelves.libraries[0] if shelves.libraries else None)


def decide(work: Import) -> JobResult | None:
    """Sets library and verdict, or ends in the inbox."""
    if work.library is not None:
        work.verdict = Verdict(work.library.slug, FilingWay.CHOSEN, 1.0, [{"code": "chosen"}], [])
        work.space.keep("verdict", work.verdict)
        return None
    if work.order.force and (twin := _other_version(work)):
        return storing.other_version(work, twin)
    if not editable_libraries_for(work.owner).exists():
        library_services.ensure_default_library(user=work.owner)
    proposal = deciding.proposal_for(work.owner, facts_of(work))
    if not work.order.auto:
        return storing.for_review(work, InboxKind.NEEDS_REVIEW, proposal)
    if not proposal.is_sure or proposal.first is None or proposal.library is None:
        return storing.for_review(work, InboxKind.LOW_CONFIDENCE, proposal)
    first = proposal.first
    work.library = proposal.library
    work.verdict = Verdict(
        library=work.library.slug,
        way=FilingWay.AUTOMATIC,
        confidence=first.confidence,
        reasons=[asdict(reason) for reason in first.reasons],
        rules=list(first.rules),
        subfolder=first.subfolder,
        tags=first.tags,
    )
    work.space.keep("verdict", work.verdict)
    return None


def facts_of(work: Import) -> Facts:
    """What the rules look at."""
    said = work.description
    return Facts(
        title=said.title,
        channel_id=said.channel_id,
        uploader=said.uploader,
        platform=said.platform,
        media_kind=work.facts.media_kind,
        duration_s=work.facts.duration_s,
        tags=said.tags,
    )


def remember(work: Import, entry: Entry) -> None:
    """Why the entry is where it is; once, whatever was killed in between."""
    verdict = work.space.recall("verdict", Verdict)
    if verdict is None:
        return
    with transaction.atomic():
        record_filing(
            entry=entry,
            user=work.owner,
            way=FilingWay(verdict.way),
            confidence=verdict.confidence,
            reasons=verdict.reasons,
            rules=verdict.rules,
        )


def _other_version(work: Import) -> Entry | None:
    """What came from the same source before, with other bytes, where the owner may change it."""
    known = queries.known_media(work.owner, work.order.source, work.info)
    if known is None or file_of(known, "original") is None:
        return None
    mine = editable_libraries_for(work.owner).filter(pk=known.library_id)
    return known if mine.exists() else None
