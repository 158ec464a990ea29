"""Looking at an address before it is imported."""

import threading
from dataclasses import dataclass

from imports import errors, queries
from imports.services.addresses import checked_source
from imports.services.downloading import network_policy
from imports.services.requests import require_editor
from library.models import Entry
from videorama.accounts.models import User
from videorama.adapters import ytdlp
from videorama.adapters.errors import SourceBusy, SourceError
from videorama.adapters.media import SourceInfo

# What a source answers, as opposed to what is wrong with the request.
NOT_READABLE = (SourceError, SourceBusy)
PREVIEW_TIMEOUT_S = 45
# Each is a child process of some 60 MB that lives as long as its request.
MAX_PREVIEWS = 4
_previews = threading.BoundedSemaphore(MAX_PREVIEWS)


@dataclass(frozen=True)
class Preview:
    """What an address leads to, and the entry that already came from it, if any."""

    info: SourceInfo
    known: Entry | None


def preview(*, user: User, url: str) -> Preview:
    """Asks the source what it has, within the request and a time limit; nothing is written.

    Raises what request_import raises for the address, the downloader's own errors, and
    TooManyPreviews when this process looks at enough addresses already.
    """
    origin = checked_source(url)
    require_editor(user, None)
    if not _previews.acquire(blocking=False):
        raise errors.TooManyPreviews(retry_after_s=5)
    try:
        info = ytdlp.probe(origin.url, policy=network_policy(), timeout_s=PREVIEW_TIMEOUT_S)
    finally:
        _previews.release()
    return Preview(info=info, known=queries.known_media(user, origin, info))
