"""One HTTP client for addresses of strangers: the guard decides on the address really connected to.

No proxies and no cookies of the machine, redirects followed by hand with every check again, caps on
size and time. Base URLs an operator configured go through it too, with a policy that names them.
"""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote, urljoin, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError

from videorama.adapters.errors import Facts, TooLarge, classify, error_for
from videorama.adapters.guard import AddressRefused, NetworkPolicy

_READ_S = 15.0
_PIECE = 64 * 1024
_AGENT = "Mozilla/5.0 (compatible; Videorama)"
_REDIRECTS = {301, 302, 303, 307, 308}
# Headers that may go on to another host.
_PUBLIC = {"accept", "accept-language", "range", "user-agent"}


@dataclass(frozen=True)
class Fetched:
    """An answer with its body; `url` is where the redirects ended."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Deadline:
    """Cuts every connection when the time is over.

    The time limit of a read begins anew with each byte, so a server that sends one now and then
    would hold us for days.
    """

    def __init__(self, timeout_s: float) -> None:
        self._until = time.monotonic() + timeout_s
        self._links: list[socket.socket] = []
        self._timer = threading.Timer(timeout_s, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        for link in self._links:
            link.close()

    @property
    def left_s(self) -> float:
        """Seconds that are left; 0 when it is over."""
        return max(0.0, self._until - time.monotonic())

    def watch(self, link: socket.socket) -> None:
        """From now on this connection ends in time; a copy, as TLS takes the socket itself away."""
        self._links.append(link.dup())
        if not self.left_s:
            self._cut()

    def _cut(self) -> None:
        for link in self._links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)


def _guarded(policy: NetworkPolicy, deadline: _Deadline) -> urllib3.PoolManager:
    """A pool whose connections go only where the policy permits, and end in time."""

    def connect(link: Any) -> socket.socket:
        wait_s = min(_READ_S, deadline.left_s + 0.1)
        try:
            made = policy.connect(link.host, link.port or link.default_port, wait_s)
        except AddressRefused:
            raise
        except OSError as error:
            raise NewConnectionError(link, str(error)) from error
        made.settimeout(_READ_S)
        deadline.watch(made)
        return made

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    pools = _pools(policy)
    pools.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return pools


def _pools(policy: NetworkPolicy) -> urllib3.PoolManager:
    if not policy.proxy:
        return urllib3.PoolManager(num_pools=2, maxsize=1)
    parts = urlsplit(policy.proxy)
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return urllib3.ProxyManager(
        f"http://{parts.hostname}:{parts.port or 80}",
        num_pools=2,
        maxsize=1,
        proxy_headers=urllib3.make_headers(proxy_basic_auth=login) if parts.username else None,
    )


@contextmanager
def _answer(
    url: str,
    policy: NetworkPolicy,
    headers: Mapping[str, str],
    max_redirects: int,
    deadline: _Deadline,
) -> Iterator[tuple[str, Any]]:
    """The final answer, its body unread, after at most `max_redirects` redirects."""
    with _guarded(policy, deadline) as pools:
        for _turn in range(max_redirects + 1):
            policy.check_url(url)
            if policy.proxy:
                asked = urlsplit(url)
                policy.check_target(
                    asked.hostname or "", asked.port or (443 if asked.scheme == "https" else 80)
                )
            if not deadline.left_s:
                raise error_for("timeout", technical=url[:200])
            answer = pools.request(
                "GET", url, headers={"User-Agent": _AGENT, **headers}, redirect=False,
                retries=False, preload_content=False,
                timeout=urllib3.Timeout(connect=_READ_S, read=_READ_S),
            )  # fmt: skip
            try:
                target = answer.headers.get("Location")
                if answer.status not in _REDIRECTS or not target:
                    yield url, answer
                    return
            finally:
                answer.close()
            if urlsplit(url).netloc != urlsplit(urljoin(url, target)).netloc:
                # What was meant for one host is not for another.
                headers = {name: text for name, text in headers.items() if name.lower() in _PUBLIC}
            url = urljoin(url, target)
        raise error_for("redirects", technical=url[:200])


def fetch(
    url: str,
    *,
    policy: NetworkPolicy,
    timeout_s: float,
    max_bytes: int,
    max_redirects: int = 5,
    headers: Mapping[str, str] | None = None,
) -> Fetched:
    """GET with the whole body in memory; answers of any status are returned, not raised.

    `timeout_s` is for everything together. Raises BlockedAddress, TooLarge, or the codes of
    errors.py for what the network does.
    """
    with _Deadline(timeout_s) as deadline:
        try:
            got = _whole(url, policy, headers or {}, max_redirects, max_bytes, deadline)
        except (HTTPError, OSError) as error:
            if not deadline.left_s:
                raise error_for("timeout", technical=url[:200]) from error
            raise classify(
                Facts((f"{type(error).__name__}: {error}",), errno=getattr(error, "errno", None))
            ) from error
        if not deadline.left_s:  # what was cut can look like the end of the body
            raise error_for("timeout", technical=url[:200])
        return got


def _whole(
    url: str,
    policy: NetworkPolicy,
    headers: Mapping[str, str],
    max_redirects: int,
    max_bytes: int,
    deadline: _Deadline,
) -> Fetched:
    with _answer(url, policy, headers, max_redirects, deadline) as (final, answer):
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > max_bytes:
            raise TooLarge(technical=f"{announced} bytes announced")
        body = bytearray()
        for piece in answer.stream(_PIECE, decode_content=True):
            body += piece
            if len(body) > max_bytes:
                raise TooLarge(technical=f"more than {max_bytes} bytes")
        return Fetched(final, answer.status, dict(answer.headers), bytes(body))
