"""What a notification says and where it leads, in the language of whoever reads it now."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.models import Notification, NotificationKind
from videorama.jobs.models import JobStatus

TONES = {
    NotificationKind.IMPORT_DONE: "good",
    NotificationKind.INBOX_WAITING: "info",
    NotificationKind.IMPORT_FAILED: "bad",
    NotificationKind.JOB_FAILED: "bad",
}


def sentence(notification: Notification) -> str:
    """One line: the thing by its name, or how many there are."""
    told = {"title": next(iter(notification.titles), ""), "count": notification.count}
    if notification.count == 1:
        return _of_one(notification.kind) % told
    return _of_many(notification.kind, notification.count) % told


def _of_one(kind: str) -> str:
    return {
        NotificationKind.IMPORT_DONE: _("“%(title)s” is in the library"),
        NotificationKind.INBOX_WAITING: _("“%(title)s” waits for your decision"),
        NotificationKind.IMPORT_FAILED: _("“%(title)s” could not be imported"),
        NotificationKind.JOB_FAILED: _("“%(title)s” did not work"),
    }[NotificationKind(kind)]


def _of_many(kind: str, count: int) -> str:
    return {
        NotificationKind.IMPORT_DONE: ngettext(
            "%(count)d import finished", "%(count)d imports finished", count
        ),
        NotificationKind.INBOX_WAITING: ngettext(
            "%(count)d item waits in the inbox", "%(count)d items wait in the inbox", count
        ),
        NotificationKind.IMPORT_FAILED: ngettext(
            "%(count)d import failed", "%(count)d imports failed", count
        ),
        NotificationKind.JOB_FAILED: ngettext(
            "%(count)d job failed", "%(count)d jobs failed", count
        ),
    }[NotificationKind(kind)]


def named(notification: Notification) -> str:
    """The newest things of a message about several, by name; empty for one, which is named."""
    if notification.count == 1:
        return ""
    titles = " · ".join(notification.titles)
    more = notification.count - len(notification.titles)
    if more < 1:
        return titles
    return ngettext("%(titles)s and %(more)d more", "%(titles)s and %(more)d more", more) % {
        "titles": titles,
        "more": more,
    }


def tone(notification: Notification) -> str:
    """Of the design: good, info or bad."""
    return TONES[NotificationKind(notification.kind)]


def link(notification: Notification) -> str:
    """The page of the one thing, or the list that the several are in."""
    if notification.count == 1 and notification.link:
        return notification.link
    failed = f"{reverse('jobs:job_list')}?status={JobStatus.FAILED}"
    return {
        NotificationKind.IMPORT_DONE: reverse("library:entry_list"),
        NotificationKind.INBOX_WAITING: reverse("inbox:inbox"),
        NotificationKind.IMPORT_FAILED: failed,
        NotificationKind.JOB_FAILED: failed,
    }[NotificationKind(notification.kind)]
