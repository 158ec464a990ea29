"""The cache on Redis, with a stand-in for the time while Redis is away."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from videorama import redis_link

log = logging.getLogger(__name__)

_complaint = redis_link.Complaint(
    log, "Redis is away: every process remembers for itself what it would have kept."
)
# So long nobody asks Redis again after it did not answer; people who sign in should not wait.
_REST_S = 2.0
# Of the stand-in; what is pushed out of it is forgotten.
_REMEMBERED = 20_000


@dataclass
class _State:
    """What all caches of this process know of one server."""

    client: RedisCacheClient | None = None
    away_until: float = 0.0


_states: dict[str, _State] = {}


class SharedCache(RedisCache):
    """Django's, but no page fails or waits because Redis does.

    While Redis is away every process counts for itself. So whoever signs in still can, and whoever
    guesses passwords is still slowed: open for the one, closed for the other. What Redis knew is
    forgotten when it comes back empty, which costs a guesser more than it gives. Values are worth
    nothing but time; what has to be true is in the database.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._server = server
        self._waits = redis_link.short_waits()
        options = {"OPTIONS": {"MAX_ENTRIES": _REMEMBERED}}
        self._stand_in = LocMemCache(f"stand-in of {server}", params | options)
        self._state = _states.setdefault(server, _State())

    @property
    def _cache(self) -> RedisCacheClient:
        """One for the process, as its connections are; Django makes a cache for each request."""
        if self._state.client is None:
            self._state.client = RedisCacheClient([self._server], **self._waits)
        return self._state.client

    def _either[T](self, ask: Callable[[Any], T]) -> T:
        """What Redis answers, else what the stand-in does."""
        if time.monotonic() >= self._state.away_until:
            try:
                return ask(super())
            except redis_link.FAILURES as error:
                self._state.away_until = time.monotonic() + _REST_S
                _complaint.make(error)
        return ask(self._stand_in)

    def add(self, *args: Any, **more: Any) -> bool:
        """As Django's, and so are the others."""
        return self._either(lambda cache: bool(cache.add(*args, **more)))

    def get(self, *args: Any, **more: Any) -> Any:
        return self._either(lambda cache: cache.get(*args, **more))

    def set(self, *args: Any, **more: Any) -> None:
        self._either(lambda cache: cache.set(*args, **more))

    def touch(self, *args: Any, **more: Any) -> bool:
        return self._either(lambda cache: bool(cache.touch(*args, **more)))

    def delete(self, *args: Any, **more: Any) -> bool:
        return self._either(lambda cache: bool(cache.delete(*args, **more)))

    def get_many(self, *args: Any, **more: Any) -> dict[Any, Any]:
        return self._either(lambda cache: dict(cache.get_many(*args, **more)))

    def has_key(self, *args: Any, **more: Any) -> bool:
        return self._either(lambda cache: bool(cache.has_key(*args, **more)))

    def incr(self, *args: Any, **more: Any) -> int:
        return self._either(lambda cache: int(cache.incr(*args, **more)))

    def set_many(self, *args: Any, **more: Any) -> list[Any]:
        return self._either(lambda cache: list(cache.set_many(*args, **more)))

    def delete_many(self, *args: Any, **more: Any) -> None:
        self._either(lambda cache: cache.delete_many(*args, **more))

    def clear(self) -> None:
        self._either(lambda cache: cache.clear())
