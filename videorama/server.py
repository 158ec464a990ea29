"""The HTTP server of one process, on a bound socket."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Iterator

import uvicorn
from django.conf import settings

from videorama.env import BadSetting


def listen(host: str, port: int) -> socket.socket:
    """The bound socket, taken before the slow part of the start so that a clash is told at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise BadSetting(f"HOST must be an address of this machine, not {host!r}.") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Without listening a second process could bind the same port, too.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise BadSetting(f"PORT {port} is already in use; set PORT to another one.") from None
        raise BadSetting(f"HOST {host}, PORT {port}: {error.strerror}.") from None
    return listener


def say_ready() -> None:
    """The one line of a start."""
    print(f"Videorama is ready at {settings.PUBLIC_URL}", flush=True)  # noqa: T201


class _Uvicorn(uvicorn.Server):
    """Says when it can serve; leaves signals to whoever runs it."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: uvicorn's own raises SIGTERM again afterwards, and our clean-up never ran."""
        yield


class Server:
    """Pages, API and sockets until stop()."""

    def __init__(self, on_ready: Callable[[], None]) -> None:
        self._config = uvicorn.Config(
            "videorama.asgi:application",
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            # videorama.middleware.TrustedProxies reads them, and has to see who really asks.
            proxy_headers=False,
            server_header=False,
            ws_max_size=64 * 1024,
            # Frames are small and many: each compressed for each socket costs more than it saves.
            ws_per_message_deflate=False,
            # asyncio can hand one request's context to the next (CPython issue 140947), and with it
            # a thread executor that has ended.
            reset_contextvars=True,
            timeout_graceful_shutdown=2,
        )
        self._uvicorn = _Uvicorn(self._config, on_ready)

    def serve(self, listener: socket.socket) -> None:
        """Serves in this thread."""
        loops = self._config.get_loop_factory()
        asyncio.run(self._uvicorn.serve([listener]), loop_factory=loops)

    def stop(self) -> None:
        """Takes no more connections and ends soon; may be called by a signal handler."""
        self._uvicorn.should_exit = True
