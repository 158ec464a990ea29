"""Poster, preview frames and browser copy beside the bare ffmpeg command with the same options.

A poster is what an import runs. Preview frames and browser copies are whole jobs as a worker runs
them: claim, rights, progress, hash, the file durable in its place, its rows.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import imageio_ffmpeg
from django.conf import settings
from django.core.management import call_command

from bench import tools
from bench.report import Goal, compare, document
from library import renditions, services
from library.models import Entry, EntryFile, FileRole
from library.tests.factories import make_library
from videorama.adapters import ffmpeg
from videorama.adapters.media import MediaFacts
from videorama.jobs import services as jobs

GOAL = Goal(at_most=1.05)


def measure(*, rounds: int, is_small: bool) -> dict[str, object]:
    """Four pairs; the sizes are those of a short film, an evening and a clip of an old camera."""
    call_command("migrate", verbosity=0, interactive=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film = folder / "film.mp4"
        tools.video(1 if is_small else 300, film, size="160x90" if is_small else "1920x1080")
        evening = folder / "evening.mp4"
        tools.ffmpeg("-stream_loop", "9", "-i", film, "-c", "copy", evening)
        clip = folder / "clip.avi"
        tools.ffmpeg(
            "-i", film, "-t", "2" if is_small else "60", "-vf", "scale=1280:720", "-c:v", "mpeg4",
            "-q:v", "4", "-c:a", "mp2", clip,
        )  # fmt: skip
        pairs = {
            "poster": (_poster(film, folder), _bare_poster(film, folder)),
            "preview frames": (_job("sprite", film), _bare_sprite(film, folder)),
            "preview frames, ten times as long": (
                _job("sprite", evening),
                _bare_sprite(evening, folder),
            ),
            "browser copy": (_job("playable", clip), _bare_copy(clip, folder)),
        }
        rows, facts = [], {}
        for what, (ours, bare) in pairs.items():
            own, plain = tools.turns(rounds, ours, bare)
            source = film if what == "poster" else clip if what == "browser copy" else None
            seen = ffmpeg.inspect(source or (evening if "ten" in what else film))
            facts[what] = {"duration_s": round(seen.duration_s), "height": seen.height}
            rows.append(
                compare(
                    f"{what} of {seen.duration_s:.0f} s in {seen.height}p", ours=own, bare=plain,
                    unit="s", tool="bare ffmpeg", goal=GOAL,
                )
            )  # fmt: skip
    return document(rows, facts=facts)


def _poster(source: Path, folder: Path) -> Callable[[int], float]:
    facts = ffmpeg.inspect(source)
    return lambda _number: tools.seconds(
        lambda: ffmpeg.poster(source, folder / "poster.jpg", facts=facts)
    )


def _job(kind: str, source: Path) -> Callable[[int], float]:
    """Turns of a whole job on one entry; what the turn before made is taken away first."""
    seen = ffmpeg.inspect(source)
    entry = _entry(source, seen)
    work = {"sprite": renditions.make_sprite, "playable": renditions.make_playable}[kind]
    made = {"sprite": [FileRole.SPRITE, FileRole.SPRITE_INDEX], "playable": [FileRole.PLAYABLE]}

    def turn(_number: int) -> float:
        for file in EntryFile.objects.filter(entry=entry, role__in=made[kind]):
            (settings.ROOTS[file.root] / file.path).unlink()
            file.delete()
        (job,) = services.enqueue_renditions(entry=Entry.objects.get(pk=entry.pk), user=None)
        took = tools.seconds(partial(jobs.run, job.pk, work))
        job.refresh_from_db()
        if job.status != "completed" or not entry.files.filter(role=made[kind][0]).exists():
            raise RuntimeError(f"the job ended as {job.status}: {job.error_message}")
        return took

    return turn


def _entry(source: Path, seen: MediaFacts) -> Entry:
    """An entry as the import would have stored it, which needs only this one rendition."""
    library = make_library()
    place = settings.ROOTS[library.root] / library.folder / source.name
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, place)
    is_copy_needed = not seen.is_browser_playable
    entry = Entry.objects.create(
        library=library, title=source.stem, duration_s=seen.duration_s,
        # A sound needs no preview frames: so one job is alone with its figure.
        media_kind="audio" if is_copy_needed else "video",
    )  # fmt: skip
    EntryFile.objects.create(
        entry=entry, library=library, role=FileRole.ORIGINAL, root=library.root,
        path=f"{library.folder}/{source.name}", format=seen.format, mime=seen.mime,
        sha256=hashlib.sha256(source.name.encode()).hexdigest(), size_bytes=seen.size_bytes,
        duration_s=seen.duration_s, container=seen.container, video_codec=seen.video_codec,
        audio_codec=seen.audio_codec, width=seen.width, height=seen.height, fps=seen.fps,
        bitrate=seen.bitrate, is_browser_playable=seen.is_browser_playable,
    )  # fmt: skip
    return entry


def _bare(*arguments: str | Path, nice: int = 0) -> Callable[[int], float]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments]
    command = ["nice", "-n", str(nice), *command] if nice else command
    return lambda _number: tools.seconds(lambda: tools.run(command))


def _bare_poster(source: Path, folder: Path) -> Callable[[int], float]:
    at = min(ffmpeg.inspect(source).duration_s * 0.1, 60)
    return _bare(
        "-ss", f"{at:.3f}", "-skip_frame", "nokey", "-i", source, "-map", "0:v:0", "-an", "-t",
        "60", "-vf", "thumbnail=12,scale='min(1280,iw)':-2", "-frames:v", "1", "-q:v", "3",
        "-pix_fmt", "yuvj420p", "-f", "mjpeg", folder / "bare-poster.jpg",
    )  # fmt: skip


def _bare_sprite(source: Path, folder: Path) -> Callable[[int], float]:
    """A hundred tiles from the keyframes, as one command makes them."""
    seconds = ffmpeg.inspect(source).duration_s
    count = max(1, min(100, round(seconds)))
    rows = -(-count // 10)
    quick = ["-skip_frame", "nokey"] if seconds > 60 else []
    return _bare(
        *quick, "-i", source, "-map", "0:v:0", "-an", "-vf",
        f"fps={count}/{seconds:.3f}:round=near:start_time=0,scale=160:90:flags=fast_bilinear,"
        f"tpad=stop_mode=clone:stop={rows * 10},tile=10x{rows}", "-frames:v", "1", "-q:v", "5",
        "-pix_fmt", "yuvj420p", "-f", "mjpeg", folder / "bare-sprite.jpg", nice=10,
    )  # fmt: skip


def _bare_copy(source: Path, folder: Path) -> Callable[[int], float]:
    return _bare(
        "-i", source, "-map_metadata", "0", "-map_chapters", "0", "-map", "0:v:0", "-vf",
        "scale=-2:'trunc(ih/2)*2',format=yuv420p", "-c:v", "libx264", "-preset", "veryfast",
        "-crf", "23", "-profile:v", "high", "-g", "100", "-map", "0:a:0", "-c:a", "aac", "-b:a",
        "160k", "-ac", "2", "-sn", "-dn", "-movflags", "+faststart", "-f", "mp4",
        folder / "bare-copy.mp4", nice=10,
    )  # fmt: skip
