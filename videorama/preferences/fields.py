"""A setting as a field of a form: what is shown, where it comes from, what is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from videorama.preferences.queries import State
from videorama.preferences.registry import Preference


@dataclass(frozen=True)
class Field:
    """One field; `id` is safe in addresses and styles, `note` tells where the value comes from."""

    state: State
    value: Any
    errors: list[str]

    @property
    def preference(self) -> Preference:
        """The setting behind it."""
        return self.state.preference

    @property
    def id(self) -> str:
        """Unique on the page."""
        return self.state.preference.key.replace(".", "-")

    @property
    def is_stored(self) -> bool:
        """It was set here to something else, so it may be reset."""
        is_secret = self.preference.kind == "secret"
        return self.state.source == "stored" and (is_secret or self._differs)

    @property
    def _differs(self) -> bool:
        return bool(self.state.value != self.state.default)

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Value, words, chosen."""
        return [
            (value, str(label), value == self.value) for value, label in self.preference.offered()
        ]

    @property
    def note(self) -> str:
        """Where the value comes from, or what a reset would bring; empty when there is no news."""
        if self.state.source == "environment":
            return _("From %(variable)s, until another value is saved here.") % {
                "variable": self.preference.env
            }
        if not self.is_stored or self.preference.kind == "secret":
            return ""
        words = self._words(self.state.default)
        return _("The default is %(value)s.") % {"value": words} if words else ""

    def _words(self, value: Any) -> str:
        if isinstance(value, bool):
            return _("on") if value else _("off")
        named = {choice: label for choice, label, _chosen in self.choices}
        return named.get(value, str(value))


def fields_of(
    states: Iterable[State], typed: Mapping[str, Any], problems: Mapping[str, list[str]]
) -> list[Field]:
    """The fields of a page; what was typed stays in them."""
    fields = []
    for state in states:
        key = state.preference.key
        value = typed.get(key, state.shown)
        if state.preference.kind == "flag" and key in typed:
            value = bool(typed[key])
        fields.append(Field(state, value, problems.get(key, [])))
    return fields
