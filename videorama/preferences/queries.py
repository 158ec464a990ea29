"""What is set. The database wins, then the environment, then the default.

Nothing is kept between calls: every thread and every process sees a change at its next look.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from videorama import crypto
from videorama.preferences import registry, values
from videorama.preferences.models import Setting
from videorama.preferences.registry import Preference

log = logging.getLogger(__name__)
Source = Literal["stored", "environment", "default"]


@dataclass(frozen=True)
class State:
    """A setting with what is in force, for pages and the API. `shown` holds no secret."""

    preference: Preference
    value: Any
    source: Source
    is_readable: bool = True

    @property
    def shown(self) -> Any:
        """The value; of a secret its masked form."""
        is_secret = self.preference.kind == "secret"
        return values.masked(self.value) if is_secret else self.value

    @property
    def default(self) -> Any:
        """What holds when it is reset, never a secret."""
        if self.preference.kind == "secret":
            return values.masked(str(fallback(self.preference)[0]))
        return fallback(self.preference)[0]


def value(key: str) -> Any:
    """The value of a setting: what is stored, else what the environment says, else its default.

    A secret that cannot be read any more is empty here; `state` tells.
    """
    return state(key).value


def values_of(*keys: str) -> dict[str, Any]:
    """Several values with one query."""
    wanted = [registry.preference(key) for key in keys]
    return {one.preference.key: one.value for one in states(wanted)}


def state(key: str) -> State:
    """One setting with where its value comes from."""
    return states([registry.preference(key)])[0]


def states(preferences: Iterable[Preference]) -> list[State]:
    """Settings with where their values come from, with one query."""
    wanted = list(preferences)
    rows = {row.key: row for row in Setting.objects.filter(key__in=[one.key for one in wanted])}
    return [_state(one, rows.get(one.key)) for one in wanted]


def unreadable() -> list[str]:
    """Keys of the stored secrets that no key of this server opens."""
    lost = []
    for row in Setting.objects.exclude(ciphertext="").order_by("key"):
        try:
            crypto.decrypt(row.ciphertext, place=row.key)
        except crypto.Unreadable:
            lost.append(row.key)
    return lost


def fallback(preference: Preference) -> tuple[Any, Source]:
    """What holds while nothing is stored, and whether the environment says so."""
    seed = registry.seed(preference)
    return (preference.default, "default") if seed is None else (seed, "environment")


def _state(preference: Preference, row: Setting | None) -> State:
    if row is None:
        return State(preference, *fallback(preference))
    if preference.kind != "secret":
        return State(preference, row.value, "stored")
    try:
        secret = crypto.decrypt(row.ciphertext, place=row.key)
    except crypto.Unreadable as error:
        log.warning("The setting %s cannot be read: %s", row.key, error.technical)
        return State(preference, "", "stored", is_readable=False)
    return State(preference, secret, "stored")
