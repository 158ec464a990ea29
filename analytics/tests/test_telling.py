"""Ends of jobs become messages: once each, joined when they come close together."""

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from analytics import queries, services, words
from analytics.models import Notification, NotificationKind, ToldJob
from analytics.queries import Choice
from videorama.accounts.models import User
from videorama.jobs.models import Job, JobStatus

pytestmark = pytest.mark.django_db


def ended_job(owner: User | None, **changes: Any) -> Job:
    """An import that has just ended well."""
    facts: dict[str, Any] = {
        "kind": "import",
        "title": "Bees at work",
        "status": JobStatus.COMPLETED,
        "result": {"entry_id": str(uuid.uuid4())},
        "link": "/entries/1/",
        "ended_at": timezone.now(),
    }
    return Job.objects.create(owner=owner, **{**facts, **changes})


def told(owner: User, **changes: Any) -> Notification | None:
    return services.tell(job_id=ended_job(owner, **changes).pk)


WAITS = {"result": {"inbox_id": "i-1"}}
FAILED = {"status": JobStatus.FAILED}


@pytest.mark.parametrize(
    ("job", "kind", "text"),
    [
        ({}, "import_done", "“Bees at work” is in the library"),
        (WAITS, "inbox_waiting", "“Bees at work” waits for your decision"),
        (FAILED, "import_failed", "“Bees at work” could not be imported"),
        ({"kind": "move", **FAILED}, "job_failed", "“Bees at work” did not work"),
        ({"status": JobStatus.PARTIAL}, "import_done", "“Bees at work” is in the library"),
    ],
)
def test_the_owner_is_told_how_a_job_ended(editor, job, kind, text):
    notification = told(editor, **job)
    assert (notification.user, notification.kind) == (editor, kind)
    assert words.sentence(notification) == text


@pytest.mark.parametrize(
    "job",
    [
        {"status": JobStatus.CANCELLED},
        {"status": JobStatus.RUNNING},
        {"kind": "move"},
        {"kind": "sprite", **FAILED},
        {"kind": "mail", **FAILED},
    ],
)
def test_what_nobody_waits_for_is_not_told(editor, job):
    assert told(editor, **job) is None
    assert not Notification.objects.exists()


def test_a_job_of_nobody_and_a_job_that_is_gone_are_not_told(editor):
    assert services.tell(job_id=ended_job(None, **FAILED).pk) is None
    assert services.tell(job_id=0) is None


def test_a_job_that_ends_twice_is_told_once(editor):
    job = ended_job(editor)
    assert [services.tell(job_id=job.pk) is None for _ in range(3)] == [False, True, True]
    assert Notification.objects.get().count == 1


def test_a_retry_that_succeeds_is_told_beside_the_failure(editor):
    job = ended_job(editor, **FAILED)
    services.tell(job_id=job.pk)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.COMPLETED)
    services.tell(job_id=job.pk)
    kinds = Notification.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["import_failed", "import_done"]


def test_imports_that_finish_together_are_one_message(editor):
    for number in range(12):
        told(editor, title=f"Film {number}")
    one = Notification.objects.get()
    assert words.sentence(one) == "12 imports finished"
    assert words.named(one) == "Film 11 · Film 10 · Film 9 and 9 more"
    assert words.link(one) == "/"
    assert ToldJob.objects.filter(notification=one).count() == 12


@pytest.mark.parametrize("ended_by", ["read", "mailed", "minutes"])
def test_a_message_takes_no_more_once_it_was_read_mailed_or_is_old(editor, ended_by):
    first = told(editor)
    if ended_by == "read":
        services.mark_read(user=editor)
    elif ended_by == "mailed":
        Notification.objects.update(mail_job=uuid.uuid4())
    else:
        Notification.objects.update(created_at=timezone.now() - queries.JOINS_FOR)
    second = told(editor)
    assert first != second
    assert list(Notification.objects.values_list("count", flat=True)) == [1, 1]


def test_messages_of_other_kinds_and_people_stay_apart(editor, stranger):
    for owner, job in ((editor, {}), (editor, FAILED), (editor, WAITS), (stranger, {})):
        told(owner, **job)
    assert Notification.objects.filter(count=1).count() == 4


def test_what_somebody_does_not_want_is_remembered_as_told(editor):
    services.choose(
        user=editor,
        choices=[Choice(NotificationKind.IMPORT_DONE, in_bell=False, by_email=False)],
        email="",
    )
    assert told(editor) is None
    assert ToldJob.objects.get().notification is None
    assert queries.untold_jobs() == []


def test_ends_that_a_kill_left_untold_are_told_later(editor):
    job = ended_job(editor)
    ended_job(editor, ended_at=timezone.now() - timedelta(days=1), title="Old")
    ended_job(editor, status=JobStatus.CANCELLED)
    assert services.tell_missed() == 1
    assert ToldJob.objects.get().job == job.uuid
    assert services.tell_missed() == 0


def test_old_messages_are_forgotten(editor):
    told(editor)
    assert services.forget_old() == 0
    Notification.objects.update(changed_at=timezone.now() - timedelta(days=91))
    services.forget_old()
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twelve_imports_that_end_at_the_same_moment_are_counted_exactly(editor):
    jobs = [ended_job(editor, title=f"Film {number}") for number in range(12)]
    gate = threading.Barrier(6)

    def tell(mine: list[Job]) -> None:
        gate.wait(10)
        for job in mine:
            services.tell(job_id=job.pk)
        connection.close()

    # Each job is told by two threads.
    threads = [threading.Thread(target=tell, args=(jobs[number % 3 :: 3],)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    one = Notification.objects.get()
    assert (one.count, ToldJob.objects.count()) == (12, 12)
