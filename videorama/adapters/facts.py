"""Read what a media file holds with PyAV; runs only inside children, for files may be hostile."""

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition

from videorama.adapters.media import DEMUXERS

_FIRST_FRAME_PACKETS = 600
_UNINDEXED = {"mp3", "aac", "ac3", "eac3", "dts", "amr"}
_FORMATS = {
    "mp3": ("mp3", "audio/mpeg"), "wav": ("wav", "audio/wav"), "w64": ("w64", "audio/x-w64"),
    "flac": ("flac", "audio/flac"), "aac": ("aac", "audio/aac"), "mpegts": ("ts", "video/mp2t"),
    "avi": ("avi", "video/x-msvideo"), "flv": ("flv", "video/x-flv"),
    "mpeg": ("mpg", "video/mpeg"), "aiff": ("aiff", "audio/aiff"), "ac3": ("ac3", "audio/ac3"),
    "eac3": ("eac3", "audio/eac3"), "dts": ("dts", "audio/vnd.dts"), "amr": ("amr", "audio/amr"),
    "caf": ("caf", "audio/x-caf"), "wv": ("wv", "audio/x-wavpack"), "ape": ("ape", "audio/x-ape"),
    "tta": ("tta", "audio/x-tta"),
}  # fmt: skip
_WEB_VIDEO = {"mp4": {"h264"}, "webm": {"vp8", "vp9", "av1"}}
_WEB_SOUND = {"mp4": {"aac", "mp3"}, "webm": {"opus", "vorbis"}}
_WEB_AUDIO_FILES = {"mp3": "mp3", "m4a": "aac", "flac": "flac", "wav": "pcm_s16le", "aac": "aac"}
_PLAIN_CODECS = {"mp3float": "mp3", "libdav1d": "av1", "libopus": "opus", "libvorbis": "vorbis"}


class Unreadable(Exception):
    """The file is not media we can use; the text is for operators."""


def open_media(source: Any) -> InputContainer:
    """Open a path or a file object, never more than that one file."""
    container: InputContainer = av.open(
        source, options={"format_whitelist": DEMUXERS}, metadata_errors="replace"
    )
    return container


def _codec(stream: Any) -> str:
    context = getattr(stream, "codec_context", None)
    name = str(context.codec.canonical_name if context is not None else "")
    return _PLAIN_CODECS.get(name, name)


def _seconds(value: int | None, base: Fraction | None) -> float:
    return float(value * base) if value is not None and base else 0.0


def _format(container: InputContainer, head: bytes, video: Any, audio: Any) -> tuple[str, str]:
    """The extension that fits the content, and its type."""
    name = container.format.name
    if name.startswith("mov"):
        brand = str(container.metadata.get("major_brand", "")).strip()
        if not video:
            return "m4a", "audio/mp4"
        return ("mov", "video/quicktime") if brand == "qt" else ("mp4", "video/mp4")
    if name.startswith("matroska"):
        if b"webm" in head[:80]:
            return "webm", "video/webm" if video else "audio/webm"
        return ("mkv", "video/x-matroska") if video else ("mka", "audio/x-matroska")
    if name == "ogg":
        is_opus = _codec(audio) == "opus"
        return ("ogv", "video/ogg") if video else ("opus" if is_opus else "ogg", "audio/ogg")
    if name == "asf":
        return ("wmv", "video/x-ms-wmv") if video else ("wma", "audio/x-ms-wma")
    return _FORMATS.get(name, (name.partition(",")[0][:20], "application/octet-stream"))


def _is_web(extension: str, video: Any, audio: Any, pix_fmt: str) -> bool:
    """Whether every current browser plays it; anything doubtful gets a playable copy."""
    sound = _codec(audio) if audio else ""
    if not video:
        return _WEB_AUDIO_FILES.get(extension) == sound
    if extension not in _WEB_VIDEO or pix_fmt not in {"yuv420p", "yuvj420p"}:
        return False
    return _codec(video) in _WEB_VIDEO[extension] and (not sound or sound in _WEB_SOUND[extension])


def _first_frame(container: InputContainer, stream: Any) -> Any:
    """One decoded frame, as proof that the content is what the header says."""
    for packet in itertools.islice(container.demux(stream), _FIRST_FRAME_PACKETS):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue  # streams cut out of longer ones start in the middle
        if frames:
            return frames[0]
    raise Unreadable("no frame could be decoded")


def _end_of_packets(container: InputContainer, stream: Any) -> float:
    """Where the packets from here on end, relative to the start of the stream."""
    start = _seconds(stream.start_time, stream.time_base)
    last = 0.0
    for packet in container.demux(stream):
        if packet.pts is not None:
            end = _seconds(packet.pts + (packet.duration or 0), packet.time_base)
            last = max(last, end - start)
    return last


def _measured_duration(container: InputContainer, main: Any) -> float:
    """The duration the packets prove; raises Unreadable when they end long before the header's.

    Files with an index are read from shortly before their end only. Those without (mp3, aac)
    have estimated durations, so there the packets are counted.
    """
    told = container.duration / av.time_base if container.duration else 0.0
    told = told or _seconds(main.duration, main.time_base)
    is_indexed = bool(told) and container.format.name not in _UNINDEXED
    start = (container.start_time or 0) / av.time_base
    try:
        at = max(0.0, told - 3) if is_indexed else 0.0
        container.seek(int((start + at) * av.time_base))
        end = _end_of_packets(container, main)
    except av.error.FFmpegError as error:
        raise Unreadable(f"the file breaks off: {error}") from error
    if not is_indexed:
        return end
    own = _seconds(main.duration, main.time_base) or told
    if end < min(own, told) - (1.0 + 0.005 * told):
        raise Unreadable(f"the packets end at {end:.1f} s of {told:.1f} s")
    return told


def _check_index(container: InputContainer, size: int) -> None:
    """mp4 lists where every sample lies: one beyond the end of the file means it was cut off."""
    if not container.format.name.startswith("mov"):
        return
    for stream in container.streams:
        entries = stream.index_entries
        if len(entries) and entries[-1].pos + entries[-1].size > size:
            raise Unreadable(f"samples up to byte {entries[-1].pos} of a file of {size}")


def _streams(container: InputContainer) -> tuple[Any, Any, bool]:
    """The main picture and sound stream, and whether there is a cover picture."""
    pictures: list[Any] = [stream for stream in container.streams.video if _codec(stream)]
    covers = [stream for stream in pictures if stream.disposition & Disposition.attached_pic]
    moving = [stream for stream in pictures if stream not in covers]
    sounds: list[Any] = [stream for stream in container.streams.audio if _codec(stream)]
    return next(iter(moving), None), next(iter(sounds), None), bool(covers)


def quick_facts(container: InputContainer, head: bytes = b"") -> dict[str, Any]:
    """What the headers alone say; enough for a preview."""
    video, audio, has_cover = _streams(container)
    if video is None and audio is None:
        raise Unreadable("neither picture nor sound")
    extension, mime = _format(container, head, video, audio)
    context = video.codec_context if video else None
    duration = container.duration / av.time_base if container.duration else 0.0
    return {
        "media_kind": "video" if video else "audio",
        "container": container.format.name,
        "format": extension,
        "mime": mime,
        "duration_s": duration,
        "bitrate": container.bit_rate or None,
        "width": context.width if context else None,
        "height": context.height if context else None,
        "fps": float(video.average_rate) if video and video.average_rate else None,
        "rotation": 0,
        "video_codec": _codec(video) if video else "",
        "audio_codec": _codec(audio) if audio else "",
        "pix_fmt": (context.pix_fmt or "") if context else "",
        "chapters": [
            {
                "start_s": _seconds(mark["start"], mark["time_base"]),
                "end_s": _seconds(mark["end"], mark["time_base"]),
                "title": str(mark["metadata"].get("title", "")),
            }
            for mark in container.chapters()
        ],
        "tags": {
            str(name).lower()[:60]: str(value)[:2000]
            for name, value in {**(audio.metadata if audio else {}), **container.metadata}.items()
        },
        "has_audio": audio is not None,
        "has_cover": has_cover,
    }


def full_facts(path: str) -> dict[str, Any]:
    """All of MediaFacts but the size, proven by a decoded frame and by packets near the end."""
    with Path(path).open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Unreadable("the file is empty")
    with open_media(path) as container:
        facts = quick_facts(container, head)
        video, audio, _cover = _streams(container)
        main = video or audio
        main.codec_context.thread_count = 1
        _check_index(container, Path(path).stat().st_size)
        frame = _first_frame(container, main)
        facts["duration_s"] = _measured_duration(container, main)
    if not 0 < facts["duration_s"] < 10**7:
        raise Unreadable("no duration")
    if video:
        facts["rotation"] = int(frame.rotation) % 360
        facts["pix_fmt"] = facts["pix_fmt"] or frame.format.name
        facts["width"], facts["height"] = frame.width, frame.height
        if facts["rotation"] % 180:
            facts["width"], facts["height"] = frame.height, frame.width
    facts["is_browser_playable"] = _is_web(facts["format"], video, audio, facts["pix_fmt"])
    return facts
