"""Media files through PyAV and the ffmpeg of the pip package; no system ffmpeg, no ffprobe.

Every tool runs in a child of its own. Results appear under their final name only when whole.
"""

import functools
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from videorama.adapters.child import python_child, python_env, run_child
from videorama.adapters.errors import DiskFull, NotMedia, Stalled, ToolFailed
from videorama.adapters.media import (
    DEMUXERS,
    ChapterMark,
    Check,
    MediaFacts,
    Progress,
    Shown,
    no_check,
    no_progress,
)

_INSPECT_S = 90
_STALL_S = 120
# Input options for files of strangers.
FILE_ONLY = ("-protocol_whitelist", "file,pipe", "-format_whitelist", DEMUXERS)
POSTER_WIDTH = 1280
# Of a picture of strangers: a few kilobytes can unpack to gigabytes.
_MAX_PIXELS = 50_000_000
_TILE, _COLUMNS = 160, 10
_WHOLE_UP_TO_S, _SEEK_FROM_S = 60, 360
_PICTURES = {
    b"\xff\xd8": "jpeg_pipe", b"\x89PNG": "png_pipe", b"RIFF": "webp_pipe", b"GIF8": "gif",
}  # fmt: skip


@functools.cache
def ffmpeg_path() -> str:
    """The ffmpeg binary of the pip package."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


@functools.cache
def ffmpeg_version() -> str:
    """What that binary calls itself; runs it once per process."""
    return str(imageio_ffmpeg.get_ffmpeg_version())


def inspect(path: Path, check: Check = no_check) -> MediaFacts:
    """Facts of a file that may be hostile; NotMedia when it cannot be played.

    At least one frame is decoded, and packets near the end must exist, so empty, text, cut off and
    wrongly named files are refused here.
    """
    answers: list[dict[str, Any]] = []
    spec = {"path": str(path.resolve()), "parent": os.getpid()}
    try:
        end = run_child(
            python_child("videorama.adapters.inspect_child"),
            stdin=json.dumps(spec).encode() + b"\n",
            on_line=lambda line: answers.append(json.loads(line)),
            check=check,
            stall_timeout_s=_INSPECT_S,
            env=python_env(),
        )
    except Stalled as error:
        raise NotMedia(technical=error.technical) from error
    if not answers:
        raise NotMedia(technical=f"inspection ended with {end.returncode}: {end.stderr_tail}")
    found = answers[-1].get("facts")
    if found is None:
        raise NotMedia(technical=str(answers[-1].get("error")))
    chapters = tuple(ChapterMark(**mark) for mark in found.pop("chapters"))
    return MediaFacts(size_bytes=path.stat().st_size, chapters=chapters, **found)


def run_ffmpeg(
    arguments: Sequence[str],
    into: Path,
    *,
    check: Check,
    progress: Progress = no_progress,
    duration_s: float = 0,
    nice: int = 0,
    cwd: Path | None = None,
) -> Path:
    """Run ffmpeg to write `into`: under a temporary name first, renamed when it is whole.

    `progress` gets the fraction of `duration_s` written. Raises ToolFailed or DiskFull.
    """
    draft = into.with_name(f".{into.name}.part")
    told = -1.0

    def on_line(line: str) -> None:
        nonlocal told
        name, _, value = line.partition("=")
        if name == "out_time_us" and value.lstrip("-").isdigit() and duration_s > 0:
            fraction = min(1.0, max(0.0, int(value) / 1e6 / duration_s))
            if fraction > told:
                told = fraction
                progress(fraction, "")

    argv = [
        ffmpeg_path(), "-hide_banner", "-nostdin", "-loglevel", "error", "-y",
        "-progress", "pipe:1", "-stats_period", "0.5", *arguments, f"file:{draft}",
    ]  # fmt: skip
    try:
        end = run_child(
            argv, on_line=on_line, check=check, stall_timeout_s=_STALL_S, nice=nice, cwd=cwd
        )
        if end.returncode or not draft.exists() or not draft.stat().st_size:
            if "No space left" in end.stderr_tail:
                raise DiskFull(technical=end.stderr_tail)
            raise ToolFailed(technical=f"ffmpeg ended with {end.returncode}: {end.stderr_tail}")
        draft.replace(into)
    finally:
        draft.unlink(missing_ok=True)
    return into


def poster(path: Path, into: Path, *, facts: MediaFacts, check: Check = no_check) -> Path | None:
    """A telling picture as JPEG, at most 1280 wide; for sound its embedded cover or None."""
    if facts.media_kind == "audio" and not facts.has_cover:
        return None
    fit = f"scale='min({POSTER_WIDTH},iw)':-2"
    end = ["-frames:v", "1", "-q:v", "3", "-pix_fmt", "yuvj420p", "-f", "mjpeg"]
    source = [*FILE_ONLY, "-i", f"file:{path}"]
    if facts.media_kind == "audio":
        attempts = [[*source, "-map", "0:v:0", "-vf", fit, *end]]
    else:
        # Openings are often black or a logo; `thumbnail` picks the most typical of some keyframes.
        at = f"{min(facts.duration_s * 0.1, 60):.3f}"
        attempts = [
            ["-ss", at, "-skip_frame", "nokey", *source, "-map", "0:v:0", "-an", "-t", "60",
             "-vf", f"thumbnail=12,{fit}", *end],
            [*source, "-map", "0:v:0", "-an", "-vf", fit, *end],
        ]  # fmt: skip
    for left, arguments in enumerate(attempts, start=1 - len(attempts)):
        try:
            return run_ffmpeg(arguments, into, check=check)
        except ToolFailed:
            if not left:
                if facts.media_kind == "audio":
                    return None
                raise
    return None


def frame(path: Path, into: Path, at_s: float, *, check: Check = no_check) -> Path:
    """The frame at a moment as JPEG, at most 1280 wide; ToolFailed where there is none."""
    return run_ffmpeg(
        ["-ss", f"{max(0.0, at_s):.3f}", *FILE_ONLY, "-i", f"file:{path}", "-map", "0:v:0", "-an",
         "-frames:v", "1", "-vf", f"scale='min({POSTER_WIDTH},iw)':-2", "-q:v", "3",
         "-pix_fmt", "yuvj420p", "-f", "mjpeg"],
        into,
        check=check,
    )  # fmt: skip


def picture(path: Path, into: Path, *, check: Check = no_check) -> Path:
    """A JPEG, PNG, WebP or GIF as JPEG, at most 1280 wide; for thumbnails of strangers.

    The kind is told from the first bytes: by its name ffmpeg could take a file for a pattern.
    """
    with path.open("rb") as file:
        head = file.read(12)
    kind = next((kind for magic, kind in _PICTURES.items() if head.startswith(magic)), None)
    if kind is None:
        raise ToolFailed(technical=f"no known kind of picture: {head!r}")
    return run_ffmpeg(
        ["-protocol_whitelist", "file,pipe", "-max_pixels", str(_MAX_PIXELS), "-f", kind,
         "-i", f"file:{path}", "-map", "0:v:0", "-frames:v", "1",
         "-vf", f"scale='min({POSTER_WIDTH},iw)':-2", "-q:v", "3", "-pix_fmt", "yuvj420p",
         "-f", "mjpeg"],
        into,
        check=check,
    )  # fmt: skip


def as_webvtt(path: Path, into: Path, *, check: Check = no_check) -> Path:
    """A subtitle file of another kind as WebVTT."""
    return run_ffmpeg(
        ["-protocol_whitelist", "file,pipe", "-format_whitelist",
         "srt,ass,webvtt,ttml,subviewer,microdvd,sami", "-i", f"file:{path}", "-f", "webvtt"],
        into,
        check=check,
    )  # fmt: skip


def _sound_arguments(facts: MediaFacts, kbit_s: int) -> list[str]:
    is_copy = facts.audio_codec == "aac"
    return ["-c:a", "copy"] if is_copy else ["-c:a", "aac", "-b:a", f"{kbit_s}k", "-ac", "2"]


def _picture_arguments(facts: MediaFacts, max_height: int | None) -> list[str]:
    fits = facts.video_codec == "h264" and facts.pix_fmt in {"yuv420p", "yuvj420p"}
    is_tall = max_height is not None and (facts.height or 0) > max_height
    if fits and not is_tall:
        return ["-c:v", "copy"]
    height = f"min({max_height},ih)" if max_height else "ih"
    return [
        "-vf", f"scale=-2:'trunc({height}/2)*2',format=yuv420p", "-c:v", "libx264",
        "-preset", "veryfast", "-crf", "23", "-profile:v", "high", "-g", "100",
    ]  # fmt: skip


def playable(
    path: Path,
    into: Path,
    *,
    facts: MediaFacts,
    check: Check = no_check,
    progress: Progress = no_progress,
    max_height: int | None = None,
) -> Path:
    """A copy every browser plays: mp4 with H.264 and AAC, index in front; sound becomes m4a.

    Streams that fit already are copied bit by bit. `into` gets the right ending; its path is
    returned. Works at low priority.
    """
    source = [*FILE_ONLY, "-i", f"file:{path}", "-map_metadata", "0", "-map_chapters", "0"]
    if facts.media_kind == "audio":
        into = into.with_suffix(".m4a")
        streams = ["-map", "0:a:0", "-vn", *_sound_arguments(facts, 192)]
    else:
        into = into.with_suffix(".mp4")
        streams = ["-map", "0:v:0", *_picture_arguments(facts, max_height)]
        if facts.has_audio:
            streams += ["-map", "0:a:0", *_sound_arguments(facts, 160)]
    return run_ffmpeg(
        [*source, *streams, "-sn", "-dn", "-movflags", "+faststart", "-f", "mp4"],
        into,
        check=check,
        progress=progress,
        duration_s=facts.duration_s,
        nice=10,
    )


def _tiles(facts: Shown) -> tuple[int, int, int]:
    """How many tiles, and their size: one a second for short videos, never more than 100."""
    count = max(1, min(_COLUMNS * _COLUMNS, round(facts.duration_s)))
    width, height = facts.width or 16, facts.height or 9
    scale = _TILE / max(width, height)
    return count, max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def sprite(
    path: Path,
    into_jpg: Path,
    into_vtt: Path,
    *,
    facts: Shown,
    image_url: str,
    check: Check = no_check,
    progress: Progress = no_progress,
) -> None:
    """A sheet of small pictures, ten in a row, and the WebVTT that says which shows which time.

    Very short videos are decoded whole, short ones keyframe by keyframe, long ones by seeking.
    Raises NotMedia for sound.
    """
    if facts.media_kind != "video":
        raise NotMedia(technical="no picture to make a sprite of")
    count, width, height = _tiles(facts)
    rows = -(-count // _COLUMNS)
    end = ["-frames:v", "1", "-q:v", "5", "-pix_fmt", "yuvj420p", "-f", "mjpeg"]
    # Without tpad the last tiles stay black when frames end early (seen).
    fill = f"tpad=stop_mode=clone:stop={rows * _COLUMNS},tile={_COLUMNS}x{rows}"
    if facts.duration_s <= _SEEK_FROM_S:
        arguments = [
            *FILE_ONLY, "-i", f"file:{path}", "-map", "0:v:0", "-an", "-vf",
            f"fps={count}/{facts.duration_s:.3f}:round=near:start_time=0,"
            f"scale={width}:{height}:flags=fast_bilinear,{fill}", *end,
        ]  # fmt: skip
        quick = ["-skip_frame", "nokey", *arguments]
        is_short = facts.duration_s <= _WHOLE_UP_TO_S
        try:
            run_ffmpeg(arguments if is_short else quick, into_jpg, check=check, nice=10)
        except ToolFailed:
            # Hardly any keyframes: then every frame is decoded, ten times slower.
            if is_short:
                raise
            run_ffmpeg(arguments, into_jpg, check=check, nice=10)
    else:
        with tempfile.TemporaryDirectory(dir=into_jpg.parent, prefix=".tiles-") as folder:
            times = [(at + 0.5) * facts.duration_s / count for at in range(count)]
            spec = {"path": str(path.resolve()), "into": folder, "times": times,
                    "width": width, "height": height, "parent": os.getpid()}  # fmt: skip
            _pick_frames(spec, check, progress)
            run_ffmpeg(
                ["-f", "image2", "-framerate", "1", "-start_number", "0",
                 "-i", f"{folder}/%04d.ppm", "-vf", fill, *end],
                into_jpg, check=check,
            )  # fmt: skip
    cues = ["WEBVTT\n"]
    for at in range(count):
        start, stop = (number * facts.duration_s / count for number in (at, at + 1))
        left, top = at % _COLUMNS * width, at // _COLUMNS * height
        cues.append(
            f"{_clock(start)} --> {_clock(stop)}\n{image_url}#xywh={left},{top},{width},{height}\n"
        )
    draft = into_vtt.with_name(f".{into_vtt.name}.part")
    draft.write_text("\n".join(cues), "utf-8")
    draft.replace(into_vtt)
    progress(1.0, "")


def _pick_frames(spec: dict[str, Any], check: Check, progress: Progress) -> None:
    count = len(spec["times"])
    end = run_child(
        python_child("videorama.adapters.seek_child"),
        stdin=json.dumps(spec).encode() + b"\n",
        on_line=lambda line: progress((json.loads(line)["done"] + 1) / count * 0.9, ""),
        check=check,
        stall_timeout_s=_STALL_S,
        env=python_env(),
    )
    if end.returncode:
        raise ToolFailed(technical=f"seeking ended with {end.returncode}: {end.stderr_tail}")


def _clock(seconds: float) -> str:
    whole, thousandth = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{thousandth:03d}"
