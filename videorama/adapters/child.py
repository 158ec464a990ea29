"""Supervise one child process: its lines, its silence, and its end with everything it started."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from videorama.adapters.errors import Stalled

POLL_S = 0.5
_GRACE_S = 2.0
_LAST_WORDS_S = 20.0
# A long last line is still on its way when its writer has ended.
_LAST_LINE_S = 3.0
_MAX_LINE = 32 * 2**20
_ROOT = Path(__file__).resolve().parent.parent.parent
# Children get no secrets and no proxies; what is listed is what programs need to run at all.
_KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "SYSTEMROOT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "LD_LIBRARY_PATH",
)


@dataclass(frozen=True)
class ChildEnd:
    """How a child ended; `stderr_tail` are its last lines there."""

    returncode: int
    stderr_tail: str


def python_child(module: str) -> list[str]:
    """The command of one of our own child modules; give it `python_env()`."""
    return [sys.executable, "-P", "-m", module]


def python_env() -> dict[str, str]:
    """Environment for python_child: finds our package and no plugins of the machine."""
    return {"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "", "YTDLP_NO_PLUGINS": "1"}


def leashed(argv: Sequence[str], nice: int = 0) -> list[str]:
    """The command that runs another program so that it ends with us."""
    leash = str(Path(__file__).with_name("leash.py"))
    return [sys.executable, "-I", "-S", leash, str(os.getpid()), str(nice), *argv]


class _Reader(threading.Thread):
    """Moves one pipe's lines to `take`, and None at its end."""

    def __init__(self, pipe: IO[bytes], take: Callable[[str | None], None]) -> None:
        super().__init__(daemon=True)
        self._pipe, self._take = pipe, take

    def run(self) -> None:
        with self._pipe as pipe:
            while line := pipe.readline(_MAX_LINE):
                self._take(line.decode("utf-8", "replace").rstrip("\r\n"))
        self._take(None)


def _environment(extra: Mapping[str, str] | None, home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    # A home of its own, so that no configuration of the account reaches the tools.
    return {**kept, "HOME": str(home), "TMPDIR": str(home), **(extra or {})}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group; polite first, so that tools can close their files."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)


def run_child(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    on_line: Callable[[str], None],
    check: Callable[[], None],
    stall_timeout_s: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    nice: int = 0,
    total_timeout_s: float | None = None,
) -> ChildEnd:
    """Run it to its end and give its stdout line by line to `on_line`, in this thread.

    `check` is called every half second; whatever it or `on_line` raises ends the child and all its
    descendants within 5 s and is raised on. Raises Stalled after `stall_timeout_s` without a line,
    or when `total_timeout_s` is over. The child's stdin stays open while we live, so a closed
    stdin tells it that we are gone. The calling thread must live as long as the child: Linux
    counts the end of the thread as the end of the parent.
    """
    is_ours = argv[0] == sys.executable and not nice
    home = cwd or Path(tempfile.gettempdir())
    process = subprocess.Popen(
        list(argv) if is_ours else leashed(argv, nice),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=home,
        env=_environment(env, home),
        start_new_session=True,
    )
    try:
        return _follow(process, stdin, on_line, check, stall_timeout_s, total_timeout_s)
    finally:
        _end(process)
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()


def _follow(
    process: subprocess.Popen[bytes],
    stdin: bytes,
    on_line: Callable[[str], None],
    check: Callable[[], None],
    stall_timeout_s: float,
    total_timeout_s: float | None,
) -> ChildEnd:
    assert process.stdin and process.stdout and process.stderr
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    tail: deque[str] = deque(maxlen=40)
    err = _Reader(process.stderr, lambda line: tail.append(line) if line else None)
    _Reader(process.stdout, lines.put).start()
    err.start()
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(stdin)
        process.stdin.flush()
    began = heard = checked = time.monotonic()
    ended: float | None = None
    while True:
        try:
            line = lines.get(timeout=POLL_S)
        except queue.Empty:
            # What it started may hold the pipe open; it ends with the group.
            ended = ended if process.poll() is None else ended or time.monotonic()
            if ended and time.monotonic() - ended > _LAST_LINE_S:
                break
        else:
            if line is None:
                break
            heard = time.monotonic()
            on_line(line)
        now = time.monotonic()
        if now - checked >= POLL_S:
            checked = now
            check()
        if now - heard > stall_timeout_s:
            raise Stalled(technical=f"no sign of life for {stall_timeout_s:.0f} s")
        if total_timeout_s is not None and now - began > total_timeout_s:
            raise Stalled(technical=f"not done after {total_timeout_s:.0f} s")
    # It has said all it will say; ending may take a moment on a busy machine.
    while process.poll() is None and time.monotonic() - heard < _LAST_WORDS_S:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL_S)
        check()
    err.join(1)
    return ChildEnd(process.returncode if process.returncode is not None else -1, "\n".join(tail))
