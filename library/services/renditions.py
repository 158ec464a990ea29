"""Asking for what is made from an original afterwards."""

from django.urls import reverse
from django.utils.translation import gettext as _

from library.models import Entry, FileRole, MediaKind
from library.queries import file_of, rendition_key
from videorama.accounts.models import User
from videorama.jobs.models import Job
from videorama.jobs.services import enqueue

SPRITE = "sprite"
PLAYABLE = "playable"


def enqueue_renditions(*, entry: Entry, user: User | None) -> list[Job]:
    """Jobs for the preview frames of a video, and for a browser copy where one is needed.

    Asking again while they are open, or when the files are there, makes no second job.
    """
    original = file_of(entry, FileRole.ORIGINAL)
    jobs = []
    if original and not original.is_browser_playable and not file_of(entry, FileRole.PLAYABLE):
        title = _("Copy for browsers: %(title)s") % {"title": entry.title}
        jobs.append(_enqueue(PLAYABLE, entry, user, title, priority=4))
    if entry.media_kind == MediaKind.VIDEO and not file_of(entry, FileRole.SPRITE):
        title = _("Preview frames: %(title)s") % {"title": entry.title}
        jobs.append(_enqueue(SPRITE, entry, user, title, priority=7))
    return jobs


def _enqueue(kind: str, entry: Entry, user: User | None, title: str, *, priority: int) -> Job:
    return enqueue(
        kind=kind,
        owner=user,
        title=title,
        params={"entry_id": str(entry.uuid)},
        link=reverse("library:entry_detail", args=[entry.uuid]),
        library=entry.library.slug,
        dedup_key=rendition_key(kind, entry),
        priority=priority,
    )
