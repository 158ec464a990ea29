"""Asking a source again what it says about an entry."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from imports import errors
from imports.services.addresses import checked_source
from library.models import Entry
from library.queries import may_edit
from videorama.accounts.models import User
from videorama.errors import NotAllowed
from videorama.jobs.models import Job
from videorama.jobs.services import enqueue
from videorama.ledger.services import record

KIND = "refresh"


def request_refresh(*, user: User, entry: Entry, with_picture: bool = False) -> Job:
    """The job that looks at the source; `with_picture` brings its picture back as well.

    An equal open one is given again. Raises NoSource for an entry that came from a file.
    """
    if not may_edit(user, entry.library):
        raise NotAllowed(_("You may look into this library, but not add to it."))
    if not entry.original_url:
        raise errors.NoSource
    checked_source(entry.original_url)
    with transaction.atomic():
        job = enqueue(
            kind=KIND,
            owner=user,
            title=_("Refresh: %(title)s") % {"title": entry.title},
            params={"entry_id": str(entry.uuid), "with_picture": with_picture},
            link=reverse("library:entry_detail", args=[entry.uuid]),
            library=entry.library.slug,
            dedup_key=f"{KIND}:{entry.uuid}:{with_picture}",
        )
        if not job.was_reused:
            about = [("entry", entry.uuid), ("job", job.uuid)]
            record("entry.refresh_requested", user=user, about=about)
    return job
