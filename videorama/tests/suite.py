"""What `make test` runs: every test on SQLite in one process, then on PostgreSQL and Redis.

    python -m videorama.tests.suite [words for pytest]      MODE=embedded or MODE=scale: only one

Nothing it started is left when it ends, however it ends.
"""

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NamedTuple, TextIO

from videorama.tests.services import Missing, Services

MODES = ("embedded", "scale")
# A file stays in one process: what a module shares, a browser first of all, is started once.
# The order of files is the one conftest.py makes.
PYTEST = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
_PR_SET_CHILD_SUBREAPER = 36
# How long pytest may take to end what it runs, once it is asked to.
_GRACE_S = 30


class Run(NamedTuple):
    """How one run ended."""

    mode: str
    code: int
    seconds: float
    cpu_seconds: float
    left_behind: tuple[str, ...]

    def __str__(self) -> str:
        minutes, seconds = divmod(round(self.seconds), 60)
        said = "passed" if self.code == 0 else f"failed with code {self.code}"
        return f"{self.mode:>8}: {said} in {minutes}:{seconds:02}, {self.cpu_seconds:.0f} s of CPU"


class Suite:
    """The runs that were asked for, one after the other, until a signal."""

    def __init__(self, modes: tuple[str, ...], words: list[str]) -> None:
        self.modes, self.words = modes, words
        self.process: subprocess.Popen[bytes] | None = None
        self.is_stopped = False

    def run(self) -> int:
        """Prints a line for each run; the worst exit code."""
        runs = []
        for mode in self.modes:
            if self.is_stopped:
                break
            with _services(mode) as (environment, ours):
                runs.append(self._one(mode, environment, ours))
        for run in runs:
            _say(run)
            for command in run.left_behind:
                _say(f"          still ran and had to be killed: {command}")
        return max(run.code for run in runs)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Asks pytest to end, once; a second Ctrl-C would keep it from tidying up."""
        if self.process is not None and not self.is_stopped:
            self.process.send_signal(signal.SIGINT)
        self.is_stopped = True

    def _one(self, mode: str, environment: dict[str, str], ours: set[int]) -> Run:
        _say(f"The tests, {mode}:")
        began, used = time.monotonic(), _cpu_seconds()
        leash = str(Path(__file__).resolve().parent.parent / "adapters" / "leash.py")
        argv = [sys.executable, "-I", "-S", leash, str(os.getpid()), "0", *PYTEST, *self.words]
        # A group of its own: the terminal's Ctrl-C comes here first.
        self.process = subprocess.Popen(argv, env={**os.environ, **environment}, process_group=0)
        code = self._ended(self.process)
        left = _end_descendants(ours)
        # A code below zero is a signal's number.
        code = code if code >= 0 else 128 - code
        return Run(mode, code, time.monotonic() - began, _cpu_seconds() - used, left)

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        asked: float | None = None
        while True:
            _bury_orphans(process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(1)
            if self.is_stopped:
                asked = asked or time.monotonic()
                if time.monotonic() - asked > _GRACE_S:
                    process.kill()


@contextlib.contextmanager
def _services(mode: str) -> Iterator[tuple[dict[str, str], set[int]]]:
    """What the run's environment says of servers, and their process ids."""
    if mode == "embedded":
        yield {}, set()
        return
    with Services() as services:
        processes = (services.postgresql.process, services.redis.process)
        yield services.environment, {process.pid for process in processes if process is not None}


def _cpu_seconds() -> float:
    """What ended children and theirs have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _adopt_orphans() -> None:
    """What a child leaves running becomes our child, so that it can be found."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _bury_orphans(spared: subprocess.Popen[bytes]) -> None:
    """What was adopted and has ended since; nobody else would wait for it."""
    for pid in _children(os.getpid()) - {spared.pid}:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _end_descendants(spared: set[int]) -> tuple[str, ...]:
    """Kills everything below this process but the spared; the commands of what ran outside."""
    found = []
    while alive := _children(os.getpid()) - spared:
        for pid in alive:
            with contextlib.suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
                if command:  # else it has ended already, and only waits for us
                    found.append(command.decode("utf-8", "replace")[:200])
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
    return tuple(found)


def _say(line: object, stream: TextIO = sys.stdout) -> None:
    print(line, file=stream, flush=True)


def _children(parent: int) -> set[int]:
    """The ids of a process's children; their own become ours when they are killed."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # After the name, which may hold anything: state, then the parent.
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.add(int(stat.parent.name))
    return found


def main() -> int:
    """Runs what MODE asks for."""
    chosen = os.environ.pop("MODE", "")
    if chosen and chosen not in MODES:
        _say(f"MODE must be {' or '.join(MODES)}, not {chosen!r}.", sys.stderr)
        return 2
    _adopt_orphans()
    suite = Suite((chosen,) if chosen else MODES, sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, suite.stop)
    try:
        return suite.run()
    except Missing as error:
        _say(error, sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
