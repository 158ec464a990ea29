"""Many sockets that follow the same jobs: 200 of them, 20 events a second.

An event is a row that changes and the word of it; it counts for a socket when its frame came. The
bare tool beside it is a fan-out that knows nobody and reads nothing: one subscription, prepared
text, plain ASGI sockets. Sockets of JSON clients get every change; pages get theirs together, four
times a second, so there a change that is replaced by the next one may never be shown.
"""

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from time import monotonic_ns
from typing import Any

from bench import tools
from bench.report import compare, document
from bench.sockets_child import PER_SECOND
from videorama.tests.services import Services

_REPOSITORY = Path(__file__).resolve().parent.parent
_MARKER = re.compile(rb"@(\d+)@")


def measure(*, rounds: int, is_small: bool) -> dict[str, object]:
    """JSON and page sockets in both modes beside the hub: latency, processor, what came."""
    count, seconds = (10, 1.0) if is_small else (200, 5.0)
    rows, facts = [], {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        services = stack.enter_context(Services())
        embedded = _environment(folder / "embedded")
        scale = _scale_environment(services, folder / "scale")
        for mode, environment in (("embedded", embedded), ("scale", scale)):
            bench = Setting(mode, environment, count, seconds)
            with bench.running():
                found = [bench.round() for _ in range(rounds + 1)][1:]
            facts[mode] = [{what: vars(one) for what, one in each.items()} for each in found]
            rows += [row for what in ("json", "page") for row in _rows(mode, what, count, found)]
    return document(rows, facts=facts)


def _rows(mode: str, what: str, count: int, found: list[dict[str, "Round"]]) -> list[Any]:
    name = f"{count} {what} sockets, {PER_SECOND} events/s, {mode}"
    figures = (
        ("delivered", "/s", "delivered_per_s"),
        ("p50", "ms", "p50_ms"),
        ("p95", "ms", "p95_ms"),
        ("processor of the web process", "cores", "cores"),
    )
    return [
        compare(
            f"{name}: {title}", unit=unit, tool="bare hub",
            ours=[getattr(one[what], key) for one in found],
            bare=[getattr(one["bare"], key) for one in found],
        )
        for title, unit, key in figures
    ]  # fmt: skip


@dataclass
class Round:
    """What one group of sockets got of the events of one round."""

    delivered_per_s: float
    p50_ms: float
    p95_ms: float
    cores: float
    events: int


@dataclass
class Setting:
    """The processes of one mode, and rounds with them."""

    mode: str
    environment: dict[str, str]
    count: int
    seconds: float
    _children: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _ports: dict[str, int] = field(default_factory=dict)
    _tokens: list[str] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """The servers and whoever emits, until the end."""
        where = ["born-here"] if self.mode == "embedded" else []
        try:
            self._tokens = json.loads(self._line(self._start("seed")))
            for name in ("web", "bare"):
                self._ports[name] = int(self._line(self._start(name, *where)))
            if not where:
                self._start("emit")
                self._start("shout")
            yield
        finally:
            for child in self._children.values():
                child.kill()
                child.wait()
                child.stdin.close()
                child.stdout.close()

    def round(self) -> dict[str, Round]:
        """Each kind of socket once."""
        born_here = self.mode == "embedded"
        web, emit = ("web", "web") if born_here else ("web", "emit")
        hub, shout = ("bare", "bare") if born_here else ("bare", "shout")
        return {
            "json": asyncio.run(self._round("/ws/jobs/status", web, emit)),
            "bare": asyncio.run(self._round("/", hub, shout)),
            "page": asyncio.run(self._round("/ws/pages?views=rows", web, emit)),
        }

    async def _round(self, path: str, server: str, emitter: str) -> Round:
        clients = []
        for number in range(self.count):
            token = self._tokens[number % len(self._tokens)]
            clients.append(await _Client.connected(self._ports[server], path, token))
        await _until_quiet(clients)  # The first frames are no events.
        pid = self._children[server].pid
        before, begun = tools.cpu_s(pid), monotonic_ns()
        events = int(await asyncio.to_thread(self._emit, emitter))
        await asyncio.sleep(0.5)
        used = tools.cpu_s(pid) - before
        lasted = (monotonic_ns() - begun) / 1e9
        for one in clients:
            one.transport.abort()
        delays = sorted(
            (at - born) / 1e6 for one in clients for born, at in one.came.items() if born >= begun
        )
        cuts = quantiles(delays, n=20) if len(delays) > 1 else [float("nan")] * 19
        return Round(len(delays) / self.seconds, cuts[9], cuts[18], used / lasted, events)

    def _emit(self, emitter: str) -> str:
        child = self._children[emitter]
        child.stdin.write(f"{self.seconds}\n")
        child.stdin.flush()
        return self._line(child)

    def _start(self, *words: str) -> "subprocess.Popen[str]":
        child = subprocess.Popen(
            [sys.executable, "-m", "bench.sockets_child", *words],
            cwd=_REPOSITORY, env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._children[words[0]] = child
        return child

    def _line(self, child: "subprocess.Popen[str]") -> str:
        line = child.stdout.readline()
        if not line:
            raise RuntimeError(f"{child.args[3:]} ended before it answered")
        return line


class _Client(asyncio.Protocol):
    """A socket that only reads, and as little as can be: it shares the machine with the server."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.transport: Any = None
        self.open = asyncio.get_running_loop().create_future()
        self.came: dict[int, int] = {}
        self.heard_at = monotonic_ns()

    @classmethod
    async def connected(cls, port: int, path: str, token: str) -> "_Client":
        """One that the server has accepted."""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade",
            "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}",
            # As browsers do: a server that compresses shall pay for it here, too.
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
            f"Authorization: Bearer {token}", "", "",
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        made = lambda: cls("\r\n".join(lines).encode())  # noqa: E731
        _, client = await loop.create_connection(made, "127.0.0.1", port)
        await client.open
        return client

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Looks for markers only; frames are text that the server does not mask."""
        now = self.heard_at = monotonic_ns()
        if not self.open.done():
            head = data.partition(b"\r\n\r\n")[0]
            if b" 101 " not in head or b"permessage-deflate" in head:
                self.open.set_exception(RuntimeError(head.decode("latin-1")))
            else:
                self.open.set_result(None)
        for found in _MARKER.findall(data):
            self.came.setdefault(int(found), now)


async def _until_quiet(clients: Sequence[_Client]) -> None:
    while monotonic_ns() - max(one.heard_at for one in clients) < 1e9:
        await asyncio.sleep(0.1)


def _environment(data: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "VIDEORAMA_DATA": str(data), **more}


def _scale_environment(services: Services, data: Path) -> dict[str, str]:
    """The environment of the scale mode on these servers."""
    import psycopg

    with psycopg.connect(services.postgresql.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench_sockets")
    return _environment(
        data,
        DATABASE_URL=services.postgresql.url("bench_sockets"),
        REDIS_URL=f"{services.redis.server_url}/0",
        VIDEORAMA_SECRET_KEY="only for benches, " * 3,
    )


if __name__ == "__main__":
    json.dump(measure(rounds=3, is_small=False), sys.stdout, indent=1)
