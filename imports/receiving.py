"""Taking in the bytes of an upload while they arrive.

The view lets in and answers with a ticket; this ASGI middleware, which stands before Django, then
streams the body to disk. Django itself would keep the whole body first, and lose it when the
connection is cut. What arrived before a cut is kept, whatever ended it.

Memory stays flat: one mebibyte per sender, written in a thread, with back-pressure.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from channels.db import database_sync_to_async
from django.utils import translation

from imports import errors
from imports.upload_file import TICKET_HEADER, PartialFile, Ticket, open_partial
from library.errors import DiskFull
from videorama.errors import AppError

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]

PREFIXES = ("/import/upload/", "/api/v1/import/upload")
PIECE = 1 << 20
# How long a sender may be silent before its connection is given up, so that it may come again.
IDLE_S = 20.0
# Before a refusal the rest is read and forgotten: a client that still sends would see a broken
# connection in place of the answer. Our own pages send pieces of 32 MiB.
DRAIN_BYTES, DRAIN_S = 40 << 20, 10.0
STRANGER_BYTES, STRANGER_S = 4 << 20, 2.0
# What a form may bring at once where no script sends in pieces: Django keeps all of it twice.
FORM_PATH, FORM_BYTES = "/import/files/", 512 << 20
CLOSE = (b"connection", b"close")
_FRAMING = {b"content-length", b"transfer-encoding", b"expect"}
_TICKET = TICKET_HEADER.lower().encode()

logger = logging.getLogger(__name__)


class UploadMiddleware:
    """Asks the application about an upload without its body, then receives the body itself."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_upload(scope):
            await self._receive(scope, receive, send)
        elif scope["type"] == "http" and (scope["path"], scope["method"]) == (FORM_PATH, "POST"):
            await self._take_form(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _receive(self, scope: Message, receive: Receive, send: Send) -> None:
        answer = _Answer()
        without_body = [pair for pair in scope["headers"] if pair[0].lower() not in _FRAMING]
        await self.app({**scope, "headers": without_body}, _no_body(), answer.take)
        if answer.ticket is None:
            is_read = await _drain(scope, receive, STRANGER_BYTES, STRANGER_S)
            await answer.send(send, more=() if is_read else (CLOSE,))
        else:
            await _Reception(scope, receive, send, answer).run(answer.ticket)

    async def _take_form(self, scope: Message, receive: Receive, send: Send) -> None:
        """Lets a large form in only after the page itself was open to whoever sends it."""
        answer = _Answer()
        unsent = _FRAMING | {b"content-type"}
        headers = [pair for pair in scope["headers"] if pair[0].lower() not in unsent]
        await self.app({**scope, "method": "HEAD", "headers": headers}, _no_body(), answer.take)
        if answer.status == 200:
            await self.app({**scope, "videorama.body_limit": FORM_BYTES}, receive, send)
        else:
            is_read = await _drain(scope, receive, STRANGER_BYTES, STRANGER_S)
            await answer.send(send, more=() if is_read else (CLOSE,))


def _is_upload(scope: Message) -> bool:
    """A request of the upload protocol that may carry bytes of a file."""
    if not scope["path"].startswith(PREFIXES) or scope["method"] not in {"PATCH", "POST"}:
        return False
    headers = dict(scope["headers"])
    return scope["method"] == "PATCH" or b"tus-resumable" in headers


@dataclass
class _Answer:
    """What the view said, held back until the bytes are here."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    ticket: Ticket | None = None

    async def take(self, message: Message) -> None:
        """In place of sending."""
        if message["type"] != "http.response.start":
            self.body += message.get("body", b"")
            return
        self.status, self.headers = message["status"], list(message["headers"])
        for name, value in self.headers:
            if name.lower() == _TICKET:
                self.ticket = Ticket.read(value.decode("latin-1"))
        self.headers = [pair for pair in self.headers if pair[0].lower() != _TICKET]

    async def send(self, send: Send, *, more: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        """Says it, with further headers; each replaces one of the same name."""
        replaced = {name.lower() for name, _value in more}
        kept = [pair for pair in self.headers if pair[0].lower() not in replaced]
        start = {"type": "http.response.start", "status": self.status, "headers": [*kept, *more]}
        with suppress(OSError):  # The client may be gone; it will ask again where we are.
            await send(start)
            await send({"type": "http.response.body", "body": bytes(self.body)})


class _Reception:
    """One body on its way into one file."""

    def __init__(self, scope: Message, receive: Receive, send: Send, answer: _Answer) -> None:
        self.scope, self.receive, self.send, self.answer = scope, receive, send, answer
        self.announced = _announced(scope)
        self.is_read = False
        self.door = "api" if scope["path"].startswith("/api/") else "web"

    async def run(self, ticket: Ticket) -> None:
        try:
            part: PartialFile = await _open(ticket, self.announced, self.door)
        except AppError as error:
            await self._refuse(error, ticket)
            return
        problem: AppError | None = None
        try:
            is_gone = await self._take_all(part)
        except AppError as error:
            problem, is_gone = error, False
        finally:
            # Also when the server stops: what is here shall count.
            closing = asyncio.ensure_future(_close(part))
            await asyncio.shield(closing)
        problem = problem or closing.result()
        if is_gone:
            return
        is_created = self.answer.status == 201
        if problem is not None and not is_created:
            await self._refuse(problem, ticket)
            return
        await self.answer.send(self.send, more=tuple(part.headers()))

    async def _take_all(self, part: PartialFile) -> bool:
        """Writes what comes; True when the sender went away before the end."""
        waiting = bytearray()
        try:
            while True:
                async with asyncio.timeout(IDLE_S):
                    message = await self.receive()
                if message["type"] == "http.disconnect":
                    return True
                waiting += message.get("body", b"")
                is_end = self.is_read = not message.get("more_body", False)
                if len(waiting) >= PIECE or is_end:
                    taken, waiting = waiting, bytearray()
                    await asyncio.to_thread(part.write, taken)
                    if part.is_due(monotonic()):
                        await _confirm(part)
                if is_end:
                    return False
        except TimeoutError:
            raise errors.UploadStalled from None
        finally:
            if waiting:
                with suppress(DiskFull, errors.UploadTooLong):
                    await asyncio.shield(asyncio.to_thread(part.write, waiting))

    async def _refuse(self, error: AppError, ticket: Ticket) -> None:
        with translation.override(ticket.language):
            document = {"code": error.code, "message": error.message, "details": error.details}
        self.answer.status = error.status
        self.answer.body = bytearray(json.dumps({"error": document}).encode())
        more = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.answer.body)).encode()),
            CLOSE,
        ]
        if isinstance(error, errors.UploadBusy):
            more.append((b"retry-after", b"2"))
        if not isinstance(error, errors.UploadStalled) and not self.is_read:
            await _drain(self.scope, self.receive, DRAIN_BYTES, DRAIN_S)
        await self.answer.send(self.send, more=tuple(more))


def _announced(scope: Message) -> int | None:
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() and len(length) < 20 else None


def _no_body() -> Receive:
    """For the application: a request that has no body, from somebody who stays."""
    never, asked = asyncio.Event(), False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await never.wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


async def _drain(scope: Message, receive: Receive, most_bytes: int, seconds: float) -> bool:
    """Reads what is left of the body, within limits, and keeps nothing; True at its end."""
    if b"expect" in dict(scope["headers"]):
        return False  # The client waits for our answer before it sends anything.
    taken = 0
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(seconds):
            while taken < most_bytes:
                message = await receive()
                taken += len(message.get("body", b""))
                if message["type"] == "http.disconnect":
                    return False
                if not message.get("more_body", False):
                    return True
    return False


def _close_part(part: PartialFile) -> AppError | None:
    """Confirms what is written, hands a whole file over, and lets go; never raises AppErrors."""
    try:
        part.finish()
    except AppError as error:
        return error
    finally:
        part.close()
    return None


_open = database_sync_to_async(open_partial, thread_sensitive=False)
_close = database_sync_to_async(_close_part, thread_sensitive=False)
_confirm = database_sync_to_async(PartialFile.confirm, thread_sensitive=False)
