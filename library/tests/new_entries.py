"""Files in a job's incoming folder, ready to be stored."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

from library.models import FileRole, Library, MediaKind
from library.services import NewEntry, NewFile, incoming_folder
from library.tests.factories import MIMES


def no_check() -> None:
    """Nothing stops the work."""


def new_file(folder: Path, name: str, content: bytes, role: str, **facts: Any) -> NewFile:
    """A finished file in the folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    ending = path.suffix[1:]
    return NewFile(
        path=path,
        role=role,
        format=ending,
        mime=MIMES[ending],
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        **facts,
    )


def new_entry(
    library: Library, *, content: bytes = b"media", job: uuid.UUID | None = None, **changes: Any
) -> NewEntry:
    """An original with subtitles and source information in the incoming folder of a job."""
    folder = incoming_folder(job_uuid=job or uuid.uuid4(), library=library)
    given: dict[str, Any] = {
        "title": "A day",
        "uploader": "Ann",
        "media_kind": MediaKind.VIDEO,
        "files": (
            new_file(folder, "download/original.mp4", content, FileRole.ORIGINAL, height=720),
            new_file(folder, "subs.en.vtt", b"WEBVTT\n", FileRole.SUBTITLE, language="en"),
            new_file(folder, "info.json", b"{}", FileRole.INFO),
        ),
    } | changes
    return NewEntry(library=library, **given)


def media_files(root: Path) -> list[str]:
    """Every file under the root, relative to it; nothing of ours is left out."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())
