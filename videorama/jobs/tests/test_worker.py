"""Jobs on the real worker threads."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from videorama.embedded import Machinery
from videorama.errors import Transient
from videorama.jobs import lease, services
from videorama.jobs.models import Job, JobLog, JobStatus
from videorama.jobs.queries import HEAVY_KEY
from videorama.jobs.tests.works import PARTIAL, PLAIN, Steered, make_job
from videorama.preferences import services as preferences
from videorama.tests.waiting import eventually


def wait_for(job: Job, *statuses: JobStatus, within: float = 20) -> Job:
    """The row once it has one of the statuses."""

    def reached() -> bool:
        job.refresh_from_db()
        return job.status in statuses

    eventually(reached, within=within, what=f"{job.uuid} is {statuses}")
    return job


@pytest.fixture(autouse=True)
def short_waits(settings: Any) -> None:
    """Back-off of a test: long enough to be seen, short enough to wait for."""
    settings.JOB_BACKOFF_S = 0.3


def test_a_job_runs_after_commit_and_ends_with_its_result(
    live_worker: Machinery, work: Steered
) -> None:
    work.go_on.set()
    job = wait_for(make_job(), JobStatus.COMPLETED)
    assert (job.progress, job.link, job.result) == (100, "/entries/e-1/", {"entry_id": "e-1"})
    assert job.stage == "third" and job.lease_until is None and job.claims == 1
    assert job.created_at <= job.started_at <= job.ended_at
    lines = JobLog.objects.filter(job=job)
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert [line.message for line in lines] == ["First", "Second", "Third", "Done."]


def test_a_row_written_by_another_process_runs_too(live_worker: Machinery, work: Steered) -> None:
    work.go_on.set()
    job = Job.objects.create(kind="heavy_test", title="From a command", queue="heavy")
    wait_for(job, JobStatus.COMPLETED, within=10)


def test_two_heavy_jobs_run_at_a_time_and_quick_ones_do_not_wait_for_them(
    live_worker: Machinery, work: Steered
) -> None:
    heavy = [make_job(title=f"Job {number}") for number in range(5)]
    eventually(lambda: work.at_once == 2, what="two heavy jobs run")
    quick = make_job(kind="quick_test")
    eventually(lambda: str(quick.uuid) in work.seen, what="the quick job runs beside them")
    assert work.most_at_once == 3
    work.go_on.set()
    for job in heavy:
        wait_for(job, JobStatus.COMPLETED)
    assert work.most_at_once == 3


def test_the_slots_that_are_set_hold_from_the_next_job_on(
    live_worker: Machinery, work: Steered
) -> None:
    preferences.save(user=None, changes={HEAVY_KEY: 1})
    heavy = [make_job(title=f"Job {number}") for number in range(4)]
    eventually(lambda: work.at_once == 1, what="one runs")
    quick = make_job(kind="quick_test")
    eventually(lambda: str(quick.uuid) in work.seen, what="what came later was started")
    assert work.most_at_once == 2
    preferences.save(user=None, changes={HEAVY_KEY: 4})
    eventually(lambda: work.at_once == 5, what="all four run beside the quick one")
    work.go_on.set()
    for job in heavy:
        wait_for(job, JobStatus.COMPLETED)


def test_a_waiting_queue_is_worked_by_priority(
    live_worker: Machinery, work: Steered, settings: Any
) -> None:
    settings.JOB_SLOTS = {"heavy": 1, "quick": 2}
    running = make_job()
    assert work.entered.wait(10)
    late = make_job(priority=9)
    urgent = make_job(priority=1)
    work.go_on.set()
    for job in (running, late, urgent):
        wait_for(job, JobStatus.COMPLETED)
    assert work.seen == [str(job.uuid) for job in (running, urgent, late)]
    assert work.most_at_once == 1


def test_a_running_job_is_cancelled_within_its_deadline(
    live_worker: Machinery, work: Steered
) -> None:
    job = make_job()
    assert work.entered.wait(10)
    services.request_cancel(job=job, user=None)
    wait_for(job, JobStatus.CANCELLED, within=3)
    assert job.ended_at and job.error_code == ""


def test_a_waiting_job_is_cancelled_at_once_and_never_starts(
    live_worker: Machinery, work: Steered
) -> None:
    busy = [make_job() for _ in range(2)]
    eventually(lambda: work.at_once == 2)
    waiting = make_job()
    services.request_cancel(job=waiting, user=None)
    assert waiting.status == JobStatus.CANCELLED
    work.go_on.set()
    for job in busy:
        wait_for(job, JobStatus.COMPLETED)
    assert str(waiting.uuid) not in work.seen


def test_a_passing_fault_is_tried_again_and_the_progress_never_falls(
    live_worker: Machinery, work: Steered
) -> None:
    work.errors = [Transient("The site was busy.", code="rate_limited")]
    work.go_on.set()
    job = make_job()
    wait_for(job, JobStatus.RETRYING)
    assert job.failures == 1 and job.error_code == "rate_limited" and job.run_after is not None
    assert "The site was busy." in job.message
    wait_for(job, JobStatus.COMPLETED)
    assert job.claims == 2 and job.error_code == ""


def test_the_wait_the_other_side_asked_for_is_kept(live_worker: Machinery, work: Steered) -> None:
    work.errors = [Transient("Slow down.", code="rate_limited", retry_after_s=1.5)]
    work.go_on.set()
    job = wait_for(make_job(), JobStatus.RETRYING)
    failed_at = JobLog.objects.filter(job=job, level="warning").get().created_at
    assert job.run_after >= failed_at + timedelta(seconds=1.4)
    wait_for(job, JobStatus.COMPLETED)
    started_again = JobLog.objects.filter(job=job, message="First").last()
    assert started_again and started_again.created_at >= failed_at + timedelta(seconds=1.4)


def test_a_job_that_waits_for_another_try_is_cancelled_at_once(
    live_worker: Machinery, work: Steered
) -> None:
    work.errors = [Transient("Slow down.", code="rate_limited", retry_after_s=600)]
    work.go_on.set()
    job = wait_for(make_job(), JobStatus.RETRYING)
    services.request_cancel(job=job, user=None)
    assert (job.status, job.error_code, job.run_after) == (JobStatus.CANCELLED, "", None)


def test_the_third_failure_is_the_last(live_worker: Machinery, work: Steered) -> None:
    work.errors = [Transient("Down.", code="source_unavailable") for _ in range(5)]
    work.go_on.set()
    job = wait_for(make_job(), JobStatus.FAILED)
    assert job.claims == 3 and job.error_code == "source_unavailable"
    assert len(work.errors) == 2
    assert job.error_message == job.message == "Down. It was tried 3 times; try again later."


@pytest.mark.parametrize(
    ("error", "status", "code", "sentence"),
    [
        (PLAIN, "failed", "private", "This video is private."),
        (PARTIAL, "partial", "partial", "Two of three could be done."),
        (OSError(28, "No space left on device"), "failed", "disk_full", "The disk is full"),
        (ZeroDivisionError("secret text"), "failed", "internal", "The log has details under"),
    ],
)
def test_an_error_becomes_a_sentence(
    live_worker: Machinery,
    work: Steered,
    error: Exception,
    status: str,
    code: str,
    sentence: str,
) -> None:
    work.errors = [error]
    work.go_on.set()
    job = wait_for(make_job(), JobStatus.FAILED, JobStatus.PARTIAL)
    assert (job.status, job.error_code, job.stage) == (status, code, "second")
    assert sentence in job.error_message and "secret" not in job.error_message
    last = JobLog.objects.filter(job=job).last()
    assert last and last.level == "error" and last.message == job.error_message


def test_a_stop_puts_running_jobs_back_and_the_next_start_finishes_them(
    transactional_db: None, work: Steered
) -> None:
    first = Machinery()
    first.start()
    first.start_jobs()
    job = make_job()
    assert work.entered.wait(10)
    first.begin_stop()
    assert first.finish_stop(10)
    job.refresh_from_db()
    assert (job.status, job.failures, job.crashes) == (JobStatus.PENDING, 0, 0)
    assert job.lease_until is None and work.at_once == 0
    work.go_on.set()
    second = Machinery()
    second.start()
    second.start_jobs()
    try:
        wait_for(job, JobStatus.COMPLETED)
        assert job.claims == 2
    finally:
        second.begin_stop()
        assert second.finish_stop(10)


def test_a_job_of_a_dead_process_is_freed_when_its_lease_has_run_out(
    live_worker: Machinery, work: Steered
) -> None:
    work.go_on.set()
    job = Job.objects.create(
        kind="heavy_test",
        title="Orphan",
        queue="heavy",
        status=JobStatus.RUNNING,
        claims=1,
        lease_until=timezone.now() - timedelta(seconds=1),
    )
    assert services.sweep() == 1
    wait_for(job, JobStatus.COMPLETED)
    assert job.failures == 0


def test_the_lease_of_a_running_job_is_renewed(live_worker: Machinery, work: Steered) -> None:
    job = make_job()
    assert work.entered.wait(10)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() + timedelta(seconds=1))
    lease.renew_all()
    job.refresh_from_db()
    assert job.lease_until > timezone.now() + timedelta(seconds=15)


def test_a_runner_that_lost_its_claim_stops_and_cannot_write(
    live_worker: Machinery, work: Steered
) -> None:
    job = make_job()
    assert work.entered.wait(10)
    Job.objects.filter(pk=job.pk).update(claims=99, title="Taken over")
    eventually(lambda: work.at_once == 0, within=5, what="the stale runner stopped")
    job.refresh_from_db()
    assert (job.status, job.claims, job.title) == (JobStatus.RUNNING, 99, "Taken over")


def test_sixteen_threads_race_for_one_job_and_one_wins(
    transactional_db: None, work: Steered
) -> None:
    work.go_on.set()
    job = make_job()
    together = threading.Barrier(16)

    def race() -> None:
        try:
            together.wait(10)
            services.run(job.pk, work.work)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    job.refresh_from_db()
    assert work.seen == [str(job.uuid)]
    assert (job.status, job.claims) == (JobStatus.COMPLETED, 1)
    assert connection.vendor in {"sqlite", "postgresql"}
