"""The child's end of child.py: end when the parent ends, even when that was killed.

Run as a program, it starts another program on the same leash. Linux tells a process that its
parent died; elsewhere, and for the programs a child starts itself, the closed stdin tells it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import FrameType

_PR_SET_PDEATHSIG = 1


def end_with(parent: int, number: int) -> None:
    """Where the system can: this process gets the signal when its parent ends; 0 is any parent."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if parent and os.getppid() != parent:  # it died before we asked
        os._exit(1)


def end_group(*_ignored: int | FrameType | None) -> None:
    """Kill this process with everything it started; only as leader of its own group."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def _end_when_stdin_closes(hear: Callable[[bytes], None] | None = None) -> None:
    rest = b""
    while piece := os.read(0, 65536):
        if hear is not None:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                hear(line)
    end_group()


def hold(parent: int, hear: Callable[[bytes], None] | None = None) -> None:
    """For our own children: from here on this process and what it starts end with the parent.

    Call it after the spec was read: stdin belongs to the watching thread afterwards, which gives
    each further line to `hear`.
    """
    signal.signal(signal.SIGTERM, end_group)
    end_with(parent, signal.SIGTERM)
    threading.Thread(target=_end_when_stdin_closes, args=(hear,), daemon=True).start()


def main() -> None:
    """`leash.py PARENT NICE PROGRAM ARGS...`: become PROGRAM on Linux, supervise it elsewhere."""
    parent, nice, *argv = sys.argv[1:]
    os.nice(int(nice))
    if sys.platform.startswith("linux"):
        end_with(int(parent), signal.SIGKILL)
        os.execv(argv[0], argv)
    threading.Thread(target=_end_when_stdin_closes, daemon=True).start()
    sys.exit(subprocess.call(argv, stdin=subprocess.DEVNULL))


if __name__ == "__main__":
    main()
