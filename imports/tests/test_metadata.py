"""What an entry is called and what is known about it."""

from dataclasses import replace
from typing import Any

import pytest

from imports.enrichment import metadata
from videorama.adapters.media import ChapterMark, MediaFacts, SourceInfo

URL = "https://media.example.org/films/My%20clip.mp4"
INFO = SourceInfo(
    url=URL,
    webpage_url=URL,
    title="A title",
    description="Words",
    uploader="Somebody",
    channel_id="c1",
    platform="Example",
    extractor="example",
    source_id="1",
    duration_s=10.0,
    thumbnail_url="",
    published_at=None,
    language="en",
    chapters=(),
    subtitle_languages=(),
    formats=(),
    presets=(),
    tags=(),
    is_live=False,
    raw={},
)
FACTS = MediaFacts(
    media_kind="video",
    container="mov,mp4",
    format="mp4",
    mime="video/mp4",
    duration_s=10.0,
    size_bytes=1000,
    bitrate=800,
    width=320,
    height=180,
    fps=25.0,
    rotation=0,
    video_codec="h264",
    audio_codec="aac",
    pix_fmt="yuv420p",
    chapters=(),
    tags={},
    is_browser_playable=True,
    has_audio=True,
    has_cover=False,
)


def describe(info: dict[str, Any] | None = None, **facts: Any) -> metadata.Description:
    return metadata.describe(replace(INFO, **(info or {})), replace(FACTS, **facts), url=URL)


@pytest.mark.parametrize(
    ("page", "file_title", "title"),
    [
        ("A title", "Inner", "A title"),
        ("  A   title 🎬 \u202eRTL  ", "", "A   title 🎬 \u202eRTL"),
        ("", "Inner", "Inner"),
        ("My clip", "Inner", "Inner"),
        ("My clip.mp4", "", "My clip"),
        ("", "", "My clip"),
        ("a\x00b\ud800", "", "ab"),
        ("../../etc/passwd", "", "../../etc/passwd"),
        ("x" * 600, "", "x" * 500),
    ],
)
def test_the_title_is_the_pages_then_the_files_then_its_name(
    page: str, file_title: str, title: str
) -> None:
    tags = {"title": file_title} if file_title else {}
    assert describe({"title": page}, tags=tags).title == title


def test_a_source_without_any_name_is_untitled() -> None:
    info = replace(INFO, title="", url="https://media.example.org/")
    assert metadata.choose_title(info, {}, url=info.url) == "Untitled"


def test_file_tags_become_properties_and_the_date_a_year() -> None:
    tags = {
        "ARTIST": "Ada",
        "Album": "First",
        "track": "3/12",
        "date": "1999-05-01",
        "encoder": "Lavf",
    }
    assert describe(tags=tags).properties == {
        "artist": "Ada",
        "album": "First",
        "track": "3/12",
        "year": "1999",
    }


def test_the_files_artist_stands_in_for_a_missing_uploader() -> None:
    assert describe({"uploader": ""}, tags={"artist": "Ada"}).uploader == "Ada"
    assert describe(tags={"artist": "Ada"}).uploader == "Somebody"


def test_tags_are_kept_once_whatever_their_case() -> None:
    tags = ("Music", "#music", "  Live   set ", "", "x" * 150)
    assert describe({"tags": tags}).tags == ("Music", "Live set", "x" * 100)


def test_chapters_of_the_source_win_over_those_in_the_file() -> None:
    inner = (ChapterMark(0, 5, "Inner"),)
    outer = (ChapterMark(0, None, "One"), ChapterMark(4, None, ""))
    chapters = describe({"chapters": outer}, chapters=inner).chapters
    assert [(c.start_ms, c.end_ms, c.title, c.source) for c in chapters] == [
        (0, 4000, "One", "platform"),
        (4000, 10000, "Chapter 2", "platform"),
    ]
    assert [c.source for c in describe(chapters=inner).chapters] == ["file"]


def test_chapters_outside_the_length_or_without_any_are_dropped() -> None:
    marks = (
        ChapterMark(8, 99, "Last"),
        ChapterMark(0, 20, "First"),
        ChapterMark(0, 3, "Twin"),
        ChapterMark(12, 14, "Beyond"),
        ChapterMark(-2, 1, "Before"),
    )
    chapters = describe({"chapters": marks}).chapters
    assert [(c.start_ms, c.end_ms, c.title) for c in chapters] == [
        (0, 8000, "First"),
        (8000, 10000, "Last"),
    ]


def test_chapters_and_description_have_a_bearable_length() -> None:
    marks = tuple(ChapterMark(at / 1000, None, "x") for at in range(5000))
    found = describe({"chapters": marks, "description": "d" * 3_000_000})
    assert (len(found.chapters), len(found.description)) == (1000, 50_000)
