"""Subtitles in every usual shape become WebVTT."""

from time import process_time

import pytest

from library.subtitles import decode, to_vtt

TIMING = "00:00:01,000 --> 00:00:02,000\n"
SRT = "1\n00:00:01,500 --> 00:00:02,000\n{}\n"


@pytest.mark.parametrize(
    ("content", "language", "said"),
    [
        (SRT.format("Grüße").encode(), "", "Grüße"),
        (SRT.format("Grüße").encode("utf-8-sig"), "", "Grüße"),
        (SRT.format("Grüße").encode("utf-16"), "", "Grüße"),
        (SRT.format("Grüße").encode("utf-32"), "", "Grüße"),
        (SRT.format("Grüße").encode("cp1252"), "de", "Grüße"),
        (SRT.format("Привет").encode("cp1251"), "ru", "Привет"),
        (SRT.format("Привет").encode("cp1251"), "ru-RU", "Привет"),
        (SRT.format("Καλημέρα").encode("cp1253"), "el", "Καλημέρα"),
        (SRT.format("こんにちは").encode("cp932"), "ja", "こんにちは"),
        (SRT.format("Hi").replace("\n", "\r\n").encode(), "", "Hi"),
        (SRT.format("<font color=red>Hi</font> {\\an8}you").encode(), "", "Hi you"),
        (SRT.format("a --> b").encode(), "", "a → b"),
    ],
    ids=["utf-8", "bom", "utf-16", "utf-32", "german", "russian", "region", "greek", "japanese",
         "windows", "styling", "arrow"],
)  # fmt: skip
def test_subrip_is_read_in_the_encoding_of_its_language(
    content: bytes, language: str, said: str
) -> None:
    found = to_vtt(decode(content, language))
    assert found == f"WEBVTT\n\n00:00:01.500 --> 00:00:02.000\n{said}\n"


def test_numbers_stay_where_they_are_words() -> None:
    text = "1\n00:01 --> 00:02\n42\n\n2\n0:00:03,5 --> 0:00:04,0\none\n\ntwo\n"
    assert to_vtt(text.replace("00:01 -->", "00:01,0 -->").replace("00:02\n", "00:02,0\n")) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n42\n\n00:00:03.500 --> 00:00:04.000\none\ntwo\n"
    )


def test_webvtt_stays_as_it_is() -> None:
    text = "WEBVTT - mine\n\nNOTE hello\n\n00:01.000 --> 00:02.000 align:start\n<v Ann>Hi\n"
    assert to_vtt(text) == text


@pytest.mark.parametrize("content", [b"", b"no cues at all", b"\0\1\2\3", b"\xff\xd8\xff\xe0jpeg"])
def test_what_holds_no_subtitles_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="no "):
        to_vtt(decode(content))


@pytest.mark.parametrize(
    "cues",
    ["{\\" * 100_000, "<font" * 100_000, TIMING * 40_000],
    ids=["braces", "fonts", "timings"],
)
def test_no_file_keeps_the_server_busy(cues: str) -> None:
    """Each of these took from ten seconds to a minute, in which nobody else was served."""
    begun = process_time()
    to_vtt(TIMING + cues)
    assert process_time() - begun < 3
