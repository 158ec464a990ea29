"""The inbox in the frame of every page: how many items wait, up to date while pages are open."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from imports import queries
from imports.models import InboxItem
from library.queries import editable_libraries_for
from videorama.accounts.models import Role, User
from videorama.jobs import parts
from videorama.paging import count_up_to

PART = "inbox"

_listeners: list[Callable[[InboxItem], object]] = []


def item_link(item: InboxItem) -> str:
    """The page of the item."""
    return reverse("inbox:inbox_item", args=[item.uuid])


def count(request: HttpRequest) -> int:
    """What waits for the asker, for `shell.inbox_count`."""
    user: Any = request.user
    return count_up_to(queries.open_inbox_for(user))


def decides(request: HttpRequest) -> bool:
    """Whether anything may ever wait for the asker: somebody who edits nowhere has no inbox."""
    user: Any = request.user
    return editable_libraries_for(user).exists()


def badges(user: User) -> Iterable[str]:
    """The badges of the menu and the tab bar, and a hint for an open queue that it has changed."""
    number = count_up_to(queries.open_inbox_for(user))
    yield render_to_string("imports/_inbox_badges.html", {"count": number, "oob": True}).strip()


def on_change(fn: Callable[[InboxItem], object]) -> None:
    """Lets a room above hear of every item that came, waits again or was decided; from apps.py."""
    _listeners.append(fn)


def publish_inbox(item: InboxItem) -> None:
    """Tells the open pages of everybody who may decide the item, and the rooms that listen."""
    for listen in _listeners:
        listen(item)
    may = Q(role=Role.ADMIN) | Q(pk=item.owner_id)
    if item.library is not None:
        may |= Q(owned_libraries=item.library) | Q(library_memberships__library=item.library)
        if not item.library.is_private:
            may |= Q(role=Role.EDITOR)
    for person in User.objects.filter(may, is_active=True).values_list("pk", flat=True).distinct():
        parts.publish(PART, person)
