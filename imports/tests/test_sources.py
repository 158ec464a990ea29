"""Addresses: which are refused, and which mean the same."""

import pytest

from imports import errors, sources

WATCH = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.mark.parametrize(
    ("given", "normalized"),
    [
        ("HTTP://Media.Example.ORG/Clip.mp4", "http://media.example.org/Clip.mp4"),
        ("https://media.example.org:443/clip.mp4", "https://media.example.org/clip.mp4"),
        ("http://media.example.org:80", "http://media.example.org/"),
        ("http://media.example.org:8080/a", "http://media.example.org:8080/a"),
        ("https://media.example.org:80/a", "https://media.example.org:80/a"),
        ("https://media.example.org./a", "https://media.example.org/a"),
        ("  https://media.example.org/a  ", "https://media.example.org/a"),
        ("https://media.example.org/a#t=10", "https://media.example.org/a"),
        ("https://media.example.org/#!/clip/7", "https://media.example.org/#!/clip/7"),
        ("https://media.example.org/a?b=2&a=1", "https://media.example.org/a?a=1&b=2"),
        ("https://media.example.org/a?b=2&b=1", "https://media.example.org/a?b=2&b=1"),
        (
            "https://media.example.org/a?utm_source=x&id=1&FBCLID=2",
            "https://media.example.org/a?id=1",
        ),
        ("https://media.example.org/a?utm_source=x", "https://media.example.org/a"),
        ("https://media.example.org/a?si=1", "https://media.example.org/a?si=1"),
        ("https://media.example.org/a?&&x", "https://media.example.org/a?x"),
        (
            "https://media.example.org/%7euser/%e4%b8%ad",
            "https://media.example.org/~user/%E4%B8%AD",
        ),
        ("https://media.example.org/中", "https://media.example.org/%E4%B8%AD"),
        ("https://media.example.org/my clip.mp4", "https://media.example.org/my%20clip.mp4"),
        ("https://media.example.org/100%", "https://media.example.org/100%25"),
        ("https://media.example.org/a/../b/./c/", "https://media.example.org/b/c/"),
        ("https://media.example.org/../../a", "https://media.example.org/a"),
        ("https://media.example.org/a/..", "https://media.example.org/"),
        ("https://media.example.org/a/", "https://media.example.org/a/"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://XN--BCHER-KVA.example/", "https://xn--bcher-kva.example/"),
        ("https://bücher。example/", "https://xn--bcher-kva.example/"),
        ("http://[2001:DB8:0:0::1]:80/a", "http://[2001:db8::1]/a"),
        ("http://\uff11\uff12\uff17.0.0.1/a", "http://127.0.0.1/a"),
        (WATCH, WATCH),
        ("http://youtube.com/watch?v=dQw4w9WgXcQ", WATCH),
        ("https://m.youtube.com/watch?v=dQw4w9WgXcQ&feature=share", WATCH),
        ("https://music.youtube.com/watch?v=dQw4w9WgXcQ&si=abc", WATCH),
        ("https://www.youtube.com/watch?list=PL1&index=3&v=dQw4w9WgXcQ&t=42s", WATCH),
        ("https://youtu.be/dQw4w9WgXcQ?si=abc&t=3", WATCH),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", WATCH),
        ("https://www.youtube.com/live/dQw4w9WgXcQ?feature=share", WATCH),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?start=3", WATCH),
        ("https://www.youtube.com/v/dQw4w9WgXcQ/", WATCH),
        (
            "https://youtube.com/playlist?list=PL1&si=x",
            "https://www.youtube.com/playlist?list=PL1",
        ),
        ("https://www.youtube.com/watch?v=short", "https://www.youtube.com/watch?v=short"),
        ("https://player.vimeo.com/video/76979871", "https://vimeo.com/76979871"),
        ("http://www.vimeo.com/76979871", "https://vimeo.com/76979871"),
        ("https://vimeo.com/channels/x/1", "https://vimeo.com/channels/x/1"),
        ("https://dai.ly/x8abcde", "https://www.dailymotion.com/video/x8abcde"),
        ("https://mobile.twitter.com/a/status/1?s=20", "https://x.com/a/status/1"),
        ("https://m.soundcloud.com/a/b?si=1&utm_medium=text", "https://soundcloud.com/a/b"),
    ],
)
def test_addresses_of_one_thing_have_one_spelling(given: str, normalized: str) -> None:
    assert sources.normalize(given) == normalized
    assert sources.normalize(normalized) == normalized


@pytest.mark.parametrize(
    "given",
    [
        "",
        "   ",
        "clip.mp4",
        "media.example.org/clip.mp4",
        "//media.example.org/clip.mp4",
        "http:/media.example.org/a",
        "http:media.example.org",
        "http://",
        "https:///clip.mp4",
        "http://?x",
        "ftp://media.example.org/clip.mp4",
        "file:///etc/passwd",
        "rtmp://media.example.org/live",
        "javascript:alert(1)",
        "data:video/mp4;base64,AAAA",
        "ytsearch:cats",
        "ytsearch10:cats",
        "http://user:secret@media.example.org/a",
        "http://user@media.example.org/a",
        "http://media.example.org:99999/a",
        "http://media.example.org:port/a",
        "http://media.example.org:0/a",
        "http://media.example.org/a\nb",
        "http://media.example.org/a\x00b",
        "http://media.example.org/a\ud800b",
        "http://media..example.org/",
        "http://.example.org/",
        "http://exa mple.org/",
        "http://media.example.org\\@127.0.0.1/",
        "http://media%2eexample.org/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://[not-an-address]/",
        "http://" + "a" * 254 + "/",
        "http://media.example.org/" + "a" * 2000,
    ],
)
def test_what_is_no_web_address_is_refused_with_a_sentence(given: str) -> None:
    with pytest.raises(errors.BadAddress) as refused:
        sources.parse(given)
    assert refused.value.status == 422
    assert refused.value.message.endswith(".")


def test_the_address_to_fetch_is_the_one_given() -> None:
    source = sources.parse(" https://Media.example.org/a?b=2&a=1&utm_source=x#part ")
    assert source.url == "https://Media.example.org/a?b=2&a=1&utm_source=x#part"


def test_a_smuggled_instruction_for_the_downloader_is_dropped() -> None:
    source = sources.parse("https://media.example.org/a#__youtubedl_smuggle=%7B%7D")
    assert source.url == "https://media.example.org/a"


def test_an_address_of_exactly_2000_characters_is_accepted() -> None:
    base = "http://media.example.org/"
    assert sources.parse(base + "a" * (2000 - len(base)))
