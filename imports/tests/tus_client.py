"""A strict client of the upload protocol that speaks to the real ASGI application."""

import asyncio
import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from videorama.asgi import application

VERSION = ("Tus-Resumable", "1.0.0")
STREAM = ("Content-Type", "application/offset+octet-stream")
COLLECTION = "/api/v1/import/upload"


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One request: pieces go out one by one, and the connection may be cut between them."""

    def __init__(self, pieces: Iterable[bytes], *, cut: bool) -> None:
        self._pieces = list(pieces)
        self._cut = cut
        self._answered = asyncio.Event()
        self.start: dict[str, Any] = {}
        self.body = bytearray()

    async def receive(self) -> dict[str, Any]:
        if self._pieces:
            piece = self._pieces.pop(0)
            more = self._cut or bool(self._pieces)
            return {"type": "http.request", "body": piece, "more_body": more}
        if not self._cut:
            await self._answered.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                self._answered.set()


async def ask(
    method: str,
    path: str,
    *headers: tuple[str, str],
    pieces: Sequence[bytes] = (b"",),
    cut: bool = False,
) -> Answer:
    """One request; `cut` ends the connection after the pieces, before the body's end."""
    wire = Wire(pieces, cut=cut)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")]
        + [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("localhost", 80),
    }
    await application(scope, wire.receive, wire.send)
    named = {
        name.decode().lower(): value.decode("latin-1")
        for name, value in wire.start.get("headers", ())
    }
    return Answer(int(wire.start.get("status", 0)), named, bytes(wire.body))


def metadata(**values: str) -> tuple[str, str]:
    """The header Upload-Metadata."""
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
    return ("Upload-Metadata", ",".join(pairs))


class TusClient:
    """One program with a token."""

    def __init__(self, bearer: dict[str, str]) -> None:
        self.who = [("Authorization", bearer["Authorization"])]

    async def ask(self, method: str, path: str, *headers: tuple[str, str], **more: Any) -> Answer:
        """A request with version and token."""
        return await ask(method, path, VERSION, *self.who, *headers, **more)

    async def create(self, size: int, **about: str) -> str:
        """A new upload's address."""
        answer = await self.ask("POST", COLLECTION, ("Upload-Length", str(size)), metadata(**about))
        assert answer.status == 201, answer
        assert answer.headers["tus-resumable"] == "1.0.0"
        return answer.headers["location"]

    async def offset(self, address: str) -> int:
        """What the server says is there."""
        answer = await self.ask("HEAD", address)
        assert answer.status == 200, answer
        assert answer.headers["cache-control"] == "no-store"
        return int(answer.headers["upload-offset"])

    async def patch(self, address: str, offset: int, *pieces: bytes, **more: Any) -> Answer:
        """Sends pieces from there on."""
        where = ("Upload-Offset", str(offset))
        return await self.ask("PATCH", address, STREAM, where, pieces=pieces, **more)
