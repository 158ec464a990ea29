"""Messages to sockets from any thread of the process."""

import asyncio
import logging
import threading
from typing import Any

from channels.layers import InMemoryChannelLayer

log = logging.getLogger(__name__)


class ThreadSafeInMemoryLayer(InMemoryChannelLayer):  # type: ignore[misc]  # channels has no types
    """In-memory channel layer whose senders may stand in any thread.

    The stock layer puts into an asyncio.Queue from the sender's thread, which does not wake a
    consumer that waits on another loop. Here each channel remembers the loop it was made on, and
    every message is handed to that loop without waiting for it: a sender that waited would hang
    when the loop has just stopped.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._homes: dict[str, asyncio.AbstractEventLoop] = {}
        self._guard = threading.Lock()

    async def new_channel(self, prefix: str = "specific.") -> str:
        """A channel whose messages are delivered on the running loop."""
        name: str = await super().new_channel(prefix)
        with self._guard:
            self._homes[name] = asyncio.get_running_loop()
        return name

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Hands the message to the channel's loop; dropped when that loop has ended."""
        self.post(channel, message)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """As group_post, for callers on a loop."""
        self.group_post(group, message)

    async def group_add(self, group: str, channel: str) -> None:
        """Lets the channel receive what is sent to the group."""
        with self._guard:
            await super().group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Ends that; a channel that left its last group is forgotten."""
        with self._guard:
            await super().group_discard(group, channel)
            if not any(channel in members for members in self.groups.values()):
                self._homes.pop(channel, None)
                self.channels.pop(channel, None)

    def group_post(self, group: str, message: dict[str, Any]) -> None:
        """Sends from any thread, with or without a running loop; never waits."""
        with self._guard:
            channels = list(self.groups.get(group, ()))
        for channel in channels:
            self.post(channel, message)

    def post(self, channel: str, message: dict[str, Any]) -> None:
        """Sends to one channel from any thread; never waits."""
        with self._guard:
            home = self._homes.get(channel)
        if home is None:
            return
        try:
            home.call_soon_threadsafe(self._put, channel, message)
        except RuntimeError:  # the loop is closed: its consumers are gone
            self._forget(channel)

    def _put(self, channel: str, message: dict[str, Any]) -> None:
        queue = self.channels.setdefault(channel, asyncio.Queue(maxsize=self.get_capacity(channel)))
        loop = asyncio.get_running_loop()
        if queue.full():
            log.warning("A socket does not keep up; a message was dropped.")
            return
        queue.put_nowait((loop.time() + self.expiry, message))

    def _clean_expired(self) -> None:
        """Nothing: consumers leave their groups themselves, and queues are bounded."""

    def _forget(self, channel: str) -> None:
        with self._guard:
            self._homes.pop(channel, None)
            self._remove_from_groups(channel)
