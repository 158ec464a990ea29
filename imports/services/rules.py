"""Rules as people handle them: write, switch, remove, try."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from imports import deciding
from imports.enrichment.metadata import plain
from imports.given import Given
from imports.models import Rule, RuleOrigin
from library.models import Library, MediaKind
from library.queries import entries_for, may_edit
from videorama.accounts.models import User
from videorama.errors import Invalid, NotAllowed, NotFound
from videorama.ledger.services import record

LOOKED_AT = 2_000
MAX_TAGS = 20
# As long as their columns.
LIMITS = {"channel_id": 300, "uploader": 300, "media_kind": 10, "band": 10}


def create_rule(
    *,
    user: User,
    library: Library,
    subfolder: str = "",
    tags: tuple[str, ...] = (),
    for_all: bool = False,
    **conditions: str,
) -> Rule:
    """A rule of the user's own, or for everybody; every given condition has to fit.

    Raises Invalid (details name the field) and NotAllowed.
    """
    if not may_edit(user, library):
        raise NotAllowed
    if for_all and (not user.is_editor or library.is_private):
        raise NotAllowed(_("Only editors write rules for everybody, about open libraries."))
    # As whoever decides an item would set them; they end up in the same place.
    said = Given(subfolder=subfolder, tags=tags[:MAX_TAGS]).checked()
    rule = Rule(
        origin=RuleOrigin.WRITTEN,
        user=None if for_all else user,
        created_by=user,
        library=library,
        subfolder=said.subfolder or "",
        tags=list(said.tags or ()),
        **checked_conditions(conditions),
    )
    with transaction.atomic():
        rule.save(force_insert=True)
        record("rule.created", user=user, about=_about(rule), data=_words(rule))
    return rule


def switch_rule(*, user: User, rule: Rule, is_on: bool) -> None:
    """Turns a rule on or off; a learned one goes on counting."""
    with transaction.atomic():
        changed = Rule.objects.filter(pk=rule.pk).exclude(is_on=is_on)
        if changed.update(is_on=is_on, updated_at=timezone.now()):
            record("rule.switched", user=user, about=_about(rule), data={"is_on": is_on})
        elif not Rule.objects.filter(pk=rule.pk).exists():
            raise NotFound
    rule.is_on = is_on


def delete_rule(*, user: User, rule: Rule) -> None:
    """Removes a rule; a learned one begins anew with the next decision."""
    with transaction.atomic():
        deleted, _rows = Rule.objects.filter(pk=rule.pk).delete()
        if not deleted:
            raise NotFound
        record("rule.deleted", user=user, about=_about(rule), data=_words(rule))


def would_match(*, user: User, **conditions: str) -> tuple[int, int]:
    """How many of the newest entries the user sees fit these conditions, and of how many."""
    rule = Rule(**checked_conditions(conditions))
    newest = entries_for(user).order_by("-added_at", "-pk").prefetch_related("entry_tags__tag")
    looked = list(newest[:LOOKED_AT])
    return sum(deciding.fits(rule, deciding.facts_of(entry)) for entry in looked), len(looked)


def checked_conditions(given: dict[str, str]) -> dict[str, str]:
    """Conditions in clean spelling; at least one, or Invalid."""
    found = {name: plain(value) for name, value in given.items() if value}
    found = {name: value for name, value in found.items() if value}
    for name, value in found.items():
        if name not in Rule.CONDITIONS:
            raise Invalid(details={"field": name})
        if len(value) > LIMITS.get(name, 100):
            raise Invalid(_("This is too long."), details={"field": name})
    if not found:
        raise Invalid(_("A rule needs at least one condition."), details={"field": "keyword"})
    if found.get("media_kind", "video") not in MediaKind.values:
        raise Invalid(_("Choose video or audio."), details={"field": "media_kind"})
    if found.get("band", "short") not in {"short", "medium", "long"}:
        raise Invalid(_("Choose one of the offered lengths."), details={"field": "band"})
    return found


def _about(rule: Rule) -> list[tuple[str, object]]:
    return [("rule", rule.uuid), ("library", rule.library.slug)]


def _words(rule: Rule) -> dict[str, Any]:
    return {"conditions": rule.conditions, "origin": rule.origin}
