"""Which settings there are; rooms register theirs in apps.py."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.utils.functional import Promise

from videorama.env import BadSetting
from videorama.errors import Invalid
from videorama.preferences.values import parsed

type Text = str | Promise
type Choices = Iterable[tuple[str, Text]]
FALLBACK_PAGE = "general"


@dataclass(frozen=True)
class Preference:
    """One setting. `key` is `section.name`; `env` names the variable that seeds it, if any.

    `choices` may be a callable where they depend on the moment. A `secret` is kept encrypted and
    shown masked. An `address` has one of `schemes`. `check` raises Invalid for a value that its
    kind allows and its room does not. `page` is the section it stands on, if not its own.
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
    is_whole: bool = True
    schemes: tuple[str, ...] = ("http", "https")
    check: Callable[[Any], None] | None = None
    page: str = ""

    @property
    def section(self) -> str:
        """The page it stands on; the general one when nobody registered its own."""
        wanted = self.page or self.key.partition(".")[0]
        return wanted if wanted in _sections else FALLBACK_PAGE

    def offered(self) -> list[tuple[str, Text]]:
        """The choices of this moment."""
        return list(self.choices() if callable(self.choices) else self.choices)


@dataclass(frozen=True)
class Section:
    """One page of the settings. With `url_name` it is a page of another room."""

    name: str
    label: Text
    icon: str
    order: int
    url_name: str = ""
    help: Text = ""


@dataclass(frozen=True)
class Trial:
    """A button that tries what is set: `fn(user)` gives a sentence or raises an AppError."""

    label: Text
    fn: Callable[[Any], str]


@dataclass(frozen=True)
class Panel:
    """Something to read on a page of the settings: a template and what it shows."""

    template: str
    context: Callable[[Any], Mapping[str, Any]]


_preferences: dict[str, Preference] = {}
_sections: dict[str, Section] = {}
_trials: dict[str, Trial] = {}
_panels: dict[str, list[Panel]] = {}


def register(*preferences: Preference) -> None:
    """Makes settings known; called from a room's apps.py.

    BadSetting when the environment seeds one with a value that cannot be used.
    """
    for one in preferences:
        _check_seed(one)
    _preferences.update({one.key: one for one in preferences})


def seed(preference: Preference) -> Any:
    """What the environment says, None when it says nothing."""
    text = settings.SETTING_SEEDS.get(preference.env, "") if preference.env else ""
    return parsed(preference, text) if text else None


def _check_seed(preference: Preference) -> None:
    try:
        seed(preference)
    except Invalid as error:
        raise BadSetting(f"{preference.env}: {error.message}") from None


def register_section(section: Section) -> None:
    """Makes a page of the settings known."""
    _sections[section.name] = section


def register_test(section: str, label: Text, fn: Callable[[Any], str]) -> None:
    """Gives a page the button that tries what is saved there."""
    _trials[section] = Trial(label, fn)


def register_panel(
    section: str, template: str, context: Callable[[Any], Mapping[str, Any]]
) -> None:
    """Puts something to read below the settings of a page; `context` gets the request."""
    _panels.setdefault(section, []).append(Panel(template, context))


def preference(key: str) -> Preference:
    """The setting of this key; KeyError is a programming error."""
    return _preferences[key]


def find(key: str) -> Preference | None:
    """The setting of this key, for keys that come from outside."""
    return _preferences.get(key)


def preferences() -> list[Preference]:
    """All of them, by page."""
    order = {section.name: at for at, section in enumerate(sections())}
    return sorted(_preferences.values(), key=lambda one: order.get(one.section, len(order)))


def preferences_of(section: str) -> list[Preference]:
    """What stands on a page, in the order of registering."""
    return [one for one in _preferences.values() if one.section == section]


def section(name: str) -> Section | None:
    """The page of this name."""
    return _sections.get(name)


def sections() -> list[Section]:
    """The pages in their order."""
    return sorted(_sections.values(), key=lambda one: one.order)


def trial_of(section: str) -> Trial | None:
    """The button of a page."""
    return _trials.get(section)


def panels_of(section: str) -> list[Panel]:
    """What there is to read on a page."""
    return _panels.get(section, [])
