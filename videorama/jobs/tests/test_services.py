"""Asking for work, and what a row goes through."""

import os
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from videorama.accounts.models import Role, User
from videorama.errors import NotFound, Transient
from videorama.jobs import claims, endings, lock, queries, services
from videorama.jobs.errors import Cancelled, Interrupted, JobIsOpen, NotCancellable, NotRetryable
from videorama.jobs.models import Job, JobLog, JobStatus
from videorama.jobs.run import Run
from videorama.jobs.services import JobResult
from videorama.jobs.signals import job_finished
from videorama.jobs.tests.works import PLAIN, Steered, make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada", role=Role.EDITOR)


@pytest.fixture
def bob() -> User:
    return User.objects.create(username="bob", role=Role.EDITOR)


def taken(job: Job) -> Run:
    """A run of the job, as a worker thread has it."""
    claimed = claims.take(job.pk)
    assert claimed is not None
    return Run(claimed)


def test_an_equal_open_request_gives_the_same_job_and_an_ended_one_does_not(
    ada: User, work: Steered
) -> None:
    first = make_job(owner=ada, dedup_key="k")
    again = make_job(owner=ada, dedup_key="k")
    assert again.pk == first.pk and again.was_reused and not first.was_reused
    services.request_cancel(job=first, user=ada)
    assert make_job(owner=ada, dedup_key="k").pk != first.pk


def test_an_idempotency_key_holds_for_a_day_and_for_one_owner(
    ada: User, bob: User, work: Steered
) -> None:
    first = make_job(owner=ada, idempotency_key="key")
    services.request_cancel(job=first, user=ada)
    assert make_job(owner=ada, idempotency_key="key").pk == first.pk
    assert make_job(owner=bob, idempotency_key="key").pk != first.pk
    Job.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert make_job(owner=ada, idempotency_key="key").pk != first.pk


def test_old_keys_are_forgotten_by_the_clock(ada: User, work: Steered) -> None:
    job = make_job(owner=ada, idempotency_key="key")
    assert services.forget_keys() == 0
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert services.forget_keys() == 1


def test_nothing_starts_before_the_commit(
    work: Steered, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as kicks:
        make_job()
    assert kicks


def test_a_scheduled_job_is_not_due_before_its_time(work: Steered) -> None:
    job = make_job(run_after=timezone.now() + timedelta(hours=1))
    assert job.status == JobStatus.SCHEDULED
    assert claims.take(job.pk) is None
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now())
    assert claims.take(job.pk) is not None


def test_a_second_delivery_finds_nothing_to_claim(work: Steered) -> None:
    job = make_job()
    work.go_on.set()
    services.run(job.pk, work.work)
    services.run(job.pk, work.work)
    assert work.seen == [str(job.uuid)]


def test_progress_never_falls_and_is_written_at_most_four_times_a_second(work: Steered) -> None:
    run = taken(make_job())
    part = run.stage("second")
    seen = []
    for step in range(200):
        part(step / 200)
        seen.append(Job.objects.values_list("progress", flat=True).get())
    part(0.1, "further back")
    assert seen == sorted(seen) and len(set(seen)) <= 4
    assert run.stage("first") is not None
    assert Job.objects.get().progress >= 79


def test_a_run_that_lost_its_claim_cannot_write_anything(work: Steered) -> None:
    job = make_job()
    stale = taken(job)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert services.sweep() == 1
    fresh = taken(job)
    assert fresh.claim == stale.claim + 1
    before = Job.objects.values().get()
    count = JobLog.objects.count()
    for write in (
        stale.check,
        lambda: stale.stage("third"),
        lambda: stale.report(99),
        lambda: stale.log("I am still here"),
        lambda: stale.describe(title="Mine"),
        lambda: stale.remember(entry_id="x"),
    ):
        with pytest.raises(Interrupted):
            write()
    endings.completed(stale, JobResult())
    endings.cancelled(stale)
    endings.try_again(stale, Transient())
    assert Job.objects.values().get() == before and JobLog.objects.count() == count


def test_a_cancel_reaches_the_next_check(work: Steered) -> None:
    job = make_job()
    run = taken(job)
    run.check()
    services.request_cancel(job=job, user=None)
    assert job.is_cancelling
    run._next_look = 0.0  # the clock, not the code: a quarter of a second has passed
    with pytest.raises(Cancelled):
        run.check()
    with pytest.raises(Cancelled):
        run.report(50)


def test_five_crashes_without_progress_count_as_one_failure_and_fifteen_end_it(
    work: Steered,
) -> None:
    job = make_job()

    def crashes(run: Run) -> None:
        long_ago = timezone.now() - timedelta(minutes=1)
        Job.objects.filter(pk=run.job_id).update(claimed_at=long_ago)
        assert services.recover() == 1

    for number in range(1, 16):
        run = taken(job)
        if number == 3:
            run.stage("second")  # something new: the count starts over
        crashes(run)
        job.refresh_from_db()
        assert job.failures == max(0, (number - 2) // 5)
    for _ in range(2):
        crashes(taken(job))
    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.FAILED, "crashed")


def test_a_process_killed_every_few_seconds_is_not_held_against_its_jobs(work: Steered) -> None:
    job = make_job()
    for _ in range(20):
        taken(job)
        services.recover()
    job.refresh_from_db()
    assert (job.status, job.failures) == (JobStatus.PENDING, 0)
    for _ in range(55):
        if claims.take(job.pk):
            services.recover()
    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.FAILED, "crashed")


def test_a_crash_after_a_cancel_ends_cancelled(work: Steered) -> None:
    job = make_job()
    taken(job)
    services.request_cancel(job=job, user=None)
    services.recover()
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED


def test_a_failure_while_cancelling_ends_cancelled(work: Steered) -> None:
    job = make_job()

    def fails(run: Run) -> None:
        services.request_cancel(job=job, user=None)
        raise PLAIN

    services.run(job.pk, fails)
    job.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.CANCELLED, "")


def test_an_interrupted_command_puts_its_job_back(work: Steered) -> None:
    job = make_job()

    def interrupted(run: Run) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.run(job.pk, interrupted)
    job.refresh_from_db()
    assert (job.status, job.lease_until) == (JobStatus.PENDING, None)


def test_a_run_tells_what_it_learns(work: Steered) -> None:
    job = make_job(params={"url": "https://example.org/"})

    def learns(run: Run) -> JobResult:
        run.describe(title="The real title", preview="/thumb.jpg")
        run.remember(entry_id="e")
        return JobResult(result={"inbox_id": "i"}, message="Kept for review.")

    services.run(job.pk, learns)
    job.refresh_from_db()
    assert job.title == "The real title" and job.message == "Kept for review."
    assert job.params == {"url": "https://example.org/", "preview": "/thumb.jpg"}
    assert queries.job_document(job)["result"] == {"entry_id": "e", "inbox_id": "i"}


def test_work_may_end_partly_done(work: Steered) -> None:
    job = make_job()
    services.run(job.pk, lambda run: JobResult(partial=True, message="One is missing."))
    job.refresh_from_db()
    assert (job.status, job.message) == (JobStatus.PARTIAL, "One is missing.")


def test_the_end_is_announced_once(work: Steered, django_capture_on_commit_callbacks: Any) -> None:
    heard: list[int] = []

    def hear(sender: object, job_id: int, **more: Any) -> None:
        heard.append(job_id)

    job_finished.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            job = make_job()
            services.run(job.pk, lambda run: None)
            services.run(job.pk, lambda run: None)
    finally:
        job_finished.disconnect(hear)
    assert heard == [job.pk]


def test_only_ended_jobs_are_retried_or_deleted_and_only_open_ones_cancelled(
    work: Steered,
) -> None:
    job = make_job()
    with pytest.raises(NotRetryable):
        services.retry(job=job, user=None)
    with pytest.raises(JobIsOpen):
        services.delete(job=job, user=None)
    services.run(job.pk, lambda run: None)
    with pytest.raises(NotCancellable):
        services.request_cancel(job=job, user=None)
    with pytest.raises(NotRetryable):
        services.retry(job=job, user=None)
    services.delete(job=job, user=None)
    assert not Job.objects.exists() and not JobLog.objects.exists()


def test_a_retry_starts_over_and_its_log_goes_on(work: Steered) -> None:
    job = make_job()

    def fails(run: Run) -> None:
        run.stage("second")
        raise PLAIN

    services.run(job.pk, fails)
    lines = JobLog.objects.count()
    services.retry(job=job, user=None)
    assert (job.status, job.progress, job.stage, job.error_code) == ("pending", 0, "", "")
    assert JobLog.objects.count() == lines + 1
    services.run(job.pk, lambda run: None)
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED


def test_a_retry_gives_way_to_an_equal_open_job(work: Steered) -> None:
    first = make_job(dedup_key="k")
    services.request_cancel(job=first, user=None)
    make_job(dedup_key="k")
    with pytest.raises(NotRetryable):
        services.retry(job=first, user=None)


def test_jobs_belong_to_their_owner_the_editors_of_the_library_and_administrators(
    ada: User, bob: User, work: Steered
) -> None:
    root = User.objects.create(username="root", role=Role.ADMIN)
    job = make_job(owner=ada, library="shared")
    before = queries._editable
    try:
        queries.register_editable_libraries(lambda user: ["shared"] if user == bob else [])
        assert [list(queries.jobs_for(user)) for user in (ada, bob, root)] == [[job]] * 3
        queries.register_editable_libraries(lambda user: [])
        assert list(queries.jobs_for(bob)) == []
        assert list(queries.own_jobs_for(bob)) == [] and list(queries.own_jobs_for(ada)) == [job]
    finally:
        queries.register_editable_libraries(before)


def test_the_stepper_shows_where_it_is_and_how_long_it_took(work: Steered) -> None:
    run = taken(make_job())
    run.stage("first")
    run.stage("second")(0.5)
    job = Job.objects.get()
    job.progress = 50.0
    steps = queries.stage_view(job)
    assert [step["state"] for step in steps] == ["done", "current", "todo"]
    assert steps[1]["fill"] == 0.5 and steps[0]["seconds"] >= 0 and steps[1]["seconds"] is None
    endings.failed(run, endings.describe(PLAIN))
    assert [step["state"] for step in queries.stage_view(Job.objects.get())] == [
        "done",
        "failed",
        "todo",
    ]


@pytest.mark.django_db(transaction=True)
def test_log_numbers_have_no_gap_when_threads_write_at_once(work: Steered) -> None:
    job = make_job()

    def write() -> None:
        try:
            for number in range(20):
                claims.add_line(job.pk, f"line {number}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    numbers = list(JobLog.objects.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, 121))


@pytest.mark.django_db(transaction=True)
def test_a_command_works_its_job_itself_retries_included(work: Steered, settings: Any) -> None:
    settings.JOB_BACKOFF_S = 0.2
    work.go_on.set()
    work.errors = [Transient("Busy.")]
    seen: list[str] = []
    with lock.hold():
        assert lock.is_held()
        job = services.work_here(job=make_job(), on_change=lambda row: seen.append(row.status))
    assert not lock.is_held()
    assert (job.status, job.claims) == (JobStatus.COMPLETED, 2) and seen


def test_a_job_that_somebody_else_deleted_just_now_is_not_found(work: Steered, ada: User) -> None:
    job = make_job(owner=ada)
    Job.objects.all().delete()
    with pytest.raises(NotFound):
        services.request_cancel(job=job, user=ada)
    with pytest.raises(NotFound):
        services.delete(job=job, user=ada)
    with pytest.raises(NotRetryable):
        services.retry(job=job, user=ada)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_number_that_somebody_else_has_by_now_is_no_process_of_ours() -> None:
    ours, theirs = claims.worker_name(os.getpid()), claims.worker_name(1)
    assert not claims.is_dead(ours)
    process = os.fork()
    if process == 0:  # Nobody may signal the first process.
        if os.getuid() == 0:
            os.setuid(65534)
        os._exit(0 if claims.is_dead(theirs) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
