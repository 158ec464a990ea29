"""Words, marks and place of an entry, changed by one request: all of it or nothing, one fact."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from library.models import Entry, Library
from library.services.editing import edit_entry
from library.services.entries import set_state
from library.services.moves import move_entries, nothing
from library.services.telling import one_fact
from videorama.accounts.models import User
from videorama.jobs.models import Job


def change_entry(
    *,
    user: User,
    entry: Entry,
    words: Mapping[str, Any] | None = None,
    marks: Mapping[str, Any] | None = None,
    library: Library | None = None,
    subfolder: str | None = None,
) -> Job | None:
    """Changes what is given: `words` as edit_entry takes them, `marks` as set_state does.

    A `library` moves the files, as move_entries does; where that is a job, the job is given. Call
    it outside of a transaction.
    """

    def write() -> None:
        if words:
            edit_entry(user=user, entry=entry, **words)
        if marks:
            set_state(user=user, entry=entry, **marks)

    if library is None:
        with transaction.atomic(), one_fact(user):
            write()
        return None
    also = write if words or marks else nothing
    return move_entries(user=user, entries=[entry], library=library, subfolder=subfolder, also=also)
