"""Reads of notifications, always of one person's own."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from analytics import words
from analytics.models import Notification, NotificationChoice, NotificationKind, ToldJob
from imports.models import Decision, InboxItem
from videorama.accounts.models import User
from videorama.errors import NotFound
from videorama.jobs.models import Job, JobStatus
from videorama.paging import count_up_to
from videorama.preferences.queries import value

BELL_SIZE = 8
NEWEST = ("-changed_at", "-pk")
# How long a message stays open for more of its kind, and so how long a mail waits for it.
JOINS_FOR = timedelta(minutes=10)
# What is older is no news any more: mail was switched off or not set up for that long.
MAILED_WITHIN = timedelta(hours=24)
# Ends of jobs that nobody was told of, because the process was killed between the two.
MISSED_WITHIN = timedelta(hours=1)
# Made by the program for itself; its people see the thing, not the work.
_UNTOLD = ("sprite", "playable", "mail")


@dataclass(frozen=True)
class Choice:
    """What a person wants of one kind."""

    kind: NotificationKind
    in_bell: bool
    by_email: bool


def notifications_for(user: User) -> QuerySet[Notification]:
    """The person's own messages, those for the bell."""
    return Notification.objects.filter(user=user, in_bell=True)


def unread_for(user: User) -> QuerySet[Notification]:
    """Those not read yet."""
    return notifications_for(user).filter(read_at=None)


def notification_by_uuid(user: User, uuid: UUID) -> Notification:
    """One of the person's own; NotFound for anybody else's."""
    found = notifications_for(user).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def bell(user: User) -> dict[str, Any]:
    """Context of the bell: the newest messages and how many are unread."""
    newest = list(notifications_for(user).order_by(*NEWEST)[:BELL_SIZE])
    unread = sum(one.read_at is None for one in newest)
    if len(newest) == BELL_SIZE:
        unread = count_up_to(unread_for(user))
    return {"notifications": [shown(one) for one in newest], "unread": unread}


def shown(notification: Notification) -> dict[str, Any]:
    """A message as pages and mails show it."""
    return {
        "notification": notification,
        "sentence": words.sentence(notification),
        "named": words.named(notification),
        "tone": words.tone(notification),
        "link": words.link(notification),
    }


def notification_document(notification: Notification) -> dict[str, Any]:
    """A message as clients get it."""
    return {
        "id": notification.uuid,
        "kind": notification.kind,
        "text": words.sentence(notification),
        "titles": notification.titles,
        "count": notification.count,
        "link": words.link(notification),
        "created_at": notification.created_at,
        "changed_at": notification.changed_at,
        "read_at": notification.read_at,
    }


def choices_of(user: User) -> list[Choice]:
    """What the person wants of each kind."""
    stored = {row.kind: row for row in NotificationChoice.objects.filter(user=user)}
    found = []
    for kind in NotificationKind:
        row = stored.get(kind)
        wanted = (row.in_bell, row.by_email) if row else (True, False)
        found.append(Choice(kind, *wanted))
    return found


def choice_of(user: User, kind: NotificationKind) -> Choice:
    """What the person wants of this kind."""
    return next(choice for choice in choices_of(user) if choice.kind == kind)


def mail_is_set_up() -> bool:
    """There is a server to give mail to, and an address to send it from."""
    return bool(value("mail.host") and value("mail.sender"))


def kind_of_end(job: Job) -> NotificationKind | None:
    """What the end of a job is worth telling its owner, if anything."""
    if job.owner_id is None or job.kind in _UNTOLD:
        return None
    is_import = job.kind == "import"
    if job.status == JobStatus.FAILED:
        return NotificationKind.IMPORT_FAILED if is_import else NotificationKind.JOB_FAILED
    if is_import and job.status in {JobStatus.COMPLETED, JobStatus.PARTIAL}:
        waits = "inbox_id" in job.result
        return NotificationKind.INBOX_WAITING if waits else NotificationKind.IMPORT_DONE
    return None


def decided_by_now(item: InboxItem) -> QuerySet[Notification]:
    """Unread messages that told of this item and of nothing that still waits."""
    waiting = InboxItem.objects.filter(decision=Decision.OPEN, job__uuid=OuterRef("job"))
    waits = ToldJob.objects.filter(Exists(waiting), notification=OuterRef("pk"))
    told = ToldJob.objects.filter(job__in=Job.objects.filter(inbox_item=item).values("uuid"))
    return Notification.objects.filter(
        ~Exists(waits),
        kind=NotificationKind.INBOX_WAITING,
        read_at=None,
        pk__in=told.values("notification"),
    )


def untold_jobs() -> list[int]:
    """Jobs that ended lately and whose owner has not been told."""
    now = timezone.now()
    told = ToldJob.objects.filter(job=OuterRef("uuid"))
    ended = (JobStatus.COMPLETED, JobStatus.PARTIAL, JobStatus.FAILED)
    found = (
        Job.objects.filter(created_at__gte=now - MAILED_WITHIN, ended_at__gte=now - MISSED_WITHIN)
        .filter(Q(kind="import") | Q(status=JobStatus.FAILED), status__in=ended)
        .exclude(owner=None)
        .exclude(kind__in=_UNTOLD)
        .exclude(Exists(told))
    )
    return list(found.values_list("pk", flat=True))


def to_mail() -> QuerySet[Notification]:
    """Unread messages that no more joins and that nobody has taken to mail them."""
    now = timezone.now()
    wanted = NotificationChoice.objects.filter(
        user=OuterRef("user"), kind=OuterRef("kind"), by_email=True
    )
    return Notification.objects.filter(
        Exists(wanted),
        read_at=None,
        emailed_at=None,
        mail_job=None,
        created_at__gte=now - MAILED_WITHIN,
        created_at__lt=now - JOINS_FOR,
        user__is_active=True,
    ).exclude(user__email="")


def people_to_mail() -> list[User]:
    """Whom a mail is due to."""
    return list(User.objects.filter(pk__in=to_mail().values("user")).order_by("pk"))
