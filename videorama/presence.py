"""Which processes of this installation live, in scale mode: each says so every few seconds.

What they say is kept on Redis for ten seconds, so a process that was killed is missed soon.
"""

import json
import logging
import os
import socket
import threading
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

import redis
from django.conf import settings

from videorama import redis_link

log = logging.getLogger(__name__)

_KEPT_S = 10
_SAY_S = 3.0
_NAMES = "videorama:processes"
_complaint = redis_link.Complaint(log, "Redis is away; work that waits starts once it is back.")


class Process(NamedTuple):
    """One that lives. `kind` is web, worker or beat; `queue` that of a worker."""

    kind: str
    queue: str
    host: str
    number: int
    since: str
    version: str

    @property
    def name(self) -> str:
        """The same for one process of one machine."""
        return f"{self.kind}:{self.queue}:{self.host}:{self.number}"

    @classmethod
    def this(cls, kind: str, queue: str = "") -> "Process":
        """The one that calls."""
        since = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(kind, queue, socket.gethostname(), os.getpid(), since, settings.VERSION)


@cache
def client() -> redis.Redis:
    """For short exchanges; every call may end with redis_link.FAILURES."""
    return redis.Redis.from_url(
        settings.REDIS_URL, decode_responses=True, **redis_link.short_waits()
    )


def complain(error: BaseException) -> None:
    """Says once a minute that Redis is away."""
    _complaint.make(error)


def redis_version() -> str:
    """Of the server; empty when it does not answer."""
    try:
        return str(client().info("server")["redis_version"])
    except redis_link.FAILURES:
        return ""


def redis_answers() -> bool:
    """Redis can be asked."""
    try:
        return bool(client().ping())
    except redis_link.FAILURES:
        return False


def say(process: Process) -> None:
    """It lives; nothing happens while Redis is away."""
    try:
        with client().pipeline(transaction=False) as pipe:
            pipe.set(_key(process.name), json.dumps(process), ex=_KEPT_S)
            pipe.sadd(_NAMES, process.name)
            pipe.execute()
    except redis_link.FAILURES as error:
        complain(error)


def leave(process: Process) -> None:
    """It ends."""
    try:
        client().delete(_key(process.name))
    except redis_link.FAILURES as error:
        complain(error)


def living() -> list[Process]:
    """All that live, by kind; none while Redis is away."""
    try:
        names = sorted(map(str, client().smembers(_NAMES)))
        said = client().mget([_key(name) for name in names]) if names else []
        if gone := [name for name, text in zip(names, said, strict=True) if text is None]:
            client().srem(_NAMES, *gone)
    except redis_link.FAILURES as error:
        complain(error)
        return []
    return [Process(*json.loads(text)) for text in said if text]


def queues_without_worker() -> list[str]:
    """The queues whose jobs nobody takes."""
    covered = {process.queue for process in living() if process.kind == "worker"}
    return [queue for queue in settings.JOB_SLOTS if queue not in covered]


class PresenceThread(threading.Thread):
    """Says that this process lives until it ends."""

    def __init__(self, process: Process) -> None:
        super().__init__(name="presence", daemon=True)
        self._process = process
        self._quit = threading.Event()

    def run(self) -> None:
        """Until stop()."""
        while not self._quit.is_set():
            say(self._process)
            self._quit.wait(_SAY_S)
        leave(self._process)

    def stop(self) -> None:
        """Ends it."""
        self._quit.set()


def _key(name: str) -> str:
    return f"videorama:process:{name}"
