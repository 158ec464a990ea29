"""Waiting for something that another thread, process or page brings about."""

import threading
import time
from collections.abc import Callable


def eventually[T](ask: Callable[[], T], *, within: float = 30, what: str = "") -> T:
    """Asks until the answer is true and returns it; fails after `within` seconds.

    Between two questions passes a tenth of what has been waited: asking costs those who are asked.
    """
    began = time.monotonic()
    pause = threading.Event()
    while not (answer := ask()):
        waited = time.monotonic() - began
        if waited > within:
            raise AssertionError(f"{what or 'the condition'} not met in {within} s, got {answer!r}")
        pause.wait(min(max(waited / 10, 0.02), 0.3))
    return answer
