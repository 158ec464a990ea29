"""Facts, pictures and playable copies of real clips, and a refusal of everything else."""

import re
import subprocess
from pathlib import Path

import pytest

from videorama.adapters import ffmpeg
from videorama.adapters.errors import DiskFull, NotMedia, ToolFailed
from videorama.adapters.media import no_check
from videorama.tests.fakes.media_files import (
    CHAPTERS,
    hls_folder,
    media_file,
    second_shown,
)

pytestmark = pytest.mark.embedded_only("adapters know neither database nor Redis")


def grey(path: Path, arguments: list[str], width: int, height: int) -> bytes:
    """One frame as grey bytes."""
    done = subprocess.run(
        [ffmpeg.ffmpeg_path(), "-v", "error", "-i", str(path), *arguments, "-frames:v", "1",
         "-vf", f"scale={width}:{height}", "-pix_fmt", "gray", "-f", "rawvideo", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


def second_in(pixels: bytes, width: int, height: int, left=0, top=0, tile=(0, 0)) -> int:
    tile_width, tile_height = tile if tile[0] else (width, height)
    return second_shown(
        lambda x, y: pixels[(top + int(y * tile_height)) * width + left + int(x * tile_width)] > 128
    )


FACTS = [
    ("clip10.mp4", "video", "mp4", 10, 720, "h264", "aac", True),
    ("tail_index.mp4", "video", "mp4", 10, 720, "h264", "aac", True),
    ("small.webm", "video", "webm", 5, 180, "vp9", "opus", True),
    ("old.mkv", "video", "mkv", 5, 240, "mpeg4", "mp2", False),
    ("flac.mkv", "video", "mkv", 5, 180, "h264", "flac", False),
    ("remux.mkv", "video", "mkv", 5, 180, "h264", "aac", False),
    ("silent.mp4", "video", "mp4", 4, 180, "h264", "", True),
    ("chapters.mp4", "video", "mp4", 10, 180, "h264", "aac", True),
    ("song.mp3", "audio", "mp3", 8, None, "", "mp3", True),
    ("tone.wav", "audio", "wav", 3, None, "", "pcm_s16le", True),
]


@pytest.mark.parametrize(
    ("name", "kind", "format", "seconds", "height", "video", "audio", "is_playable"), FACTS
)
def test_facts_of_a_clip(name, kind, format, seconds, height, video, audio, is_playable):
    facts = ffmpeg.inspect(media_file(name))
    assert (facts.media_kind, facts.format) == (kind, format)
    assert facts.duration_s == pytest.approx(seconds, abs=0.1)
    assert facts.height == height
    assert (facts.video_codec, facts.audio_codec) == (video, audio)
    assert facts.is_browser_playable is is_playable
    assert facts.size_bytes == media_file(name).stat().st_size
    assert facts.has_audio is bool(audio)


def test_chapters_and_tags_are_read():
    facts = ffmpeg.inspect(media_file("chapters.mp4"))
    assert [mark.title for mark in facts.chapters] == list(CHAPTERS)
    assert (facts.chapters[1].start_s, facts.chapters[1].end_s) == (2, 4)
    assert facts.tags["title"] == "Embedded title"
    song = ffmpeg.inspect(media_file("song.mp3"))
    assert (song.tags["artist"], song.tags["album"]) == ("The Oscillators", "Sine")
    assert song.has_cover


def test_rotation_is_applied_to_width_and_height(tmp_path):
    turned = tmp_path / "turned.mp4"
    subprocess.run(
        [ffmpeg.ffmpeg_path(), "-v", "error", "-display_rotation", "90", "-i",
         str(media_file("silent.mp4")), "-c", "copy", str(turned)],
        check=True,
    )  # fmt: skip
    facts = ffmpeg.inspect(turned)
    assert (facts.width, facts.height) == (180, 320)
    assert facts.rotation % 180 == 90


def test_the_ending_of_a_lying_name_does_not_matter(tmp_path):
    liar = tmp_path / "film.txt"
    liar.write_bytes(media_file("small.webm").read_bytes())
    assert ffmpeg.inspect(liar).format == "webm"
    nasty = tmp_path / "-i \u202ea'b\"$(x)%03d\nc.mp4"
    nasty.write_bytes(media_file("silent.mp4").read_bytes())
    facts = ffmpeg.inspect(nasty)
    assert ffmpeg.poster(nasty, tmp_path / "p.jpg", facts=facts)
    assert ffmpeg.playable(nasty, tmp_path / "out", facts=facts).exists()


def broken_files() -> dict[str, bytes]:
    clip, tail = media_file("clip10.mp4").read_bytes(), media_file("tail_index.mp4").read_bytes()
    return {
        "empty.mp4": b"",
        "text.mp4": b"This only says that it is a film.\n" * 300,
        "page.mp4": b"<!doctype html><html><body><video></video></body></html>",
        "garbage.mp4": bytes(range(256)) * 500,
        "zeroes.mp3": bytes(100_000),
        "half.mp4": clip[: len(clip) // 2],
        "most.mp4": clip[: len(clip) * 9 // 10],
        "half-index.mp4": tail[: len(tail) // 2],
        "half.mkv": media_file("remux.mkv").read_bytes()[:80_000],
        "half.webm": media_file("small.webm").read_bytes()[:80_000],
        "header.mp4": clip[:2000],
        "list.mp4": f"#EXTM3U\n#EXTINF:5,\n{media_file('clip10.mp4')}\n".encode(),
        "concat.mp4": f"ffconcat version 1.0\nfile '{media_file('clip10.mp4')}'\n".encode(),
        "picture.mp4": media_file("poster.jpg").read_bytes(),
        "subtitles.mp4": b"1\n00:00:00,000 --> 00:00:05,000\nHello\n",
    }


@pytest.mark.parametrize("name", broken_files())
def test_what_is_no_media_is_refused_with_a_sentence(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(broken_files()[name])
    with pytest.raises(NotMedia) as raised:
        ffmpeg.inspect(path)
    assert raised.value.code == "not_media"
    assert raised.value.message.endswith(".")
    assert str(tmp_path) not in raised.value.message


def test_a_poster_shows_a_frame_and_a_song_its_cover(tmp_path):
    for name, (width, height) in {"clip10.mp4": (1280, 720), "song.mp3": (300, 300)}.items():
        facts = ffmpeg.inspect(media_file(name))
        made = ffmpeg.poster(media_file(name), tmp_path / f"{name}.jpg", facts=facts)
        assert made.read_bytes()[:2] == b"\xff\xd8"
        assert len(grey(made, [], width, height)) == width * height
    wav = media_file("tone.wav")
    assert ffmpeg.poster(wav, tmp_path / "w.jpg", facts=ffmpeg.inspect(wav)) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip10.mp4.jpg", "song.mp3.jpg"]


@pytest.mark.parametrize(
    ("name", "count", "allowed"), [("clip10.mp4", 10, 1), ("long7min.mp4", 100, 3)]
)
def test_each_tile_of_a_sprite_shows_the_time_its_cue_says(name, count, allowed, tmp_path):
    path, sheet, cues = media_file(name), tmp_path / "s.jpg", tmp_path / "s.vtt"
    facts = ffmpeg.inspect(path)
    ffmpeg.sprite(path, sheet, cues, facts=facts, image_url="/sprite.jpg")
    found = re.findall(
        r"(\d+):(\d+):([\d.]+) --> .*\n/sprite\.jpg#xywh=(\d+),(\d+),(\d+),(\d+)", cues.read_text()
    )
    assert len(found) == count
    rows = -(-count // 10)
    pixels = grey(sheet, [], 1600, rows * 90)
    for hours, minutes, seconds, left, top, width, height in found:
        middle = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        middle += facts.duration_s / count / 2
        shown = second_in(pixels, 1600, rows * 90, int(left), int(top), (int(width), int(height)))
        # Eight blocks count to 255.
        assert min((shown - middle) % 256, (middle - shown) % 256) <= allowed + 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.jpg", "s.vtt"]


def test_sound_has_no_sprite(tmp_path):
    wav = media_file("tone.wav")
    with pytest.raises(NotMedia):
        ffmpeg.sprite(wav, tmp_path / "a", tmp_path / "b", facts=ffmpeg.inspect(wav), image_url="")


@pytest.mark.parametrize(
    "name", ["old.mkv", "flac.mkv", "remux.mkv", "small.webm", "silent.mp4", "song.mp3", "tone.wav"]
)
def test_a_playable_copy_plays_everywhere_and_is_as_long(name, tmp_path):
    path = media_file(name)
    facts = ffmpeg.inspect(path)
    told: list[float] = []
    made = ffmpeg.playable(
        path, tmp_path / "copy", facts=facts, progress=lambda done, _text: told.append(done)
    )
    copy = ffmpeg.inspect(made)
    assert made.suffix == (".mp4" if facts.media_kind == "video" else ".m4a")
    assert copy.is_browser_playable
    assert copy.video_codec == ("h264" if facts.media_kind == "video" else "")
    assert copy.audio_codec == ("aac" if facts.has_audio else "")
    assert copy.duration_s == pytest.approx(facts.duration_s, abs=0.15)
    assert told == sorted(told)
    assert told[-1] > 0.9
    assert list(tmp_path.iterdir()) == [made]
    # The index stands in front, so playing can begin before everything is there.
    head = made.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")


def test_a_copy_of_h264_keeps_its_bits(tmp_path):
    path = media_file("remux.mkv")
    made = ffmpeg.playable(path, tmp_path / "copy", facts=ffmpeg.inspect(path))

    def stream_hash(of: Path) -> bytes:
        return subprocess.run(
            [ffmpeg.ffmpeg_path(), "-v", "error", "-i", str(of), "-map", "0:v", "-f", "md5", "-"],
            capture_output=True, check=True,
        ).stdout  # fmt: skip

    assert stream_hash(path) == stream_hash(made)


def test_a_cancel_in_the_middle_leaves_nothing(tmp_path):
    class Enough(Exception):
        pass

    def cancel(fraction: float, message: str) -> None:
        raise Enough

    path = media_file("long7min.mp4")
    facts = ffmpeg.inspect(path)
    with pytest.raises(Enough):
        ffmpeg.playable(path, tmp_path / "copy", facts=facts, progress=cancel, max_height=48)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path):
    # The draft's name leads to a device that is always full.
    (tmp_path / ".x.wav.part").symlink_to("/dev/full")
    source = ["-i", f"file:{media_file('tone.wav')}", "-f", "wav"]
    with pytest.raises(DiskFull) as raised:
        ffmpeg.run_ffmpeg(source, tmp_path / "x.wav", check=no_check)
    assert raised.value.code == "disk_full"
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_a_stranger_becomes_a_jpeg_and_a_text_does_not(tmp_path):
    path = tmp_path / "thumbnail.bin"
    path.write_bytes(media_file("poster.jpg").read_bytes())
    assert ffmpeg.picture(path, tmp_path / "a.jpg").read_bytes()[:2] == b"\xff\xd8"
    path.write_bytes(b"#EXTM3U\n/etc/passwd\n")
    with pytest.raises(ToolFailed):
        ffmpeg.picture(path, tmp_path / "b.jpg")


def test_a_piece_of_a_stream_is_told_from_a_film():
    facts = ffmpeg.inspect(hls_folder(240) / "part00.ts")
    assert (facts.format, facts.is_browser_playable) == ("ts", False)
