"""Parts of every page's frame that other rooms draw, kept up to date over the page's socket.

A message only names the part; the socket of each page of that person draws it again.
"""

from collections.abc import Callable, Iterable
from functools import partial

from channels.layers import get_channel_layer
from django.db import transaction

from videorama.accounts.models import User

_parts: dict[str, Callable[[User], Iterable[str]]] = {}


def register(name: str, render: Callable[[User], Iterable[str]]) -> None:
    """Makes a part known: `render` gives its fragments with `oob`; called from a room's apps.py."""
    _parts[name] = render


def render(user: User, names: Iterable[str] | None = None) -> list[str]:
    """The fragments of these parts, or of all, as this person sees them."""
    wanted = _parts if names is None else [name for name in names if name in _parts]
    return [fragment for name in wanted for fragment in _parts[name](user)]


def names() -> list[str]:
    """All parts that are known."""
    return list(_parts)


def pages_group(user_id: int) -> str:
    """Group of the pages that one person has open."""
    return f"jobs.pages.{user_id}"


def publish(name: str, user_id: int) -> None:
    """Lets the open pages of this person draw the part again, after commit, from any thread."""
    transaction.on_commit(partial(_announce, name, user_id), robust=True)


def _announce(name: str, user_id: int) -> None:
    message = {"type": "part.changed", "part": name}
    get_channel_layer().post([pages_group(user_id)], message)
