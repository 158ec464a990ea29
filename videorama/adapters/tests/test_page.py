"""Pages are read for what they say, and never believed to be well formed."""

import json

import pytest

from videorama.adapters.page import PageFacts, duration_of, read_page
from videorama.tests.fakes.media_files import CHAPTERS
from videorama.tests.fakes.media_pages import json_ld, open_graph, page

pytestmark = pytest.mark.embedded_only("adapters know neither database nor Redis")

URL = "https://example.org/watch/1"


def ld(document) -> str:
    head = f'<script type="application/ld+json">{json.dumps(document)}</script>'
    return page(head, "").decode()


def test_json_ld_wins_over_og_and_the_title():
    base = "https://example.org"
    html = page(open_graph(base) + json_ld(base, "/a.mp4", with_content_url=True), "").decode()
    facts = read_page(html, URL)
    assert facts.title == "A walk along the river"
    assert facts.description.startswith("Ten seconds")
    assert (facts.uploader, facts.duration_s) == ("Ada Example", 10)
    assert facts.published.startswith("2021-03-04")
    assert facts.thumbnail_url == "https://example.org/poster.jpg"
    assert facts.tags == ("river", "walking")
    assert facts.chapters == tuple(
        (at * 2.0, at * 2.0 + 2, title) for at, title in enumerate(CHAPTERS)
    )


def test_og_stands_in_where_there_is_no_json_ld():
    facts = read_page(page(open_graph("https://e.org"), "").decode(), URL)
    assert (facts.title, facts.uploader) == ("A walk along the river (og)", "River Films")


def test_the_video_is_found_deep_inside_a_graph():
    video = {"@type": ["Thing", "VideoObject"], "name": "Deep", "author": [{"name": "A"}, "B"],
             "duration": "PT1H2M3.5S", "thumbnailUrl": "/t.jpg"}  # fmt: skip
    html = ld({"@graph": [{"@type": "WebPage"}, {"@type": "Article", "video": [video]}]})
    facts = read_page(html, URL)
    assert (facts.title, facts.uploader, facts.duration_s) == ("Deep", "A", 3723.5)
    assert facts.thumbnail_url == "https://example.org/t.jpg"


@pytest.mark.parametrize(
    "html",
    [
        "", "<", "<html", "\x00\x00", "<title>", '<script type="application/ld+json">',
        '<script type="application/ld+json">{</script>', ld(None), ld(5), ld([]),
        ld({"@type": "VideoObject"}), ld({"@type": 7, "name": {"a": 1}}),
        ld({"@type": "VideoObject", "name": ["", 3], "author": 5, "duration": {}, "hasPart": "x",
            "keywords": {"a": [1]}, "thumbnailUrl": [{"x": 1}], "uploadDate": [[]]}),
        ld({"@type": "VideoObject", "hasPart": [{"@type": "Clip", "startOffset": "soon"}]}),
        "<script type='application/ld+json'>" + "[" * 50_000 + "</script>",
        "<meta property='og:video:duration' content='9x'><meta content='y'>",
    ],
)  # fmt: skip
def test_a_broken_page_says_nothing_and_breaks_nothing(html):
    assert isinstance(read_page(html, URL), PageFacts)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT10S", 10), ("PT1M", 60), ("P1DT1S", 86401), ("pt2h", 7200), (12, 12), (0, None),
     ("", None), ("10:00", None), (True, None), (None, None), ("PT", None)],
)  # fmt: skip
def test_durations_are_iso_8601_or_seconds(text, seconds):
    assert duration_of(text) == seconds


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e400", "9" * 400, '"PT1e9S"'])
def test_numbers_that_no_recording_has_are_left_out(number):
    clip = f'{{"@type": "Clip", "name": "a", "startOffset": {number}}}'
    document = f'{{"@type": "VideoObject", "duration": {number}, "hasPart": [{clip}]}}'
    head = f'<script type="application/ld+json">{document}</script>'
    facts = read_page(page(head, "").decode(), URL)
    assert (facts.duration_s, facts.chapters) == (None, ())
    assert duration_of(f"PT{'9' * 400}H") is None
