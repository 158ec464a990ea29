"""Facts of a remote file from a few of its bytes; runs in the child that probes."""

from collections.abc import Callable
from typing import Any

import av

from videorama.adapters import facts
from videorama.adapters.remote import RangeReader


def look_inside(fetch: Callable[[int, int], Any]) -> dict[str, Any] | None:
    """What the headers say, with `size_bytes`; `{"error"}` when it is no media; None if unknown."""
    av.logging.set_level(None)
    reader = RangeReader(fetch)
    try:
        with facts.open_media(reader) as container:
            found = facts.quick_facts(container, reader.head())
    except (av.error.FFmpegError, facts.Unreadable, OSError, ValueError) as error:
        return None if reader.failed else {"error": f"{type(error).__name__}: {error}"}
    return {**found, "size_bytes": reader.size}


def add_facts(info: dict[str, Any], chosen: dict[str, Any], found: dict[str, Any]) -> None:
    """Fill what the source left open about the chosen format, and the duration and chapters."""
    info["duration"] = info.get("duration") or found["duration_s"]
    updates = {
        "height": found["height"],
        "width": found["width"],
        "filesize": found["size_bytes"],
        "vcodec": found["video_codec"] or "none",
        "acodec": found["audio_codec"] or "none",
    }
    for entry in [info, *(info.get("formats") or [])]:
        if entry.get("format_id") == chosen.get("format_id"):
            entry.update({key: value for key, value in updates.items() if value})
    if not info.get("chapters") and found["chapters"]:
        info["chapters"] = [
            {"start_time": mark["start_s"], "end_time": mark["end_s"], "title": mark["title"]}
            for mark in found["chapters"]
        ]
