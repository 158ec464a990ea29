"""What the player of an entry needs: which bytes, where to begin, chapters, captions."""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from library import queries
from library.models import Chapter, Entry, EntryFile, FileRole
from library.queries import Asker
from videorama.jobs.models import Job

# Closer to the start than this nobody wants to be sent back to.
RESUME_FROM_S = 3.0


@dataclass(frozen=True)
class Track:
    """Captions in one language."""

    address: str
    language: str
    label: str


@dataclass(frozen=True)
class Segment:
    """A part of the seek bar: a chapter, or a nameless stretch between chapters."""

    start_s: float
    end_s: float
    title: str

    @property
    def size(self) -> int:
        """Its share of the bar; a part of no width could not be seen."""
        return max(1, round((self.end_s - self.start_s) * 10))


@dataclass(frozen=True)
class Player:
    """`state` is ready; preparing, while `job` makes a copy that browsers play; or unplayable."""

    state: Literal["ready", "preparing", "unplayable"]
    source: str
    start_s: float
    tracks: tuple[Track, ...]
    chapters: tuple[Chapter, ...]
    segments: tuple[Segment, ...]
    frames: str
    job: Job | None


def player_of(user: Asker, entry: Entry) -> Player:
    """The player for this user. Expects an entry from `queries.with_details`."""
    chapters = tuple(entry.chapters.all())
    original = queries.file_of(entry, FileRole.ORIGINAL)
    copy = queries.file_of(entry, FileRole.PLAYABLE)
    is_ready = copy is not None or original is None or original.is_browser_playable
    job = None if is_ready else queries.playable_job(entry)
    frames = queries.file_of(entry, FileRole.SPRITE_INDEX)
    return Player(
        state="ready" if is_ready else "preparing" if job and job.is_open else "unplayable",
        source=queries.media_url(entry, "stream?as=playable" if copy else "stream"),
        start_s=_start(user, entry),
        tracks=tuple(_track(entry, file) for file in _subtitles(entry)),
        chapters=chapters,
        segments=segments_of(entry.duration_s or 0, chapters),
        frames=queries.media_url(entry, f"files/{frames.uuid}") if frames else "",
        job=job,
    )


def segments_of(duration_s: float, chapters: tuple[Chapter, ...]) -> tuple[Segment, ...]:
    """The whole length in parts without gaps or overlaps, whatever the chapters say."""
    parts: list[Segment] = []
    at = 0.0
    for index, chapter in enumerate(chapters):
        start = chapter.start_ms / 1000
        following = chapters[index + 1].start_ms / 1000 if index + 1 < len(chapters) else duration_s
        end = min(chapter.end_ms / 1000, following, duration_s)
        if end <= max(start, at):
            continue
        if start > at:
            parts.append(Segment(at, start, ""))
        parts.append(Segment(max(start, at), end, chapter.title))
        at = end
    if at < duration_s or not parts:
        parts.append(Segment(at, duration_s, ""))
    return tuple(parts)


def _start(user: Asker, entry: Entry) -> float:
    position = queries.state_of(user, entry).position_s
    return position if position >= RESUME_FROM_S else 0.0


def _subtitles(entry: Entry) -> list[EntryFile]:
    """Tracks a browser can read: made by people first, in the page's or the entry's language."""
    found = [
        file
        for file in queries.files_of(entry)
        if file.role == FileRole.SUBTITLE and file.format == "vtt" and file.is_available
    ]
    wanted = [_base(get_language() or ""), _base(entry.language)]

    def order(file: EntryFile) -> tuple[bool, int, str, int]:
        base = _base(file.language)
        at = wanted.index(base) if base in wanted else len(wanted)
        return file.is_automatic, at, file.language, file.pk

    return sorted(found, key=order)


def _base(language: str) -> str:
    """en for en-GB."""
    return language.lower().partition("-")[0]


def _track(entry: Entry, file: EntryFile) -> Track:
    name = language_name(file.language)
    if file.is_automatic:
        name = _("%(language)s (automatic)") % {"language": name}
    elif file.label:
        name = f"{name}: {file.label}" if file.language else file.label
    address = queries.media_url(entry, f"files/{file.uuid}")
    return Track(address=address, language=file.language, label=name)


def language_name(code: str) -> str:
    """A language in its own words; the code itself where nobody knows it."""
    try:
        return str(get_language_info(code.lower())["name_local"]).capitalize()
    except KeyError:
        return code or _("Unknown language")
