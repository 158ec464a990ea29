"""The first steps of a new owner, shown on the library page until they are done or put away.

Rooms register theirs in apps.py. Whether a step is done is looked up, never remembered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from videorama.preferences import queries
from videorama.preferences.registry import Text

KEY = "general.first_steps"


@dataclass(frozen=True)
class Step:
    """One step; `link` names the page where it is done, with its arguments."""

    name: str
    order: int
    label: Text
    help: Text
    link: tuple[str, ...]
    is_done: Callable[[Any], bool]
    is_optional: bool = False


_steps: dict[str, Step] = {}


def register(step: Step) -> None:
    """Makes a step known; called from a room's apps.py."""
    _steps[step.name] = step


def open_steps(request: HttpRequest) -> list[dict[str, Any]]:
    """All steps with whether they are done; empty when there is nothing left that must be."""
    user: Any = request.user
    if not getattr(user, "is_admin", False) or not queries.value(KEY):
        return []
    known = sorted(_steps.values(), key=lambda one: one.order)
    done = {one.name: one.is_done(user) for one in known}
    if all(done[one.name] or one.is_optional for one in known):
        return []
    return [
        {"step": one, "url": reverse(one.link[0], args=one.link[1:]), "is_done": done[one.name]}
        for one in known
    ]
