"""What goes wrong at sources and in files: a sentence, a code, and nothing left behind."""

import time
from typing import Any

import pytest

from imports.tests.importer import Importer, log_of
from library.models import Entry
from library.queries import file_path
from videorama.jobs.models import Job
from videorama.tests.fakes.media_files import media_file

pytestmark = pytest.mark.django_db(transaction=True)


def assert_plain_failure(job: Job, code: str, lines: list[str]) -> None:
    """Failed with this code and a sentence; no trace of the machinery reaches the person."""
    assert (job.status, job.error_code) == ("failed", code), (job.error_message, job.error_detail)
    for text in (job.error_message, job.message, *lines):
        for machinery in ("Traceback", "yt_dlp", "Error:", "/tmp/", "HTTPError", "<class"):
            assert machinery not in text
    assert job.error_message[0].isupper()
    assert job.error_message.endswith(".")


@pytest.mark.parametrize(
    ("path", "fault", "code"),
    [
        ("/clip10.mp4", {"status": 403}, "forbidden"),
        ("/clip10.mp4", {"status": 404}, "not_found"),
        ("/clip10.mp4", {"status": 410}, "not_found"),
        ("/watch", {"status": 404}, "not_found"),
        (
            "/clip10.mp4",
            {"status": 302, "redirect_to": "http://10.0.0.1/clip10.mp4"},
            "blocked_address",
        ),
        (
            "/clip10.mp4",
            {"status": 302, "redirect_to": "http://169.254.169.254/"},
            "blocked_address",
        ),
        ("/article", {}, "unsupported_url"),
        ("/garbage.mp4", {}, "not_media"),
        ("/empty.mp4", {}, None),
        ("/text.mp4", {}, None),
        ("/half.mp4", {}, "not_media"),
    ],
)
def test_what_cannot_work_fails_once_with_a_sentence(
    importer: Importer,
    path: str,
    fault: dict[str, Any],
    code: str | None,
) -> None:
    if fault:
        importer.site.fail(path, **fault)
    job = importer.run(path)
    assert_plain_failure(job, code or job.error_code, log_of(job))
    assert job.error_code != "internal"
    assert job.failures == 0
    importer.assert_nothing_left()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 500}, "source_unavailable"),
        ({"status": 503}, "source_unavailable"),
        ({"status": 429, "retry_after": 0}, "rate_limited"),
        ({"extra_length": 1000, "ignores_range": True}, "truncated"),
    ],
)
def test_what_may_pass_is_tried_three_times_and_then_fails(
    importer: Importer, fault: dict[str, Any], code: str
) -> None:
    importer.site.fail("/clip10.mp4", **fault)
    job = importer.ended(importer.ask("/clip10.mp4"), within=200)
    assert_plain_failure(job, code, log_of(job))
    assert sum("Trying again" in line for line in log_of(job)) == 2
    importer.assert_nothing_left()


def test_a_source_that_is_down_twice_is_imported_at_the_third_try(importer: Importer) -> None:
    importer.site.fail("/clip10.mp4", status=500, times=2)
    assert importer.entry("/clip10.mp4")
    importer.assert_only_known_files()


def test_a_source_that_asks_to_slow_down_is_left_alone_that_long(importer: Importer) -> None:
    importer.site.fail("/clip10.mp4", status=429, retry_after=3, times=1)
    began = time.monotonic()
    assert importer.entry("/clip10.mp4")
    assert time.monotonic() - began >= 3


def test_a_cut_connection_is_continued_and_the_bytes_are_equal(importer: Importer) -> None:
    importer.site.fail("/clip10.mp4", cut_after=150_000, times=2)
    entry = importer.entry("/clip10.mp4")
    stored = file_path(entry.files.get(role="original")).read_bytes()
    assert stored == media_file("clip10.mp4").read_bytes()
    importer.assert_only_known_files()


def test_a_slow_source_is_waited_for(importer: Importer) -> None:
    importer.site.fail("/silent.mp4", bytes_per_s=60_000)
    assert importer.entry("/silent.mp4")


def test_a_picture_that_is_none_does_not_spoil_the_import(importer: Importer) -> None:
    importer.site.add("/poster.jpg", b"this is no picture", "image/jpeg")
    entry = importer.entry("/watch")
    assert entry.files.filter(role="poster").exists()


def test_a_failed_import_can_be_asked_for_again_and_then_works(importer: Importer) -> None:
    importer.site.fail("/clip10.mp4", status=404)
    assert importer.run("/clip10.mp4").status == "failed"
    importer.site.heal("/clip10.mp4")
    assert importer.entry("/clip10.mp4")
    assert Entry.objects.count() == 1
