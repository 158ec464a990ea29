"""A real worker that may import from the media site."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from videorama.tests.worker import live_worker as live_worker

if TYPE_CHECKING:
    from imports.tests.importer import Importer
    from videorama.tests.fakes.media_site import MediaSite


@pytest.fixture
def importer(
    live_worker: Any, media_site: "MediaSite", media_root: Path, settings: Any
) -> "Importer":
    """An editor whose imports from the media site really run."""
    from imports.tests.importer import Importer  # Django is not ready when this file is read

    settings.ALLOW_PRIVATE = (media_site.allow,)
    settings.JOB_BACKOFF_S = 0.05
    return Importer(media_site, media_root)
