"""Programs as child processes: started again when they die, stopped together."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from videorama.env import BadSetting
from videorama.tests.surroundings import REPOSITORY
from videorama.tests.waiting import eventually

_SUPERVISED = """
import logging, os, signal, sys, time
from videorama.env import BadSetting
from videorama.supervisor import Supervisor
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)

def waits(on_ready):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    on_ready()
    while True: time.sleep(60)

def hangs(on_ready):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    on_ready()
    while True: time.sleep(60)

def is_wrong(on_ready):
    raise BadSetting("DATABASE_URL is wrong.")

programs = {name: globals()[name] for name in sys.argv[1:]}
sys.exit(Supervisor(programs, lambda: print("all work", flush=True)).run())
"""


class Supervised:
    """A supervisor in a process of its own."""

    def __init__(self, *programs: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SUPERVISED, *programs],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            self.lines.extend(self.process.stdout)

    def process_of(self, program: str) -> int:
        """Its number, as it was told last."""
        start = f"Started {program}, process "
        told = [line for line in self.lines if line.startswith(start)]
        return int(told[-1].removeprefix(start).strip(".\n"))

    def is_ready(self) -> bool:
        """Everything works."""
        return "all work\n" in self.lines

    def end(self, within: float = 20) -> int:
        """Its exit code, once it and its output have ended."""
        code = self.process.wait(within)
        self._reader.join(within)
        return code


@pytest.fixture
def started() -> Iterator[list[Supervised]]:
    """What a test starts ends with it."""
    made: list[Supervised] = []
    yield made
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait(10)


def test_what_dies_is_started_again_and_told(started: list[Supervised]) -> None:
    one = Supervised("waits", "hangs")
    started.append(one)
    eventually(one.is_ready, what="both work")
    first, other = one.process_of("waits"), one.process_of("hangs")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: one.process_of("waits") != first, what="it is started again")
    assert one.process_of("hangs") == other
    told = f"The waits, process {first}, was killed by signal 9; starting it again in 0.5 s.\n"
    assert told in one.lines


def test_a_signal_stops_all_also_those_that_hang(started: list[Supervised]) -> None:
    one = Supervised("waits", "hangs")
    started.append(one)
    eventually(one.is_ready, what="both work")
    numbers = [one.process_of("waits"), one.process_of("hangs")]
    one.process.send_signal(signal.SIGTERM)
    assert one.end(8) == 0
    assert not [number for number in numbers if Path(f"/proc/{number}").exists()]


def test_what_cannot_start_ends_the_others_and_says_why(started: list[Supervised]) -> None:
    one = Supervised("waits", "is_wrong")
    started.append(one)
    assert one.end() == 2
    assert "DATABASE_URL is wrong.\n" in one.lines
    assert "The is_wrong cannot start; stopping.\n" in one.lines
    assert not one.is_ready()


@pytest.mark.parametrize("command", ["web", "work", "beat"])
def test_one_process_alone_has_no_parts_to_start(command: str) -> None:
    with pytest.raises(BadSetting, match=f"manage.py {command} needs DATABASE_URL and REDIS_URL"):
        call_command(command)
