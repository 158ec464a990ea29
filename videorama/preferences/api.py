"""API of the settings, for administrators."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Body, Router, Schema

from videorama.pages import require_administrator
from videorama.preferences import queries, registry, services
from videorama.preferences.queries import State

router = Router(tags=["settings"])


class Choice(Schema):
    """One value a setting may have."""

    value: str
    label: str


class SettingOut(Schema):
    """One setting; a secret is shown masked, here and in `default`."""

    key: str
    label: str
    section: str
    kind: Literal["text", "number", "flag", "choice", "secret", "address"]
    value: str | bool | int | float
    default: str | bool | int | float
    source: Literal["stored", "environment", "default"]
    is_readable: bool
    choices: list[Choice]


class SettingsOut(Schema):
    """All of them, by page."""

    settings: list[SettingOut]


@router.get("", response=SettingsOut, summary="All settings")
def list_settings(request: HttpRequest) -> dict[str, Any]:
    """Every setting with its value and where that comes from."""
    require_administrator(request)
    return _document()


@router.patch("", response=SettingsOut, summary="Change settings")
def change_settings(request: HttpRequest, changes: Body[dict[str, Any]]) -> dict[str, Any]:
    """Values by key; null resets one. All or nothing. A secret sent masked or empty stays."""
    require_administrator(request)
    services.save(user=request.user, changes=changes)
    return _document()


def _document() -> dict[str, Any]:
    return {"settings": [_setting(one) for one in queries.states(registry.preferences())]}


def _setting(state: State) -> dict[str, Any]:
    preference = state.preference
    return {
        "key": preference.key,
        "label": str(preference.label),
        "section": preference.section,
        "kind": preference.kind,
        "value": state.shown,
        "default": state.default,
        "source": state.source,
        "is_readable": state.is_readable,
        "choices": [{"value": value, "label": str(label)} for value, label in preference.offered()],
    }
