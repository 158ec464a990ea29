"""Many people, or one impatient one, ask for the same thing at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import all_jobs_ended, own_clip
from videorama.tests.live import LiveApp

pytestmark = pytest.mark.journey

REQUESTS = 50


def _ask(app: LiveApp, url: str) -> requests.Response:
    return requests.post(
        f"{app.url}/api/v1/import/url",
        json={"url": url},
        headers={"Authorization": f"Bearer {app.token}"},
        timeout=120,
    )


def _ask_all(app: LiveApp, url: str) -> list[requests.Response]:
    assert app.token, "made before the crowd arrives"
    with ThreadPoolExecutor(REQUESTS) as pool:
        return list(pool.map(lambda _: _ask(app, url), range(REQUESTS)))


def _jobs(answers: list[requests.Response]) -> set[Any]:
    return {answer.json()["job"]["id"] for answer in answers}


def test_fifty_parallel_requests_for_one_address_make_one_entry_by_one_download(
    live_app: LiveApp, live_site: MediaSite
) -> None:
    clip = own_clip(1, padding=2_000_000)
    url = live_site.add("/wanted.mp4", clip, "video/mp4")
    gate = live_site.hold("/wanted.mp4", after_bytes=len(clip) // 2)
    answers = _ask_all(live_app, url)
    assert {answer.status_code for answer in answers} == {202}, answers[0].text
    (job_id,) = _jobs(answers)
    assert gate.reached.wait(60)
    gate.open()
    job = live_app.ended_job(job_id)
    assert job["status"] == "completed", job
    assert [entry["id"] for entry in live_app.entries()] == [job["result"]["entry_id"]]
    # The look at the address reads the beginning; the whole goes over the wire once.
    assert live_site.sent("/wanted.mp4") < 1.6 * len(clip)


def test_whoever_asks_after_the_import_is_told_which_entry_it_is(
    live_app: LiveApp, live_site: MediaSite
) -> None:
    url = live_site.add("/known.mp4", own_clip(2), "video/mp4")
    entry = live_app.imported(url)
    answers = _ask_all(live_app, url)
    assert {answer.status_code for answer in answers} == {409}
    errors = [answer.json()["error"] for answer in answers]
    assert {error["code"] for error in errors} == {"already_imported"}
    assert {error["details"]["entry_id"] for error in errors} == {entry["id"]}
    all_jobs_ended(live_app)
