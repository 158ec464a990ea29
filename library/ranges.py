"""Which part of a file a request wants: conditions and byte ranges. Pure arithmetic.

The answers are those of nginx with `max_ranges 1`, row for row (table in tests/test_ranges.py), so
that both ways of serving a file behave alike.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime

_SPEC = re.compile(r"[ ]*(?:([0-9]+)[ ]*-[ ]*([0-9]*)|-([0-9]+))[ ]*")
_TAG = re.compile(r'(W/)?("[^"]*")|(\*)')
_LARGEST = 2**63 - 1
_MAX_PARTS = 64


@dataclass(frozen=True)
class Version:
    """What tells one state of a file from another. `modified` is in whole seconds."""

    size: int
    modified: int

    @property
    def etag(self) -> str:
        """Strong tag in the form nginx gives it."""
        return f'"{self.modified:x}-{self.size:x}"'

    @property
    def last_modified(self) -> str:
        """As an HTTP date."""
        return formatdate(self.modified, usegmt=True)


@dataclass(frozen=True)
class Wanted:
    """The answer: 200 and 206 with the bytes from `start` on, 304, 412 and 416 without."""

    status: int
    start: int = 0
    length: int = 0


def wanted(headers: Mapping[str, str], version: Version) -> Wanted:
    """Judges the request headers (lower-case names) in the order RFC 9110 section 13.2.2 gives."""
    if _fails_precondition(headers, version):
        return Wanted(412)
    if _is_known(headers, version):
        return Wanted(304)
    whole = Wanted(200, 0, version.size)
    header = headers.get("range", "")
    if not header or not _range_applies(headers.get("if-range"), version):
        return whole
    try:
        span = one_range(header, version.size)
    except Unsatisfiable:
        return Wanted(416)
    return whole if span is None else Wanted(206, span[0], span[1] - span[0] + 1)


class Unsatisfiable(Exception):
    """No part of the file is meant, or the range cannot be read."""


def one_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte, or None for the whole file.

    More than one satisfiable range gives the whole file, another unit or an empty file too.
    """
    if header[:6].lower() != "bytes=" or size == 0 or not header[6:].strip():
        return None
    parts = header[6:].split(",", _MAX_PARTS)
    if len(parts) > _MAX_PARTS:
        return None
    found: tuple[int, int] | None = None
    for part in parts:
        span = _span(part, size)
        if span is None:
            continue
        if found is not None:
            return None
        found = span
    if found is None:
        raise Unsatisfiable
    return found


def _span(part: str, size: int) -> tuple[int, int] | None:
    """One range; None when it lies outside the file. Raises Unsatisfiable for bad syntax."""
    match = _SPEC.fullmatch(part)
    if match is None:
        raise Unsatisfiable
    first, last, suffix = match.groups()
    if suffix is not None:
        length = min(_number(suffix), size)
        return (size - length, size - 1) if length else None
    start = _number(first)
    end = _number(last) if last else size - 1
    if start >= size or start > end:
        return None
    return start, min(end, size - 1)


def _number(figures: str) -> int:
    """Never converts thousands of figures; numbers no file can reach are refused, as nginx does."""
    short = figures.lstrip("0") or "0"
    if len(short) > 19 or int(short) > _LARGEST:
        raise Unsatisfiable
    return int(short)


def _fails_precondition(headers: Mapping[str, str], version: Version) -> bool:
    if "if-match" in headers:
        return not _matches(headers["if-match"], version.etag, weak=False)
    limit = _seconds(headers.get("if-unmodified-since"))
    return limit is not None and version.modified > limit


def _is_known(headers: Mapping[str, str], version: Version) -> bool:
    if "if-none-match" in headers:
        return _matches(headers["if-none-match"], version.etag, weak=True)
    # Only the very date counts: a file put back from a backup is older and still another one.
    return _seconds(headers.get("if-modified-since")) == version.modified


def _range_applies(condition: str | None, version: Version) -> bool:
    if condition is None:
        return True
    condition = condition.strip()
    if condition.startswith(('"', "W/")):
        return condition == version.etag
    return _seconds(condition) == version.modified


def _matches(header: str, etag: str, *, weak: bool) -> bool:
    for is_weak, tag, star in _TAG.findall(header):
        if star or (tag == etag and (weak or not is_weak)):
            return True
    return False


def _seconds(date: str | None) -> int | None:
    """An HTTP date as seconds; None for none and for garbage."""
    if not date:
        return None
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
