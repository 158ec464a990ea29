"""Who may have which bytes, and handing them over.

The view authorises and answers `X-Accel-Redirect: /_media/<root>/<path>`; nginx serves that, or
without nginx MediaMiddleware, with the same answers. Bytes never pass through Django's responses:
under ASGI those read a whole file into memory.
"""

import asyncio
import hashlib
import json
import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import quote, unquote

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from library import files, paths
from library.errors import FileMissing, OutsideRoot
from library.models import Entry, EntryFile
from library.ranges import Version, Wanted, wanted
from library.services import begin_transfer, mark_available, record_bytes
from library.zero_copy import EXTENSION, ZeroCopy, is_in_memory
from videorama.accounts.models import User
from videorama.middleware import is_trusted_proxy

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]

__all__ = ["MediaMiddleware", "ZeroCopy", "deliver"]
PREFIX = "/_media/"
CHUNK = 1 << 20
# What the kernel sends before anything else has its turn.
WINDOW = 4 << 20
# What the view tells the transport about the viewing; it never reaches the client.
EVENT_HEADER = "X-Videorama-Transfer"
RECORD_EVERY_S = 1.0
# What nginx says when it is in front; believed of a trusted proxy only (deploy/nginx.conf).
FRONT_HEADER = b"x-videorama-front"
# How long nginx may keep a yes for the same client, in whole seconds: for one more at most.
RIGHT_KEPT_S = 8
_OWN = {b"x-accel-redirect", b"x-accel-expires", b"x-videorama-transfer"}
_REPLACED = _OWN | {b"content-length", b"etag", b"last-modified", b"accept-ranges"}
_OF_THE_BODY = {b"content-type", b"content-disposition", b"content-encoding"}

logger = logging.getLogger(__name__)


def deliver(
    request: HttpRequest,
    *,
    user: User,
    entry: Entry,
    file: EntryFile,
    kind: str = "",
    attachment: bool = False,
) -> HttpResponse:
    """The answer that makes the transport send the file.

    `kind` (a TransferKind) records the viewing; empty records nothing. Raises FileMissing, and
    marks the row, when the file is gone; a row that leads out of its root is as good as missing.
    """
    is_there = _is_there(file)
    if not is_there:
        # It may have been moved since its row was read.
        with suppress(EntryFile.DoesNotExist):
            file.refresh_from_db(fields=["root", "path"])
            is_there = _is_there(file)
    mark_available(file=file, is_available=is_there)
    if not is_there:
        raise FileMissing
    response = HttpResponse(content_type=file.mime)
    response["X-Accel-Redirect"] = f"{PREFIX}{file.root}/{quote(file.path)}"
    response["X-Accel-Expires"] = str(RIGHT_KEPT_S)
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    name = _file_name(entry, file)
    disposition = content_disposition_header(attachment, name)
    if disposition:
        response["Content-Disposition"] = disposition
    if kind and request.method == "GET":
        event = begin_transfer(
            entry=entry,
            user=user,
            kind=kind,
            session_key=_client_key(request, user),
            ip_address=request.META.get("REMOTE_ADDR") or None,
            user_agent=request.headers.get("User-Agent", ""),
        )
        response[EVENT_HEADER] = str(event.uuid)
    return response


def _is_there(file: EntryFile) -> bool:
    try:
        return files.is_there(file.root, file.path)
    except OutsideRoot:
        return False


def _file_name(entry: Entry, file: EntryFile) -> str:
    """The entry's title as a file name that every system takes, also with non-ASCII letters."""
    title = paths.safe_name(entry.title) or str(entry.uuid)
    return f"{title}.{file.format}"


def _client_key(request: HttpRequest, user: User) -> str:
    """Tells clients apart: by their session, or without one by user, address and program."""
    session = getattr(request, "session", None)
    key = session.session_key if session is not None else None
    if not key:
        key = f"{request.META.get('REMOTE_ADDR', '')}|{request.headers.get('User-Agent', '')}"
    return hashlib.sha256(f"{user.pk}|{key}".encode()).hexdigest()


@dataclass
class _Answer:
    """What the view said: the start message, held back until it is known who sends the body."""

    start: Message | None = None
    target: str = ""
    event_id: str = ""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


class MediaMiddleware:
    """ASGI middleware that serves what a view hands over by `X-Accel-Redirect`.

    Memory stays flat: one mebibyte per reader, read in a thread, sent with back-pressure.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_behind_nginx(scope):
            await self.app(scope, receive, send)
            return
        answer = _Answer()

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name.lower(): value for name, value in message["headers"]}
                answer.target = named.get(b"x-accel-redirect", b"").decode("latin-1")
                if answer.target:
                    answer.start, answer.headers = message, list(message["headers"])
                    answer.event_id = named.get(b"x-videorama-transfer", b"").decode("latin-1")
                    return
            if not answer.target:
                await send(message)

        await self.app(scope, receive, watch)
        if answer.target:
            await _Transfer(scope, receive, send, answer).run()


def _is_behind_nginx(scope: Message) -> bool:
    """The asker is our own nginx, which sends the file itself."""
    asked = any(name.lower() == FRONT_HEADER for name, _value in scope["headers"])
    peer = scope.get("client")
    return asked and peer is not None and is_trusted_proxy(str(peer[0]))


class _Transfer:
    """One file, or a part of it, on its way to one client."""

    def __init__(self, scope: Message, receive: Receive, send: Send, answer: _Answer) -> None:
        self.scope, self.receive, self.send, self.answer = scope, receive, send, answer
        self.is_direct = EXTENSION in scope.get("extensions", {})

    async def run(self) -> None:
        try:
            descriptor = await asyncio.to_thread(_open, self.answer.target)
        except (FileMissing, OutsideRoot) as error:
            logger.warning("A file was handed over that is not there: %s", error.technical)
            await self._refuse(404, "file_missing", str(FileMissing.sentence), [])
            return
        try:
            facts = os.fstat(descriptor)
            version = Version(facts.st_size, int(facts.st_mtime))
            wish = wanted(_first_headers(self.scope), version)
            if wish.status in {200, 206}:
                await self._send_file(descriptor, version, wish)
            else:
                await self._send_refusal(version, wish)
        finally:
            os.close(descriptor)

    async def _send_file(self, descriptor: int, version: Version, wish: Wanted) -> None:
        headers = [pair for pair in self.answer.headers if pair[0].lower() not in _REPLACED]
        headers += [
            (b"Accept-Ranges", b"bytes"),
            (b"Content-Length", str(wish.length).encode()),
            (b"ETag", version.etag.encode()),
            (b"Last-Modified", version.last_modified.encode()),
        ]
        if wish.status == 206:
            last = wish.start + wish.length - 1
            headers.append((b"Content-Range", f"bytes {wish.start}-{last}/{version.size}".encode()))
        await self._start(wish.status, headers)
        if self.scope["method"] == "HEAD" or wish.length == 0:
            await self.send({"type": "http.response.body", "body": b""})
            return
        await self._send_bytes(descriptor, version, wish)

    async def _send_bytes(self, descriptor: int, version: Version, wish: Wanted) -> None:
        counter = _Counter(self.answer.event_id, version.size)
        gone = asyncio.ensure_future(_wait_for_disconnect(self.receive))
        position, left = wish.start, wish.length
        try:
            while left and not gone.done():
                before = position
                try:
                    position = await self._send_part(descriptor, position, left)
                finally:
                    if self.is_direct:
                        position = max(position, os.lseek(descriptor, 0, os.SEEK_CUR))
                    counter.add(position - before, reached_end=position >= version.size)
                if position == before:
                    break  # the file shrank; the server closes the connection as too short
                left -= position - before
        except OSError:
            # Some servers raise when the client has gone; others only tell through receive().
            logger.debug("The client went away during a transfer.")
        finally:
            gone.cancel()
            await counter.close()

    async def _send_part(self, descriptor: int, position: int, left: int) -> int:
        """Sends the next part, by the kernel where nothing waits for a disk; says how far it is."""
        window = min(WINDOW, left)
        if self.is_direct and is_in_memory(descriptor, position, window):
            part = {"file": descriptor, "offset": position, "count": window}
            await self.send({"type": EXTENSION, **part})
            if window == left:
                await self.send({"type": "http.response.body", "body": b""})
            return position + window
        data = await asyncio.to_thread(os.pread, descriptor, min(CHUNK, left), position)
        more = len(data) < left
        if data:
            await self.send({"type": "http.response.body", "body": data, "more_body": more})
        return position + len(data)

    async def _send_refusal(self, version: Version, wish: Wanted) -> None:
        if wish.status == 304:
            dropped = _REPLACED | _OF_THE_BODY
            headers = [pair for pair in self.answer.headers if pair[0].lower() not in dropped]
            headers += [
                (b"ETag", version.etag.encode()),
                (b"Last-Modified", version.last_modified.encode()),
            ]
            await self._start(304, headers)
            await self.send({"type": "http.response.body", "body": b""})
        elif wish.status == 416:
            range_header = (b"Content-Range", f"bytes */{version.size}".encode())
            message = _("The file does not have these bytes.")
            await self._refuse(416, "range_not_satisfiable", message, [range_header])
        else:
            message = _("The file is another one by now.")
            await self._refuse(412, "precondition_failed", message, [])

    async def _refuse(
        self, status: int, code: str, message: str, headers: list[tuple[bytes, bytes]]
    ) -> None:
        error = {"error": {"code": code, "message": message, "details": {}}}
        body = json.dumps(error).encode()
        about = [
            (b"Content-Type", b"application/json"),
            (b"Content-Length", str(len(body)).encode()),
            *headers,
        ]
        await self._start(status, about)
        shown = b"" if self.scope["method"] == "HEAD" else body
        await self.send({"type": "http.response.body", "body": shown})

    async def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        await self.send({"type": "http.response.start", "status": status, "headers": headers})


class _Counter:
    """Writes handed-over bytes to the viewing's row, about once a second, beside the transfer."""

    def __init__(self, event_id: str, size_bytes: int) -> None:
        self.event_id, self.size_bytes = event_id, size_bytes
        self.count, self.reached_end = 0, False
        self.due_at = 0.0
        self.writing: asyncio.Task[None] | None = None

    def add(self, count: int, *, reached_end: bool) -> None:
        self.count += count
        self.reached_end = self.reached_end or reached_end
        is_idle = self.writing is None or self.writing.done()
        if self.event_id and is_idle and monotonic() >= self.due_at:
            self.due_at = monotonic() + RECORD_EVERY_S
            self.writing = asyncio.ensure_future(self._write())

    async def close(self) -> None:
        """Writes the rest; also when the server cancels the transfer."""
        if self.event_id:
            await asyncio.shield(asyncio.ensure_future(self._finish()))

    async def _finish(self) -> None:
        if self.writing is not None:
            await self.writing
        if self.count:
            await self._write()

    async def _write(self) -> None:
        count, self.count = self.count, 0
        try:
            await _record(
                event_id=self.event_id,
                count=count,
                size_bytes=self.size_bytes,
                reached_end=self.reached_end,
            )
        except Exception:
            # The bytes matter more than their count; the count is tried again with the next write.
            self.count += count
            logger.exception("A transfer could not be recorded.")


_record = database_sync_to_async(record_bytes, thread_sensitive=False)


def _open(target: str) -> int:
    """The descriptor behind `/_media/<root>/<path>`."""
    if not target.startswith(PREFIX):
        raise OutsideRoot(technical=f"not a media address: {target}")
    root, _slash, path = target.removeprefix(PREFIX).partition("/")
    return files.open_inside(root, unquote(path))


def _first_headers(scope: Message) -> dict[str, str]:
    """Header values by lower-case name; of repeated ones the first, as nginx takes Range."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return found


async def _wait_for_disconnect(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
