"""The plain values that adapters hand to rooms: what a source offers and what a file holds."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

# Demuxers that read one file. Playlists, concat lists and image patterns, which open other files,
# are not among them: a .m3u8 of a stranger may name files of this machine.
DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,ogg,wav,w64,flac,aac,mpegts,avi,asf,flv,mpeg,"
    "aiff,ac3,eac3,dts,amr,caf,wv,ape,tta"
)

Check = Callable[[], None]
Progress = Callable[[float, str], None]


def no_check() -> None:
    """For callers that cannot be cancelled."""


def no_progress(fraction: float, message: str) -> None:
    """For callers that show nothing."""


@dataclass(frozen=True)
class ChapterMark:
    """One chapter; `end_s` is None where the source names only starts."""

    start_s: float
    end_s: float | None
    title: str


@dataclass(frozen=True)
class Subtitle:
    """A subtitle track saved beside the media, always WebVTT after a download."""

    language: str
    path: Path
    format: str
    is_automatic: bool


@dataclass(frozen=True)
class FormatOffer:
    """One quality a source offers; `id` can be used as a preset."""

    id: str
    label: str
    height: int | None
    video_codec: str
    audio_codec: str
    size_bytes: int | None
    container: str
    bitrate: int | None


@dataclass(frozen=True)
class SourceInfo:
    """What a link leads to, before any media byte is kept.

    `source_id` is empty for plain web pages and files: there only the address identifies. `raw` is
    fit for storing (no cookies, no request headers).
    """

    url: str
    webpage_url: str
    title: str
    description: str
    uploader: str
    channel_id: str
    platform: str
    extractor: str
    source_id: str
    duration_s: float | None
    thumbnail_url: str
    published_at: datetime | None
    language: str
    chapters: tuple[ChapterMark, ...]
    subtitle_languages: tuple[str, ...]
    formats: tuple[FormatOffer, ...]
    presets: tuple[str, ...]
    tags: tuple[str, ...]
    is_live: bool
    raw: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Downloaded:
    """Files of one finished download, all inside the folder that was given."""

    info: SourceInfo
    path: Path
    thumbnail: Path | None
    subtitles: tuple[Subtitle, ...]


@dataclass(frozen=True)
class Limits:
    """Caps of one download; None means no cap. `reserve_bytes` must stay free on the disk."""

    max_bytes: int | None = None
    rate_bytes_s: int | None = None
    time_s: float = 6 * 3600
    stall_s: float = 90
    reserve_bytes: int = 16 * 2**20
    max_subtitles: int = 12


@dataclass(frozen=True)
class Preset:
    """A wish in the user's words: kind of file, and the height or audio bitrate it may have."""

    name: str
    kind: Literal["video", "audio"]
    max_height: int | None = None
    audio_kbit_s: int | None = None


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset("video_max", "video"),
            Preset("video_1080", "video", max_height=1080),
            Preset("video_med", "video", max_height=720),
            Preset("video_low", "video", max_height=480),
            Preset("audio_max", "audio"),
            Preset("audio_med", "audio", audio_kbit_s=128),
            Preset("audio_low", "audio", audio_kbit_s=64),
        )
    }
)
_FORMAT_ID = re.compile(r"format:[A-Za-z0-9_.+-]{1,80}")


def is_preset(name: str) -> bool:
    """Whether `download` takes this: a preset's name, or the id of an offered format."""
    return name in PRESETS or _FORMAT_ID.fullmatch(name) is not None


@dataclass(frozen=True)
class Shown:
    """What number and size of preview frames follow from; sides as shown, rotation applied."""

    media_kind: Literal["video", "audio"]
    duration_s: float
    width: int | None
    height: int | None


@dataclass(frozen=True)
class MediaFacts(Shown):
    """What a file really holds, whatever its name says.

    `container` is the demuxer's own list of names, `format` the extension that fits the content.
    """

    container: str
    format: str
    mime: str
    size_bytes: int
    bitrate: int | None
    fps: float | None
    rotation: int
    video_codec: str
    audio_codec: str
    pix_fmt: str
    chapters: tuple[ChapterMark, ...]
    tags: dict[str, str]
    is_browser_playable: bool
    has_audio: bool
    has_cover: bool
