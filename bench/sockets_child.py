"""The processes of `bench.sockets`, each told by its first word what it is.

seed    makes people and running jobs, prints their tokens
web     the server of one process; with `born-here` the events begin in it, as in embedded mode
emit    changes rows and tells of it, as a worker does
bare    what a fan-out costs without us: prepared text, one subscription, plain ASGI sockets
shout   publishes that text

Those that emit wait for a line "SECONDS" on stdin and answer with a line when they are done.
"""

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
import redis.asyncio
import uvicorn

from videorama.tests.live import free_port

JOBS = 8
PER_SECOND = 20
_CHANNEL = "bare"
_PADDING = "x" * 240  # A bare frame is as long as one of ours.


def say(line: str) -> None:
    """One line to the bench."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def marker() -> str:
    """The moment an event is born, to be found in what the sockets get."""
    return f"@{time.monotonic_ns()}@"


def emitting(emit: Callable[[int], None]) -> None:
    """Events at an even pace for as long as each line on stdin asks."""
    for line in sys.stdin:
        begun, number = time.monotonic(), 0
        while (due := begun + number / PER_SECOND) < begun + float(line):
            time.sleep(max(0.0, due - time.monotonic()))
            emit(number)
            number += 1
        say(str(number))


def seed() -> None:
    """Two people and the jobs that both of them see."""
    from django.core.management import call_command
    from django.utils import timezone

    from videorama.accounts.models import Role, User
    from videorama.accounts.services import create_token
    from videorama.jobs.models import Job, JobStatus

    call_command("migrate", verbosity=0)
    people = [
        User.objects.create(username="root", role=Role.ADMIN),
        User.objects.create(username="ada", role=Role.EDITOR),
    ]
    for number in range(JOBS):
        Job.objects.create(
            kind="import", queue="heavy", owner=people[1], title=f"Job {number}", params={},
            status=JobStatus.RUNNING, stage="download", started_at=timezone.now(),
            progress=10, worker="bench",
        )  # fmt: skip
    say(json.dumps([create_token(user=one, name="bench")[1] for one in people]))


def emitter() -> Callable[[int], None]:
    """Writes a row and tells of it, as Run.report does."""
    from django.utils import timezone

    from videorama.jobs import live
    from videorama.jobs.models import Job

    jobs = list(Job.objects.order_by("pk").values_list("pk", flat=True))

    def emit(number: int) -> None:
        text, pk = marker(), jobs[number % len(jobs)]
        progress = 10 + number * 0.01
        Job.objects.filter(pk=pk).update(
            title=text, message=text, progress=progress, updated_at=timezone.now()
        )
        live.publish(pk)

    return emit


def web(*words: str) -> None:
    """The server as in the program, on a free port."""
    from videorama.server import Server, listen

    port = free_port()
    if "born-here" in words:
        threading.Thread(target=emitting, args=(emitter(),), daemon=True).start()
    Server(lambda: say(str(port))).serve(listen("127.0.0.1", port))


def bare(*words: str) -> None:
    """The hub: whoever is connected gets each text as it comes, the latest when it is slow."""
    port, sockets = free_port(), set[_Plain]()

    def offer(text: str) -> None:
        for one in sockets:
            one.offer(text)

    async def follow() -> None:
        pubsub = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"]).pubsub()
        await pubsub.subscribe(_CHANNEL)
        async for got in pubsub.listen():
            if got["type"] == "message":
                offer(got["data"].decode())

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await _Plain(send).serve(receive, sockets)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        if "born-here" in words:
            heard = lambda number: loop.call_soon_threadsafe(offer, shouted(number))  # noqa: E731
            threading.Thread(target=emitting, args=(heard,), daemon=True).start()
        else:
            follower = asyncio.create_task(follow())
            follower.add_done_callback(lambda _: os._exit(1))
        config = uvicorn.Config(
            app, port=port, log_config=None, access_log=False, lifespan="off",
            ws="websockets-sansio", ws_per_message_deflate=False,
        )  # fmt: skip
        asyncio.get_running_loop().call_later(0.5, say, str(port))
        await uvicorn.Server(config).serve()

    asyncio.run(main())


class _Plain:
    """One socket of the hub; never waits for a slow client."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._slots: list[str] = []
        self._pump: asyncio.Task[None] | None = None

    async def serve(self, receive: Any, sockets: set["_Plain"]) -> None:
        """From the handshake to the end."""
        await receive()
        await self._send({"type": "websocket.accept"})
        sockets.add(self)
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            sockets.discard(self)

    def offer(self, text: str) -> None:
        """Sends it as soon as the client takes it."""
        self._slots.append(text)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._empty())

    async def _empty(self) -> None:
        while self._slots:
            slots, self._slots = self._slots[-JOBS:], []
            for text in slots:
                await self._send({"type": "websocket.send", "text": text})


def shouted(number: int) -> str:
    """The text of one event."""
    data = {"id": number % JOBS, "message": marker(), "more": _PADDING}
    return json.dumps({"type": "job", "seq": number, "data": data})


def main() -> None:
    """What the first word asks for."""
    role, *words = sys.argv[1:]
    if role in {"seed", "web", "emit"}:
        import django

        django.setup()
    if role == "emit":
        emitting(emitter())
    elif role == "shout":
        client = redis.Redis.from_url(os.environ["REDIS_URL"])
        emitting(lambda number: client.publish(_CHANNEL, shouted(number)))
    else:
        {"seed": seed, "web": web, "bare": bare}[role](*words)


if __name__ == "__main__":
    main()
