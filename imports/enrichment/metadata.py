"""What an entry is called and what is known about it, from the page and from the file.

Pure: the page and the file are in, a description is out. The page's own words are kept as they
are; only what no database or screen can hold is taken out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _

from library.services import NewChapter
from videorama.adapters.media import ChapterMark, MediaFacts, SourceInfo

MAX_TITLE = 500
# What a person may type, too; else a title could not be edited beside it.
MAX_DESCRIPTION = 50_000
MAX_CHAPTERS = 1000
MAX_TAGS = 50
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
# What files say about themselves, by the names people search for.
_PROPERTIES = {
    "artist": "artist",
    "album": "album",
    "album_artist": "album_artist",
    "albumartist": "album_artist",
    "composer": "composer",
    "genre": "genre",
    "track": "track",
    "disc": "disc",
    "publisher": "publisher",
    "isrc": "isrc",
    "show": "show",
    "season_number": "season",
    "episode_id": "episode",
}


@dataclass(frozen=True)
class Description:
    """Everything said about an entry beside its files."""

    title: str
    description: str
    uploader: str
    channel_id: str
    platform: str
    extractor: str
    source_id: str
    published_at: datetime | None
    language: str
    tags: tuple[str, ...]
    properties: Mapping[str, str]
    chapters: tuple[NewChapter, ...]


def describe(info: SourceInfo, facts: MediaFacts, *, url: str, file_title: str = "") -> Description:
    """The description of what came from `url`: the page first, then the file's own tags.

    `file_title` is what the name of a file without an address says.
    """
    file_tags = {name.lower(): plain(value) for name, value in facts.tags.items()}
    return Description(
        title=choose_title(info, file_tags, url=url, file_title=file_title),
        description=plain(info.description, MAX_DESCRIPTION),
        uploader=plain(info.uploader, 300) or file_tags.get("artist", "")[:300],
        channel_id=plain(info.channel_id, 300),
        platform=plain(info.platform, 100),
        extractor=plain(info.extractor, 100),
        source_id=plain(info.source_id, 300),
        published_at=info.published_at,
        language=plain(info.language, 35),
        tags=choose_tags(info.tags),
        properties=choose_properties(file_tags),
        chapters=choose_chapters(info, facts),
    )


def choose_title(
    info: SourceInfo, file_tags: Mapping[str, str], *, url: str, file_title: str = ""
) -> str:
    """The page's title; else the file's own; else the file's name.

    For a bare file the downloader offers the file's name as title, which says less than a title
    written into the file.
    """
    name = _file_name(info.url or url)
    stem = PurePosixPath(name).stem
    page = plain(info.title, MAX_TITLE)
    if page in {name, stem}:
        page = ""
    own = file_tags.get("title", "")[:MAX_TITLE]
    return page or own or plain(file_title or stem, MAX_TITLE) or _("Untitled")


def choose_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The source's tags, each once whatever its case, without the hash sign."""
    found: dict[str, str] = {}
    for tag in tags:
        word = " ".join(plain(tag).lstrip("#").split())[:100]
        if word:
            found.setdefault(word.casefold(), word)
    return tuple(found.values())[:MAX_TAGS]


def choose_properties(file_tags: Mapping[str, str]) -> dict[str, str]:
    """Named facts such as artist and album from the file's tags; the year out of its date."""
    found = {key: value for name, key in _PROPERTIES.items() if (value := file_tags.get(name, ""))}
    if year := re.match(r"\d{4}", file_tags.get("date", "") or file_tags.get("year", "")):
        found["year"] = year[0]
    return found


def choose_chapters(info: SourceInfo, facts: MediaFacts) -> tuple[NewChapter, ...]:
    """The source's chapters, else those inside the file, in order and within the length."""
    marks = info.chapters or facts.chapters
    # Of a bare file the downloader tells the file's own.
    source = "file" if marks == facts.chapters else "platform"
    length_ms = round(facts.duration_s * 1000) if facts.duration_s else None
    return tuple(_in_order(marks, source, length_ms))


def _in_order(
    marks: Iterable[ChapterMark], source: str, length_ms: int | None
) -> Iterable[NewChapter]:
    """Chapters with a length each: an end that is missing or too late is the next one's start."""
    first: dict[int, ChapterMark] = {}
    for mark in marks:
        start_ms = max(0, round(mark.start_s * 1000))
        if length_ms is None or start_ms < length_ms:
            first.setdefault(start_ms, mark)
    starts = sorted(first)[:MAX_CHAPTERS]
    for number, start_ms in enumerate(starts, start=1):
        mark = first[start_ms]
        limits = [
            *([round(mark.end_s * 1000)] if mark.end_s else []),
            *starts[number : number + 1],
            *([length_ms] if length_ms else []),
        ]
        end_ms = min((limit for limit in limits if limit > start_ms), default=0)
        if end_ms:
            title = plain(mark.title, MAX_TITLE) or _("Chapter %(number)d") % {"number": number}
            yield NewChapter(start_ms, end_ms, title, source)


def plain(text: str | None, limit: int | None = None) -> str:
    """The text as given, without what no row can hold and without space around it."""
    return _UNSTORABLE.sub("", text or "").strip()[:limit].strip()


def _file_name(url: str) -> str:
    """The last part of an address's path, readable."""
    return plain(unquote(PurePosixPath(urlsplit(url).path).name))
