"""One run of one import: what was asked for, where it works, and what its stages have found."""

from dataclasses import dataclass, field
from typing import Any

from imports.enrichment.metadata import Description
from imports.sources import Source
from imports.workspace import Fingerprint, Workspace
from library.models import Entry, Library
from videorama.accounts.models import User
from videorama.adapters.media import Downloaded, MediaFacts, SourceInfo
from videorama.jobs.run import Run


@dataclass(frozen=True)
class Order:
    """What was asked for: the job's params as imports.services.request_import wrote them."""

    source: Source
    preset: str
    force: bool
    via: str
    imported_by: str

    @classmethod
    def of(cls, params: dict[str, Any]) -> "Order":
        """Reads the params of a job."""
        return cls(
            source=Source(url=params["url"], normalized=params["normalized_url"]),
            preset=params["preset"],
            force=params["force"],
            via=params["source"],
            imported_by=params["imported_by"],
        )


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
    entry: Entry | None = None
    info: SourceInfo = field(init=False)
    download: Downloaded = field(init=False)
    fingerprint: Fingerprint = field(init=False)
    facts: MediaFacts = field(init=False)
    description: Description = field(init=False)
