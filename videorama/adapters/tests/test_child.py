"""A child ends with its work, at a cancel, in silence, and when its parent is gone."""

import os
import signal
import subprocess
import sys
import time

import pytest

from videorama.adapters import child
from videorama.adapters.child import python_env, run_child
from videorama.adapters.errors import Stalled
from videorama.adapters.media import no_check
from videorama.adapters.tests.processes import descendants, is_alive, wait_until

pytestmark = pytest.mark.embedded_only("adapters know neither database nor Redis")


class Enough(Exception):
    pass


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def test_lines_arrive_in_order_and_the_end_is_told():
    lines = []
    end = run_child(
        shell("read a; echo got $a; echo two; echo oops >&2; exit 3"),
        stdin=b"hello\n", on_line=lines.append, check=no_check, stall_timeout_s=10,
    )  # fmt: skip
    assert lines == ["got hello", "two"]
    assert (end.returncode, end.stderr_tail) == (3, "oops")


def test_a_last_line_that_arrives_after_its_writer_ended_is_heard():
    lines = []
    # The process itself ends at once; what it said is still on its way.
    script = "(sleep 1; echo late) & echo early"
    run_child(shell(script), on_line=lines.append, check=no_check, stall_timeout_s=10)
    assert lines == ["early", "late"]


def test_a_cancel_ends_the_whole_group_within_five_seconds():
    seen: list[set[int]] = []
    began = []

    def check():
        seen.append(descendants(os.getpid()))
        if len(seen[-1]) >= 3:
            began.append(time.monotonic())
            raise Enough

    # It ignores the polite signal, and so do those it started.
    script = "trap '' TERM; (trap '' TERM; sleep 300) & (trap '' TERM; sleep 300) & wait; sleep 300"
    with pytest.raises(Enough):
        run_child(shell(script), on_line=lambda line: None, check=check, stall_timeout_s=60)
    assert time.monotonic() - began[0] < 5
    wait_until(lambda: not any(map(is_alive, seen[-1])), "all of the group ended")


def test_what_a_line_raises_ends_the_child_too():
    pids = []

    def on_line(line):
        pids.append(int(line))
        raise Enough

    with pytest.raises(Enough):
        run_child(shell("echo $$; sleep 300"), on_line=on_line, check=no_check, stall_timeout_s=60)
    wait_until(lambda: not is_alive(pids[0]), "the child ended")


def test_silence_is_a_stall():
    with pytest.raises(Stalled) as raised:
        run_child(
            shell("echo on; sleep 300"), on_line=lambda line: None, check=no_check,
            stall_timeout_s=1,
        )  # fmt: skip
    assert raised.value.code == "timeout"


def test_talking_for_ever_meets_the_total_time():
    with pytest.raises(Stalled):
        run_child(
            shell("while :; do echo on; sleep 0.1; done"), on_line=lambda line: None,
            check=no_check, stall_timeout_s=10, total_timeout_s=1,
        )  # fmt: skip


def test_what_holds_the_pipe_open_does_not_keep_us():
    began = time.monotonic()
    run_child(
        shell("sleep 300 & echo done"), on_line=lambda line: None, check=no_check,
        stall_timeout_s=60,
    )  # fmt: skip
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "path", [os.environ["PATH"], "/nowhere"], ids=["with setpriv", "without setpriv"]
)
def test_a_program_runs_at_the_priority_that_was_asked_for(path, monkeypatch):
    monkeypatch.setenv("PATH", path)
    child._quick_leash.cache_clear()
    lines: list[str] = []
    words = [sys.executable, "-c", "import os, sys; print(os.nice(0), *sys.argv[1:])", "a b", "$c"]
    for nice in (0, 7):
        run_child(words, on_line=lines.append, check=no_check, stall_timeout_s=20, nice=nice)
    child._quick_leash.cache_clear()
    assert lines == ["0 a b $c", "7 a b $c"]


def test_children_see_neither_secrets_nor_proxies(monkeypatch):
    for name in ("VIDEORAMA_SECRET_KEY", "DATABASE_URL", "HTTP_PROXY", "https_proxy", "HOME"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/secret")
    lines: list[str] = []
    run_child(shell("env"), on_line=lines.append, check=no_check, stall_timeout_s=10)
    assert not [line for line in lines if "secret" in line]


_PARENT = """
import sys
from videorama.adapters.child import python_env, run_child
run_child({argv!r}, on_line=lambda line: print(line, flush=True), check=lambda: None,
          stall_timeout_s=300, env=python_env())
"""
_OURS = """
import os, subprocess, sys, time
from videorama.adapters import leash
leash.hold(os.getppid())
inner = subprocess.Popen(["/bin/sleep", "300"])
print(os.getpid(), inner.pid, flush=True)
time.sleep(300)
"""


_OTHER = ["/bin/sh", "-c", "echo $$; exec /bin/sleep 300"]


@pytest.mark.parametrize(
    ("argv", "path"),
    [(_OTHER, os.environ["PATH"]), (_OTHER, "/nowhere"), ([sys.executable, "-c", _OURS], "")],
    ids=["another program", "without setpriv", "a child of ours with one of its own"],
)
def test_a_parent_killed_hard_leaves_no_child(argv, path):
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT.format(argv=argv)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, **python_env(), "PATH": path},
    )  # fmt: skip
    with parent:
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert pids
        assert all(map(is_alive, pids))
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, pids)), "the children ended with their parent")
