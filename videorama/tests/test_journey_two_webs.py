"""Two web processes and one worker: what one does, the sockets of both tell; and outages."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from videorama.adapters.child import leashed
from videorama.tests import services
from videorama.tests.crashes import Installation
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import offer
from videorama.tests.live import PASSWORD, USER
from videorama.tests.surroundings import REPOSITORY, free_port
from videorama.tests.waiting import eventually

pytestmark = [
    pytest.mark.journey,
    pytest.mark.scale_only("there is only one process"),
]


@dataclass
class Pair:
    """An installation whose supervisor runs one web process, and another one beside it."""

    installation: Installation
    addresses: tuple[str, str]

    def follow(self, path: str, **headers: str) -> list["Follower"]:
        """A socket at each of the two."""
        return [Follower(address, path, headers or self.bearer) for address in self.addresses]

    @property
    def bearer(self) -> dict[str, str]:
        """The first administrator as a program."""
        return {"Authorization": f"Bearer {self.installation.app.token}"}

    def signed_in(self) -> requests.Session:
        """The first administrator as a browser, at the first address."""
        session = requests.Session()
        session.get(f"{self.addresses[0]}/login", timeout=20)
        given = {"username": USER, "password": PASSWORD}
        answer = session.post(
            f"{self.addresses[0]}/login",
            {**given, "csrfmiddlewaretoken": session.cookies["videorama_csrf"]},
            timeout=20,
        )
        assert answer.status_code == 200 and "/login" not in answer.url, answer.url
        return session


class Follower:
    """A socket of one process and all that came; `code` once it is closed."""

    def __init__(self, address: str, path: str, headers: dict[str, str]) -> None:
        self.frames: list[str] = []
        self.code: int | None = None
        self._url = address.replace("http", "ws", 1) + path
        self._headers = headers
        self._socket: ClientConnection | None = None
        threading.Thread(target=self._read, daemon=True).start()
        eventually(lambda: self._socket, what=f"{path} is open")

    def _read(self) -> None:
        with connect(self._url, additional_headers=self._headers) as socket:
            self._socket = socket
            with suppress(ConnectionClosed):
                for frame in socket:
                    self.frames.append(str(frame))
            self.code = socket.close_code

    def states(self, job_id: str) -> list[dict[str, Any]]:
        """What it told of a job, in order."""
        told = [json.loads(frame) for frame in list(self.frames)]
        return [one["data"] for one in told if one["type"] == "job" and one["data"]["id"] == job_id]

    def saw(self, job_id: str, status: str) -> bool:
        """It told of this status, last."""
        states = self.states(job_id)
        return bool(states) and states[-1]["status"] == status

    def close(self) -> None:
        """Leaves."""
        if self._socket is not None:
            self._socket.close()


@pytest.fixture(scope="module")
def pair(live_site: MediaSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Started once; every test leaves it running and whole."""
    data = tmp_path_factory.mktemp("two") / "data"
    with services.Services() as servers:
        made = Installation(data, servers, VIDEORAMA_ALLOW_PRIVATE=live_site.allow)
        port = free_port()
        second: subprocess.Popen[bytes] | None = None
        try:
            made.run()
            second = subprocess.Popen(
                leashed([sys.executable, "manage.py", "web"]),
                cwd=REPOSITORY,
                env=made.app.environment | {"PORT": str(port)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            both = Pair(made, (made.app.url, f"http://127.0.0.1:{port}"))
            eventually(lambda: all(_answers(one) for one in both.addresses), within=60)
            yield both
        finally:
            if second is not None:
                second.kill()
                second.wait()
            made.app.close()


def _answers(address: str, path: str = "/health") -> bool:
    try:
        return requests.get(f"{address}{path}", timeout=20).status_code == 200
    except requests.RequestException:
        return False


def test_progress_and_logs_of_one_worker_reach_sockets_of_both(
    pair: Pair, live_site: MediaSite
) -> None:
    session = pair.signed_in()
    cookie = f"videorama_session={session.cookies['videorama_session']}"
    followers = pair.follow("/ws/jobs/status")
    pages = pair.follow("/ws/pages?views=rows", Cookie=cookie)
    eventually(lambda: all(page.frames for page in pages), what="the pages are there")
    job_id = pair.installation.app.import_url(offer(live_site, 1))["id"]
    logs = pair.follow(f"/ws/jobs/{job_id}/logs")
    pair.installation.app.ended_job(job_id)
    for one in followers:
        eventually(lambda one=one: one.saw(job_id, "completed"), what="the end was told")
        progress = [state["progress"] for state in one.states(job_id)]
        assert progress == sorted(progress) and len(progress) > 3
    assert followers[0].states(job_id)[-1] == followers[1].states(job_id)[-1]
    last = pair.installation.rows("select max(seq) from jobs_joblog")[0][0]
    for log in logs:
        eventually(lambda log=log: len(log.frames) >= last, what="every line was told")
        numbers = [json.loads(frame)["data"]["seq"] for frame in log.frames]
        assert numbers == list(range(1, last + 1))
    for page in pages:
        eventually(
            lambda page=page: any(f'id="job-{job_id}"' in frame for frame in page.frames),
            what="the page got its row",
        )
    for one in (*followers, *pages, *logs):
        one.close()


def test_signing_out_at_one_closes_the_sockets_at_the_other(pair: Pair) -> None:
    session = pair.signed_in()
    cookie = f"videorama_session={session.cookies['videorama_session']}"
    pages = pair.follow("/ws/pages", Cookie=cookie)
    eventually(lambda: all(page.frames for page in pages), what="the pages are there")
    session.post(
        f"{pair.addresses[0]}/logout",
        {"csrfmiddlewaretoken": session.cookies["videorama_csrf"]},
        headers={"Referer": pair.addresses[0]},
        timeout=20,
    )
    for page in pages:
        # Well before the heartbeat, which would find it out as well.
        eventually(lambda page=page: page.code == 4401, within=10, what="the socket is closed")


def test_without_redis_pages_work_and_sockets_go_on_and_are_right_again_after_it(
    pair: Pair, live_site: MediaSite
) -> None:
    followers = pair.follow("/ws/jobs/status")
    redis = pair.installation.servers.redis
    redis.kill()
    session = pair.signed_in()
    for address in pair.addresses:
        assert session.get(f"{address}/", timeout=20).status_code == 200
    job_id = pair.installation.app.import_url(offer(live_site, 2))["id"]
    for one in followers:
        eventually(lambda one=one: one.saw(job_id, "pending"), within=15, what="rows are read")
    redis.start()
    for one in followers:
        eventually(lambda one=one: one.saw(job_id, "completed"), within=60, what="all is told")
        assert one.code is None, "without coming back"
        one.close()


def _page_says_so(session: requests.Session, address: str) -> None:
    page = session.get(f"{address}/", timeout=30)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "does not answer just now" in page.text and "<h1" in page.text


def _toast_says_so(session: requests.Session, address: str) -> None:
    toast = session.get(f"{address}/", headers={"HX-Request": "true"}, timeout=30)
    assert (toast.status_code, toast.headers["HX-Reswap"]) == (503, "none")
    assert "toast" in toast.headers["HX-Trigger"]


def _api_says_so(bearer: dict[str, str], address: str) -> None:
    answer = requests.get(f"{address}/api/v1/jobs", headers=bearer, timeout=30)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["error"]["code"] == "unavailable"


def test_without_postgresql_everybody_is_told_to_come_back(pair: Pair) -> None:
    session = pair.signed_in()
    postgresql = pair.installation.servers.postgresql
    postgresql.kill()
    try:
        # At the same time: each waits a while for the database before it gives up.
        with ThreadPoolExecutor(6) as asking:
            checks = [
                asking.submit(check, address)
                for address in pair.addresses
                for check in (
                    partial(_page_says_so, session),
                    partial(_toast_says_so, session),
                    partial(_api_says_so, pair.bearer),
                )
            ]
        for check in checks:
            check.result()
        for socket in pair.follow("/ws/jobs/status"):
            eventually(lambda socket=socket: socket.code == 1013, what="it may come back")
    finally:
        eventually(pair.installation._postgresql_starts, within=60, what="PostgreSQL is back")
    for address in pair.addresses:
        eventually(lambda address=address: _answers(address), within=60, what="it is well")
        assert session.get(f"{address}/", timeout=30).status_code == 200
    for socket in pair.follow("/ws/jobs/status"):
        eventually(lambda socket=socket: socket.code is None, what="it stays")
        socket.close()
