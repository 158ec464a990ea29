"""Decisions become rules: what went where is counted, and taken back when it is undone."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from imports.deciding import facts_of
from imports.models import Filing, FilingWay, Rule, RuleOrigin
from library.models import Entry, Library
from videorama.accounts.models import User

type Features = Iterable[Sequence[str]]
_WHO = ("channel_id", "uploader")


def record_filing(
    *,
    entry: Entry,
    user: User | None,
    way: FilingWay,
    confidence: float = 1,
    reasons: Sequence[dict[str, Any]] = (),
    rules: Sequence[str] = (),
    subfolder: str | None = None,
    tags: Sequence[str] = (),
) -> None:
    """Keeps why the entry is where it is, and counts it; doing it again changes nothing.

    `subfolder` and `tags` are what a person gave beyond what was proposed.
    """
    facts = facts_of(entry)
    features = [list(feature) for feature in facts.features()]
    with transaction.atomic():
        _filing, is_new = Filing.objects.get_or_create(
            entry=entry,
            defaults={
                "user": user,
                "library": entry.library,
                "way": way,
                "confidence": confidence,
                "reasons": list(reasons),
                "rules": list(rules),
                "features": features,
            },
        )
        if is_new:
            count(features, entry.library, user, yes=1, label=entry.uploader)
            _remember_extras(features, entry.library, user, subfolder, tags)


def correct(*, filing: Filing, user: User | None, library: Library | None) -> bool:
    """It did not belong there: counts against that library, and for another one when it is known.

    False, and nothing is counted, when somebody took it back already.
    """
    now = timezone.now()
    with transaction.atomic():
        mine = Filing.objects.filter(pk=filing.pk, library=filing.library_id)
        if library is None:
            changed = mine.filter(undone_at__isnull=True).update(undone_at=now, undone_by=user)
        else:
            changed = mine.update(library=library, undone_at=now, undone_by=user)
        if not changed:
            return False
        if filing.undone_at is None:
            count(filing.features, filing.library, filing.user, yes=-1, no=1)
        if library is not None:
            count(filing.features, library, filing.user, yes=1, label=filing.entry.uploader)
    return True


def notice_move(entry_id: int) -> bool:
    """An entry that went to another library by other ways counts where it is now.

    The library room calls it in the transaction of the move. False when it counts there already.
    """
    filing = (
        Filing.objects.filter(entry=entry_id)
        .exclude(library=F("entry__library"))
        .select_related("entry__library", "library", "user")
        .first()
    )
    return filing is not None and correct(filing=filing, user=None, library=filing.entry.library)


def count_against(*, features: Features, library: Library, user: User | None) -> None:
    """A proposal that a person refused."""
    count(features, library, user, no=1)


def count(
    features: Features,
    library: Library,
    user: User | None,
    *,
    yes: int = 0,
    no: int = 0,
    label: str = "",
) -> None:
    """Adds to the learned rules of these features; a count never falls below nothing."""
    given = [(column, value) for column, value in features]
    if not given:
        return
    owner = user if library.is_private else None
    Rule.objects.bulk_create(
        (
            Rule(
                origin=RuleOrigin.LEARNED,
                user=owner,
                created_by=user,
                library=library,
                label=label if column in _WHO else "",
                **{column: value},
            )
            for column, value in given
        ),
        ignore_conflicts=True,
    )
    rows = _learned(given, library, owner)
    now = timezone.now()
    less = Case(When(yes__gte=-yes, then=F("yes") + yes), default=Value(0))
    rows.update(yes=less if yes < 0 else F("yes") + yes, no=F("no") + no, updated_at=now)


def _learned(features: Sequence[tuple[str, str]], library: Library, owner: User | None) -> Any:
    either = reduce(or_, (Q(**{column: value}) & ~Q(**{column: ""}) for column, value in features))
    return Rule.objects.filter(either, origin=RuleOrigin.LEARNED, library=library, user=owner)


def _remember_extras(
    features: Features,
    library: Library,
    user: User | None,
    subfolder: str | None,
    tags: Sequence[str],
) -> None:
    """The folder and tags a person gave are proposed for the next one of the channel."""
    who = [(column, value) for column, value in features if column in _WHO]
    changes: dict[str, Any] = {}
    if subfolder is not None:
        changes["subfolder"] = subfolder[:300]
    if tags:
        changes["tags"] = list(tags)[:20]
    if who and changes:
        owner = user if library.is_private else None
        _learned(who, library, owner).update(**changes)
