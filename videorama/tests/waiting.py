"""Waiting for something that another thread, process or page brings about."""

import threading
import time
from collections.abc import Callable


def eventually[T](ask: Callable[[], T], *, within: float = 30, what: str = "") -> T:
    """Asks until the answer is true and returns it; fails after `within` seconds."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what or 'the condition'} not met in {within} s, got {answer!r}")
        pause.wait(0.05)
    return answer
