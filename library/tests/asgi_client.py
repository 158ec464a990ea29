"""The smallest HTTP client that speaks to the real ASGI application in this process."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from videorama.asgi import application


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name (the last of equal ones), body as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes


async def ask(
    path: str,
    *,
    method: str = "GET",
    headers: Sequence[tuple[str, str]] = (),
    client: str = "127.0.0.1",
    stop_after: int | None = None,
) -> Answer:
    """One request. `stop_after`: the client goes away once it has that many bytes."""
    parts = urlsplit(path)
    gone = asyncio.Event()
    asked = False
    start: dict[str, Any] = {}
    body = bytearray()

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body.extend(message.get("body", b""))
            if stop_after is not None and len(body) >= stop_after:
                gone.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost")]
        + [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": (client, 50_000),
        "server": ("localhost", 80),
    }
    await application(scope, receive, send)
    named = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], named, bytes(body))
