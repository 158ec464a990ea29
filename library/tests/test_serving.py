"""Large files, slow clients and clients that leave, against a real server."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from videorama.tests import databases
from videorama.tests.waiting import eventually

SIZE = 1_500_000_000
MEGABYTE = 1 << 20


class Server:
    """The process of library.tests.serving_child."""

    def __init__(self, data: Path) -> None:
        self.data = data
        command = [sys.executable, "-m", "library.tests.serving_child", str(SIZE)]
        self.process = subprocess.Popen(
            command,
            env=databases.environment_of(data),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.about: dict[str, Any] = json.loads(self.process.stdout.readline())

    def ask(
        self, path: str = "", **headers: str
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.about["port"], timeout=60)
        allowed = {"Authorization": f"Bearer {self.about['token']}", **headers}
        connection.request("GET", path or self.about["path"], headers=allowed)
        return connection, connection.getresponse()

    def memory(self) -> int:
        """The most the process ever held, in bytes."""
        status = Path(f"/proc/{self.about['pid']}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024

    def holds_media(self) -> bool:
        """The process has a media file open."""
        for link in Path(f"/proc/{self.about['pid']}/fd").iterdir():
            try:
                if link.readlink().suffix == ".mp4":
                    return True
            except FileNotFoundError:
                continue
        return False

    def events(self) -> list[tuple[int, int]]:
        """Bytes and completion of every viewing, oldest first."""
        wanted = "select bytes_transferred, completed from library_downloadevent order by id"
        return databases.of(self.data).rows(wanted)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("serving"))
    yield running
    running.process.communicate(timeout=30)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_streaming_a_large_file_keeps_memory_flat(server: Server) -> None:
    connection, answer = server.ask(Range="bytes=0-9999999", **{"User-Agent": "warm-up"})
    answer.read()
    connection.close()
    before = server.memory()
    connection, answer = server.ask(**{"User-Agent": "whole"})
    assert int(answer.headers["Content-Length"]) == SIZE
    received = 0
    while block := answer.read(MEGABYTE):
        received += len(block)
    connection.close()
    assert received == SIZE
    assert server.memory() - before < 16 * MEGABYTE
    eventually(lambda: server.events()[-1] == (SIZE, 1), within=20, what="the viewing is complete")


def test_bytes_grow_while_a_slow_client_reads_and_stop_when_it_leaves(server: Server) -> None:
    connection, answer = server.ask(**{"User-Agent": "slow"})
    answer.read(10 * MEGABYTE)
    eventually(lambda: server.events()[-1][0] > 0, within=20, what="the first bytes are recorded")
    count, completed = server.events()[-1]
    assert not completed
    read = 10 * MEGABYTE

    def reads_on() -> bool:
        nonlocal read
        read += len(answer.read(4 * MEGABYTE))
        return server.events()[-1][0] > count

    eventually(reads_on, within=30, what="the recorded bytes grow")
    connection.close()
    eventually(lambda: not server.holds_media(), within=20, what="the file is closed")
    eventually(lambda: server.events()[-1][0] >= read, within=20, what="the rest is recorded")
    count, completed = server.events()[-1]
    assert not completed
    assert count < read + 64 * MEGABYTE


def test_clients_that_stall_keep_nobody_waiting(server: Server) -> None:
    stalled = [server.ask(**{"User-Agent": f"stalled {number}"}) for number in range(12)]
    connection, answer = server.ask(Range="bytes=0-99", **{"User-Agent": "quick"})
    assert len(answer.read()) == 100
    connection.close()
    for waiting, _answer in stalled:
        waiting.close()
    eventually(lambda: not server.holds_media(), within=20, what="every file is closed")
