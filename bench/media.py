"""Bytes of media: our own server and nginx in front of us, beside nginx sending plain files.

Ours and the bare nginx take turns within a round; throughput is what the clients got, CPU what all
serving processes used (clients are counted apart: they throw bodies away inside the kernel). Then
whether 64 players that read nothing keep a page waiting, and what streaming 1.5 GB adds to memory.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from bench import tools
from bench.report import Goal, Row, compare, document, limit
from videorama.tests.live import LiveApp
from videorama.tests.nginx import TRUSTED, Nginx
from videorama.tests.nginx_world import World
from videorama.tests.surroundings import free_port

_REPOSITORY = Path(__file__).resolve().parent.parent
_MB = 10**6
STALLED = 64
# nginx as one would set it up for files alone.
_PLAIN = """
worker_processes auto; pid "{folder}/nginx.pid"; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  sendfile on; tcp_nopush on; access_log off; max_ranges 1;
  client_body_temp_path "{folder}/a"; proxy_temp_path "{folder}/b"; fastcgi_temp_path "{folder}/c";
  uwsgi_temp_path "{folder}/d"; scgi_temp_path "{folder}/e";
  server {{ listen 127.0.0.1:{port}; root "{root}"; }}
}}
"""


@dataclass(frozen=True)
class Way:
    """One way to the same bytes, and the processes that serve it."""

    address: str
    headers: tuple[str, ...]
    pids: tuple[int, ...]


@dataclass(frozen=True)
class Load:
    """What clients got, and what it cost."""

    mb_per_s: float
    cpu_per_gb: float
    first_byte_ms: float
    client_cores: float


def measure(*, rounds: int, is_small: bool) -> dict[str, object]:
    """Long reads, seeks, stalled players, memory."""
    size = 60 * _MB if is_small else 1500 * _MB
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        app = stack.enter_context(LiveApp.with_admin(folder / "data", **TRUSTED))
        front = stack.enter_context(Nginx.before(app, folder / "front"))
        world = World(app, front)
        stack.callback(world.close)
        path = _filled(world, app.data / "media", size)
        plain = stack.enter_context(_plain(folder / "plain", app.data / "media"))
        ways = _ways(world, plain, path)
        rows, facts = _loads(ways, rounds, 20 if is_small else 200)
        rows += [*_stalled(world, ways, rounds), _memory(app, ways["own"], size)]
        return document(rows, facts=facts)


def _filled(world: World, root: Path, size: int) -> tuple[str, str]:
    """An entry whose original has real bytes: its address, and its path below the root."""
    entry = world.make("entry", path="bench.mp4")
    place = root / entry["library"] / "bench.mp4"
    block = os.urandom(_MB)
    with place.open("wb") as file:
        for _ in range(size // _MB):
            file.write(block)
    return entry["stream"], f"/{entry['library']}/bench.mp4"


def _plain(folder: Path, root: Path) -> Nginx:
    port = free_port()
    return Nginx(folder, _PLAIN.format(folder=folder, port=port, root=root), port)


def _ways(world: World, plain: Nginx, path: tuple[str, str]) -> dict[str, Way]:
    who = (f"Authorization: Bearer {world.viewer['token']}",)
    assert world.app.process and world.nginx.process and plain.process
    app, front, bare = world.app.process.pid, world.nginx.process.pid, plain.process.pid
    return {
        "bare": Way(plain.url + path[1], (), (bare,)),
        "own": Way(world.app.url + path[0], who, (app,)),
        "nginx": Way(world.nginx.url + path[0], who, (app, front)),
    }


def _loads(ways: dict[str, Way], rounds: int, seeks: int) -> tuple[list[Row], dict[str, object]]:
    rows, facts = [], {}
    for title, part, count, connections in (
        ("long reads", 0, 1, 1),
        ("1 MB seeks of 8 players", _MB, seeks, 8),
    ):
        found: dict[str, list[Load]] = {name: [] for name in ways}
        for turn in range(rounds + 1):
            names = list(ways) if turn % 2 else list(ways)[::-1]
            for name in names:
                # Each seek is a request of ours alone, so fewer of them take as long.
                fewer = max(1, count // 10) if name == "own" else count
                load = _load(ways[name], part, fewer, connections, turn)
                if turn:  # the first one warms up
                    found[name].append(load)
        rows += _rows(title, found, is_long=not part)
        facts[title] = {name: [vars(one) for one in each] for name, each in found.items()}
    return rows, facts


def _rows(title: str, found: dict[str, list[Load]], *, is_long: bool) -> list[Row]:
    goals: dict[tuple[str, str], Goal] = {
        ("nginx", "mb_per_s"): Goal(at_least=0.95 if is_long else 0.8)
    }
    if is_long:
        goals[("nginx", "cpu_per_gb")] = Goal(at_most=1.1)
        goals[("own", "mb_per_s")] = Goal(at_least=0.65)
        goals[("own", "cpu_per_gb")] = Goal(at_most=1.6)
    words = {"own": "own server", "nginx": "nginx in front"}
    units = {"mb_per_s": "MB/s", "cpu_per_gb": "CPU s/GB", "first_byte_ms": "ms"}
    return [
        compare(
            f"{title}, {words[way]}: {'first byte' if key == 'first_byte_ms' else unit}",
            ours=[getattr(one, key) for one in found[way]],
            bare=[getattr(one, key) for one in found["bare"]],
            unit=unit,
            tool="nginx static",
            goal=goals.get((way, key)),
        )
        for way in ("own", "nginx")
        for key, unit in units.items()
    ]


def _load(way: Way, part: int, count: int, connections: int, seed: int) -> Load:
    words = [way.address, str(part), str(count), str(connections), str(seed), *way.headers]
    before = _cpu_s(way.pids)
    done = subprocess.run(
        [sys.executable, "-m", "bench.media_load", *words],
        cwd=_REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    used = _cpu_s(way.pids) - before
    found = json.loads(done.stdout)
    if found["errors"]:
        raise RuntimeError(f"{way.address}: {found['errors'][0]}")
    first = sorted(found["first_byte_s"])
    return Load(
        mb_per_s=found["bytes"] / found["seconds"] / _MB,
        cpu_per_gb=used / (found["bytes"] / 10**9),
        first_byte_ms=1000 * first[len(first) // 2],
        client_cores=found["own_cpu_s"] / found["seconds"],
    )


def _cpu_s(pids: Sequence[int]) -> float:
    """Processor time of these processes and what they started, to the nanosecond."""
    total = 0
    for pid in (one for parent in pids for one in tools.descendants(parent)):
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            total += int(task.read_text().split()[0])
    return total / 10**9


def _stalled(world: World, ways: dict[str, Way], rounds: int) -> list[Row]:
    """A page beside 64 players that take a megabyte and then nothing, and beside none."""
    rows = []
    for name, title in (("own", "own server"), ("nginx", "nginx in front")):
        beside: list[float] = []
        alone: list[float] = []
        page = urlsplit(ways[name].address)._replace(path="/login", query="").geturl()
        ask = _asker(page)
        for _ in range(rounds):
            alone.append(_p95_ms(ask))
            players = [_player(ways[name]) for _ in range(STALLED)]
            beside.append(_p95_ms(ask))
            for player in players:
                player.close()
        rows.append(
            compare(
                f"p95 of a page beside {STALLED} stalled players, {title}",
                ours=beside, bare=alone, unit="ms", tool="beside none", goal=Goal(at_most=2),
            )
        )  # fmt: skip
    return rows


def _asker(address: str) -> Callable[[], object]:
    import requests

    session = requests.Session()
    return lambda: session.get(address, timeout=60).raise_for_status()


def _p95_ms(ask: Callable[[], object]) -> float:
    times = [tools.seconds(ask) for _ in range(40)]
    return 1000 * quantiles(times, n=20)[-1]


def _player(way: Way) -> socket.socket:
    to = urlsplit(way.address)
    connection = socket.create_connection((to.hostname, to.port), 30)
    lines = [f"GET {to.path} HTTP/1.1", f"Host: {to.netloc}", *way.headers, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    left = _MB
    while left > 0:
        left -= len(connection.recv(left))
    return connection


def _memory(app: LiveApp, own: Way, size: int) -> Row:
    """How much more our processes hold while one client reads the whole file."""
    assert app.process
    pids = tools.descendants(app.process.pid)
    _load(own, _MB, 5, 1, 0)
    time.sleep(1)
    before = sum(_peak_mb(pid) for pid in pids)
    _load(own, 0, 1, 1, 0)
    grown = sum(_peak_mb(pid) for pid in pids) - before
    title = f"memory that streaming {size / 10**9:.2g} GB adds"
    return limit(title, ours=[grown], unit="MB", goal=Goal(at_most=16))


def _peak_mb(pid: int) -> float:
    """The most the process ever held."""
    status = Path(f"/proc/{pid}/status").read_text()
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(peak.split()[1]) / 1024


def main() -> None:
    """Alone: `python -m bench.media [ROUNDS]`."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    sys.stdout.write(json.dumps(measure(rounds=rounds, is_small=False), indent=1) + "\n")


if __name__ == "__main__":
    main()
