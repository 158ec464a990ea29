"""What the rules say about an item, asked of the database for one person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects

from imports.models import Rule, RuleOrigin
from imports.proposals import (
    ONLY_CONFIDENCE,
    Count,
    Facts,
    Reason,
    Suggestion,
    Written,
    propose,
)
from library.models import Entry, Library
from library.queries import editable_libraries_for, usual_library_for
from videorama.accounts.models import User

MAX_WRITTEN = 1_000


@dataclass(frozen=True)
class Shelves:
    """The libraries an item of this person may be proposed for, the preferred one first."""

    libraries: tuple[Library, ...]
    only: Library | None

    @property
    def ids(self) -> list[int]:
        """Their keys, in order."""
        return [library.pk for library in self.libraries]


@dataclass(frozen=True)
class Proposal:
    """A ranking with its libraries; the first one counts."""

    ranked: tuple[Suggestion, ...]
    libraries: dict[int, Library]

    @property
    def first(self) -> Suggestion | None:
        """The likeliest library; None when there is none at all."""
        return self.ranked[0] if self.ranked else None

    @property
    def library(self) -> Library | None:
        """The same as a library."""
        return self.libraries[self.ranked[0].library] if self.ranked else None

    @property
    def is_sure(self) -> bool:
        """The confidence reaches the threshold of the library it is about."""
        if self.first is None or self.library is None:
            return False
        return self.first.confidence >= self.library.confidence_threshold

    def document(self) -> list[dict[str, Any]]:
        """As plain JSON, with libraries by their ids; what an inbox item keeps."""
        return [
            {
                "library_id": self.libraries[one.library].slug,
                "confidence": one.confidence,
                "reasons": [vars(reason) for reason in one.reasons],
                "rules": list(one.rules),
                "subfolder": one.subfolder,
                "tags": list(one.tags),
            }
            for one in self.ranked
        ]


def proposal_for(user: User, facts: Facts) -> Proposal:
    """The ranking of one item."""
    return proposals_for(user, [facts])[0]


def proposals_for(user: User, items: Sequence[Facts]) -> list[Proposal]:
    """The rankings of several items, in five queries for any number of them."""
    shelves = shelves_for(user)
    known = {library.pk: library for library in shelves.libraries}
    only = shelves.only.pk if shelves.only else None
    rules = _learned(user, {feature for facts in items for feature in facts.features()})
    written = list(
        rules_in_force(user).filter(origin=RuleOrigin.WRITTEN).order_by("-pk")[:MAX_WRITTEN]
    )
    usual = usual_library_for(user)
    return [
        _or_usual(
            Proposal(
                tuple(propose(facts, rules, _fitting(written, facts), shelves.ids, only=only)),
                known,
            ),
            usual,
        )
        for facts in items
    ]


def _or_usual(proposal: Proposal, usual: Library | None) -> Proposal:
    """The library that was set for what fits no rule comes first when the rules are not sure."""
    if usual is None or proposal.is_sure:
        return proposal
    first = Suggestion(usual.pk, ONLY_CONFIDENCE, (Reason("usual"),))
    others = tuple(one for one in proposal.ranked if one.library != usual.pk)
    return Proposal((first, *others), proposal.libraries | {usual.pk: usual})


def shelves_for(user: User) -> Shelves:
    """Where things may go by themselves: libraries the person may edit that are not private.

    A private one is among them once the person has put something there. `only` is set when there is
    nothing to choose between: the one shelf that is not private, or the one there is at all.
    """
    editable = list(editable_libraries_for(user).order_by("pk"))
    editable.sort(key=lambda library: library.slug != "videos")
    own = set(
        Rule.objects.filter(user=user, is_on=True)
        .filter(Q(yes__gt=0) | Q(origin=RuleOrigin.WRITTEN))
        .values_list("library", flat=True)
    )
    open_ones = [library for library in editable if not library.is_private]
    found = tuple(one for one in editable if not one.is_private or one.pk in own)
    if len(found) == 1 and len(open_ones) == 1:
        return Shelves(found, found[0])
    if len(editable) == 1:
        return Shelves(tuple(editable), editable[0])
    return Shelves(found, None)


def rules_in_force(user: User) -> QuerySet[Rule]:
    """Rules that are on and speak to this person: own ones, and those for everybody."""
    return Rule.objects.filter(is_on=True).filter(
        Q(user=user) | Q(user__isnull=True, library__is_private=False)
    )


def fits(rule: Rule, facts: Facts) -> bool:
    """All conditions of a written rule hold; upper and lower case are the same."""
    title = facts.title.casefold()
    tags = {tag.casefold() for tag in facts.tags}
    said = {feature: value.casefold() for feature, value in facts.features()}
    return all(
        (
            not rule.channel_id or rule.channel_id == facts.channel_id,
            not rule.uploader or rule.uploader.casefold() == facts.uploader.casefold(),
            not rule.platform or rule.platform.casefold() == facts.platform.casefold(),
            not rule.media_kind or rule.media_kind == facts.media_kind,
            not rule.tag or rule.tag.casefold() in tags,
            not rule.keyword or rule.keyword.casefold() in title,
            not rule.band or rule.band == said.get("band", ""),
        )
    )


def facts_of(entry: Entry) -> Facts:
    """What the rules look at, of a stored entry; no queries where its tags were fetched before."""
    prefetch_related_objects([entry], "entry_tags__tag")
    return Facts(
        title=entry.title,
        channel_id=entry.channel_id,
        uploader=entry.uploader,
        platform=entry.platform,
        media_kind=entry.media_kind,
        duration_s=entry.duration_s,
        tags=tuple(one.tag.name for one in entry.entry_tags.all() if not one.hidden),
    )


def facts_in(proposal: dict[str, Any]) -> Facts:
    """The same of what an inbox item holds."""
    said = proposal.get("description") or {}
    return Facts(
        title=said.get("title", ""),
        channel_id=said.get("channel_id", ""),
        uploader=said.get("uploader", ""),
        platform=said.get("platform", ""),
        media_kind=proposal.get("media_kind", ""),
        duration_s=proposal.get("duration_s"),
        tags=tuple(said.get("tags", ())),
    )


def _learned(user: User, features: Iterable[tuple[str, str]]) -> list[Count]:
    """What past decisions say about these features."""
    wanted: dict[str, set[str]] = {}
    for column, value in features:
        wanted.setdefault(column, set()).add(value)
    if not wanted:
        return []
    # Each column has an index of the rows that have something in it, which is said here, too.
    either = reduce(
        or_,
        (Q(**{f"{column}__in": values}) & ~Q(**{column: ""}) for column, values in wanted.items()),
    )
    rows = rules_in_force(user).filter(either, origin=RuleOrigin.LEARNED)
    return [
        Count(
            feature=rule.feature,
            library=rule.library_id,
            yes=rule.yes,
            no=rule.no,
            rule=str(rule.uuid),
            subfolder=rule.subfolder,
            tags=tuple(rule.tags),
        )
        for rule in rows
    ]


def _fitting(written: Iterable[Rule], facts: Facts) -> list[Written]:
    return [
        Written(
            rule=str(rule.uuid),
            library=rule.library_id,
            rank=len(rule.conditions),
            subfolder=rule.subfolder,
            tags=tuple(rule.tags),
        )
        for rule in written
        if fits(rule, facts)
    ]
