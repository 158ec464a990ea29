"""Pages that mean harm, or are simply broken, cost us neither memory nor time nor an import."""

import gzip
import json
import struct
import zlib

import pytest

from videorama.adapters import ffmpeg, ytdlp
from videorama.adapters.errors import ToolFailed
from videorama.adapters.media import no_check, no_progress
from videorama.errors import AppError
from videorama.tests.fakes.media_files import media_file
from videorama.tests.fakes.media_pages import page

pytestmark = pytest.mark.embedded_only("adapters know neither database nor Redis")


def test_half_characters_of_a_page_can_be_stored(site, policy):
    head = '<script type="application/ld+json">' + json.dumps(
        {
            "@context": "https://schema.org",
            "@type": "VideoObject",
            "name": "A \ud83d walk",
            "contentUrl": site.url("/clip10.mp4"),
        }
    )
    url = site.add("/halves", page(f"{head}</script>", ""))
    assert ytdlp.probe(url, policy=policy).title == "A ? walk"


def test_a_chapter_at_infinity_is_no_chapter(site, policy):
    part = '{"@type": "Clip", "name": "a", "startOffset": Infinity, "endOffset": 1e999}'
    head = (
        '<script type="application/ld+json">{"@context": "https://schema.org", "@type":'
        f' "VideoObject", "name": "a", "contentUrl": "{site.url("/clip10.mp4")}",'
        f' "hasPart": [{part}, {part}]}}</script>'
    )
    info = ytdlp.probe(site.add("/infinite", page(head, "")), policy=policy)
    assert all(mark.start_s < 10 and (mark.end_s or 0) < 11 for mark in info.chapters)


def test_a_page_packed_very_small_does_not_fill_the_memory(site, policy):
    packed = gzip.compress(b"<html><title>a" + b" " * 200_000_000, 1)
    url = site.add("/bomb", packed, "text/html\r\nContent-Encoding: gzip")
    with pytest.raises(AppError) as raised:
        ytdlp.probe(url, policy=policy)
    assert raised.value.code == "unsupported_url"


def test_a_picture_that_never_ends_does_not_hold_up_the_video(site, policy, tmp_path):
    gate = site.hold("/poster.jpg", after_bytes=100)
    try:
        found = ytdlp.download(
            site.url("/watch"), tmp_path / "in", preset="video_max", policy=policy,
            progress=no_progress, check=no_check,
        )  # fmt: skip
    finally:
        gate.open()
    assert (
        found.thumbnail is None and found.path.read_bytes() == media_file("clip10.mp4").read_bytes()
    )


def test_a_small_picture_that_unpacks_to_gigabytes_is_none(tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    side = 8000
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side + 1) * side))
    (tmp_path / "bomb.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
    with pytest.raises(ToolFailed):
        ffmpeg.picture(tmp_path / "bomb.png", tmp_path / "made.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.png"]
