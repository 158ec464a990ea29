"""Clients that read as fast as they are served, in a process of their own.

    python -m bench.media_load ADDRESS PART_BYTES COUNT CONNECTIONS SEED [HEADER …]

PART_BYTES 0 reads the whole file COUNT times, else parts of that size at random places, after one
byte that is not counted: it asks for the right and finds the size. Bodies are thrown away inside
the kernel (MSG_TRUNC), so that serving is what takes the time. Prints JSON.
"""

import json
import random
import resource
import socket
import sys
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

_PIECE = 1 << 22


class Client(threading.Thread):
    """One connection that asks for part after part."""

    def __init__(
        self,
        address: str,
        headers: list[str],
        part: int,
        count: int,
        seed: str,
        start: threading.Barrier,
    ) -> None:
        super().__init__()
        self._start = start
        self._to, self._headers = urlsplit(address), headers
        self._part, self._count = part, count
        self._dice = random.Random(seed)
        self._buffer = memoryview(bytearray(_PIECE))
        self.size = 0
        self.bytes_read = 0
        self.first_byte_s: list[float] = []
        self.error = ""

    def run(self) -> None:
        """Reads it all; `error` says why not."""
        try:
            with socket.create_connection((self._to.hostname, self._to.port), 30) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
                if self._part:
                    self._read(connection, "bytes=0-0")
                    self.bytes_read = 0
                    self.first_byte_s.clear()
                self._start.wait(60)
                for _ in range(self._count):
                    self._read(connection, self._wish())
        except (OSError, ValueError, threading.BrokenBarrierError) as error:
            self.error = repr(error)
            self._start.abort()

    def _wish(self) -> str:
        if not self._part:
            return ""
        start = self._dice.randrange(self.size - self._part)
        return f"bytes={start}-{start + self._part - 1}"

    def _read(self, connection: socket.socket, span: str) -> None:
        path = self._to.path + (f"?{self._to.query}" if self._to.query else "")
        lines = [f"GET {path} HTTP/1.1", f"Host: {self._to.netloc}", *self._headers]
        if span:
            lines.append(f"Range: {span}")
        asked = time.perf_counter()
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(2048)
            if not piece:
                raise ValueError(f"closed after {head!r}")
            head += piece
        self.first_byte_s.append(time.perf_counter() - asked)
        head, _end, body = head.partition(b"\r\n\r\n")
        status = int(head.split(None, 2)[1])
        if status not in {200, 206}:
            raise ValueError(f"{status}: {head!r}")
        known = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
        self.size = int(known.get("content-range", "/0").rpartition("/")[2]) or self.size
        left = int(known["content-length"]) - len(body)
        self.bytes_read += left + len(body)
        while left:
            count = connection.recv_into(self._buffer, min(left, _PIECE), socket.MSG_TRUNC)
            if not count:
                raise ValueError(f"{left} bytes are missing")
            left -= count


def main() -> None:
    """Runs the clients side by side and tells what came."""
    address, part, count, connections, seed, *headers = sys.argv[1:]
    start = threading.Barrier(int(connections) + 1)
    clients = [
        Client(address, headers, int(part), int(count), f"{seed} {number}", start)
        for number in range(int(connections))
    ]
    for client in clients:
        client.start()
    with suppress(threading.BrokenBarrierError):
        start.wait(60)
    began = time.perf_counter()
    for client in clients:
        client.join()
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {
        "seconds": time.perf_counter() - began,
        "bytes": sum(client.bytes_read for client in clients),
        "first_byte_s": [one for client in clients for one in client.first_byte_s],
        "own_cpu_s": used.ru_utime + used.ru_stime,
        "errors": [client.error for client in clients if client.error],
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
