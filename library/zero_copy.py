"""Lets the kernel hand a file to the network, so that its bytes never pass through this process.

ASGI has an extension for that, `http.response.zerocopysend`, which uvicorn lacks; this adds it to
plain connections of uvicorn's h11 server, whose version is pinned. Elsewhere the extension is not
announced, and whoever sends goes on reading and sending as usual.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import RequestResponseCycle

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]

EXTENSION = "http.response.zerocopysend"


class ZeroCopy:
    """ASGI middleware, the outermost: adds the extension where the server's own `send` is seen.

    The message has `file` (a descriptor of its own, whose position it moves), `offset` and `count`.
    After a failure the position says how far it came.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        cycle = getattr(send, "__self__", None)
        if scope["type"] != "http" or not isinstance(cycle, RequestResponseCycle):
            await self.app(scope, receive, send)
            return

        async def extended(message: Message) -> None:
            if message["type"] == EXTENSION:
                await _send_file(cycle, message["file"], message["offset"], message["count"])
            else:
                await send(message)

        extensions = {**scope.get("extensions", {})}
        if cycle.transport.get_extra_info("sslcontext") is None:
            extensions[EXTENSION] = {}
        await self.app({**scope, "extensions": extensions}, receive, extended)


class _Length:
    """Stands for bytes that h11 only has to count."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count


async def _send_file(cycle: RequestResponseCycle, file: int, offset: int, count: int) -> None:
    """Raises OSError when the client has gone."""
    if cycle.disconnected or cycle.transport.is_closing():
        raise ConnectionResetError
    cycle.conn.send_with_data_passthrough(h11.Data(data=cast(bytes, _Length(count))))
    with open(file, "rb", buffering=0, closefd=False) as opened:
        loop = asyncio.get_running_loop()
        try:
            sent = await loop.sendfile(cycle.transport, opened, offset, count, fallback=False)
        except RuntimeError as error:  # It was closed while its buffer emptied.
            raise ConnectionResetError from error
        if sent < count:  # The file shrank: what was promised cannot be sent any more.
            cycle.transport.close()
            raise ConnectionResetError


def is_in_memory(file: int, offset: int, count: int) -> bool:
    """Both ends of this part of the file are in memory: no disk has to be waited for."""
    byte = bytearray(1)
    try:
        for place in (offset, offset + count - 1):
            os.preadv(file, [byte], place, os.RWF_NOWAIT)
    except (OSError, AttributeError):  # Not there, or not known by this system.
        return False
    return True
