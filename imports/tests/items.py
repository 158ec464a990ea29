"""Items of the inbox with real files, as imports leave them."""

import hashlib
import itertools
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from imports.models import InboxItem, InboxKind
from library.models import Entry, Library
from videorama.accounts.models import User

_number = itertools.count(1)
_SAID: dict[str, Any] = {
    "description": "What the source said.",
    "uploader": "",
    "channel_id": "",
    "platform": "",
    "extractor": "",
    "source_id": "",
    "published_at": None,
    "language": "",
    "tags": [],
    "properties": {},
    "chapters": [],
}


def make_item(
    *,
    owner: User,
    library: Library | None = None,
    ranked: Sequence[tuple[Library, float]] = (),
    content: bytes | None = None,
    source: Path | None = None,
    picture: Path | None = None,
    kind: str = InboxKind.LOW_CONFIDENCE,
    existing: Entry | None = None,
    holds: bool = True,
    **said: Any,
) -> InboxItem:
    """An item that waits. `said` are fields of its description; `ranked` what is proposed."""
    number = next(_number)
    description = _SAID | {"title": f"Item {number}"} | said
    url = f"https://videos.example.org/held/{number}"
    proposal: dict[str, Any] = {
        "url": url,
        "normalized_url": url,
        "import_source": "web",
        "imported_by": owner.get_username(),
        "media_kind": "video",
        "duration_s": 10.0,
        "description": description,
        "poster": "poster.jpg" if picture else "",
        "ranked": [_ranked(one, confidence) for one, confidence in ranked],
    }
    root = held = ""
    if holds:
        content = source.read_bytes() if source else content or f"held {number} ".encode() * 50
        root, held = _kept(content, picture)
        proposal["files"] = [_original(content)]
    return InboxItem.objects.create(
        kind=kind,
        owner=owner,
        library=library,
        existing=existing,
        title=description["title"],
        root=root,
        held=held,
        proposal=proposal,
        confidence=ranked[0][1] if ranked else 0,
    )


def _kept(content: bytes, picture: Path | None) -> tuple[str, str]:
    """A held folder with these files: its root and where it lies below that."""
    root, held = next(iter(settings.ROOTS)), f".videorama/held/{uuid.uuid4()}"
    folder = settings.ROOTS[root] / held / "download"
    folder.mkdir(parents=True)
    (folder / "clip.mp4").write_bytes(content)
    if picture:
        (folder.parent / "poster.jpg").write_bytes(picture.read_bytes())
    return root, held


def _ranked(library: Library, confidence: float) -> dict[str, Any]:
    reason = {"code": "channel", "value": "Materials Lab", "yes": 3, "of": 5}
    return {
        "library_id": library.slug,
        "confidence": confidence,
        "reasons": [reason],
        "rules": [],
        "subfolder": "",
        "tags": [],
    }


def _original(content: bytes) -> dict[str, Any]:
    return {
        "path": "download/clip.mp4",
        "role": "original",
        "format": "mp4",
        "mime": "video/mp4",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "duration_s": 10.0,
        "container": "mp4",
        "video_codec": "h264",
        "audio_codec": "aac",
        "width": 640,
        "height": 360,
        "fps": 25.0,
        "bitrate": None,
        "language": "",
        "is_automatic": False,
        "is_browser_playable": True,
    }
