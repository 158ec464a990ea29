"""What was typed becomes a value or a sentence; a secret is never shown."""

import pytest

from videorama.errors import Invalid
from videorama.preferences.registry import Preference
from videorama.preferences.values import masked, parsed

STARS = "*" * 8
SORTS = {
    "text": Preference("t.text", "Text", "text", ""),
    "secret": Preference("t.secret", "Secret", "secret", ""),
    "address": Preference("t.address", "Address", "address", ""),
    "proxy": Preference("t.proxy", "Proxy", "address", "", schemes=("http",)),
    "number": Preference("t.number", "Number", "number", 3, low=1, high=8),
    "share": Preference("t.share", "Share", "number", 0, low=0, is_whole=False),
    "flag": Preference("t.flag", "Flag", "flag", False),
    "choice": Preference("t.choice", "Choice", "choice", "a", choices=[("a", "A"), ("b", "B")]),
}


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("", ""),
        ("x", STARS),
        ("fifteen-letters", STARS),
        ("sixteen-letters!", f"sixt{STARS}rs!"),
        ("sk-abcdefghijklmnopqrstuvwxyz", f"sk-a{STARS}xyz"),
        ("schlüßel-für-alles", f"schl{STARS}les"),
    ],
)
def test_a_secret_shows_four_stars_three_and_a_short_one_nothing(secret, shown):
    assert masked(secret) == shown


@pytest.mark.parametrize(
    ("sort", "raw", "value"),
    [
        ("text", "  two words ", "two words"),
        ("secret", " pasted ", "pasted"),
        ("address", "https://llm.example.org/v1/", "https://llm.example.org/v1"),
        ("address", "", ""),
        ("address", "http://[::1]:8080", "http://[::1]:8080"),
        ("number", "8", 8),
        ("number", 1, 1),
        ("number", 2.0, 2),
        ("share", "2,5", 2.5),
        ("share", "0.25", 0.25),
        ("flag", "on", True),
        ("flag", "", False),
        ("flag", True, True),
        ("choice", "b", "b"),
    ],
)
def test_what_fits_is_kept_in_its_type(sort, raw, value):
    found = parsed(SORTS[sort], raw)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("sort", "raw", "sentence"),
    [
        ("text", 5, "as text"),
        ("text", "a\nb", "Line breaks"),
        ("text", "a\x00b", "control characters"),
        pytest.param("text", "x" * 501, "500", id="a text too long"),
        ("secret", f"sk-b{STARS}xyz", "whole secret"),
        ("address", "llm.example.org", "http://, https://"),
        ("address", "ftp://example.org", "http://"),
        ("address", "http://", "begins with"),
        ("address", "http://host:99999", "begins with"),
        ("address", "http://me:secret@example.org", "fields of their own"),
        ("address", "http://example.org/?key=1", "question mark"),
        ("proxy", "https://example.org", "http://"),
        ("proxy", "socks5://example.org", "http://"),
        ("number", "many", "number"),
        ("number", "", "number"),
        ("number", "1.5", "whole"),
        ("number", 0, "from 1 to 8"),
        ("number", 9, "from 1 to 8"),
        ("number", True, "number"),
        pytest.param("number", 10**400, "number", id="a number without end"),
        ("share", "nan", "number"),
        ("share", -1, "from 0"),
        ("flag", "perhaps", "true or false"),
        ("flag", 1, "true or false"),
        ("choice", "c", "offered"),
        ("choice", ["a"], "offered"),
        ("choice", None, "offered"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(sort, raw, sentence):
    with pytest.raises(Invalid) as caught:
        parsed(SORTS[sort], raw)
    assert sentence in caught.value.message
