"""The power goes, again and again, at moments nobody chose."""

import hashlib
import os
import random
import threading
from collections import Counter
from pathlib import Path

import pytest

from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import all_jobs_ended, digest_of_stream, open_jobs, own_clip
from videorama.tests.journeys import recorded_paths as recorded
from videorama.tests.live import LiveApp
from videorama.tests.services import is_scale

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]

# In scale mode test_journey_crashes kills every part by itself, too.
KILLS = 6 if is_scale() else 20
KEPT_BUSY = 3


def _offer(site: MediaSite, number: int) -> tuple[str, str]:
    """A new clip that takes a second or two to fetch: its address and the digest of its bytes."""
    clip = own_clip(number, padding=600_000)
    path = f"/film-{number}.mp4"
    url = site.add(path, clip, "video/mp4")
    site.fail(path, bytes_per_s=700_000)
    return url, hashlib.sha256(clip).hexdigest()


def test_kills_lose_nothing_repeat_nothing_and_leave_nothing(
    live_site: MediaSite, tmp_path: Path
) -> None:
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    print(f"to repeat this: SEED={seed}")  # noqa: T201 - shown when the test fails
    chance = random.Random(seed)
    app = LiveApp.with_admin(tmp_path / "data", VIDEORAMA_ALLOW_PRIVATE=live_site.allow)
    digests: dict[str, str] = {}
    jobs: dict[str, str] = {}
    try:
        for _ in range(KILLS):
            app.start()
            for _ in range(KEPT_BUSY - len(open_jobs(app))):
                url, digest = _offer(live_site, len(digests))
                digests[url], jobs[url] = digest, app.import_url(url)["id"]
            threading.Event().wait(chance.uniform(0, 3))
            app.kill()
        app.start()
        all_jobs_ended(app, within=300)
        _everything_is_there_once(app, digests, jobs)
    finally:
        app.close()


def _everything_is_there_once(app: LiveApp, digests: dict[str, str], jobs: dict[str, str]) -> None:
    ended = {url: app.job(job_id) for url, job_id in jobs.items()}
    failed = [job for job in ended.values() if job["status"] != "completed"]
    assert failed == []
    found = Counter(entry["original_url"] for entry in app.entries())
    assert found == Counter(dict.fromkeys(digests, 1))
    for url, job in ended.items():
        entry = app.entry(job["result"]["entry_id"])
        assert entry["original_url"] == url
        assert digest_of_stream(app, entry["id"]) == digests[url]
        originals = [file for file in entry["files"] if file["role"] == "original"]
        assert [file["sha256"] for file in originals] == [digests[url]]
    assert app.files() == recorded(app)
