"""Clips made with ffmpeg's own test sources, once per machine and recipe.

Every video shows which second it is at: a strip of eight blocks along its top edge, block k white
when bit k of the second is set (`second_shown` reads it back), above ffmpeg's own counter picture.
"""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import imageio_ffmpeg

BLOCKS = 8
CHAPTERS = ("Opening", "First view", "The middle", "Second view", "Closing")
SUBTITLES = {
    "en": "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nHello there\n\n"
    "00:00:05.000 --> 00:00:09.000\nGoodbye\n",
    "de": "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nHallo\n\n"
    "00:00:05.000 --> 00:00:09.000\nAuf Wiedersehen\n",
}


def second_shown(is_white: Callable[[float, float], bool]) -> int:
    """The second a frame shows; `is_white` answers for a point given as fractions of the frame."""
    return sum(2**bit for bit in range(BLOCKS) if is_white((bit + 0.5) / BLOCKS, 0.05))


def _strip() -> str:
    boxes = [f"drawbox=x=0:y=0:w=iw:h=ih/{BLOCKS}:color=black:t=fill"]
    boxes += [
        f"drawbox=x=iw*{bit}/{BLOCKS}:y=0:w=iw/{BLOCKS}:h=ih/{BLOCKS}:color=white:t=fill"
        f":enable='gte(mod(floor((t+0.001)/{2**bit}),2),1)'"
        for bit in range(BLOCKS)
    ]
    return ",".join(boxes)


def _pictures(size: str, seconds: float, rate: int = 25) -> list[str]:
    return [
        "-f", "lavfi", "-i", f"testsrc=size={size}:rate={rate}:duration={seconds},{_strip()}",
    ]  # fmt: skip


def _tone(seconds: float, pitch: int = 440) -> list[str]:
    return ["-f", "lavfi", "-i", f"sine=frequency={pitch}:sample_rate=44100:duration={seconds}"]


def _h264(rate: int = 25) -> list[str]:
    return [
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", str(rate),
        "-c:a", "aac", "-b:a", "96k", "-shortest",
    ]  # fmt: skip


def _run(arguments: Sequence[str], into: Path) -> None:
    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", "-threads", "1",
         *arguments, str(into)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"ffmpeg could not make {into.name}: {done.stderr[-800:]}")


def _chaptered(into: Path) -> None:
    marks = "".join(
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={at * 2000}\nEND={at * 2000 + 2000}\ntitle={title}\n"
        for at, title in enumerate(CHAPTERS)
    )
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as sheet:
        sheet.write(f";FFMETADATA1\ntitle=Embedded title\nartist=Embedded artist\n{marks}")
        sheet.flush()
        _run(
            [*_pictures("320x180", 10), *_tone(10), "-i", sheet.name, "-map", "0:v", "-map", "1:a",
             "-map_metadata", "2", "-map_chapters", "2", *_h264(), "-f", "mp4"],
            into,
        )  # fmt: skip


def _song(into: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cover = Path(folder) / "cover.png"
        _run(["-f", "lavfi", "-i", "testsrc=size=300x300:duration=1", "-frames:v", "1"], cover)
        _run(
            [*_tone(8, 330), "-i", str(cover), "-map", "0:a", "-map", "1:v", "-c:a", "libmp3lame",
             "-b:a", "128k", "-c:v", "copy", "-disposition:v", "attached_pic",
             "-metadata", "title=Test song", "-metadata", "artist=The Oscillators",
             "-metadata", "album=Sine", "-metadata", "date=2021", "-metadata", "track=3",
             "-id3v2_version", "3", "-f", "mp3"],
            into,
        )  # fmt: skip


def _plain(arguments: Sequence[str], into: Path) -> None:
    _run(arguments, into)


_CLIP = [*_pictures("1280x720", 10), *_tone(10), *_h264()]
_MAKERS: dict[str, Callable[[Path], None]] = {
    "clip10.mp4": partial(_plain, [*_CLIP, "-movflags", "+faststart", "-f", "mp4"]),
    # The index stands at the end: a reader must seek to learn anything.
    "tail_index.mp4": partial(_plain, [*_CLIP, "-f", "mp4"]),
    "small.webm": partial(
        _plain,
        [*_pictures("320x180", 5), *_tone(5), "-c:v", "libvpx-vp9", "-deadline", "realtime",
         "-cpu-used", "8", "-pix_fmt", "yuv420p", "-b:v", "200k", "-g", "25",
         "-c:a", "libopus", "-f", "webm"],
    ),
    "old.mkv": partial(
        _plain,
        [*_pictures("320x240", 5), *_tone(5), "-c:v", "mpeg4", "-c:a", "mp2", "-f", "matroska"],
    ),
    "flac.mkv": partial(
        _plain,
        [*_pictures("320x180", 5), *_tone(5), "-c:v", "libx264", "-preset", "ultrafast",
         "-pix_fmt", "yuv420p", "-c:a", "flac", "-f", "matroska"],
    ),
    "remux.mkv": partial(
        _plain, [*_pictures("320x180", 5), *_tone(5), *_h264(), "-f", "matroska"]
    ),
    "silent.mp4": partial(
        _plain,
        [*_pictures("320x180", 4), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
         "yuv420p", "-an", "-f", "mp4"],
    ),
    "long7min.mp4": partial(
        _plain,
        [*_pictures("160x90", 420, 5), *_tone(420), *_h264(5), "-movflags", "+faststart",
         "-f", "mp4"],
    ),
    "tone.wav": partial(_plain, [*_tone(3), "-f", "wav"]),
    "poster.jpg": partial(
        _plain, ["-f", "lavfi", "-i", "testsrc2=size=640x360:duration=1", "-frames:v", "1",
                 "-f", "mjpeg"]
    ),
    "chapters.mp4": _chaptered,
    "song.mp3": _song,
}  # fmt: skip
HLS_HEIGHTS = (240, 360, 720)
HLS_SECONDS, HLS_SEGMENT_SECONDS = 12, 2


def _folder() -> Path:
    """One folder per recipe, shared by every test process of this user."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"videorama-test-media-{os.getuid()}-{recipe}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def media_file(name: str) -> Path:
    """The clip of that name, made on first use; see _MAKERS for what there is.

    Two processes may make it at once: each writes its own file, and the last rename wins.
    """
    path = _folder() / name
    if not path.exists():
        draft = path.with_name(f"{os.getpid()}-{os.urandom(4).hex()}-{name}")
        _MAKERS[name](draft)
        draft.replace(path)
    return path


def media_names() -> tuple[str, ...]:
    """What media_file can make."""
    return tuple(_MAKERS)


def hls_folder(height: int) -> Path:
    """A folder with index.m3u8 and segments of that height."""
    folder = _folder() / f"hls-{height}"
    if not folder.exists():
        draft = folder.with_name(f"{os.getpid()}-{os.urandom(4).hex()}-hls-{height}")
        draft.mkdir()
        width = height * 16 // 9 // 2 * 2
        _run(
            [*_pictures(f"{width}x{height}", HLS_SECONDS), *_tone(HLS_SECONDS), *_h264(),
             "-g", str(25 * HLS_SEGMENT_SECONDS), "-f", "hls", "-hls_time",
             str(HLS_SEGMENT_SECONDS), "-hls_playlist_type", "vod",
             "-hls_segment_filename", str(draft / "part%02d.ts")],
            draft / "index.m3u8",
        )  # fmt: skip
        try:
            draft.rename(folder)
        except OSError:  # somebody else was faster; theirs is equal
            if not folder.exists():
                raise
    return folder
