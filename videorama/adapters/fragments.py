"""Make interrupted downloads safe to go on with, where yt-dlp alone would spoil the file.

Seen in yt-dlp 2026.10: killed between appending a piece and noting it, it appends the piece twice;
with a damaged or missing note it begins anew but appends to what is there; a part that is complete
but not yet renamed is asked for beyond its end, and the 416 for that is never overcome.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from yt_dlp.downloader.fragment import FragmentFD


def _sizes_path(path: str | Path) -> Path:
    return Path(f"{path}.sizes")


def _append_whole(self: Any, ctx: dict[str, Any], content: bytes) -> None:
    """In place of yt-dlp's: note the size that belongs to a piece before the piece is noted.

    When the disk is full nothing is noted, where yt-dlp notes a piece of which half is missing.
    """
    stream = ctx["dest_stream"]
    stream.write(content)
    stream.flush()
    path = _sizes_path(ctx["filename"])
    before = _read(path)
    last = sorted(before, key=int)[-1:]
    kept = {index: before[index] for index in last}
    kept[str(ctx["fragment_index"])] = os.fstat(stream.fileno()).st_size
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(json.dumps(kept), "utf-8")
    draft.replace(path)
    self._write_ytdl_file(ctx)
    with contextlib.suppress(OSError):
        Path(ctx["fragment_filename_sanitized"]).unlink()
    del ctx["fragment_filename_sanitized"]


def note_sizes() -> None:
    """From here on pieces are appended as described above."""
    FragmentFD._append_fragment = _append_whole


def _read(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text("utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def settle_pieces(path: Path) -> None:
    """Before going on with a download in pieces: cut the part back to what is certain."""
    part = path.with_name(f"{path.name}.part")
    note = path.with_name(f"{path.name}.ytdl")
    for piece in path.parent.glob(f"{part.name}-Frag*.part"):
        piece.unlink()
    if not part.exists():
        return
    current = _read(note).get("downloader", {}).get("current_fragment", {})
    size = _read(_sizes_path(path)).get(str(current.get("index")))
    if isinstance(size, int) and 0 < size <= part.stat().st_size:
        os.truncate(part, size)
        return
    for rest in (part, note, _sizes_path(path)):
        rest.unlink(missing_ok=True)


def settle_file(path: Path, total: int | None) -> None:
    """Before going on with a plain file: a complete part is the file, a longer one is none."""
    part = path.with_name(f"{path.name}.part")
    if total is None or not part.exists():
        return
    size = part.stat().st_size
    if size == total:
        part.replace(path)
    elif size > total:
        part.unlink()
