"""A loopback media site that does exactly what it is told, and remembers what it was asked.

    with MediaSite() as site:
        site.url("/clip10.mp4")                    # see media_pages.resources for all paths
        site.fail("/clip10.mp4", status=503, times=2)
        gate = site.hold("/clip10.mp4", after_bytes=100_000)
        gate.reached.wait(10); ...; gate.open()

Faults can also stand in the address, for use from outside: /fault/status/404/clip10.mp4,
/fault/busy/7/… (429 with Retry-After), /fault/flaky/2/… (503 twice, then well), /fault/slow/50000/…
(bytes per second), /fault/cut/100000/… (connection cut, resumable), /fault/short/1000/… (announces
1000 bytes more than there are), /fault/norange/0/…, /fault/loop/0/…, /fault/private/0/… (redirect
to 10.0.0.1). As a program: `python -m videorama.tests.fakes.media_site --port 0`.
"""

import argparse
import hashlib
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from videorama.tests.fakes.media_pages import Resource, resources

CHUNK = 16 * 1024
MODIFIED = "Mon, 01 Mar 2021 10:00:00 GMT"
# A slow or held path must start at once, so the kernel may not swallow the whole file.
SEND_BUFFER = 64 * 1024


@dataclass(frozen=True)
class Fault:
    """What goes wrong at a path; `times` counts GET requests, None means always."""

    status: int = 0
    times: int | None = None
    retry_after: int | str | None = None
    cut_after: int | None = None
    bytes_per_s: int | None = None
    extra_length: int = 0
    redirect_to: str = ""
    ignores_range: bool = False


@dataclass
class Seen:
    """One request as it came, and what was answered."""

    method: str
    path: str
    range: str
    headers: dict[str, str]
    status: int = 0
    sent_bytes: int = 0


@dataclass
class Gate:
    """Holds every answer for a path at a byte: `reached` says it stands, `open` lets it on."""

    after_bytes: int
    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        """Let it, and all later requests, pass."""
        self.opened.set()


class MediaSite:
    """The site; starts at `with`, on a free port unless one is given."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._server = _Server((host, port), _Handler)
        self._server.site = self
        self.host, self.port = host, int(self._server.server_address[1])
        self.base = f"http://{host}:{self.port}"
        self.resources: dict[str, Resource] = resources(self.base)
        self.requests: list[Seen] = []
        self.max_concurrent = 0
        self.closing = threading.Event()
        self._faults: dict[str, Fault] = {}
        self._used: Counter[str] = Counter()
        self._gates: dict[str, Gate] = {}
        self._under_way = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.closing.set()
        for gate in self._gates.values():
            gate.open()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, path: str) -> str:
        """The full address of a path."""
        return f"{self.base}{path}"

    @property
    def allow(self) -> str:
        """What to put into the allow list for this site alone."""
        return f"{self.host}:{self.port}"

    def add(self, path: str, body: bytes | Path, content_type: str = "text/html") -> str:
        """Serve something of the test's own; returns its address."""
        self.resources[path] = Resource(body, content_type)
        return self.url(path)

    def fail(self, path: str, **fault: Any) -> None:
        """From now on this path has that Fault."""
        self._used.pop(path, None)
        self._faults[path] = Fault(**fault)

    def heal(self, path: str) -> None:
        """Take the path's fault away."""
        self._faults.pop(path, None)

    def hold(self, path: str, after_bytes: int = 0) -> Gate:
        """A gate for the path, `after_bytes` counted from the start of the file."""
        gate = self._gates[path] = Gate(after_bytes)
        return gate

    def hits(self, path: str, method: str = "GET") -> int:
        """How often the path was asked for."""
        return sum(seen.path == path and seen.method == method for seen in list(self.requests))

    def sent(self, path: str) -> int:
        """Body bytes handed out for the path, over all requests."""
        return sum(seen.sent_bytes for seen in list(self.requests) if seen.path == path)

    def enter(self, seen: Seen) -> None:
        """Called by the handler as a request begins."""
        with self._lock:
            self.requests.append(seen)
            self._under_way += 1
            self.max_concurrent = max(self.max_concurrent, self._under_way)

    def leave(self) -> None:
        """Called by the handler as a request ends."""
        with self._lock:
            self._under_way -= 1

    def plan(self, path: str, method: str) -> tuple[Fault, str, Gate | None]:
        """The fault of this request, the path of the content meant, and the gate before it."""
        with self._lock:
            fault, inner = _fault_in(path, self.base)
            fault = self._faults.get(path, fault)
            if fault.times is not None:
                if self._used[path] >= fault.times:
                    fault = Fault()
                elif method == "GET":
                    self._used[path] += 1
        return fault, inner, self._gates.get(path)


def _fault_in(path: str, base: str) -> tuple[Fault, str]:
    found = re.fullmatch(r"/fault/([a-z]+)/(\d+)(/.+)", path)
    if not found:
        return Fault(), path
    kind, number, inner = found[1], int(found[2]), found[3]
    faults = {
        "status": Fault(status=number),
        "busy": Fault(status=429, retry_after=number),
        "flaky": Fault(status=503, times=number),
        "slow": Fault(bytes_per_s=number),
        "cut": Fault(cut_after=number),
        "short": Fault(extra_length=number, ignores_range=True),
        "norange": Fault(ignores_range=True),
        "loop": Fault(status=302, redirect_to=f"{base}{path}"),
        "private": Fault(status=302, redirect_to="http://10.0.0.1/clip10.mp4"),
    }
    return faults.get(kind, Fault(status=404)), inner


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    site: MediaSite

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is normal here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.timeout = 60
        super().setup()

    def log_message(self, format: str, *args: Any) -> None:
        """The log is `site.requests`."""

    def do_GET(self) -> None:
        site = self.server.site
        seen = Seen(
            self.command, urlsplit(self.path).path, self.headers.get("Range", ""),
            {name.lower(): value for name, value in self.headers.items()},
        )  # fmt: skip
        site.enter(seen)
        try:
            self._answer(site, seen)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        finally:
            site.leave()

    do_HEAD = do_GET

    def _answer(self, site: MediaSite, seen: Seen) -> None:
        fault, path, gate = site.plan(seen.path, self.command)
        resource = site.resources.get(path)
        if resource is None and not fault.status:
            fault = replace(fault, status=404)
        if fault.status:
            self._refuse(fault, seen)
            return
        assert resource is not None
        body = resource.body() if callable(resource.body) else resource.body
        data = body.read_bytes() if isinstance(body, Path) else body
        etag = f'"{hashlib.sha1(data, usedforsecurity=False).hexdigest()[:16]}"'
        span = None if fault.ignores_range else self._span(len(data), etag)
        if span == (0, 0):
            self._head(416, seen, {"Content-Range": f"bytes */{len(data)}", "Content-Length": "0"})
            return
        start, end = span or (0, len(data))
        headers = {
            "Content-Type": resource.content_type,
            "Content-Length": str(end - start + fault.extra_length),
            "Last-Modified": MODIFIED,
            "ETag": etag,
        }
        if not fault.ignores_range:
            headers["Accept-Ranges"] = "bytes"
        if span:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        self._head(206 if span else 200, seen, headers)
        if self.command == "GET":
            self._body(site, seen, data[start:end], start, fault, gate)

    def _head(self, status: int, seen: Seen, headers: dict[str, str]) -> None:
        seen.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _refuse(self, fault: Fault, seen: Seen) -> None:
        text = f"Error {fault.status}\n".encode()
        headers = {"Content-Type": "text/plain", "Content-Length": str(len(text))}
        if fault.retry_after is not None:
            headers["Retry-After"] = str(fault.retry_after)
        if fault.redirect_to:
            headers["Location"] = fault.redirect_to
        self._head(fault.status, seen, headers)
        if self.command == "GET":
            self.wfile.write(text)

    def _span(self, size: int, etag: str) -> tuple[int, int] | None:
        """The asked range as start and end; None without one, (0, 0) when it cannot be served."""
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range", etag)
        if not found or found[1] + found[2] == "" or condition not in {etag, MODIFIED}:
            return None
        if not found[1]:
            start, end = max(0, size - int(found[2])), size
        else:
            start, end = int(found[1]), min(size, int(found[2] or size) + 1)
        return (start, end) if start < end else (0, 0)

    def _body(
        self, site: MediaSite, seen: Seen, data: bytes, start: int, fault: Fault, gate: Gate | None
    ) -> None:
        stops = [] if gate is None else [max(0, gate.after_bytes - start)]
        if fault.cut_after is not None:
            data = data[: fault.cut_after]
        for piece in _pieces(data, stops):
            if gate is not None and start + seen.sent_bytes >= gate.after_bytes:
                self.wfile.flush()
                gate.reached.set()
                gate.opened.wait()
            if site.closing.is_set():
                break
            self.wfile.write(piece)
            seen.sent_bytes += len(piece)
            if fault.bytes_per_s:
                site.closing.wait(len(piece) / fault.bytes_per_s)
        if fault.cut_after is not None or fault.extra_length or site.closing.is_set():
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)


def _pieces(data: bytes, stops: list[int]) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = min([at + CHUNK, len(data), *(stop for stop in stops if stop > at)])
        yield data[at:end]
        at = end


def main() -> None:
    """Serve until stopped; the first line printed is the address."""
    options = argparse.ArgumentParser(description="Fake media site for tests and trying out.")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--host", default="127.0.0.1")
    chosen = options.parse_args()
    with MediaSite(chosen.port, chosen.host) as site:
        print(site.base, flush=True)  # noqa: T201
        for path in sorted(site.resources):
            if "/part" not in path:
                print(f"  {site.url(path)}", flush=True)  # noqa: T201
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
