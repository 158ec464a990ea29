"""From the command to the first page, and what the program holds in memory when nothing happens.

The floor beside it is a Python that only imports what the program stands on; it serves nothing.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import requests

from bench import tools
from bench.report import Goal, Row, compare, document, limit
from videorama.adapters.child import leashed
from videorama.tests.databases import Database
from videorama.tests.services import Missing, Services
from videorama.tests.surroundings import REPOSITORY, clean_environment, free_port

IDLE_GOAL = Goal(at_most=200)
_FLOOR = (
    "from django.conf import settings; settings.configure(); "
    "import asyncio, celery, channels, django_htmx, ninja, uvicorn, whitenoise"
)
# Until caches are filled and the first ticks are over.
_SETTLE_S = 5.0


class Running:
    """One `manage.py serve`, from its command on."""

    def __init__(self, data: Path, **environment: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            leashed([sys.executable, "manage.py", "serve"]),
            cwd=REPOSITORY,
            env=clean_environment(VIDEORAMA_DATA=str(data), PORT=str(port), **environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.pid = self._process.pid

    def ready_s(self) -> float:
        """Seconds from the command to the line that says it is ready."""
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            if "Videorama is ready at" in line:
                took = time.perf_counter() - self._began
                # Whoever does not read lets it wait for ever once the pipe is full.
                threading.Thread(target=self._process.stdout.read, daemon=True).start()
                return took
        raise RuntimeError(f"the program ended at its start: {''.join(said)[-2000:]}")

    def page_s(self) -> float:
        """Seconds from the command to the first whole page."""
        requests.get(f"{self.url}/setup", timeout=60).raise_for_status()
        return time.perf_counter() - self._began

    def stop(self) -> None:
        """The polite way, and then the other."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()


@contextlib.contextmanager
def running(data: Path, **environment: str) -> Iterator[Running]:
    """A program that ends with the block."""
    program = Running(data, **environment)
    try:
        yield program
    finally:
        program.stop()


def measure(*, rounds: int, is_small: bool) -> dict[str, object]:
    """Both kinds of start beside the floor; memory of the embedded process and of scale mode."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [*_starts(folder, rounds), _idle(folder / "used", rounds)]
        facts: dict[str, object] = {}
        try:
            with Services() as services:
                os.environ.update(services.environment)
                more, facts = _scale(folder / "scale")
                rows += more
        except Missing as missing:
            facts = {"scale": f"not measured: {missing}"}
    return document(rows, facts=facts)


def _starts(folder: Path, rounds: int) -> list[Row]:
    ready: dict[str, list[float]] = {"used": [], "empty": []}

    def start(data: Path, kind: str) -> float:
        with running(data) as program:
            ready[kind].append(program.ready_s())
            return program.page_s()

    def used(_number: int) -> float:
        return start(folder / "used", "used")

    def empty(_number: int) -> float:
        shutil.rmtree(folder / "empty", ignore_errors=True)
        return start(folder / "empty", "empty")

    def floor(_number: int) -> float:
        return tools.seconds(lambda: tools.run([sys.executable, "-c", _FLOOR]))

    rows = []
    for words, kind, turn in (
        ("start to first page, data folder in use", "used", used),
        ("start to first page, empty data folder", "empty", empty),
    ):
        own, plain = tools.turns(rounds, turn, floor)
        rows.append(compare(words, ours=own, bare=plain, unit="s", tool="imports alone"))
        rows.append(limit(f"{words}: ready line", ours=ready[kind][1:], unit="s"))
    return rows


def _idle(data: Path, rounds: int) -> Row:
    """What the one process holds some seconds after its first page; nothing has been imported."""
    held = []
    for _round in range(min(rounds, 3)):
        with running(data) as program:
            program.ready_s()
            program.page_s()
            time.sleep(_SETTLE_S)
            pids = tools.descendants(program.pid)
            held.append(sum(tools.memory_mb(pid) for pid in pids))
    return limit("idle embedded process, resident", ours=held, unit="MB", goal=IDLE_GOAL)


def _scale(data: Path) -> tuple[list[Row], dict[str, object]]:
    """Memory of each process of scale mode; pages that processes share count in parts."""
    database = Database(data)
    database.create("")
    with running(data, **database.shared_environment) as program:
        program.ready_s()
        took = program.page_s()
        time.sleep(_SETTLE_S)
        pids = tools.descendants(program.pid)
        parts = {pid: tools.memory_mb(pid, "Pss") for pid in pids}
        named = {f"{pid} {_command(pid)}": round(held) for pid, held in parts.items()}
    rows = [
        limit("start to first page, scale mode, empty database", ours=[took], unit="s"),
        limit("idle scale mode, web, workers, beat", ours=[sum(parts.values())], unit="MB"),
    ]
    return rows, {"scale_processes_mb": _without_pids(named)}


def _command(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().split()
    return " ".join(words[1:])


def _without_pids(named: Mapping[str, int]) -> list[list[object]]:
    return [[re.sub(r"^\d+ ", "", name), held] for name, held in named.items()]
