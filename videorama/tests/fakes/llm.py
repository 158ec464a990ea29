"""A loopback OpenAI-compatible service that is strict about paths and keys.

with ModelService(key="sk-…") as service:
    service.url        # ends in /v1
    service.status = 500
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

MODELS = ("small-model", "large-model")


class ModelService:
    """See the module. `body` replaces the list of models, `location` makes it a redirect."""

    def __init__(self, key: str = "") -> None:
        self.key = key
        self.status = 200
        self.body: bytes | None = None
        self.location = ""
        self.asked: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: ModelService


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        service = self.server.owner
        service.asked.append(self.path)
        if self.path != "/v1/models":
            self._answer(404, b'{"error": {"message": "unknown path"}}')
        elif service.key and self.headers.get("Authorization") != f"Bearer {service.key}":
            told = self.headers.get("Authorization", "")
            # As some services do: the wrong key stands in the answer.
            self._answer(401, json.dumps({"error": {"message": f"bad key {told}"}}).encode())
        else:
            listed = [{"id": name, "object": "model"} for name in MODELS]
            whole = json.dumps({"object": "list", "data": listed}).encode()
            self._answer(service.status, service.body if service.body is not None else whole)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if self.server.owner.location:
            self.send_header("Location", self.server.owner.location)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Silent."""
