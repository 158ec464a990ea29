"""Supervise one child process: its lines, its silence, and its end with everything it started."""

import contextlib
import functools
import os
import queue
import shutil
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
from typing import IO, Self

from videorama.adapters.errors import Stalled

POLL_S = 0.5
_GRACE_S = 2.0
_LAST_WORDS_S = 20.0
# A long last line is still on its way when its writer has ended.
_LAST_LINE_S = 3.0
_MAX_LINE = 32 * 2**20
# As leash.py: not without the parent that asked, at the priority that it asked for.
_QUICK_LEASH = """
[ "$PPID" = "$1" ] || exit 1
nice=$2; shift 2
[ "$nice" = 0 ] || exec nice -n "$nice" "$@"
exec "$@"
"""
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


@functools.cache
def _quick_leash() -> tuple[str, ...]:
    """What Linux machines have for leash.py's work, seven times cheaper; empty where it is not."""
    found = shutil.which("setpriv")
    command = (found or "", "--pdeathsig", "KILL", "--", "/bin/sh", "-c", _QUICK_LEASH, "leash")
    try:
        # Some programs of that name know nothing of death signals.
        said = subprocess.run(
            [*command, str(os.getpid()), "0", "/bin/sh", "-c", "echo well"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GRACE_S,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return command if said.stdout == b"well\n" else ()


def leashed(argv: Sequence[str], nice: int = 0) -> list[str]:
    """The command that runs another program so that it ends with us."""
    leash = _quick_leash() or (
        sys.executable, "-I", "-S", str(Path(__file__).with_name("leash.py")),
    )  # fmt: skip
    return [*leash, str(os.getpid()), str(nice), *argv]


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


class Child:
    """One child process; `with` ends it with everything it started, within 5 s.

    Its stdin stays open while we live, so a closed stdin tells it that we are gone. The thread that
    makes it must live as long as the child: Linux counts the end of the thread as the end of the
    parent.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        nice: int = 0,
    ) -> None:
        is_ours = argv[0] == sys.executable and not nice
        home = cwd or Path(tempfile.gettempdir())
        self._process = subprocess.Popen(
            list(argv) if is_ours else leashed(argv, nice),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=home,
            env=_environment(env, home),
            start_new_session=True,
        )
        assert self._process.stdout and self._process.stderr
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._tail: deque[str] = deque(maxlen=40)
        self._err = _Reader(
            self._process.stderr, lambda line: self._tail.append(line) if line else None
        )
        _Reader(self._process.stdout, self._lines.put).start()
        self._err.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        _end(self._process)
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()

    def send(self, data: bytes) -> None:
        """Writes to its stdin; one that has ended already is told by `follow`."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def follow(
        self,
        *,
        on_line: Callable[[str], bool | None],
        check: Callable[[], None],
        stall_timeout_s: float,
        total_timeout_s: float | None = None,
    ) -> ChildEnd | None:
        """Gives its stdout line by line to `on_line`, in this thread, until that answers True.

        None then; else how it ended. `check` is called every half second; what it or `on_line`
        raises is raised on. Raises Stalled after `stall_timeout_s` without a line, or when
        `total_timeout_s` is over.
        """
        began = heard = checked = time.monotonic()
        ended: float | None = None
        while True:
            try:
                line = self._lines.get(timeout=POLL_S)
            except queue.Empty:
                # What it started may hold the pipe open; it ends with the group.
                is_gone = self._process.poll() is not None
                ended = (ended or time.monotonic()) if is_gone else None
                if ended and time.monotonic() - ended > _LAST_LINE_S:
                    break
            else:
                if line is None:
                    break
                heard = time.monotonic()
                if on_line(line):
                    return None
            now = time.monotonic()
            if now - checked >= POLL_S:
                checked = now
                check()
            if now - heard > stall_timeout_s:
                raise Stalled(technical=f"no sign of life for {stall_timeout_s:.0f} s")
            if total_timeout_s is not None and now - began > total_timeout_s:
                raise Stalled(technical=f"not done after {total_timeout_s:.0f} s")
        return self._ended(heard, check)

    def _ended(self, heard: float, check: Callable[[], None]) -> ChildEnd:
        """It has said all it will say; ending may take a moment on a busy machine."""
        while self._process.poll() is None and time.monotonic() - heard < _LAST_WORDS_S:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(POLL_S)
            check()
        self._err.join(1)
        code = self._process.returncode
        return ChildEnd(-1 if code is None else code, "\n".join(self._tail))


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
    """Run a child on its stdin to its end; see Child for what ends it earlier."""

    def hear(line: str) -> None:
        on_line(line)  # whatever it answers: to the end

    with Child(argv, cwd=cwd, env=env, nice=nice) as child:
        child.send(stdin)
        end = child.follow(
            on_line=hear,
            check=check,
            stall_timeout_s=stall_timeout_s,
            total_timeout_s=total_timeout_s,
        )
    assert end is not None
    return end
