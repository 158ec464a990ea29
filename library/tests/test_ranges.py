"""Conditions and byte ranges."""

import random

import pytest

from library.ranges import Unsatisfiable, Version, Wanted, one_range, wanted
from library.tests.range_table import EMPTY_ROWS, ETAG, MODIFIED, ROWS, SAME, SIZE, Row


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:80] for row in ROWS])
def test_answers_are_those_of_the_table(row: Row) -> None:
    _name, method, headers, status, span = row
    if method == "POST":
        return
    first = {name.lower(): value for name, value in reversed(headers)}
    start, end = span or (0, SIZE - 1)
    length = end - start + 1 if status in {200, 206} else 0
    assert wanted(first, Version(SIZE, MODIFIED)) == Wanted(status, start if length else 0, length)


@pytest.mark.parametrize("row", EMPTY_ROWS, ids=[row[0] for row in EMPTY_ROWS])
def test_an_empty_file_is_always_given_whole(row: Row) -> None:
    headers = {name.lower(): value for name, value in row[2]}
    assert wanted(headers, Version(0, MODIFIED)) == Wanted(200, 0, 0)


def test_a_version_is_named_as_nginx_names_it() -> None:
    version = Version(SIZE, MODIFIED)
    assert (version.etag, version.last_modified) == (ETAG, SAME)


def test_no_header_can_ask_for_bytes_outside_the_file() -> None:
    dice = random.Random(7)
    letters = "0123456789-, =bytesBx*"
    for _ in range(4000):
        tail = "".join(dice.choice(letters) for _ in range(dice.randrange(30)))
        size = dice.choice([0, 1, 7, 10_000])
        try:
            span = one_range(f"bytes={tail}", size)
        except Unsatisfiable:
            continue
        if span is not None:
            assert 0 <= span[0] <= span[1] < size, tail


def test_thousands_of_figures_cost_nothing() -> None:
    with pytest.raises(Unsatisfiable):
        one_range(f"bytes={'9' * 100_000}-", 10)


@pytest.mark.parametrize(
    "headers",
    [
        {"if-modified-since": "garbage"},
        {"if-modified-since": "Tue, 99 Nov 99999 22:13:20 GMT"},
        {"if-unmodified-since": "xx"},
        {"if-none-match": ""},
        {"range": ""},
    ],
)
def test_headers_that_cannot_be_read_are_ignored(headers: dict[str, str]) -> None:
    assert wanted(headers, Version(SIZE, MODIFIED)).status == 200
