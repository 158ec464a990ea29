"""One run of one import: what was asked for, where it works, and what its stages have found."""

from dataclasses import asdict, dataclass, field
from typing import Any

from imports.enrichment.metadata import Description
from imports.sources import Source
from imports.workspace import Fingerprint, Workspace
from library.models import Entry, Library
from videorama.accounts.models import User
from videorama.adapters.media import Downloaded, MediaFacts, SourceInfo
from videorama.adapters.ytdlp import Link
from videorama.jobs.run import Run

MODES = ("move", "copy", "index")


@dataclass(frozen=True)
class FileOrder:
    """A file that is here already: an upload by its id, or a file of a storage root.

    Of the latter `mode` says what becomes of it: `move` and `copy` bring it into the library,
    `index` leaves it where it is.
    """

    name: str
    upload: str = ""
    root: str = ""
    path: str = ""
    mode: str = ""

    @property
    def stays_at(self) -> str:
        """Where a file that is only listed lies in its root; empty for all others."""
        return self.path if self.mode == "index" else ""

    def document(self) -> dict[str, str]:
        """As the params of a job hold it."""
        return asdict(self)


@dataclass(frozen=True)
class FolderOrder:
    """Which folder of a storage root to read in, and how."""

    root: str
    path: str
    recursive: bool
    mode: str
    extensions: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """As the params of a job hold it."""
        return {**asdict(self), "extensions": list(self.extensions)}

    @classmethod
    def of(cls, params: dict[str, Any]) -> "FolderOrder":
        """Reads the params of a job."""
        names = ("root", "path", "recursive", "mode")
        given = {name: params[name] for name in names}
        return cls(**given, extensions=tuple(params["extensions"]))


@dataclass(frozen=True)
class Order:
    """What was asked for: the job's params as the services of this room wrote them.

    Either `source` is an address, or it is empty and `file` says which file.
    """

    source: Source
    preset: str
    force: bool
    via: str
    imported_by: str
    file: FileOrder | None = None
    # The library was named by whoever asked; else it is found, or a person is asked unless `auto`.
    chosen: bool = True
    auto: bool = True
    # What a person decided in the inbox before the file had to be fetched again.
    given: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, params: dict[str, Any]) -> "Order":
        """Reads the params of a job."""
        return cls(
            source=Source(url=params["url"], normalized=params["normalized_url"]),
            preset=params["preset"],
            force=params["force"],
            via=params["source"],
            imported_by=params["imported_by"],
            file=FileOrder(**params["file"]) if params.get("file") else None,
            chosen=params.get("chosen", True),
            auto=params.get("auto_mode", True),
            given=params.get("given") or {},
        )


@dataclass(frozen=True)
class Verdict:
    """Where an import goes and why; `way` is a FilingWay."""

    library: str
    way: str
    confidence: float
    reasons: list[dict[str, Any]]
    rules: list[str]
    subfolder: str = ""
    tags: tuple[str, ...] = ()


@dataclass
class Import:
    """What the stages of one run hand to each other.

    Findings without a default are set by their stage; reading one too early is a programming error.
    """

    run: Run
    order: Order
    owner: User
    library: Library | None
    space: Workspace
    link: Link
    entry: Entry | None = None
    info: SourceInfo = field(init=False)
    download: Downloaded = field(init=False)
    fingerprint: Fingerprint = field(init=False)
    facts: MediaFacts = field(init=False)
    description: Description = field(init=False)
    verdict: Verdict = field(init=False)
