"""One child probes a link and then fetches it."""

import os
import signal

import pytest

from videorama.adapters import ffmpeg, ytdlp
from videorama.adapters.media import no_check, no_progress
from videorama.adapters.tests.processes import descendants, is_alive
from videorama.errors import AppError
from videorama.tests.fakes.media_files import media_file

pytestmark = pytest.mark.embedded_only("adapters know neither database nor Redis")


@pytest.fixture
def watch(site, policy):
    """The page with a video, its child at hand."""
    with ytdlp.Link(site.url("/watch"), policy=policy) as link:
        yield link


def test_one_child_probes_and_fetches_and_the_source_is_not_asked_again(watch, site, tmp_path):
    info = watch.probe()
    probing = descendants(os.getpid())
    site.requests.clear()
    fetching: list[set[int]] = []
    done = watch.download(
        tmp_path / "in", preset="video_max", check=no_check,
        progress=lambda *_said: fetching.append(descendants(os.getpid())),
    )  # fmt: skip
    assert fetching[0] == probing
    assert site.hits("/watch") == 0
    assert site.hits("/clip10.mp4") == 1
    assert done.info is info
    assert done.path.read_bytes() == media_file("clip10.mp4").read_bytes()
    assert len(done.subtitles) == 2
    assert done.thumbnail


def test_what_a_probe_found_and_what_is_fetched_may_be_different_formats(site, policy, tmp_path):
    with ytdlp.Link(site.url("/hls/master.m3u8"), policy=policy) as link:
        link.probe()
        found = link.download(
            tmp_path / "in", preset="video_low", check=no_check, progress=no_progress
        )
    assert ffmpeg.inspect(found.path).height == 360


def test_what_a_probe_found_is_asked_for_anew_when_it_grew_old(watch, site, tmp_path):
    watch.probe()
    site.fail("/clip10.mp4", status=403, times=1)
    done = watch.download(tmp_path / "in", preset="video_max", check=no_check, progress=no_progress)
    assert done.path.read_bytes() == media_file("clip10.mp4").read_bytes()


def test_a_child_killed_after_its_probe_costs_one_attempt(watch, tmp_path):
    watch.probe()
    (child,) = descendants(os.getpid())
    os.kill(child, signal.SIGKILL)
    options = {"preset": "video_max", "check": no_check, "progress": no_progress}
    with pytest.raises(AppError) as raised:
        watch.download(tmp_path / "in", **options)
    assert raised.value.code == "download_failed"
    assert (
        watch.download(tmp_path / "in", **options).path.read_bytes()
        == media_file("clip10.mp4").read_bytes()
    )


def test_a_link_that_is_left_leaves_no_child(site, policy):
    with ytdlp.Link(site.url("/watch"), policy=policy) as link:
        link.probe()
        children = descendants(os.getpid())
        assert children
    assert not any(map(is_alive, children))
