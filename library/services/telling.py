"""What the ledger is told about entries."""

from typing import Any
from urllib.parse import urlsplit

from library.models import Entry, EntryState
from videorama.accounts.models import User
from videorama.ledger.services import record


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
    marks = {name: changes[name] for name in ("favorite", "rating") if name in changes}
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
