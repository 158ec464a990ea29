"""Runs several programs as child processes: starts again what died, stops all together.

The children are forked from a process without threads and connections that has loaded everything,
so they start at once and share what does not change.
"""

import contextlib
import logging
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from types import FrameType
from typing import NoReturn

from videorama.adapters import leash
from videorama.env import BadSetting

log = logging.getLogger(__name__)

# Calls what it is given once it works, runs until SIGTERM, gives its exit code.
type Program = Callable[[Callable[[], None]], int]

STOP_S = 4.0
_FORCE_AFTER_S = 2.0
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
# Whoever lived this long and dies had not just failed to start.
_LONG_LIFE_S = 10.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class _Child:
    program: Program
    pid: int = 0
    started_at: float = 0.0
    start_at: float = 0.0
    wait_s: float = _FIRST_WAIT_S
    ready: int = -1
    was_ready: bool = False


def leave(code: int) -> NoReturn:
    """Ends this process now: nothing is left to do, and tearing everything down takes a while."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class Supervisor:
    """See the module. `on_ready` is called once every program works.

    With `is_once` it runs one program to its end and has that one's exit code.
    """

    def __init__(
        self,
        programs: Mapping[str, Program],
        on_ready: Callable[[], None] = lambda: None,
        *,
        is_once: bool = False,
    ) -> None:
        self._children = {name: _Child(program) for name, program in programs.items()}
        self._on_ready = on_ready
        self._is_once = is_once
        self.is_asked_to_stop = False
        self._is_ready = False
        self._stopped_at: float | None = None
        self._code = 0
        self._wake, self._alarm = socket.socketpair()

    def run(self) -> int:
        """Until a signal, or until a program cannot start; gives the exit code."""
        self._wake.setblocking(False)
        self._alarm.setblocking(False)
        old = signal.set_wakeup_fd(self._alarm.fileno(), warn_on_full_buffer=False)
        handlers = {one: signal.getsignal(one) for one in (*_SIGNALS, signal.SIGCHLD)}
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            while self._is_needed():
                self._start_due()
                self._wait()
                self._look_at_the_dead()
        finally:
            self._end_all(signal.SIGKILL)
            signal.set_wakeup_fd(old)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            self._wake.close()
            self._alarm.close()
        return self._code

    def _is_needed(self) -> bool:
        return self._stopped_at is None or any(child.pid for child in self._children.values())

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = monotonic()
        self.is_asked_to_stop = True
        if self._stopped_at is None:
            self._begin_stop()
        elif now - self._stopped_at >= _FORCE_AFTER_S:
            self._end_all(signal.SIGKILL)

    def _begin_stop(self) -> None:
        self._stopped_at = monotonic()
        self._end_all(signal.SIGTERM)

    def _end_all(self, how: int) -> None:
        for child in self._children.values():
            if child.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, how)

    def _start_due(self) -> None:
        for name, child in self._children.items():
            if self._stopped_at is None and not child.pid and child.start_at <= monotonic():
                self._start(name, child)

    def _start(self, name: str, child: _Child) -> None:
        child.ready, write_end = os.pipe()
        child.started_at = monotonic()
        sys.stdout.flush()  # or the child would say it once more
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become(child.program, write_end, parent)
        child.pid = pid
        os.close(write_end)
        if not self._is_once:
            log.info("Started %s, process %s.", name, pid)
        if self._stopped_at is not None:  # by a signal while it was made
            os.kill(pid, signal.SIGTERM)

    def _become(self, program: Program, ready: int, parent: int) -> None:
        """In the child; does not come back."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (*_SIGNALS, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            leash.end_with(parent, signal.SIGTERM)
            self._wake.close()
            self._alarm.close()
            for other in self._children.values():
                if other.ready >= 0:
                    os.close(other.ready)

            def say_ready() -> None:
                with contextlib.suppress(OSError):
                    os.write(ready, b"1")

            code = program(say_ready)
        except BadSetting as error:
            sys.stderr.write(f"{error}\n")  # in one go, since others write there, too
            code = 2
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except KeyboardInterrupt:
            code = 130
        except BaseException:
            # The door of this process.
            log.exception("It ended with an error nobody planned for.")
        finally:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _wait(self) -> None:
        """Until a signal, a word of a child, or the next thing to do."""
        now = monotonic()
        moments = [
            child.start_at
            for child in self._children.values()
            if not child.pid and self._stopped_at is None
        ]
        if self._stopped_at is not None:
            moments.append(self._stopped_at + STOP_S)
        pipes = {child.ready: child for child in self._children.values() if child.ready >= 0}
        timeout_s = max(0.0, min(moments) - now) if moments else None
        alarm = self._wake.fileno()
        found, _, _ = select.select([alarm, *pipes], [], [], timeout_s)
        for one in found:
            if one == alarm:
                with contextlib.suppress(BlockingIOError):
                    self._wake.recv(4096)
            else:
                self._hear(pipes[one])
        if self._stopped_at is not None and monotonic() >= self._stopped_at + STOP_S:
            self._end_all(signal.SIGKILL)

    def _hear(self, child: _Child) -> None:
        """A child works, or will not say so any more."""
        child.was_ready |= bool(os.read(child.ready, 1))
        os.close(child.ready)
        child.ready = -1
        if not self._is_ready and all(one.was_ready for one in self._children.values()):
            self._is_ready = True
            if self._stopped_at is None:
                self._on_ready()

    def _look_at_the_dead(self) -> None:
        """Also of those that were left to us: in a container we are the first process."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for name, child in self._children.items():
                if child.pid == pid:
                    child.pid = 0
                    self._died(name, child, pid, os.waitstatus_to_exitcode(status))

    def _died(self, name: str, child: _Child, pid: int, code: int) -> None:
        if child.ready >= 0:
            self._hear(child)
        if self._is_once:
            self._code = code if code >= 0 else 128 - code
            self._stopped_at = self._stopped_at or monotonic()
        elif self._stopped_at is None and not child.was_ready and code > 0:
            log.error("The %s cannot start; stopping.", name)
            self._code = code
            self._begin_stop()
        elif self._stopped_at is None:
            has_lived = monotonic() - child.started_at >= _LONG_LIFE_S
            wait_s = _FIRST_WAIT_S if has_lived else child.wait_s
            child.start_at = monotonic() + wait_s
            child.wait_s = min(_LONGEST_WAIT_S, wait_s * 2)
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            log.error("The %s, process %s, %s; starting it again in %s s.", name, pid, how, wait_s)
