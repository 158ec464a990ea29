"""Real yt-dlp against the real fake site: what a link leads to, and the file it becomes."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from videorama.adapters import ffmpeg, ytdlp
from videorama.adapters.child import python_env
from videorama.adapters.media import Limits, no_check, no_progress
from videorama.adapters.tests.processes import descendants, is_alive, wait_until
from videorama.errors import AppError, Transient
from videorama.tests.fakes.media_files import CHAPTERS, SUBTITLES, media_file
from videorama.tests.fakes.media_pages import AUTHOR, DESCRIPTION, TITLE

pytestmark = pytest.mark.embedded_only("adapters know neither database nor Redis")


@pytest.fixture
def fetch(site, policy, tmp_path):
    """Downloads a path of the site; the same folder each time."""

    def run(path, preset="video_max", **changes):
        options = {"progress": no_progress, "check": no_check, "policy": policy} | changes
        return ytdlp.download(site.url(path), tmp_path / "in", preset=preset, **options)

    return run


def clip_bytes(name="clip10.mp4") -> bytes:
    return media_file(name).read_bytes()


@pytest.mark.parametrize("path", ["/clip10.mp4", "/tail_index.mp4"])
def test_a_probe_of_a_file_knows_its_duration_and_format(path, site, policy):
    info = ytdlp.probe(site.url(path), policy=policy)
    assert info.duration_s == pytest.approx(10, abs=0.5)
    (offer,) = info.formats
    assert (offer.height, offer.video_codec, offer.audio_codec) == (720, "h264", "aac")
    assert offer.size_bytes == len(clip_bytes())
    assert ytdlp.is_preset(offer.id)
    assert info.platform == "127.0.0.1"
    assert (info.source_id, info.published_at) == ("", None)
    ranges = [seen.range for seen in site.requests if seen.range]
    assert len(ranges) <= 3


def test_a_probe_of_a_page_gives_all_the_page_says(site, policy):
    info = ytdlp.probe(site.url("/watch"), policy=policy)
    assert (info.title, info.description, info.uploader) == (TITLE, DESCRIPTION, AUTHOR)
    assert info.published_at == datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert [mark.title for mark in info.chapters] == list(CHAPTERS)
    assert info.subtitle_languages == tuple(SUBTITLES)
    assert info.thumbnail_url == site.url("/poster.jpg")
    assert (info.duration_s, info.language, info.tags) == (10, "en", ("river", "walking"))
    assert "video_low" in info.presets


@pytest.mark.parametrize(
    ("path", "title"),
    [("/watch-json-ld", TITLE), ("/watch-og", f"{TITLE} (og)"), ("/watch-plain", "Only a title"),
     ("/watch-hls", f"{TITLE} (og)"), ("/clip10.mp4", "clip10")],
)  # fmt: skip
def test_titles_come_from_the_best_place_without_a_number(path, title, site, policy):
    assert ytdlp.probe(site.url(path), policy=policy).title == title


def test_a_playlist_offers_its_qualities_best_first(site, policy):
    info = ytdlp.probe(site.url("/hls/master.m3u8"), policy=policy)
    assert [offer.height for offer in info.formats] == [720, 360, 240]
    assert info.duration_s == pytest.approx(12, abs=0.5)


def test_sound_offers_only_sound(site, policy):
    info = ytdlp.probe(site.url("/song.mp3"), policy=policy)
    assert info.presets == ("audio_max", "audio_med", "audio_low")


def test_what_is_stored_has_no_headers_cookies_or_signed_addresses(site, policy):
    raw = ytdlp.probe(site.url("/watch"), policy=policy).raw
    assert "http_headers" not in str(raw)
    assert "cookies" not in str(raw)
    assert all("url" not in entry for entry in raw["formats"])
    assert raw["webpage_url"] == site.url("/watch")


@pytest.mark.parametrize(
    ("path", "code", "is_transient"),
    [("/nothing", "not_found", False), ("/fault/status/410/x", "not_found", False),
     ("/fault/status/403/x", "forbidden", False), ("/fault/status/401/x", "login_required", False),
     ("/fault/busy/7/x", "rate_limited", True), ("/fault/status/500/x", "source_unavailable", True),
     ("/fault/status/503/x", "source_unavailable", True), ("/fault/loop/0/x", "redirects", False),
     ("/fault/private/0/x", "blocked_address", False), ("/article", "unsupported_url", False),
     ("/text.mp4", "not_media", False), ("/garbage.mp4", "not_media", False),
     ("/empty.mp4", "not_media", False)],
)  # fmt: skip
def test_a_probe_that_fails_says_how(path, code, is_transient, site, policy):
    with pytest.raises(AppError) as raised:
        ytdlp.probe(site.url(path), policy=policy)
    assert raised.value.code == code
    assert isinstance(raised.value, Transient) is is_transient
    if code == "rate_limited":
        assert raised.value.retry_after_s == 7


def test_a_probe_ends_at_its_time(site, policy):
    gate = site.hold("/clip10.mp4")
    with pytest.raises(Transient) as raised:
        ytdlp.probe(site.url("/clip10.mp4"), policy=policy, timeout_s=3)
    gate.open()
    assert raised.value.code == "timeout"


def test_a_file_arrives_byte_for_byte_and_the_bar_only_grows(fetch, site):
    told: list[tuple[float, str]] = []
    site.fail("/clip10.mp4", bytes_per_s=400_000)
    done = fetch("/clip10.mp4", progress=lambda fraction, text: told.append((fraction, text)))
    assert done.path.read_bytes() == clip_bytes()
    fractions = [fraction for fraction, _text in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert len(told) > 4
    assert any("of 0.6 MB" in text and "MB/s" in text for _fraction, text in told)


def test_a_page_brings_subtitles_and_thumbnail_along(fetch):
    done = fetch("/watch")
    assert done.path.read_bytes() == clip_bytes()
    assert {one.language: one.path.read_text() for one in done.subtitles} == SUBTITLES
    assert not any(one.is_automatic for one in done.subtitles)
    assert done.thumbnail.read_bytes()[:2] == b"\xff\xd8"
    assert done.info.title == TITLE


@pytest.mark.parametrize(
    ("path", "preset", "kind", "height"),
    [("/clip10.mp4", "video_med", "video", 720), ("/clip10.mp4", "video_low", "video", 480),
     ("/clip10.mp4", "audio_max", "audio", None), ("/clip10.mp4", "audio_low", "audio", None),
     ("/clip10.mp4", "format:mp4", "video", 720), ("/hls/master.m3u8", "video_max", "video", 720),
     ("/hls/master.m3u8", "video_low", "video", 360),
     ("/hls/master.m3u8", "format:600", "video", 240), ("/watch-hls", "audio_med", "audio", None),
     ("/song.mp3", "audio_max", "audio", None),
     ("/song.mp3", "audio_low", "audio", None), ("/small.webm", "audio_max", "audio", None)],
)  # fmt: skip
def test_the_file_satisfies_the_preset(path, preset, kind, height, fetch):
    facts = ffmpeg.inspect(fetch(path, preset).path)
    assert (facts.media_kind, facts.height) == (kind, height)
    if path != "/song.mp3" or preset != "audio_max":
        assert facts.is_browser_playable or facts.format == "opus"
    if preset == "audio_low":
        assert facts.bitrate < 90_000


def test_an_unknown_preset_or_format_is_refused(fetch):
    for preset in ("bogus", "format:a b", "format:nothing-like-it"):
        with pytest.raises(AppError) as raised:
            fetch("/clip10.mp4", preset)
        assert raised.value.code == "no_such_format"


def test_one_extraction_serves_info_and_download(fetch, site):
    assert fetch("/watch").info.title == TITLE
    assert (site.hits("/watch"), site.hits("/clip10.mp4")) == (1, 1)


def test_a_connection_cut_again_and_again_still_gives_the_whole_file(fetch, site):
    assert fetch("/fault/cut/200000/clip10.mp4").path.read_bytes() == clip_bytes()
    assert any(seen.range for seen in site.requests)


def test_a_source_that_fails_twice_is_asked_a_third_time(fetch, site):
    site.fail("/clip10.mp4", status=503, times=2)
    assert fetch("/watch").path.read_bytes() == clip_bytes()
    assert site.hits("/clip10.mp4") == 3


def test_a_file_shorter_than_announced_is_never_a_success(fetch, tmp_path):
    with pytest.raises(Transient) as raised:
        fetch("/fault/short/1000/clip10.mp4")
    assert raised.value.code == "truncated"
    assert not list((tmp_path / "in").glob("*.mp4"))


def test_a_missing_piece_of_a_playlist_is_never_a_success(fetch, site, tmp_path):
    site.fail("/hls/720/part03.ts", status=404)
    with pytest.raises(AppError) as raised:
        fetch("/hls/master.m3u8")
    assert raised.value.code in {"not_found", "truncated"}
    assert not list((tmp_path / "in").glob("*.mp4"))


def test_caps_on_size_and_disk_are_kept(fetch, tmp_path):
    for limits, code in (
        (Limits(max_bytes=100_000), "too_large"), (Limits(reserve_bytes=2**62), "disk_full")
    ):  # fmt: skip
        for path in ("/clip10.mp4", "/hls/master.m3u8"):
            with pytest.raises(AppError) as raised:
                fetch(path, limits=limits)
            assert raised.value.code == code


def test_a_rate_is_kept(fetch):
    speeds = []
    fetch("/clip10.mp4", limits=Limits(rate_bytes_s=300_000),
          progress=lambda _fraction, text: speeds.append(text))  # fmt: skip
    assert len(speeds) > 4  # two seconds for what else takes none


def test_a_silent_source_is_a_stall(fetch, site):
    gate = site.hold("/clip10.mp4", after_bytes=100_000)
    with pytest.raises(Transient) as raised:
        fetch("/watch", limits=Limits(stall_s=4))
    gate.open()
    assert raised.value.code == "timeout"


def test_a_cancel_ends_the_child_and_a_second_try_goes_on(fetch, site, tmp_path):
    class Enough(Exception):
        pass

    gate = site.hold("/clip10.mp4", after_bytes=400_000)
    mine: set[int] = set()

    def check():
        mine.update(descendants(os.getpid()))
        if gate.reached.is_set():
            raise Enough

    with pytest.raises(Enough):
        fetch("/watch", check=check)
    gate.open()
    wait_until(lambda: not any(map(is_alive, mine)), "the child ended")
    assert list((tmp_path / "in").glob("*.part"))
    assert fetch("/watch").path.read_bytes() == clip_bytes()


_PARENT = """
import sys
from pathlib import Path
import django
from django.conf import settings
settings.configure()
django.setup()
from videorama.adapters import ytdlp
from videorama.adapters.guard import NetworkPolicy
print("on", flush=True)
ytdlp.download(sys.argv[1], Path(sys.argv[2]), preset="video_max",
               policy=NetworkPolicy((sys.argv[3],)), progress=lambda *a: None, check=lambda: None)
"""


def killed_in_the_middle(site, url: str, into: Path, gate) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, url, str(into), site.allow],
        stdout=subprocess.PIPE, env={**os.environ, **python_env()},
    )  # fmt: skip
    with parent:
        wait_until(gate.reached.is_set, "the download reached its gate", 60)
        wait_until(lambda: list(into.glob("*.part*")), "a part lies on the disk")
        children = descendants(parent.pid)
        assert children
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, children)), "the children ended with their parent")
    gate.open()


def test_after_a_hard_kill_only_the_rest_is_fetched(fetch, site, tmp_path):
    gate = site.hold("/clip10.mp4", after_bytes=400_000)
    killed_in_the_middle(site, site.url("/watch"), tmp_path / "in", gate)
    site.requests.clear()
    assert fetch("/watch").path.read_bytes() == clip_bytes()
    (again,) = [seen for seen in site.requests if seen.path == "/clip10.mp4"]
    assert again.status == 206
    assert int(again.range.removeprefix("bytes=").rstrip("-")) >= 200_000


def test_after_a_hard_kill_a_playlist_goes_on_with_the_next_piece(fetch, site, tmp_path):
    gate = site.hold("/hls/720/part03.ts", after_bytes=1000)
    killed_in_the_middle(site, site.url("/hls/master.m3u8"), tmp_path / "in", gate)
    site.requests.clear()
    facts = ffmpeg.inspect(fetch("/hls/master.m3u8").path)
    assert facts.duration_s == pytest.approx(12, abs=0.5)
    assert site.hits("/hls/720/part00.ts") == site.hits("/hls/720/part01.ts") == 0
    assert site.hits("/hls/720/part05.ts") == 1


def test_a_file_that_changed_meanwhile_is_begun_anew(fetch, site, tmp_path):
    gate = site.hold("/film.mp4", after_bytes=400_000)
    site.add("/film.mp4", media_file("clip10.mp4"), "video/mp4")
    site.add("/page", b"<html><title>x</title><video src='/film.mp4'></video></html>")
    killed_in_the_middle(site, site.url("/page"), tmp_path / "in", gate)
    other = clip_bytes("long7min.mp4")
    site.add("/film.mp4", other, "video/mp4")
    assert fetch("/page").path.read_bytes() == other


def test_a_part_that_is_complete_but_not_renamed_is_the_file(fetch, site, tmp_path):
    done = fetch("/clip10.mp4")
    done.path.rename(f"{done.path}.part")
    site.requests.clear()
    assert fetch("/clip10.mp4").path.read_bytes() == clip_bytes()
    assert len(site.requests) == 1


@pytest.mark.parametrize("spoil", ["note lost", "note damaged", "piece appended but not noted"])
def test_a_playlist_killed_at_a_bad_moment_is_not_spoiled(spoil, fetch, site, tmp_path):
    whole = ytdlp.download(
        site.url("/hls/master.m3u8"), tmp_path / "whole", preset="video_max", progress=no_progress,
        check=no_check, policy=ytdlp.NetworkPolicy((site.allow,)),
    )  # fmt: skip
    gate = site.hold("/hls/720/part03.ts", after_bytes=0)
    killed_in_the_middle(site, site.url("/hls/master.m3u8"), tmp_path / "in", gate)
    note = next((tmp_path / "in").glob("*.ytdl"))
    part = next((tmp_path / "in").glob("*.part"))
    if spoil == "note lost":
        note.unlink()
    elif spoil == "note damaged":
        note.write_text("")
    else:
        with part.open("ab") as file:
            file.write(b"half a piece")
    again = fetch("/hls/master.m3u8")
    sources = [next(folder.glob("source.*")) for folder in (tmp_path / "whole", tmp_path / "in")]
    assert sources[0].read_bytes() == sources[1].read_bytes()
    assert ffmpeg.inspect(again.path).duration_s == ffmpeg.inspect(whole.path).duration_s


def test_a_finished_folder_is_taken_as_it_is(fetch, site):
    first = fetch("/hls/master.m3u8", "video_low")
    sent = sum(seen.sent_bytes for seen in site.requests if seen.path.endswith(".ts"))
    again = fetch("/hls/master.m3u8", "video_low")
    assert again.path == first.path
    assert sum(seen.sent_bytes for seen in site.requests if seen.path.endswith(".ts")) == sent


_RUNTIME = """
import subprocess, sys
from videorama.adapters.guard import NetworkPolicy, ProcessGuard
ProcessGuard(NetworkPolicy(), [sys.argv[1]]).install()
from yt_dlp.utils._jsruntime import NodeJsRuntime
info = NodeJsRuntime(path=sys.argv[1]).info
print(info.supported, info.version_tuple[0])
try:
    subprocess.run(["/bin/true"])
except OSError as error:
    print(error)
"""


def test_yt_dlp_may_run_the_node_it_is_given_and_no_other_program():
    told = subprocess.run(
        [sys.executable, "-c", _RUNTIME, ytdlp.node_path()],
        capture_output=True, text=True, check=True, env=python_env(),
    ).stdout.splitlines()  # fmt: skip
    is_supported, version = told[0].split()
    assert is_supported == "True"
    assert int(version) >= 22
    assert "program not allowed" in told[1]


@pytest.mark.parametrize(
    ("speed", "shown"),
    [(3_400_000, "3.4 MB/s"), (120_000, "0.1 MB/s"), (48_600, "49 kB/s"), (12, "1 kB/s")],
)
def test_a_slow_download_never_stands_at_nought(speed, shown):
    text = ytdlp._progress_text({"done": 1e6, "total": 4e6, "speed": speed})
    assert text == f"1.0 of 4.0 MB, {shown}"
