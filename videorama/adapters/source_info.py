"""Turn yt-dlp's info document, and what the page says, into one plain description.

Runs in the child, so the answer is JSON; `ytdlp.py` makes SourceInfo of it.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from videorama.adapters.page import PageFacts, seconds

# Extractors that look at any page: what identifies their finds is the address alone.
PLAIN = {"generic", "html5mediaembed"}
_PLATFORMS = {
    "youtube": "YouTube", "vimeo": "Vimeo", "soundcloud": "SoundCloud", "bandcamp": "Bandcamp",
    "tiktok": "TikTok", "instagram": "Instagram", "facebook": "Facebook", "twitter": "X",
    "twitch": "Twitch", "dailymotion": "Dailymotion", "reddit": "Reddit", "peertube": "PeerTube",
    "bilibili": "Bilibili", "archiveorg": "Internet Archive", "mixcloud": "Mixcloud", "ted": "TED",
    "ardbetamediathek": "ARD Mediathek", "ard": "ARD", "zdf": "ZDF", "artetv": "ARTE",
    "arte": "ARTE", "bbc": "BBC", "ndr": "NDR", "wdr": "WDR", "odysee": "Odysee", "lbry": "Odysee",
    "rumble": "Rumble", "niconico": "Niconico", "vk": "VK", "applepodcasts": "Apple Podcasts",
}  # fmt: skip
_MAX_FORMATS = 200
_MAX_CHAPTERS = 1000
_SECRET_KEYS = {"http_headers", "cookies", "_cookies", "downloader_options", "request_data", "url",
                "manifest_url", "fragments", "fragment_base_url", "data", "automatic_captions",
                "_format_sort_fields", "_version", "heatmap", "thumbnails", "urls"}  # fmt: skip


def is_plain(info: dict[str, Any]) -> bool:
    """Whether no extractor of a named platform was at work."""
    return str(info.get("extractor_key") or "generic").lower() in PLAIN


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _platform(info: dict[str, Any], url: str) -> str:
    if is_plain(info):
        return _host(url)
    key = str(info.get("extractor_key") or "")
    # Keys of sub-extractors begin with their platform's, the longest known one wins.
    known = [name for name in _PLATFORMS if key.lower().startswith(name)]
    return _PLATFORMS[max(known, key=len)] if known else key


def _published(info: dict[str, Any], page: PageFacts) -> str:
    if not is_plain(info):
        for name in ("release_timestamp", "timestamp"):
            if isinstance(info.get(name), (int, float)):
                return datetime.fromtimestamp(info[name], UTC).isoformat()
        found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", str(info.get("upload_date") or ""))
        return f"{found[1]}-{found[2]}-{found[3]}" if found else ""
    # For plain pages yt-dlp takes Last-Modified, which is no date of publication.
    return page.published


def _chapters(info: dict[str, Any], page: PageFacts) -> list[dict[str, Any]]:
    own = [
        {
            "start_s": seconds(mark.get("start_time")) or 0.0,
            "end_s": seconds(mark.get("end_time")) or None,
            "title": str(mark.get("title") or "")[:300],
        }
        for mark in (info.get("chapters") or [])[:_MAX_CHAPTERS]
        if isinstance(mark, dict)
    ]
    if own:
        return own
    return [{"start_s": start, "end_s": end, "title": title} for start, end, title in page.chapters]


def _format(entry: dict[str, Any]) -> dict[str, Any]:
    size = entry.get("filesize") or entry.get("filesize_approx")
    rate = entry.get("tbr") or entry.get("vbr") or entry.get("abr")
    return {
        "id": f"format:{entry.get('format_id')}",
        "height": entry.get("height"),
        "video_codec": entry.get("vcodec") or "",
        "audio_codec": entry.get("acodec") or "",
        "size_bytes": int(size) if size else None,
        "container": str(entry.get("ext") or ""),
        "bitrate": int(rate * 1000) if rate else None,
    }


def _formats(info: dict[str, Any]) -> list[dict[str, Any]]:
    """Offers best first; yt-dlp lists them worst first."""
    entries = [
        entry
        for entry in info.get("formats") or [info]
        if entry.get("url")
        and not entry.get("has_drm")
        and entry.get("ext") != "mhtml"
        and re.fullmatch(r"[A-Za-z0-9_.+-]{1,80}", str(entry.get("format_id")))
    ]
    return [_format(entry) for entry in reversed(entries[-_MAX_FORMATS:])]


def _clean_title(info: dict[str, Any], page: PageFacts) -> str:
    title = str(info.get("title") or "").strip()
    if str(info.get("extractor_key") or "").lower() == "html5mediaembed":
        title = re.sub(r"\s*\(\d+\)$", "", title)
    if is_plain(info) and page.title:
        title = page.title
    return (title or str(info.get("id") or ""))[:1000]


def storable(value: Any) -> Any:
    """The info document without addresses that are signed, cookies and headers."""
    if isinstance(value, dict):
        return {
            key: storable(inner)
            for key, inner in value.items()
            if key not in _SECRET_KEYS and not key.startswith("__") and inner is not None
        }
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    return value


def subtitle_languages(info: dict[str, Any]) -> list[str]:
    """Languages with subtitles made by people."""
    return [
        language
        for language, tracks in (info.get("subtitles") or {}).items()
        if tracks and language != "live_chat"
    ]


def _words(values: Iterable[Any] | None) -> list[str]:
    return list(dict.fromkeys(str(value).strip()[:100] for value in values or [] if value))[:60]


def describe(
    info: dict[str, Any], page: PageFacts, url: str, clean: dict[str, Any]
) -> dict[str, Any]:
    """What ytdlp.py turns into SourceInfo; `clean` is the JSON-safe info without private keys."""
    plain = is_plain(info)
    page = page if plain else PageFacts()
    webpage = str(info.get("webpage_url") or url)
    uploader = str(info.get("uploader") or info.get("channel") or info.get("artist") or "")
    if plain and (not uploader or uploader == urlsplit(webpage).netloc):
        uploader = page.uploader
    duration = seconds(info.get("duration")) or page.duration_s
    return {
        "url": url,
        "webpage_url": webpage,
        "title": _clean_title(info, page),
        "description": (page.description if plain else "") or str(info.get("description") or ""),
        "uploader": uploader[:300],
        "channel_id": str(info.get("channel_id") or info.get("uploader_id") or "")[:300],
        "platform": _platform(info, webpage)[:100],
        "extractor": str(info.get("extractor_key") or info.get("extractor") or "").lower()[:100],
        "source_id": "" if plain else str(info.get("id") or "")[:300],
        "duration_s": duration or None,
        "thumbnail_url": str(info.get("thumbnail") or page.thumbnail_url or ""),
        "published_at": _published(info, page),
        "language": str(info.get("language") or page.language or "")[:35],
        "chapters": _chapters(info, page),
        "subtitle_languages": subtitle_languages(info),
        "formats": _formats(info),
        "tags": _words(info.get("tags")) or list(page.tags),
        "is_live": bool(info.get("is_live")),
        "raw": storable(clean),
    }
