"""A loopback forward proxy that remembers what it was asked for, and may want a password.

    with Proxy(login="me:secret") as proxy:
        proxy.url, proxy.asked

Names that nobody can look up lead to `stand_in`, a host and port of this machine.
"""

import base64
import select
import socket
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import quote, urlsplit

_HOP = {"proxy-authorization", "proxy-connection", "connection", "transfer-encoding"}


class Proxy:
    """See the module."""

    def __init__(self, login: str = "", stand_in: tuple[str, int] | None = None) -> None:
        self.login, self.stand_in = login, stand_in
        self.asked: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address, with name and password if it wants them."""
        name, _colon, password = self.login.partition(":")
        front = f"{quote(name, safe='')}:{quote(password, safe='')}@" if self.login else ""
        return f"http://{front}127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def place(self, host: str, port: int) -> tuple[str, int]:
        """Where a request goes."""
        is_address = host.replace(".", "").isdigit()
        return (host, port) if is_address or self.stand_in is None else self.stand_in


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients go away in the middle; that is nothing to print."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if not self._is_let_in():
            return
        parts = urlsplit(self.path)
        place = self.server.owner.place(str(parts.hostname), parts.port or 80)
        onward = HTTPConnection(*place, timeout=20)
        kept = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        onward.request(self.command, path, headers=kept)
        answer = onward.getresponse()
        self.send_response(answer.status)
        for name, text in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, text)
        self.send_header("Connection", "close")
        self.end_headers()
        while piece := answer.read(65536):
            self.wfile.write(piece)
        onward.close()
        self.close_connection = True

    do_HEAD = do_POST = do_GET

    def do_CONNECT(self) -> None:
        if not self._is_let_in():
            return
        host, _colon, port = self.path.rpartition(":")
        with socket.create_connection(self.server.owner.place(host, int(port)), 20) as onward:
            self.send_response(200)
            self.end_headers()
            _pump(self.connection, onward)
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Silent."""

    def _is_let_in(self) -> bool:
        owner = self.server.owner
        wanted = f"Basic {base64.b64encode(owner.login.encode()).decode()}"
        if owner.login and self.headers.get("Proxy-Authorization") != wanted:
            self.send_response(407)
            self.send_header("Proxy-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False
        owner.asked.append(f"{self.command} {self.path}")
        return True


def _pump(one: socket.socket, other: socket.socket) -> None:
    while True:
        readable, _, _ = select.select([one, other], [], [], 20)
        if not readable:
            return
        for link in readable:
            data = link.recv(65536)
            if not data:
                return
            (other if link is one else one).sendall(data)
