"""The same imports by the other doors: the agreed API to the letter, and the command."""

import hashlib
import json
from typing import Any

import pytest
import requests

from videorama.tests.fakes.media_files import HLS_HEIGHTS
from videorama.tests.fakes.media_pages import AUTHOR, TITLE
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import own_clip
from videorama.tests.live import LiveApp

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

JOB = {
    *("id", "kind", "status", "stage", "progress", "message"),
    *("created_at", "started_at", "ended_at", "error", "result"),
}
ENTRY = {
    *("id", "library_id", "title", "description", "uploader", "platform", "original_url"),
    *("duration_s", "size_bytes", "media_kind", "thumbnail_url", "favorite", "rating", "added_at"),
    *("files", "tags", "properties"),
}
FILE = {"id", "role", "format", "size_bytes", "sha256"}


def test_the_agreed_surface_of_an_import_holds_to_the_letter(
    live_app: LiveApp, live_site: MediaSite
) -> None:
    clip = own_clip(1)
    url = live_site.add("/letter.mp4", clip, "video/mp4")
    made = live_app.api("POST", "/libraries", {"id": "letters", "name": "Letters"})
    assert made.status_code == 201, made.text
    assert live_app.api("POST", "/libraries", {"id": "letters", "name": "x"}).status_code == 409

    asked = live_app.api("POST", "/import/url", {"url": url, "library_id": "letters"})
    assert asked.status_code == 202, asked.text
    assert set(asked.json()) == {"job"}
    job = asked.json()["job"]
    assert set(job) >= JOB
    assert job["kind"] == "import"
    assert job["error"] is None
    ended = live_app.ended_job(job["id"])
    assert (ended["status"], ended["progress"]) == ("completed", 100)

    entry = live_app.entry(ended["result"]["entry_id"])
    assert set(entry) >= ENTRY
    assert entry["library_id"] == "letters"
    assert entry["media_kind"] == "video"
    assert entry["duration_s"] == pytest.approx(10, abs=0.5)
    (original,) = [file for file in entry["files"] if file["role"] == "original"]
    assert set(original) >= FILE
    assert original["sha256"] == hashlib.sha256(clip).hexdigest()
    assert original["size_bytes"] == len(clip)
    stream = live_app.api("GET", f"/entries/{entry['id']}/stream")
    assert stream.content == clip
    assert live_app.api("HEAD", f"/entries/{entry['id']}/stream").headers["Content-Length"] == str(
        len(clip)
    )
    assert live_app.api("GET", f"/entries/{entry['id']}/download").content == clip


def test_without_a_token_the_api_answers_401_in_the_agreed_envelope(live_app: LiveApp) -> None:
    for path in ("/entries", "/jobs", "/libraries"):
        answer = requests.get(f"{live_app.url}/api/v1{path}", timeout=30)
        assert answer.status_code == 401
        assert set(answer.json()) == {"error"}
        assert set(answer.json()["error"]) == {"code", "message", "details"}


def test_a_page_keeps_its_own_title_and_what_it_says(
    live_app: LiveApp, live_site: MediaSite
) -> None:
    entry = live_app.imported(live_site.url("/watch"), library_id="videos")
    assert entry["title"] == TITLE
    assert entry["uploader"] == AUTHOR
    roles = [file["role"] for file in entry["files"]]
    assert roles.count("subtitle") == 2
    picture = live_app.session.get(
        live_app.url + entry["thumbnail_url"]
        if entry["thumbnail_url"].startswith("/")
        else entry["thumbnail_url"],
        headers={"Authorization": f"Bearer {live_app.token}"},
        timeout=30,
    )
    assert picture.headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize(("preset", "most"), [("video_max", 720), ("video_low", 480)])
def test_a_preset_chooses_among_the_qualities_of_a_stream(
    live_app: LiveApp, live_site: MediaSite, preset: str, most: int
) -> None:
    entry = live_app.imported(
        live_site.url(f"/hls/master.m3u8?{preset}"), format=preset, library_id="videos"
    )
    (original,) = [file for file in entry["files"] if file["role"] == "original"]
    assert original["height"] == max(height for height in HLS_HEIGHTS if height <= most)


def test_a_sound_preset_keeps_no_picture(live_app: LiveApp, live_site: MediaSite) -> None:
    url = live_site.add("/sound.mp4", own_clip(2), "video/mp4")
    entry = live_app.imported(url, format="audio_max", library_id="videos")
    assert entry["media_kind"] == "audio"


def test_the_command_imports_follows_and_prints_the_job(
    live_app: LiveApp, live_site: MediaSite
) -> None:
    url = live_site.add("/by-command.mp4", own_clip(3), "video/mp4")
    done = live_app.command("import", url, "--library", "videos", "--wait", "--json")
    assert done.returncode == 0, done.stderr
    job = _job_in(done.stdout)
    assert job["status"] == "completed"
    assert live_app.entry(job["result"]["entry_id"])["original_url"] == url


@pytest.mark.embedded_only("in scale mode only workers work; the command waits for one")
def test_the_command_works_the_import_itself_when_no_server_runs(
    live_app: LiveApp, live_site: MediaSite
) -> None:
    url = live_site.add("/alone.mp4", own_clip(4), "video/mp4")
    live_app.stop()
    try:
        done = live_app.command("import", url, "--library", "videos", "--wait", "--json")
    finally:
        live_app.start()
    assert done.returncode == 0, done.stderr
    job = _job_in(done.stdout)
    assert live_app.entry(job["result"]["entry_id"])["original_url"] == url


def test_the_command_says_what_went_wrong_and_fails(
    live_app: LiveApp, live_site: MediaSite
) -> None:
    done = live_app.command("import", live_site.url("/fault/status/404/x.mp4"), "--wait")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr


def _job_in(printed: str) -> dict[str, Any]:
    """The job as it ended: each line is one document, and the last one of a job is the truth."""
    return dict(json.loads(printed.strip().splitlines()[-1])["job"])


FAULTS = {
    "/fault/status/403/a.mp4": {"private", "login_required", "forbidden", "not_allowed"},
    "/fault/status/404/b.mp4": {"not_found"},
    "/fault/busy/1/c.mp4": {"rate_limited"},
    "/fault/status/500/d.mp4": {"source_unavailable"},
    "/fault/private/0/e.mp4": {"blocked_address"},
    "/fault/loop/0/f.mp4": {"redirects"},
    "/fault/short/1000/clip10.mp4": {"truncated"},
    "/empty.mp4": {"not_media", "truncated", "unsupported_url"},
    "/text.mp4": {"not_media", "unsupported_url"},
    "/garbage.mp4": {"not_media", "unsupported_url"},
    "/half.mp4": {"not_media", "truncated"},
    "/article": {"unsupported_url"},
}


def test_every_fault_of_a_source_ends_failed_with_a_stable_code_and_a_plain_sentence(
    live_app: LiveApp, live_site: MediaSite
) -> None:
    jobs = {path: live_app.import_url(live_site.url(path))["id"] for path in FAULTS}
    ended = {path: live_app.ended_job(job_id, within=300) for path, job_id in jobs.items()}
    assert {path: job["status"] for path, job in ended.items()} == dict.fromkeys(FAULTS, "failed")
    wrong = {
        path: job["error"]
        for path, job in ended.items()
        if job["error"]["code"] not in FAULTS[path]
    }
    assert wrong == {}
    for job in ended.values():
        message = job["error"]["message"]
        assert message.endswith(".") and len(message) > 20
        assert not {"Traceback", "Errno", "ERROR", "Exception"} & set(message.split())
    leftover = [path for path in live_app.files() if "incoming" in path.parts]
    assert leftover == []


@pytest.mark.parametrize("fault", ["cut/300000", "flaky/2", "slow/400000", "norange/0"])
def test_a_bad_line_only_costs_time(live_app: LiveApp, live_site: MediaSite, fault: str) -> None:
    clip = own_clip(sum(map(ord, fault)), padding=400_000)
    live_site.add(f"/line-{fault.split('/')[0]}.mp4", clip, "video/mp4")
    url = live_site.url(f"/fault/{fault}/line-{fault.split('/')[0]}.mp4")
    entry = live_app.imported(url, within=300, library_id="videos")
    assert live_app.api("GET", f"/entries/{entry['id']}/stream").content == clip


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.mp4",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/x.mp4",
        "ftp://example.org/x.mp4",
        "file:///etc/passwd",
        "not an address",
        "http://" + "a" * 5000,
    ],
)
def test_what_can_be_seen_without_network_is_refused_at_once(live_app: LiveApp, url: str) -> None:
    answer = live_app.api("POST", "/import/url", {"url": url})
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["message"]


def test_a_bogus_format_is_refused_and_makes_no_job(
    live_app: LiveApp, live_site: MediaSite
) -> None:
    before = live_app.api("GET", "/jobs").json()["count"]
    url = live_site.url("/clip10.mp4")
    answer = live_app.api("POST", "/import/url", {"url": url, "format": "bogus"})
    assert answer.status_code == 422
    assert live_app.api("GET", "/jobs").json()["count"] == before
