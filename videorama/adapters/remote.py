"""Look into a remote file without fetching it: a reader that asks for ranges, within caps."""

import io
import re
import time
from collections.abc import Callable
from typing import Any

_BLOCK = 256 * 1024
_MAX_REQUESTS = 12
_MAX_BYTES = 6 * 2**20
_MAX_S = 12


class OutOfReach(OSError):
    """The server has no ranges, or the caps are reached."""


class RangeReader(io.RawIOBase):
    """A read-only file object over `fetch(start, end)`, which gives a response for that range.

    A server that ignores ranges can be read from the front only. `failed` tells whether the server
    was the reason that reading ended, not the content.
    """

    def __init__(self, fetch: Callable[[int, int], Any]) -> None:
        super().__init__()
        self._fetch = fetch
        self._at = 0
        self._blocks: dict[int, bytes] = {}
        self._left_requests, self._left_bytes = _MAX_REQUESTS, _MAX_BYTES
        self._until = time.monotonic() + _MAX_S
        self.size: int | None = None
        self.failed = False

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; needs the size only from the end."""
        if whence == io.SEEK_END:
            if self.size is None:
                self._block(0)
            if self.size is None:
                raise self._fail("size unknown")
            offset += self.size
        elif whence == io.SEEK_CUR:
            offset += self._at
        self._at = max(0, offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, never across two blocks."""
        if self.size is not None and self._at >= self.size:
            return b""
        number, inside = divmod(self._at, _BLOCK)
        data = self._block(number)[inside:]
        data = data if size < 0 else data[:size]
        self._at += len(data)
        return data

    def head(self) -> bytes:
        """The first bytes, as far as they were read."""
        return self._blocks.get(0, b"")[:4096]

    def _fail(self, why: str) -> OutOfReach:
        self.failed = True
        return OutOfReach(why)

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            return self._blocks[number]
        if (
            self.failed
            or self._left_requests <= 0
            or self._left_bytes <= 0
            or time.monotonic() > self._until
        ):
            raise self._fail("looked far enough")
        self._left_requests -= 1
        start = number * _BLOCK
        try:
            response = self._fetch(start, start + _BLOCK - 1)
        except OSError as error:
            raise self._fail(str(error)) from error
        try:
            data = self._take(response, start)
        finally:
            response.close()
        self._left_bytes -= len(data)
        self._blocks[number] = data
        return data

    def _take(self, response: Any, start: int) -> bytes:
        span = re.fullmatch(
            r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range") or ""
        )
        length = response.headers.get("Content-Length") or ""
        if response.status == 206 and span and int(span[1]) == start:
            self.size = int(span[2]) if span[2].isdigit() else self.size
        elif start:
            raise self._fail("no ranges")
        else:
            self.size = int(length) if length.isdigit() else None
        parts: list[bytes] = []
        missing = _BLOCK
        while missing > 0 and (part := response.read(missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)
