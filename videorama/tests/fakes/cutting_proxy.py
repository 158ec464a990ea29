"""A cable that can be pulled: passes bytes on to a server and cuts connections when told to."""

import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

BLOCK = 1 << 16


class CuttingProxy:
    """Listens on a port of its own. `cut_at` names how many sent bytes, over all connections of
    clients, end the connection that brings them; each number counts once.
    """

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.cut_at: list[int] = []
        self.cuts = 0
        self._sent = 0
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        for one in list(self._open):
            _end(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(self._target)
                self._open |= {client, server}
                for source, target, is_up in ((client, server, True), (server, client, False)):
                    arguments = (source, target, is_up)
                    threading.Thread(target=self._pass_on, args=arguments, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_up: bool) -> None:
        with suppress(OSError):
            while data := source.recv(BLOCK):
                if is_up and self._is_cut(len(data)):
                    break
                target.sendall(data)
        for one in (source, target):
            _end(one)

    def _is_cut(self, count: int) -> bool:
        with self._guard:
            self._sent += count
            if not self.cut_at or self._sent < self.cut_at[0]:
                return False
            self.cut_at.pop(0)
            self.cuts += 1
            return True


def _end(one: socket.socket) -> None:
    """As a pulled cable looks in the end: a reset, no farewell."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        one.close()
