"""Scale mode while its parts are killed: every import ends once, nothing is doubled, nothing left.

CRASHES=100 SEED=7 python -m pytest videorama/tests/test_journey_crashes.py -s
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from videorama.tests import services
from videorama.tests.crashes import KILLED, Installation, children, family
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import own_clip
from videorama.tests.waiting import eventually

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(3600),
    pytest.mark.scale_only("there is only one process to kill; test_journey_killed does"),
]

IMPORTS = int(os.environ.get("CRASHES", "5"))
# With no more than these under way, everything ends soon once nothing is killed any more.
FEW = 5
RECOVERED_WITHIN_S = 60
# Five seconds, and some for a machine that does more than this.
STOPPED_WITHIN_S = 8


@pytest.fixture
def installation(live_site: MediaSite, tmp_path: Path) -> Iterator[Installation]:
    """Running, with nothing in it."""
    with services.Services() as servers:
        made = Installation(tmp_path / "data", servers, VIDEORAMA_ALLOW_PRIVATE=live_site.allow)
        try:
            made.app.start()
            eventually(made.is_whole, within=60, what="every part works")
            yield made
        finally:
            made.app.close()


def _offer(site: MediaSite, number: int) -> str:
    """A new clip that takes a second or so to fetch."""
    path = f"/film-{number}.mp4"
    url = site.add(path, own_clip(number, padding=600_000), "video/mp4")
    site.fail(path, bytes_per_s=900_000)
    return url


def test_whatever_is_killed_every_import_ends_once_and_nothing_is_left(
    live_site: MediaSite, installation: Installation
) -> None:
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    print(f"to repeat this: SEED={seed}")  # noqa: T201 - shown when the test fails
    chance = random.Random(seed)
    urls = [_offer(live_site, number) for number in range(IMPORTS)]
    asked: dict[str, str] = {}

    def ask_for_all() -> None:
        for number, url in enumerate(urls):
            asked[url] = installation.ask(url, number)

    asking = threading.Thread(target=ask_for_all)
    asking.start()
    kills = _kill_until_few_are_left(installation, asking, chance)
    recovering = time.monotonic()
    asking.join()
    eventually(
        lambda: installation.open_imports() == 0,
        within=RECOVERED_WITHIN_S,
        what="every import ended",
    )
    recovered_s = time.monotonic() - recovering
    eventually(installation.is_whole, within=60, what="every part works again")
    print(f"{kills}, imports ended {recovered_s:.1f} s after the last kill")  # noqa: T201
    _everything_is_there_once(installation, urls)
    assert installation.app.stop() < STOPPED_WITHIN_S
    assert installation.app.process is not None and installation.app.process.returncode == 0


def _kill_until_few_are_left(
    installation: Installation, asking: threading.Thread, chance: random.Random
) -> Counter[str]:
    """One part after the other in random order, as long as there is work to interrupt."""
    kills: Counter[str] = Counter()
    pause = threading.Event()
    while not kills or asking.is_alive() or installation.open_imports() > FEW:
        for part in chance.sample(KILLED, len(KILLED)):
            pause.wait(chance.uniform(1, 5))
            installation.kill(part, chance)
            kills[part] += 1
        if IMPORTS <= FEW:
            break
    return kills


def _everything_is_there_once(installation: Installation, urls: list[str]) -> None:
    within = 120 + 10 * len(urls)
    open_jobs = (
        "select count(*) from jobs_job where status not in "
        "('completed', 'partial', 'failed', 'cancelled')"
    )
    eventually(
        lambda: installation.rows(open_jobs) == [(0,)], within=within, what="every job ended"
    )
    failed = "select title, kind, status, error_code, error_detail from jobs_job"
    assert installation.rows(f"{failed} where status != 'completed'") == []
    found = Counter(url for (url,) in installation.rows("select original_url from library_entry"))
    assert found == Counter(dict.fromkeys(urls, 1))
    doubled = "select job_id, seq from jobs_joblog group by 1, 2 having count(*) > 1"
    assert installation.rows(doubled) == []
    paths = "select path from library_entryfile"

    def recorded() -> list[Path]:
        return sorted(Path(path) for (path,) in installation.rows(paths))

    eventually(
        lambda: installation.app.files() == recorded(),
        within=30,
        what=f"files are those recorded: {set(installation.app.files()) ^ set(recorded())}",
    )


def test_a_stop_puts_jobs_back_and_the_next_start_goes_on(
    live_site: MediaSite, installation: Installation
) -> None:
    path = "/long-film.mp4"
    url = live_site.add(path, own_clip(4711, padding=900_000), "video/mp4")
    live_site.fail(path, bytes_per_s=60_000)
    job = installation.ask(url, 4711)
    download = f"select 1 from jobs_job where uuid = '{job}' and stage = 'download'"
    eventually(lambda: installation.rows(download), within=60, what="it downloads")
    assert installation.app.process is not None
    everybody = family(installation.app.process.pid)
    assert installation.app.stop() < STOPPED_WITHIN_S
    state = f"select status, failures, crashes from jobs_job where uuid = '{job}'"
    assert installation.rows(state) == [("pending", 0, 0)]
    eventually(
        lambda: not [pid for pid in everybody if Path(f"/proc/{pid}").exists()],
        what="nobody is left",
    )
    live_site.heal(path)
    installation.app.start()
    assert installation.app.ended_job(job)["status"] == "completed"


def test_a_killed_supervisor_takes_its_processes_along_and_puts_jobs_back(
    live_site: MediaSite, installation: Installation
) -> None:
    app = installation.app
    assert app.process is not None
    everybody = family(app.process.pid)
    assert len(children(app.process.pid)) == 4
    app.stop(signal.SIGKILL)
    eventually(
        lambda: not [pid for pid in everybody if Path(f"/proc/{pid}").exists()],
        within=10,
        what="nobody is left",
    )
    app.start()
    eventually(installation.is_whole, within=60, what="every part works again")
