"""The verbs of notifications: tell, mark as read, choose, mail."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics import queries
from analytics.models import (
    TITLES_KEPT,
    Notification,
    NotificationChoice,
    ToldJob,
)
from analytics.queries import JOINS_FOR, Choice
from imports.models import InboxItem
from videorama.accounts.models import User
from videorama.accounts.services import edit_profile
from videorama.errors import Invalid
from videorama.jobs import parts
from videorama.jobs.models import Job
from videorama.jobs.services import enqueue
from videorama.ledger.services import gather, record

BELL = "bell"
_KEPT = timedelta(days=90)
_TITLE_LENGTH = 200


def tell(*, job_id: int) -> Notification | None:
    """Tells the owner of a job how it ended, once per job and kind of end, if they want to know.

    What happens within minutes joins the unread message of its kind that is there.
    """
    job = Job.objects.select_related("owner").filter(pk=job_id).first()
    kind = queries.kind_of_end(job) if job else None
    if job is None or job.owner is None or kind is None:
        return None
    with transaction.atomic():
        # Where rows can be locked this makes tellers queue; SQLite lets in one writer anyway.
        user = User.objects.select_for_update().get(pk=job.owner.pk)
        told, is_new = ToldJob.objects.get_or_create(user=user, kind=kind, job=job.uuid)
        choice = queries.choice_of(user, kind)
        if not is_new or not (choice.in_bell or choice.by_email):
            return None
        told.notification = _joined(user, job, choice) or _begun(user, job, choice)
        told.save(update_fields=["notification"])
        parts.publish(BELL, user.pk)
    return told.notification


def _joined(user: User, job: Job, choice: Choice) -> Notification | None:
    """The message that waits for more of its kind, with this job in it."""
    now = timezone.now()
    waiting = Notification.objects.filter(
        user=user,
        kind=choice.kind,
        in_bell=choice.in_bell,
        read_at=None,
        emailed_at=None,
        mail_job=None,
        created_at__gte=now - JOINS_FOR,
    )
    found = waiting.order_by("-created_at", "-pk").first()
    if found is None:
        return None
    titles = [job.title[:_TITLE_LENGTH], *found.titles][:TITLES_KEPT]
    won = waiting.filter(pk=found.pk).update(count=F("count") + 1, titles=titles, changed_at=now)
    return found if won else None


def _begun(user: User, job: Job, choice: Choice) -> Notification:
    now = timezone.now()
    return Notification.objects.create(
        user=user,
        kind=choice.kind,
        titles=[job.title[:_TITLE_LENGTH]],
        link=job.link or reverse("jobs:job_detail", args=[job.uuid]),
        in_bell=choice.in_bell,
        created_at=now,
        changed_at=now,
    )


def tell_missed() -> int:
    """Tells of the jobs whose end was written right before the process was killed."""
    return sum(tell(job_id=job_id) is not None for job_id in queries.untold_jobs())


def mark_read(*, user: User, notifications: Iterable[Notification] | None = None) -> int:
    """Marks these of the person's own messages as read, or all of them; gives how many were not."""
    unread = queries.unread_for(user)
    if notifications is not None:
        unread = unread.filter(pk__in=[one.pk for one in notifications])
    with transaction.atomic():
        count = unread.update(read_at=timezone.now())
        if count:
            parts.publish(BELL, user.pk)
    return count


def settle_decided(*, item: InboxItem) -> int:
    """Marks messages as read that only told of things which somebody has decided meanwhile."""
    if item.job_id is None:
        return 0
    with transaction.atomic():
        found = list(queries.decided_by_now(item))
        unread = Notification.objects.filter(pk__in=[one.pk for one in found], read_at=None)
        unread.update(read_at=timezone.now())
        for one in found:
            parts.publish(BELL, one.user_id)
    return len(found)


def choose(*, user: User, choices: Iterable[Choice], email: str) -> None:
    """Keeps what the person wants to hear of and how, and where their mail goes."""
    wanted, email = list(choices), email.strip()
    if not email and any(choice.by_email for choice in wanted):
        raise Invalid(_("Say which address the mail goes to."))
    with transaction.atomic():
        before = queries.choices_of(user)
        with gather():  # One fact for address and choices.
            edit_profile(user=user, changes={"email": email})
        for choice in wanted:
            NotificationChoice.objects.update_or_create(
                user=user,
                kind=choice.kind,
                defaults={"in_bell": choice.in_bell, "by_email": choice.by_email},
            )
        record(
            "user.notifications_chosen",
            user=user,
            about=[("user", user.uuid)],
            data=_changes(before, wanted),
        )


def _changes(before: list[Choice], after: list[Choice]) -> dict[str, Any]:
    known = {choice.kind: choice for choice in before}
    return {
        choice.kind.value: {"in_bell": choice.in_bell, "by_email": choice.by_email}
        for choice in after
        if known[choice.kind] != choice
    }


def ask_for_mail() -> int:
    """A mail job for everybody to whom one is due; gives how many. One per person is open."""
    people = queries.people_to_mail() if queries.mail_is_set_up() else []
    for user in people:
        enqueue(
            kind="mail",
            owner=None,
            title=_("Mail to %(name)s") % {"name": user.get_username()},
            params={"user_id": str(user.uuid)},
            dedup_key=f"mail:{user.uuid}",
        )
    return len(people)


def forget_old() -> int:
    """Removes messages that are older than three months, read or not."""
    old = timezone.now() - _KEPT
    ToldJob.objects.filter(created_at__lt=old).delete()
    return Notification.objects.filter(changed_at__lt=old).delete()[0]
