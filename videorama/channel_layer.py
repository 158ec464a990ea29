"""Messages to sockets: from any thread of the process, and in scale mode from any process."""

import asyncio
import json
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import redis
from channels.layers import InMemoryChannelLayer

from videorama import redis_link

log = logging.getLogger(__name__)

type _Message = dict[str, Any]
type _Listener = Callable[[_Message], None]

# Sent to every socket: since that moment (seconds since 1970) messages may have been lost.
MISSED = "messages.missed"

_PING_S = 2.0
_SILENT_S = 6.0
_LONGEST_WAIT_S = 2.0


class ThreadSafeInMemoryLayer(InMemoryChannelLayer):  # type: ignore[misc]  # channels has no types
    """In-memory channel layer whose senders may stand in any thread.

    The stock layer puts into an asyncio.Queue from the sender's thread, which does not wake a
    consumer that waits on another loop. Here each channel remembers the loop it was made on, and
    every message is handed to that loop without waiting for it: a sender that waited would hang
    when the loop has just stopped. All channels of one loop get a message in one go, and whoever
    listens is called at once, without a queue and a task for each.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._homes: dict[str, asyncio.AbstractEventLoop] = {}
        self._listeners: dict[str, _Listener] = {}
        self._guard = threading.Lock()

    async def new_channel(self, prefix: str = "specific.") -> str:
        """A channel whose messages are delivered on the running loop."""
        name: str = await super().new_channel(prefix)
        with self._guard:
            self._homes[name] = asyncio.get_running_loop()
        return name

    def listen(self, channel: str, listener: _Listener) -> None:
        """Calls the listener, on the channel's loop, with each message instead of queueing it.

        It must be quick. `heard_at` of the message is when this process got it (monotonic).
        """
        with self._guard:
            self._listeners[channel] = listener

    def forget(self, channel: str) -> None:
        """Nothing more for this channel, which is gone."""
        with self._guard:
            self._homes.pop(channel, None)
            self._listeners.pop(channel, None)
            self._remove_from_groups(channel)

    async def send(self, channel: str, message: _Message) -> None:
        """Hands the message to the channel's loop; dropped when that loop has ended."""
        self._hand_over([channel], message)

    async def group_send(self, group: str, message: _Message) -> None:
        """As post, for callers on a loop."""
        self.post([group], message)

    async def group_add(self, group: str, channel: str) -> None:
        """Lets the channel receive what is sent to the group."""
        with self._guard:
            await super().group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Ends that."""
        with self._guard:
            await super().group_discard(group, channel)

    def post(self, groups: Iterable[str], message: _Message) -> None:
        """Sends to all of these groups, from any thread; never waits for whoever listens."""
        self._post_here(groups, message)

    def _post_here(self, groups: Iterable[str], message: _Message) -> None:
        with self._guard:
            channels = {one for group in groups for one in self.groups.get(group, ())}
        self._hand_over(channels, message)

    def _post_everywhere_here(self, message: _Message) -> None:
        with self._guard:
            channels = list(self._homes)
        self._hand_over(channels, message)

    def _hand_over(self, channels: Iterable[str], message: _Message) -> None:
        stamped = {**message, "heard_at": time.monotonic()}
        by_loop: defaultdict[asyncio.AbstractEventLoop, list[str]] = defaultdict(list)
        with self._guard:
            for channel in channels:
                if channel in self._homes:
                    by_loop[self._homes[channel]].append(channel)
        for loop, names in by_loop.items():
            try:
                loop.call_soon_threadsafe(self._deliver, names, stamped)
            except RuntimeError:  # the loop is closed: its consumers are gone
                for name in names:
                    self.forget(name)

    def _deliver(self, channels: list[str], message: _Message) -> None:
        for channel in channels:
            listener = self._listeners.get(channel)
            if listener is not None:
                listener(message)
            elif channel in self._homes:
                self._put(channel, message)

    def _put(self, channel: str, message: _Message) -> None:
        queue = self.channels.setdefault(channel, asyncio.Queue(maxsize=self.get_capacity(channel)))
        loop = asyncio.get_running_loop()
        if queue.full():
            log.warning("A socket does not keep up; a message was dropped.")
            return
        queue.put_nowait((loop.time() + self.expiry, message))

    def _clean_expired(self) -> None:
        """Nothing: consumers are forgotten when they leave, and queues are bounded."""


class SharedLayer(ThreadSafeInMemoryLayer):
    """The same between processes: what one posts, the sockets of all get.

    Every message goes over one channel of one Redis, and each process with sockets has one
    subscription to it. A message is only ever a hint, so nothing is kept or sent twice; but where
    some may have been lost, sockets are told since when, and read the rows.
    """

    def __init__(self, address: str, **options: Any) -> None:
        super().__init__(**options)
        database = redis.ConnectionPool.from_url(address).connection_kwargs.get("db") or 0
        # Channels, unlike keys, are the same in all databases of a Redis.
        channel = f"videorama.{database}.sockets"
        self._publisher = _Publisher(address, channel)
        self._subscription = _Subscription(address, channel, self._receive)

    async def new_channel(self, prefix: str = "specific.") -> str:
        """As above; a process begins to listen with its first channel."""
        await self._subscription.start_once()
        return await super().new_channel(prefix)

    def post(self, groups: Iterable[str], message: _Message) -> None:
        """Sends to these groups in every process. Without Redis it is dropped, and said later."""
        self._publisher.send({"groups": list(groups), "message": message})

    def _receive(self, parcel: dict[str, Any]) -> None:
        if "missed_since" in parcel:
            self._post_everywhere_here({"type": MISSED, "since": parcel["missed_since"]})
        else:
            self._post_here(parcel["groups"], parcel["message"])


class _Publisher:
    """Publishes with short waits; while Redis is away, without any."""

    def __init__(self, address: str, channel: str) -> None:
        self._client = redis.Redis.from_url(address, **redis_link.short_waits())
        self._channel = channel
        self._lock = threading.Lock()
        # A forked child inherits no thread that would look for Redis to come back.
        self._looking_pid = 0
        self._complaint = redis_link.Complaint(
            log, "Redis is away: progress reaches other processes once it is back."
        )

    def send(self, parcel: dict[str, Any]) -> None:
        """One message; never raises."""
        if self._looking_pid == os.getpid():
            return
        try:
            self._client.publish(self._channel, json.dumps(parcel))
        except redis_link.FAILURES as error:
            self._complaint.make(error)
            self._look_for_redis(time.time())

    def _look_for_redis(self, lost_since: float) -> None:
        with self._lock:
            if self._looking_pid == os.getpid():
                return
            self._looking_pid = os.getpid()
        threading.Thread(
            target=self._until_back, args=(lost_since,), name="redis", daemon=True
        ).start()

    def _until_back(self, lost_since: float) -> None:
        pause = threading.Event()
        while True:
            pause.wait(0.5)
            try:
                # Before and after the others may speak again: none falls between.
                self._say_missed(lost_since)
                self._looking_pid = 0
                self._say_missed(lost_since)
            except redis_link.FAILURES:
                self._looking_pid = os.getpid()
            else:
                return

    def _say_missed(self, since: float) -> None:
        self._client.publish(self._channel, json.dumps({"missed_since": since}))


class _Subscription:
    """Hands every message of the channel over, from a thread that outlives Redis."""

    def __init__(
        self, address: str, channel: str, receive: Callable[[dict[str, Any]], None]
    ) -> None:
        self._client = redis.Redis.from_url(address, **redis_link.short_waits(tries=1))
        self._channel = channel
        self._receive = receive
        self._lock = threading.Lock()
        self._pid = 0
        self._good_at = 0.0
        self._is_tried = threading.Event()
        self._complaint = redis_link.Complaint(
            log, "Redis is away: sockets read the rows every two seconds."
        )

    async def start_once(self) -> None:
        """From now on this process listens; the first caller waits until it does, or cannot."""
        with self._lock:
            is_new, self._pid = self._pid != os.getpid(), os.getpid()
        if is_new:
            self._good_at = time.time()
            threading.Thread(target=self._run, name="messages", daemon=True).start()
            await asyncio.to_thread(self._is_tried.wait, 2.0)

    def _run(self) -> None:
        pause, wait_s = threading.Event(), 0.1
        while True:
            tried_at = time.monotonic()
            try:
                self._follow()
            except redis_link.FAILURES as error:
                self._complaint.make(error)
            except Exception:
                # The door of this thread: a message nobody understands must not end it.
                log.exception("A message from Redis could not be handed over.")
            wait_s = 0.1 if time.monotonic() - tried_at > _SILENT_S else wait_s * 2
            wait_s = min(wait_s, _LONGEST_WAIT_S)
            # Progress goes on at this pace while there is nobody to tell of it.
            self._receive({"missed_since": self._good_at})
            self._good_at = time.time()
            self._is_tried.set()
            pause.wait(wait_s)

    def _follow(self) -> None:
        """Until the connection is lost."""
        with self._client.pubsub() as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(self._channel)
            answered_at = pinged_at = time.monotonic()
            while True:
                got = pubsub.get_message(timeout=_PING_S)
                now = time.monotonic()
                if got is not None:
                    self._take(got)
                    answered_at, self._good_at = now, time.time()
                elif now - answered_at > _SILENT_S:
                    raise redis.TimeoutError("It does not answer.")
                elif now - pinged_at >= _PING_S:
                    pinged_at = now
                    pubsub.ping()

    def _take(self, got: dict[str, Any]) -> None:
        if got["type"] == "subscribe":
            self._receive({"missed_since": self._good_at})
            self._is_tried.set()
        elif got["type"] == "message":
            self._receive(json.loads(got["data"]))
