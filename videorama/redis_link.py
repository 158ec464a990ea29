"""Short exchanges with Redis: each ends soon, whatever has become of the server."""

import logging
import threading
import time
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

# One answer takes well under a millisecond; whoever waits longer is a person or a job.
_ANSWER_S = 0.5
_SAY_AGAIN_S = 60.0

# What an exchange with a server that is away, that hangs or that is full ends with.
FAILURES = (redis.RedisError, OSError)


def short_waits(*, tries: int = 2) -> dict[str, Any]:
    """Options of a connection that gives up soon.

    The second try is for a connection that went stale when the server was restarted; an answer that
    did not come in time is not waited for again.
    """
    return {
        "socket_connect_timeout": _ANSWER_S,
        "socket_timeout": _ANSWER_S,
        "retry": Retry(NoBackoff(), tries - 1, (redis.ConnectionError,)),
    }


class Complaint:
    """Says once in a while that something does not work, not at each of a thousand attempts."""

    def __init__(self, logger: logging.Logger, text: str) -> None:
        self._logger = logger
        self._text = text
        self._lock = threading.Lock()
        self._next = 0.0

    def make(self, error: BaseException) -> None:
        """One line, unless it was said within the last minute."""
        with self._lock:
            now = time.monotonic()
            if now < self._next:
                return
            self._next = now + _SAY_AGAIN_S
        self._logger.warning("%s (%s)", self._text, error)
