"""In-memory broker between the threads of one process that wakes its reader at once.

kombu's own `memory://` polls once a second, so a task would start half a second late on average and
a stop would take seconds. This transport waits on a condition that every write notifies (measured:
2 ms from sending to start). Nothing is durable here on purpose: the rows of `videorama.jobs` are.
"""

import socket
import threading
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, memory

_changed = threading.Condition()
_generation = 0
_is_stopping = False


def _wake() -> None:
    global _generation
    with _changed:
        _generation += 1
        _changed.notify_all()


def _wait_for_change(seen: int, timeout: float | None) -> None:
    with _changed:
        _changed.wait_for(lambda: _generation != seen or _is_stopping, timeout)


def stop() -> None:
    """Makes a waiting reader return, so that the worker sees that it should stop."""
    global _is_stopping
    _is_stopping = True
    _wake()


def reset() -> None:
    """Allows waiting again and forgets undelivered messages; called before a worker starts."""
    global _is_stopping
    _is_stopping = False
    Channel.queues.clear()


class Channel(memory.Channel):
    """Queues shared by all threads of the process."""

    _making = threading.Lock()

    def _queue_for(self, queue: str) -> Any:
        # Upstream checks and sets without a lock: two threads could each make the queue.
        with self._making:
            return super()._queue_for(queue)  # type: ignore[no-untyped-call]

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)  # type: ignore[no-untyped-call]
        _wake()

    def basic_ack(self, delivery_tag: Any, multiple: bool = False) -> None:
        """Frees a prefetch place, so the reader may take the next message."""
        super().basic_ack(delivery_tag, multiple)  # type: ignore[no-untyped-call]
        _wake()

    def basic_reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """As basic_ack, for a message that could not be worked."""
        super().basic_reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]
        _wake()

    def close(self) -> None:
        """Closes this channel only; upstream drops its view of the shared queues too."""
        super().close()  # type: ignore[no-untyped-call]
        self.__dict__.pop("queues", None)


class Transport(memory.Transport):
    """`wakemem://localhost`."""

    Channel = Channel

    cycle: Any

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Delivers one message, waiting for it; socket.timeout when none came or on stop()."""
        end = None if timeout is None else monotonic() + timeout
        while True:
            seen = _generation
            try:
                self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                pass
            else:
                return
            left = None if end is None else end - monotonic()
            if _is_stopping or (left is not None and left <= 0):
                raise socket.timeout  # noqa: UP041  # the name kombu catches
            _wait_for_change(seen, left)


TRANSPORT_ALIASES["wakemem"] = "videorama.broker:Transport"
