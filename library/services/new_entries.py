"""What is about to be stored: plain values, complete and checked by whoever fills them in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from library.models import FileRole, Library, PropertySource, TagSource
from videorama.adapters.media import MediaFacts


@dataclass(frozen=True)
class NewFile:
    """A finished file in a job's folder, and its facts. `format` is an ending without dot."""

    path: Path
    role: str
    format: str
    mime: str
    sha256: str
    size_bytes: int
    duration_s: float | None = None
    container: str = ""
    video_codec: str = ""
    audio_codec: str = ""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    bitrate: int | None = None
    language: str = ""
    label: str = ""
    is_automatic: bool = False
    is_browser_playable: bool = True
    # Stays where it is, at this path of its library's root: only the row is new.
    stays_at: str = ""

    def measured(self, facts: MediaFacts) -> "NewFile":
        """The same file with what was found inside it."""
        return replace(
            self,
            format=facts.format,
            mime=facts.mime,
            duration_s=facts.duration_s,
            container=facts.container,
            video_codec=facts.video_codec,
            audio_codec=facts.audio_codec,
            width=facts.width,
            height=facts.height,
            fps=facts.fps,
            bitrate=facts.bitrate,
            is_browser_playable=facts.is_browser_playable,
        )


@dataclass(frozen=True)
class NewChapter:
    """A named stretch, in milliseconds."""

    start_ms: int
    end_ms: int
    title: str
    source: str = "platform"


@dataclass(frozen=True)
class NewEntry:
    """All that is known about what is to be stored. `files` holds exactly one original.

    `subfolder` names the folder below the library's own; None leaves it to the library. What a
    person gave is in `given_tags` and `given_properties`, and in `edited_fields` by name.
    """

    library: Library
    title: str
    media_kind: str
    files: tuple[NewFile, ...]
    description: str = ""
    duration_s: float | None = None
    original_url: str = ""
    normalized_url: str = ""
    source_extractor: str = ""
    source_id: str = ""
    platform: str = ""
    uploader: str = ""
    channel_id: str = ""
    published_at: datetime | None = None
    language: str = ""
    import_source: str = "web"
    imported_by: str = ""
    import_job_id: int | None = None
    chapters: tuple[NewChapter, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    property_source: str = PropertySource.PLATFORM
    tags: tuple[str, ...] = ()
    tag_source: str = TagSource.IMPORT
    subfolder: str | None = None
    given_tags: tuple[str, ...] = ()
    given_properties: Mapping[str, str] = field(default_factory=dict)
    edited_fields: tuple[str, ...] = ()

    @property
    def original(self) -> NewFile:
        """The one file that is the entry's media."""
        return next(file for file in self.files if file.role == FileRole.ORIGINAL)
