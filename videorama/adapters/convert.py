"""Make one file of what was downloaded: join, change the container, take the sound, scale down.

Bits are copied wherever the wish allows it. Every function returns the finished file; what it was
made from stays, so that an attempt that is killed starts again from there.
"""

from pathlib import Path

from videorama.adapters import ffmpeg
from videorama.adapters.errors import error_for
from videorama.adapters.media import Check, MediaFacts, Preset, Progress

_MP4_VIDEO = {"h264", "hevc", "av1", "mpeg4"}
_MP4_SOUND = {"aac", "mp3", "ac3", "eac3", "alac", ""}
_WEBM = ({"vp8", "vp9", "av1"}, {"opus", "vorbis", ""})
_KEPT = {"mp3", "m4a", "ogg", "opus", "flac", "wav", "webm", "aac"}
# Container and its format name for each codec whose sound can be kept as it is.
_SOUND_FILES = {
    "aac": ("m4a", "mp4"), "alac": ("m4a", "mp4"), "mp3": ("mp3", "mp3"), "opus": ("opus", "ogg"),
    "vorbis": ("ogg", "ogg"), "flac": ("flac", "flac"), "pcm_s16le": ("wav", "wav"),
    "ac3": ("ac3", "ac3"), "eac3": ("eac3", "eac3"),
}  # fmt: skip


def _container(video_codec: str, audio_codec: str) -> tuple[str, str]:
    """Ending and format name of the plainest container for these codecs."""
    if video_codec in _MP4_VIDEO and audio_codec in _MP4_SOUND:
        return "mp4", "mp4"
    if video_codec in _WEBM[0] and audio_codec in _WEBM[1]:
        return "webm", "webm"
    return "mkv", "matroska"


def join(parts: list[Path], stem: Path, facts: list[MediaFacts], check: Check) -> Path:
    """Picture and sound, or one stream in pieces of a stream format, as one file; bits copied."""
    video = next((one for one in facts if one.video_codec), None)
    sounds = [at for at, one in enumerate(facts) if one.has_audio]
    inputs = [word for part in parts for word in (*ffmpeg.FILE_ONLY, "-i", f"file:{part}")]
    if video is None:
        return take_sound(parts[0], stem, facts[0], None, check)
    # With two parts the second is the one chosen for its sound.
    sound_codec = facts[sounds[-1]].audio_codec if sounds else ""
    ending, name = _container(video.video_codec, sound_codec)
    maps = ["-map", f"{facts.index(video)}:v:0"]
    maps += ["-map", f"{sounds[-1]}:a:0"] if sounds else []
    flags = ["-movflags", "+faststart"] if name == "mp4" else []
    return ffmpeg.run_ffmpeg(
        [*inputs, *maps, "-c", "copy", "-dn", "-sn", *flags, "-f", name],
        stem.with_name(f"{stem.name}.{ending}"),
        check=check,
    )


def take_sound(path: Path, stem: Path, facts: MediaFacts, kbit_s: int | None, check: Check) -> Path:
    """Only the sound: as it is where a file for it exists and it is small enough, else as AAC."""
    if not facts.has_audio:
        raise error_for("no_such_format", technical="no sound in this source")
    source = [*ffmpeg.FILE_ONLY, "-i", f"file:{path}", "-map", "0:a:0", "-vn", "-sn", "-dn"]
    known = _SOUND_FILES.get(facts.audio_codec)
    if known and kbit_s is None:
        ending, name = known
        arguments = [*source, "-c:a", "copy", "-f", name]
    else:
        ending = "m4a"
        rate = f"{kbit_s or 192}k"
        arguments = [*source, "-c:a", "aac", "-b:a", rate, "-movflags", "+faststart", "-f", "mp4"]
    return ffmpeg.run_ffmpeg(arguments, stem.with_name(f"{stem.name}.{ending}"), check=check)


def finish(
    parts: list[tuple[Path, str]],
    stem: Path,
    preset: Preset,
    *,
    check: Check,
    progress: Progress,
) -> Path:
    """The file the preset asks for, from the parts as (path, protocol) that were fetched.

    One part that fits already is returned untouched. A picture larger than asked, which happens
    where a source offers nothing smaller, is scaled down.
    """
    paths = [path for path, _protocol in parts]
    is_plain = len(parts) == 1 and parts[0][1] in {"http", "https"}
    if is_plain and preset.kind == "video" and preset.max_height is None:
        return paths[0]
    facts = [ffmpeg.inspect(path, check) for path in paths]
    if preset.kind == "audio":
        return _finish_sound(paths, facts, stem, preset, check)
    if not any(one.video_codec for one in facts):
        return paths[0]
    tall = max(min(one.height or 0, one.width or 0) for one in facts)
    if preset.max_height is not None and tall > preset.max_height:
        joined = paths[0]
        if len(paths) > 1:
            joined = join(paths, stem.with_name(f"joined.{stem.name}"), facts, check)
        source = facts[0] if len(paths) == 1 else ffmpeg.inspect(joined, check)
        made = stem.with_name(f"{stem.name}.{preset.max_height}p.mp4")
        return ffmpeg.playable(
            joined, made, facts=source, check=check, progress=progress,
            max_height=preset.max_height,
        )  # fmt: skip
    return paths[0] if is_plain else join(paths, stem, facts, check)


def _finish_sound(
    paths: list[Path], facts: list[MediaFacts], stem: Path, preset: Preset, check: Check
) -> Path:
    at = next((at for at, one in enumerate(facts) if one.has_audio), None)
    if at is None:
        raise error_for("no_such_format", technical="no sound in this source")
    path, one = paths[at], facts[at]
    limit = preset.audio_kbit_s
    is_small = limit is None or (one.bitrate or 10**9) <= limit * 1250
    if one.media_kind == "audio" and is_small and one.format in _KEPT:
        return path
    own_rate = None if is_small and one.media_kind == "audio" else limit
    return take_sound(path, stem, one, own_rate, check)
