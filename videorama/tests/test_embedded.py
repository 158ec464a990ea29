"""The one process: start, stop, kill and start again, from outside.

On the run in scale mode it works on PostgreSQL and still needs no Redis.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from videorama.adapters.child import leashed
from videorama.tests import databases
from videorama.tests.surroundings import REPOSITORY, clean_environment, free_port
from videorama.tests.waiting import eventually


class Server:
    """`serve` with the test kind of job, on its own data folder."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.database = databases.of(data)
        self.port = free_port()
        self.environment = clean_environment(
            VIDEORAMA_DATA=str(data),
            PORT=str(self.port),
            DJANGO_SETTINGS_MODULE="videorama.settings",
            **self.database.environment,
            **environment,
        )
        self.said: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Until it says that it is ready."""
        self.said = []
        self.process = self.begin("serve")
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        ready = f"Videorama is ready at http://127.0.0.1:{self.port}\n"
        eventually(lambda: ready in self.said or self._has_ended(), within=60, what="ready")
        assert ready in self.said, "".join(self.said)

    def begin(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Starts a command beside it."""
        return subprocess.Popen(
            leashed([sys.executable, "-m", "videorama.tests.serving", *words]),
            cwd=REPOSITORY,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.said.append(line)

    def _has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def signal(self, number: int) -> None:
        """Sends it to the server alone."""
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, within: float = 20) -> int:
        """Its exit code, once it has ended."""
        assert self.process is not None
        return self.process.wait(within)

    def enqueue(self) -> str:
        """Writes a job row from another process; its id."""
        made = self.begin("enqueue")
        output, _ = made.communicate(timeout=60)
        assert made.returncode == 0, output
        return output.split()[-1]

    def job(self, uuid: str) -> dict[str, Any]:
        """The row as the database has it."""
        names = ("status", "failures", "crashes", "claims")
        query = f"select {', '.join(names)} from jobs_job where uuid = %s"
        (row,) = self.database.rows(query, uuid.replace("-", ""))
        return dict(zip(names, row, strict=True))

    def wait_for(self, uuid: str, status: str) -> dict[str, Any]:
        """The row once it has the status."""
        eventually(lambda: self.job(uuid)["status"] == status, within=60, what=status)
        return self.job(uuid)

    def children(self) -> list[str]:
        """Command lines of the children of jobs of this data folder, whoever their parent is."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if "print('busy'" in command and command.rstrip("\0").endswith(str(self.data)):
                found.append(command)
        return found


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[Server]:
    """Never started yet; gone at the end."""
    made = Server(tmp_path / "data")
    made.data.mkdir()
    databases.prepare(made.data, "")
    yield from _ended_afterwards(made)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """One that was started before, but not now; gone at the end."""
    made = Server(tmp_path / "data")
    made.data.mkdir()
    databases.prepare(made.data)
    databases.prepare_static(made.data)
    yield from _ended_afterwards(made)


def _ended_afterwards(server: Server) -> Iterator[Server]:
    yield server
    if server.process is not None and server.process.poll() is None:
        server.process.kill()
        server.process.wait(10)


@pytest.mark.journey
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_once_ready_and_a_signal_ends_it_cleanly(server: Server, number: int) -> None:
    server.start()
    assert requests.get(f"http://127.0.0.1:{server.port}/health", timeout=10).status_code == 200
    before = time.monotonic()
    server.signal(number)
    assert server.end() == 0
    assert time.monotonic() - before < 10
    assert len(server.said) == 1, "a clean run prints its one line only"


@pytest.mark.journey
def test_a_stop_ends_the_children_and_the_next_start_goes_on(server: Server) -> None:
    server.start()
    uuid = server.enqueue()
    server.wait_for(uuid, "running")
    eventually(server.children, what="the child runs")
    before = time.monotonic()
    server.signal(signal.SIGTERM)
    server.signal(signal.SIGTERM)  # make passes the signal twice; only a late second one forces
    assert server.end() == 0
    assert time.monotonic() - before < 10
    job = server.job(uuid)
    assert (job["status"], job["failures"], job["crashes"]) == ("pending", 0, 0)
    assert server.children() == []
    (server.data / "go").touch()
    server.start()
    job = server.wait_for(uuid, "completed")
    assert [path.name for path in (server.data / "done").iterdir()] == [f"{uuid}-{job['claims']}"]


@pytest.mark.journey
def test_a_kill_leaves_no_child_and_the_next_start_finishes_every_job_once(
    server: Server,
) -> None:
    server.start()
    jobs = [server.enqueue() for _ in range(3)]
    for uuid in jobs[:2]:
        server.wait_for(uuid, "running")
    eventually(server.children, what="a child runs")
    server.signal(signal.SIGKILL)
    server.end()
    eventually(lambda: not server.children(), what="the children are gone")
    assert [server.job(uuid)["status"] for uuid in jobs] == ["running", "running", "pending"]
    (server.data / "go").touch()
    server.start()
    for uuid in jobs:
        assert server.wait_for(uuid, "completed")["failures"] == 0
    assert len(list((server.data / "done").iterdir())) == 3


@pytest.mark.journey
def test_sockets_work_on_the_real_server_and_are_told_of_a_stop(server: Server) -> None:
    server.start()
    address = f"ws://127.0.0.1:{server.port}/ws/jobs/status"
    with connect(address) as stranger:
        stranger.send('{"type": "auth", "token": "wrong"}')
        with pytest.raises(ConnectionClosed):
            stranger.recv(timeout=10)
        assert stranger.close_code == 4401
    with pytest.raises(InvalidStatus) as refused:
        connect(address, origin="https://evil.example")
    assert refused.value.response.status_code == 403
    with connect(address, origin=f"http://127.0.0.1:{server.port}") as open_one:
        server.signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed):
            open_one.recv(timeout=10)
        assert open_one.close_code == 1012
    assert server.end() == 0
    assert len(server.said) == 1, "".join(server.said)


@pytest.mark.journey
def test_one_data_folder_has_one_server(server: Server) -> None:
    server.start()
    second = server.begin("serve", PORT=str(free_port()))
    output, _ = second.communicate(timeout=60)
    assert (second.returncode, output) == (
        1,
        "Videorama is already running with this data folder.\n",
    )


@pytest.mark.journey
def test_static_files_are_collected_only_when_they_changed(untouched: Server) -> None:
    server = untouched
    server.start()
    server.signal(signal.SIGTERM)
    assert server.end() == 0
    manifest = next((server.data / "static").rglob("*.css"))
    os.utime(manifest, (1, 1))
    server.start()
    assert manifest.stat().st_mtime == 1


@pytest.mark.journey
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("VIDEORAMA_URL", "videos"),
        ("VIDEORAMA_ROOTS", "nonsense"),
        ("VIDEORAMA_ROOTS", "media=/proc/nowhere"),
        ("HOST", "no.such.host.invalid"),
    ],
)
def test_a_wrong_value_stops_the_start_with_one_line_naming_it(
    tmp_path: Path, name: str, value: str
) -> None:
    settings = {"VIDEORAMA_DATA": str(tmp_path), "PORT": str(free_port()), name: value}
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=REPOSITORY,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == "" and ended.stderr.count("\n") == 1 and name in ended.stderr


@pytest.mark.journey
def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=REPOSITORY,
            env=clean_environment(VIDEORAMA_DATA=str(tmp_path), PORT=port),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == f"PORT {port} is already in use; set PORT to another one.\n"
