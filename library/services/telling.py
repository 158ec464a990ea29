"""What the ledger is told about entries."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from library.models import Entry, EntryState
from videorama.accounts.models import User
from videorama.ledger.services import gather, record

# What is one person's own, even where a fact tells of other things, too.
MARKS = ("favorite", "rating")


@contextmanager
def one_fact(user: User | None) -> Iterator[None]:
    """Verbs inside leave one fact of all they changed; in a transaction of the caller's.

    One verb keeps its own event. Several are told as the one that is not the entry's own, such as
    an approval in the inbox, and otherwise as an entry that was edited.
    """
    with gather() as told:
        yield
    if told.events:
        others = [event for event in told.events if not event.startswith(("entry.", "entries."))]
        event = told.events[0] if len(told.events) == 1 else next(iter(others), "entry.edited")
        record(event, user=user, about=told.about, data=told.data)


def tell_imported(entry: Entry) -> None:
    """A new entry, on behalf of whoever asked for its import."""
    job = entry.import_job
    about: list[tuple[str, object]] = [("entry", entry.uuid), ("library", entry.library.slug)]
    record(
        "entry.imported",
        user=job.owner if job else None,
        about=[*about, ("job", job.uuid)] if job else about,
        data={
            "title": entry.title,
            "source": entry.import_source,
            "host": host_of(entry.original_url),
        },
    )


def tell_marked(user: User, entry: Entry, changes: dict[str, Any]) -> None:
    """A new favourite or rating; where somebody stopped watching is no fact."""
    marks = {name: changes[name] for name in MARKS if name in changes}
    if not marks:
        return
    state = EntryState.objects.filter(user=user, entry=entry).first() or EntryState()
    data: dict[str, Any] = {
        name: {"from": getattr(state, name), "to": to}
        for name, to in marks.items()
        if getattr(state, name) != to
    }
    if data:
        record("entry.marked", user=user, about=[("entry", entry.uuid)], data=data)


def host_of(url: str) -> str:
    """All that a fact says of an address: the rest may hold secret words, and facts stay."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


_listeners: list[Callable[[int], object]] = []


def on_move(fn: Callable[[int], object]) -> None:
    """Lets a room above hear of every entry that goes to another library, in the transaction of
    the move; from apps.py.
    """
    _listeners.append(fn)


def tell_of_move(entry_id: int) -> None:
    """Tells those who listen."""
    for listen in _listeners:
        listen(entry_id)
