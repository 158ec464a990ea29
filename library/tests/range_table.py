"""The range table: what nginx 1.22 answers with `max_ranges 1`, row by row.

File of 10,000 bytes with mtime 1700000000; rows marked Z are asked of an empty file of that time.
Each row: method, headers, status, and for 206 the first and last byte.
"""

from collections.abc import Mapping

MODIFIED = 1_700_000_000
SIZE = 10_000
ETAG = '"6553f100-2710"'
SAME = "Tue, 14 Nov 2023 22:13:20 GMT"
OLDER = "Tue, 14 Nov 2023 22:13:19 GMT"
NEWER = "Tue, 14 Nov 2023 22:13:21 GMT"

type Row = tuple[str, str, list[tuple[str, str]], int, tuple[int, int] | None]


def _range(
    value: str, status: int, span: tuple[int, int] | None = None, *more, method="GET"
) -> Row:
    name = f"{method} {value[:60]} {dict(more)}".removesuffix(" {}")
    return (name, method, [("Range", value), *more], status, span)


def _plain(status: int, *headers: tuple[str, str], method: str = "GET") -> Row:
    return (f"{method} {dict(headers)}", method, list(headers), status, None)


ROWS: list[Row] = [
    _plain(200),
    _range("bytes=0-0", 206, (0, 0)),
    _range("bytes=0-499", 206, (0, 499)),
    _range("bytes=500-999", 206, (500, 999)),
    _range("bytes=500-", 206, (500, 9999)),
    _range("bytes=0-", 206, (0, 9999)),
    _range("bytes=9999-9999", 206, (9999, 9999)),
    _range("bytes=9999-", 206, (9999, 9999)),
    _range("bytes=9500-99999", 206, (9500, 9999)),
    _range("bytes=0-9999", 206, (0, 9999)),
    _range("bytes=-500", 206, (9500, 9999)),
    _range("bytes=-1", 206, (9999, 9999)),
    _range("bytes=-10000", 206, (0, 9999)),
    _range("bytes=-20000", 206, (0, 9999)),
    _range("bytes=-0", 416),
    _range("bytes=10000-", 416),
    _range("bytes=10001-10005", 416),
    _range("bytes=9223372036854775807-", 416),
    _range("bytes=9223372036854775808-", 416),
    _range("bytes=999999999999999999999999999999-", 416),
    _range("bytes=0-9223372036854775807", 206, (0, 9999)),
    _range("bytes=0-999999999999999999999999999999", 416),
    _range("bytes=-999999999999999999999999999999", 416),
    _range("bytes=500-499", 416),
    _range("bytes=-", 416),
    _range("bytes=", 200),
    _range("bytes=abc", 416),
    _range("bytes=0-x", 416),
    _range("bytes=-5-10", 416),
    _range("bytes 0-499", 200),
    _range("items=0-4", 200),
    _range("BYTES=0-499", 206, (0, 499)),
    _range("Bytes=0-499", 206, (0, 499)),
    _range("bytes= 0-499", 206, (0, 499)),
    _range("bytes=0 - 499", 206, (0, 499)),
    _range("bytes =0-499", 200),
    _range("bytes=0-499 ,", 416),
    _range("bytes=0-99,200-299", 200),
    _range("bytes=0-99, 200-299", 200),
    _range("bytes=0-99,100-199", 200),
    _range("bytes=0-499,250-749", 200),
    _range("bytes=0-99,20000-", 206, (0, 99)),
    _range("bytes=20000-,30000-", 416),
    _range("bytes=0-99,500-400", 206, (0, 99)),
    _range("bytes=0-99,", 416),
    _range("bytes=,0-99", 416),
    _range("bytes=0-0,-1", 200),
    _range("bytes=0-0,0-0,0-0", 200),
    _range("bytes=0-,0-", 200),
    _range("bytes=" + ",".join(["0-"] * 200), 200),
    _range("bytes=000-0499", 206, (0, 499)),
    _range("bytes=+0-499", 416),
    _range("bytes=0x0-0x10", 416),
    _plain(200, method="HEAD"),
    _range("bytes=0-499", 206, (0, 499), method="HEAD"),
    _range("bytes=20000-", 416, method="HEAD"),
    _range("bytes=0-499", 405, method="POST"),
    _range("bytes=0-499", 206, (0, 499), ("If-Range", ETAG)),
    _range("bytes=0-499", 200, None, ("If-Range", '"nope"')),
    _range("bytes=0-499", 200, None, ("If-Range", f"W/{ETAG}")),
    _range("bytes=0-499", 206, (0, 499), ("If-Range", SAME)),
    _range("bytes=0-499", 200, None, ("If-Range", OLDER)),
    _range("bytes=0-499", 200, None, ("If-Range", NEWER)),
    _range("bytes=0-499", 200, None, ("If-Range", "xx")),
    _range("bytes=20000-", 200, None, ("If-Range", '"nope"')),
    _plain(304, ("If-None-Match", ETAG)),
    _plain(304, ("If-None-Match", f"W/{ETAG}")),
    _plain(304, ("If-None-Match", "*")),
    _plain(304, ("If-None-Match", f'"a", {ETAG}')),
    _plain(200, ("If-None-Match", '"a"')),
    _range("bytes=0-499", 304, None, ("If-None-Match", ETAG)),
    _range("bytes=20000-", 304, None, ("If-None-Match", ETAG)),
    _plain(304, ("If-Modified-Since", SAME)),
    _plain(200, ("If-Modified-Since", NEWER)),
    _plain(200, ("If-Modified-Since", OLDER)),
    _plain(200, ("If-None-Match", '"a"'), ("If-Modified-Since", SAME)),
    _plain(412, ("If-Match", '"a"')),
    _range("bytes=0-499", 206, (0, 499), ("If-Match", ETAG)),
    _plain(412, ("If-Unmodified-Since", OLDER)),
    ("two Range lines", "GET", [("Range", "bytes=0-0"), ("Range", "bytes=5-9")], 206, (0, 0)),
]
EMPTY_ROWS: list[Row] = [
    _plain(200),
    _range("bytes=0-", 200),
    _range("bytes=0-0", 200),
    _range("bytes=-1", 200),
    _plain(200, method="HEAD"),
]


def expected_headers(status: int, start: int, end: int) -> dict[str, str | None]:
    """What an answer of this status with these bytes says; None for what it may not say."""
    expected: dict[str, str | None] = {}
    if status in {200, 206, 304}:
        expected |= {"etag": ETAG, "last-modified": SAME}
    if status in {200, 206}:
        expected |= {"content-length": str(end - start + 1), "content-type": "video/mp4"}
    if status == 206:
        expected["content-range"] = f"bytes {start}-{end}/{SIZE}"
    if status == 416:
        expected |= {"content-range": f"bytes */{SIZE}", "etag": None}
    if status in {200, 304}:
        expected["content-range"] = None
    return expected


def differences(found: Mapping[str, str], expected: Mapping[str, str | None]) -> list[str]:
    """A line for each header that is another one."""
    return [
        f"{name} is {found.get(name)!r}, not {value!r}"
        for name, value in expected.items()
        if found.get(name) != value
    ]
