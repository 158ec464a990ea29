"""What the fake media site says: its pages, playlists and fixed texts, by path."""

import html
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from videorama.tests.fakes.media_files import (
    CHAPTERS,
    HLS_HEIGHTS,
    SUBTITLES,
    hls_folder,
    media_file,
    media_names,
)

TITLE = "A walk along the river"
DESCRIPTION = "Ten seconds of counting, filmed by nobody."
AUTHOR = "Ada Example"
PUBLISHED = "2021-03-04T05:06:07+00:00"
_TYPES = {
    ".mp4": "video/mp4", ".webm": "video/webm", ".mkv": "video/x-matroska", ".mp3": "audio/mpeg",
    ".wav": "audio/wav", ".jpg": "image/jpeg", ".vtt": "text/vtt", ".ts": "video/mp2t",
    ".m3u8": "application/vnd.apple.mpegurl", ".html": "text/html; charset=utf-8",
}  # fmt: skip


@dataclass(frozen=True)
class Resource:
    """Bytes with their type; a callable is asked when the path is first requested."""

    body: bytes | Path | Callable[[], bytes | Path]
    content_type: str = "application/octet-stream"


def json_ld(base: str, media: str, *, with_content_url: bool) -> str:
    """A VideoObject as real sites write it, with clips as chapters."""
    document = {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": TITLE,
        "description": DESCRIPTION,
        "author": {"@type": "Person", "name": AUTHOR},
        "uploadDate": PUBLISHED,
        "duration": "PT10S",
        "thumbnailUrl": [f"{base}/poster.jpg"],
        "keywords": "river, walking",
        "inLanguage": "en",
        "hasPart": [
            {"@type": "Clip", "name": title, "startOffset": at * 2, "endOffset": at * 2 + 2}
            for at, title in enumerate(CHAPTERS)
        ],
    }
    if with_content_url:
        document["contentUrl"] = f"{base}{media}"
    return f'<script type="application/ld+json">{json.dumps(document)}</script>'


def open_graph(base: str, media: str = "") -> str:
    """The og tags; `media` adds og:video."""
    tags = {
        "og:type": "video.other",
        "og:site_name": "River Films",
        "og:title": f"{TITLE} (og)",
        "og:description": "The shorter text.",
        "og:image": f"{base}/poster.jpg",
    } | ({"og:video": f"{base}{media}", "og:video:type": "video/mp4"} if media else {})
    return "".join(
        f'<meta property="{name}" content="{html.escape(value)}">' for name, value in tags.items()
    )


def page(head: str, body: str, title: str = TITLE) -> bytes:
    """A whole HTML page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}'
        f"</title>{head}</head><body>{body}</body></html>"
    ).encode()


def video_tag(media: str) -> str:
    """A video element with tracks, the sources relative as authors write them."""
    tracks = "".join(
        f'<track kind="subtitles" srclang="{language}" label="{language}" '
        f'src="/sub.{language}.vtt">'
        for language in SUBTITLES
    )
    return (
        f'<video controls poster="/poster.jpg"><source src="{media}" type="video/mp4">'
        f"{tracks}</video>"
    )


def _master() -> bytes:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for height in HLS_HEIGHTS:
        width = height * 16 // 9 // 2 * 2
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={height * 2500},RESOLUTION={width}x{height},"
            f'CODECS="avc1.42c01f,mp4a.40.2"'
        )
        lines.append(f"{height}/index.m3u8")
    return ("\n".join(lines) + "\n").encode()


def _hls_resources() -> dict[str, Resource]:
    found = {"/hls/master.m3u8": Resource(_master, _TYPES[".m3u8"])}
    for height in HLS_HEIGHTS:
        found[f"/hls/{height}/index.m3u8"] = Resource(
            lambda height=height: hls_folder(height) / "index.m3u8", _TYPES[".m3u8"]
        )
        for at in range(6):
            found[f"/hls/{height}/part{at:02d}.ts"] = Resource(
                lambda height=height, at=at: hls_folder(height) / f"part{at:02d}.ts", _TYPES[".ts"]
            )
    return found


def resources(base: str) -> dict[str, Resource]:
    """Everything the site has, by path; `base` is its own address."""
    found = {
        f"/{name}": Resource(lambda name=name: media_file(name), _TYPES[Path(name).suffix])
        for name in media_names()
    }
    found["/clip.mp4"] = found["/clip10.mp4"]
    found |= {
        f"/sub.{language}.vtt": Resource(text.encode(), _TYPES[".vtt"])
        for language, text in SUBTITLES.items()
    }
    found |= _hls_resources()
    pages = {
        # The whole set: what a good site offers.
        "/watch": page(
            open_graph(base) + json_ld(base, "/clip10.mp4", with_content_url=True),
            video_tag("/clip10.mp4"),
        ),
        "/watch-json-ld": page(json_ld(base, "/clip10.mp4", with_content_url=True), ""),
        "/watch-og": page(open_graph(base, "/clip10.mp4"), ""),
        "/watch-plain": page("", video_tag("/clip10.mp4"), title="Only a title"),
        "/watch-hls": page(
            open_graph(base), '<video><source src="/hls/master.m3u8" type="application/x-mpegURL">'
            "</video>",
        ),
        "/article": page("", "<p>Nothing to watch here.</p>"),
    }  # fmt: skip
    found |= {path: Resource(body, _TYPES[".html"]) for path, body in pages.items()}
    found |= {
        "/garbage.mp4": Resource(bytes(range(256)) * 400, "video/mp4"),
        "/empty.mp4": Resource(b"", "video/mp4"),
        "/text.mp4": Resource(b"This is not a film, it only says so.\n" * 200, "video/mp4"),
        "/half.mp4": Resource(lambda: media_file("clip10.mp4").read_bytes()[:300_000], "video/mp4"),
    }
    return found
