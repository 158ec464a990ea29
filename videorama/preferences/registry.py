"""Which settings there are; rooms register theirs in apps.py."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.functional import Promise

type Text = str | Promise
type Choices = Iterable[tuple[str, Text]]


@dataclass(frozen=True)
class Preference:
    """One setting. `key` is `section.name`; `env` names the variable that seeds it, if any.

    `choices` may be a callable where they depend on the moment. A `secret` is kept encrypted and
    shown masked.
    """

    key: str
    label: Text
    kind: Literal["text", "number", "flag", "choice", "secret", "address"]
    default: Any
    help: Text = ""
    choices: Choices | Callable[[], Choices] = ()
    low: float | None = None
    high: float | None = None
    env: str = ""

    @property
    def section(self) -> str:
        """The page it stands on."""
        return self.key.partition(".")[0]


@dataclass(frozen=True)
class Section:
    """One page of the settings. With `url_name` it is a page of another room."""

    name: str
    label: Text
    icon: str
    order: int
    url_name: str = ""


_preferences: dict[str, Preference] = {}
_sections: dict[str, Section] = {}


def register(*preferences: Preference) -> None:
    """Makes settings known; called from a room's apps.py."""
    _preferences.update({one.key: one for one in preferences})


def register_section(section: Section) -> None:
    """Makes a page of the settings known."""
    _sections[section.name] = section


def preference(key: str) -> Preference:
    """The setting of this key; KeyError is a programming error."""
    return _preferences[key]


def preferences_of(section: str) -> list[Preference]:
    """What stands on a page, in the order of registering."""
    return [one for one in _preferences.values() if one.section == section]


def sections() -> list[Section]:
    """The pages in their order."""
    return sorted(_sections.values(), key=lambda one: one.order)
