"""A client of our sockets that talks to the ASGI app directly."""

import json
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from asgiref.testing import ApplicationCommunicator

HOST = (b"host", b"testserver")


class Socket(ApplicationCommunicator):
    """One connection: `async with Socket("/ws/jobs/status", cookie) as socket`.

    `is_open` is False when the app refused it before accepting.
    """

    def __init__(self, address: str, *headers: tuple[bytes, bytes]) -> None:
        from videorama.asgi import application  # Django is not ready when a conftest imports this

        parts = urlsplit(address)
        scope = {
            "type": "websocket",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [HOST, *headers],
            "subprotocols": [],
        }
        super().__init__(application, scope)
        self.is_open = False

    async def __aenter__(self) -> Self:
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(10)
        self.is_open = answer["type"] == "websocket.accept"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(10)

    async def send(self, data: Any) -> None:
        """A frame; text as it is, anything else as JSON."""
        text = data if isinstance(data, str) else json.dumps(data)
        await self.send_input({"type": "websocket.receive", "text": text})

    async def text(self, within: float = 10) -> str:
        """The next frame as text; fails when the app closes instead."""
        output = await self.receive_output(within)
        assert output["type"] == "websocket.send", output
        return str(output["text"])

    async def frame(self, within: float = 10) -> dict[str, Any]:
        """The next frame, which is JSON."""
        return dict(json.loads(await self.text(within)))

    async def close_code(self, within: float = 15) -> int:
        """The code it is closed with, whatever is sent before."""
        while True:
            output = await self.receive_output(within)
            if output["type"] == "websocket.close":
                return int(output["code"])
