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
import redis

from videorama.tests import services
from videorama.tests.crashes import KILLED, Installation, children, living
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import offer, own_clip
from videorama.tests.surroundings import free_port
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


@pytest.fixture(scope="module")
def installed(
    live_site: MediaSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The one of this module; each test finds it running."""
    data = tmp_path_factory.mktemp("crashes") / "data"
    with services.Services() as servers:
        made = Installation(data, servers, VIDEORAMA_ALLOW_PRIVATE=live_site.allow)
        try:
            yield made
        finally:
            made.app.close()


@pytest.fixture
def installation(installed: Installation) -> Installation:
    """Running."""
    return installed.run()


def test_whatever_is_killed_every_import_ends_once_and_nothing_is_left(
    live_site: MediaSite, installation: Installation
) -> None:
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    print(f"to repeat this: SEED={seed}")  # noqa: T201 - shown when the test fails
    chance = random.Random(seed)
    urls = [offer(live_site, number) for number in range(IMPORTS)]
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
    installation.run()
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
            # On a busy machine, too, some work has to be under way for a kill to mean anything.
            before, deadline = installation.open_imports(), time.monotonic() + 20
            pause.wait(chance.uniform(0.5, 4))
            while installation.open_imports() == before > FEW and time.monotonic() < deadline:
                pause.wait(0.2)
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
    everybody = installation.everybody()
    assert installation.app.stop() < STOPPED_WITHIN_S
    state = f"select status, failures, crashes from jobs_job where uuid = '{job}'"
    assert installation.rows(state) == [("pending", 0, 0)]
    eventually(lambda: not living(everybody), what="nobody is left")
    live_site.heal(path)
    installation.app.start()
    assert installation.app.ended_job(job)["status"] == "completed"


def test_a_killed_supervisor_takes_its_processes_along(installation: Installation) -> None:
    everybody = installation.everybody()
    installation.app.stop(signal.SIGKILL)
    eventually(lambda: not living(everybody), within=15, what="nobody is left")
    installation.run()


def test_without_redis_requests_are_taken_and_the_work_begins_when_it_is_back(
    live_site: MediaSite, installation: Installation
) -> None:
    installation.servers.redis.kill()
    try:
        eventually(lambda: not installation.is_whole(), within=10, what="health tells of it")
        job = installation.ask(offer(live_site, 4712), 4712)
        assert installation.app.job(job)["status"] == "pending"
    finally:
        installation.servers.redis.start()
    assert installation.app.ended_job(job)["status"] == "completed"
    eventually(installation.is_whole, within=60, what="every part works again")


def test_the_pool_of_a_worker_follows_the_setting(installation: Installation) -> None:
    def pool() -> int:
        return len(children(installation.process("heavy worker")))

    assert pool() == 2
    for size in (3, 1, 2):
        answer = installation.app.api("PATCH", "/settings", {"downloader.heavy_jobs": size})
        assert answer.status_code == 200, answer.text
        eventually(lambda size=size: pool() == size, what=f"there are {size} of them")


def test_what_is_more_urgent_overtakes_what_waits_in_another_list(
    live_site: MediaSite, installation: Installation
) -> None:
    def set_slots(number: int) -> None:
        answer = installation.app.api("PATCH", "/settings", {"downloader.heavy_jobs": number})
        assert answer.status_code == 200, answer.text
        worker = installation.process("heavy worker")
        eventually(lambda: len(children(worker)) == number, what=f"there are {number} slots")

    def waiting(name: str) -> int:
        return int(lists.llen(f"videorama:broker:{name}"))  # type: ignore[arg-type]

    set_slots(1)
    url = live_site.add("/first.mp4", own_clip(4713, padding=400_000), "video/mp4")
    gate = live_site.hold("/first.mp4", after_bytes=200_000)
    with redis.Redis.from_url(installation.app.environment["REDIS_URL"]) as lists:
        asked = [installation.ask(url, 4713)]
        assert gate.reached.wait(60)
        asked.append(installation.ask(offer(live_site, 4714), 4714))
        eventually(lambda: waiting("heavy\x06\x163") == 1, what="the second waits in its list")
        asked.append(installation.ask(offer(live_site, 4715), 4715))
        installation.change(f"update jobs_job set priority = 1 where uuid = '{asked[2]}'")
        eventually(lambda: waiting("heavy") == 1, what="the third waits in the first list")
    gate.open()
    for job in asked:
        assert installation.app.ended_job(job)["status"] == "completed"
    these = ", ".join(f"'{job}'" for job in asked)
    started = installation.rows(
        f"select uuid::text from jobs_job where uuid in ({these}) order by started_at"
    )
    assert [uuid for (uuid,) in started] == [asked[0], asked[2], asked[1]]
    set_slots(2)


def test_alive_tells_whether_a_part_lives_on_this_machine(installation: Installation) -> None:
    for kind in ("worker", "beat"):
        said = installation.app.command("alive", kind)
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    nobodys = f"{installation.servers.redis.server_url}/2"
    said = installation.app.command("alive", "worker", REDIS_URL=nobodys)
    assert said.returncode == 1 and said.stderr.startswith("No worker lives on ")


def test_a_database_that_is_not_there_ends_the_start_with_one_line(
    installation: Installation,
) -> None:
    wrong = installation.servers.postgresql.url("nowhere")
    for command in ("serve", "work"):
        ended = installation.app.command(command, DATABASE_URL=wrong, PORT=str(free_port()))
        assert (ended.returncode, ended.stdout) == (2, "")
        assert [line for line in ended.stderr.splitlines() if "nowhere" in line], ended.stderr
        assert "Traceback" not in ended.stderr
