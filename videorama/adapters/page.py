"""What a web page says about its video: JSON-LD (schema.org VideoObject), og tags, its title.

Pages are untrusted: everything is optional, of the wrong type, or far too long, and nothing here
fails because of it.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

_MAX_PAGE = 8 * 2**20
_MAX_TEXT = 20_000
_MAX_CHAPTERS = 500
_MAX_S = 10_000_000
_KINDS = {"videoobject", "audioobject", "movie", "episode", "tvepisode", "clip", "podcastepisode"}


@dataclass(frozen=True)
class PageFacts:
    """Empty where the page says nothing. Times as written, chapters as (start, end, title)."""

    title: str = ""
    description: str = ""
    uploader: str = ""
    published: str = ""
    duration_s: float | None = None
    thumbnail_url: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    chapters: tuple[tuple[float, float | None, str], ...] = ()


@dataclass
class _Found:
    scripts: list[str] = field(default_factory=list)
    metas: dict[str, str] = field(default_factory=dict)
    title: str = ""
    language: str = ""


class _Parser(HTMLParser):
    """Collects JSON-LD scripts, meta tags, the title and the page's language."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = _Found()
        self._inside = ""
        self._texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.found.language = named.get("lang", "")
        elif tag == "meta":
            name = (named.get("property") or named.get("name") or named.get("itemprop", "")).lower()
            self.found.metas.setdefault(name, named.get("content", "").strip())
        elif tag == "script" and named.get("type", "").lower().startswith("application/ld+json"):
            self._inside, self._texts = "script", []
        elif tag == "title" and not self.found.title:
            self._inside, self._texts = "title", []

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self._inside or tag != self._inside:
            return
        text = "".join(self._texts)
        if tag == "script":
            self.found.scripts.append(text)
        else:
            self.found.title = " ".join(text.split())
        self._inside = ""


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every JSON object of a document, outermost first."""
    if depth > 12:
        return
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value[:1000]:
            yield from _objects(inner, depth + 1)


def _kinds(thing: dict[str, Any]) -> set[str]:
    kind = thing.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return {str(name).rpartition("/")[2].lower() for name in kinds}


def _video_object(scripts: list[str]) -> dict[str, Any]:
    """The first object that is a video; a whole one is preferred to a part of one."""
    candidates: list[dict[str, Any]] = []
    for script in scripts:
        text = re.sub(r"^\s*(<!--|//<!\[CDATA\[)|(-->|//\]\]>)\s*$", "", script)
        try:
            document = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        candidates += [thing for thing in _objects(document) if _kinds(thing) & _KINDS]
    whole = [thing for thing in candidates if "clip" not in _kinds(thing)]
    return (whole or [{}])[0]


def _text(value: Any) -> str:
    """Text of a value that may be a list, a language map or an object with a name."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name") or value.get("url") or value.get("@value") or ""
    return str(value).strip()[:_MAX_TEXT] if isinstance(value, (str, int, float)) else ""


def seconds(value: Any) -> float | None:
    """A number of seconds that a recording can have; JSON also brings NaN and 1e400."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value < _MAX_S and math.isfinite(value) else None


def duration_of(value: Any) -> float | None:
    """Seconds of an ISO 8601 duration like PT1H2M3.5S, or of a plain number."""
    if isinstance(value, (int, float)):
        return seconds(value) or None
    found = re.fullmatch(
        r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", _text(value).upper()
    )
    if not found:
        return None
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return seconds(days * 86400 + hours * 3600 + minutes * 60 + rest) or None


def _offset(value: Any) -> float | None:
    if isinstance(value, (int, float)):
        return seconds(value)
    text = _text(value)
    return seconds(float(text)) if re.fullmatch(r"\d{1,7}(\.\d+)?", text) else duration_of(text)


def _chapters(thing: dict[str, Any]) -> tuple[tuple[float, float | None, str], ...]:
    parts = thing.get("hasPart")
    marks = []
    for part in (parts if isinstance(parts, list) else [parts])[:_MAX_CHAPTERS]:
        if isinstance(part, dict) and "clip" in _kinds(part):
            start, end = _offset(part.get("startOffset")), _offset(part.get("endOffset"))
            if start is not None and (name := _text(part.get("name"))):
                marks.append((start, end if end is not None and end > start else None, name[:300]))
    return tuple(sorted(marks, key=lambda mark: mark[0]))


def _tags(value: Any) -> tuple[str, ...]:
    words = value if isinstance(value, list) else re.split(r"[,;]", _text(value))
    named = (_text(word)[:100] for word in words[:60])
    return tuple(dict.fromkeys(word for word in named if word))


def read_page(html: str, url: str) -> PageFacts:
    """The page's own words about its main video; JSON-LD before og before the plain title."""
    parser = _Parser()
    parser.feed(html[:_MAX_PAGE])
    metas, thing = parser.found.metas, _video_object(parser.found.scripts)
    thumbnail = thing.get("thumbnailUrl") or thing.get("thumbnail")
    if isinstance(thumbnail, dict):
        thumbnail = thumbnail.get("contentUrl") or thumbnail.get("url")
    picture = _text(thumbnail) or metas.get("og:image", "") or metas.get("twitter:image", "")
    return PageFacts(
        title=_text(thing.get("name")) or metas.get("og:title", "") or parser.found.title,
        description=_text(thing.get("description"))
        or metas.get("og:description", "")
        or metas.get("description", ""),
        uploader=_text(thing.get("author") or thing.get("creator") or thing.get("publisher"))
        or metas.get("author", "")
        or metas.get("og:site_name", ""),
        published=_text(thing.get("uploadDate") or thing.get("datePublished"))
        or metas.get("article:published_time", "")
        or metas.get("og:video:release_date", ""),
        duration_s=duration_of(thing.get("duration"))
        or _offset(metas.get("og:video:duration") or metas.get("video:duration")),
        thumbnail_url=urljoin(url, picture) if picture else "",
        language=_text(thing.get("inLanguage")) or parser.found.language,
        tags=_tags(thing.get("keywords") or metas.get("keywords", "")),
        chapters=_chapters(thing),
    )
