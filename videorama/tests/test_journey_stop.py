"""Stopping in the middle of work: quickly, cleanly, and the work goes on at the next start."""

import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest

from videorama.tests import databases
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import all_jobs_ended, digest_of_stream, own_clip, recorded_paths
from videorama.tests.live import LiveApp
from videorama.tests.waiting import eventually

pytestmark = pytest.mark.journey

# Promised are 5 s; the factor leaves room for a busy machine.
STOPS_WITHIN = 5 * 2


@pytest.fixture
def app(live_site: MediaSite, tmp_path: Path) -> Iterator[LiveApp]:
    app = LiveApp.with_admin(tmp_path / "data", VIDEORAMA_ALLOW_PRIVATE=live_site.allow)
    app.start()
    yield app
    app.close()


def _facts(pid: str) -> tuple[str, int]:
    """State letter and parent of a process; ended ones are "X"."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return "X", 0
    return after_name[0], int(after_name[1])


def _children(app: LiveApp) -> list[str]:
    """Ids of the living processes that the program started, and that these started."""
    assert app.process is not None
    parents = {path.name: str(_facts(path.name)[1]) for path in Path("/proc").glob("[0-9]*")}
    found = [str(app.process.pid)]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid and _lives(child)]
    return found[1:]


def _programs(app: LiveApp) -> list[str]:
    """Those of them that work for a job, in a group of their own."""
    assert app.process is not None
    own = os.getpgid(app.process.pid)
    return [pid for pid in _children(app) if os.getpgid(int(pid)) != own]


def _lives(pid: str) -> bool:
    return _facts(pid)[0] not in "XZ"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_downloading_is_quick_and_the_download_goes_on_from_its_bytes(
    app: LiveApp, live_site: MediaSite, how: signal.Signals
) -> None:
    clip = own_clip(how, padding=4_000_000)
    path = f"/stopped-{how}.mp4"
    url = live_site.add(path, clip, "video/mp4")
    live_site.fail(path, bytes_per_s=400_000)
    job_id = app.import_url(url)["id"]
    eventually(lambda: app.job(job_id)["progress"] > 20, what="some of the film has arrived")

    assert app.stop(how) < STOPS_WITHIN
    assert app.process is not None
    assert app.process.returncode == 0, app.said
    assert "Traceback" not in app.said

    live_site.heal(path)
    app.start()
    job = app.ended_job(job_id)
    assert job["status"] == "completed", job
    assert digest_of_stream(app, job["result"]["entry_id"]) == hashlib.sha256(clip).hexdigest()
    assert any(seen.path == path and seen.status == 206 for seen in live_site.requests)
    all_jobs_ended(app)
    assert app.files() == recorded_paths(app)


def _slow_to_transcode(into: Path) -> bytes:
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", "-f", "lavfi"),
            *("-i", "testsrc2=size=1280x720:rate=25:duration=40", "-c:v", "mpeg4", "-q:v", "6"),
            *("-f", "matroska", str(into)),
        ],
        check=True,
        timeout=120,
    )
    return into.read_bytes()


def test_a_stop_while_transcoding_is_quick_and_the_copy_is_made_at_the_next_start(
    app: LiveApp, live_site: MediaSite, tmp_path: Path
) -> None:
    film = _slow_to_transcode(tmp_path / "old.mkv")
    entry = app.imported(live_site.add("/old-film.mkv", film, "video/x-matroska"))
    job = eventually(lambda: _running_job(app, "playable"), what="the playable copy is being made")

    assert app.stop(signal.SIGTERM) < STOPS_WITHIN
    assert app.process is not None
    assert app.process.returncode == 0, app.said

    app.start()
    assert app.ended_job(job["id"], within=240)["status"] == "completed"
    copy = app.api("GET", f"/entries/{entry['id']}/stream?as=playable")
    assert copy.status_code == 200
    assert copy.content[4:8] == b"ftyp"
    assert digest_of_stream(app, entry["id"]) == hashlib.sha256(film).hexdigest()
    all_jobs_ended(app)
    assert app.files() == recorded_paths(app)


def _running_job(app: LiveApp, kind: str) -> dict[str, str] | None:
    jobs = app.api("GET", "/jobs").json()["items"]
    running = (job for job in jobs if job["kind"] == kind and job["status"] == "running")
    return next((job for job in running if job["progress"] > 5), None)


def test_no_child_process_outlives_a_kill(app: LiveApp, live_site: MediaSite) -> None:
    clip = own_clip(77, padding=3_000_000)
    live_site.add("/orphan.mp4", clip, "video/mp4")
    gate = live_site.hold("/orphan.mp4", after_bytes=len(clip) // 2)
    app.import_url(live_site.url("/orphan.mp4"))
    assert gate.reached.wait(60)
    children = _children(app)
    assert _programs(app), "the download runs in a process of its own"
    app.kill()
    eventually(
        lambda: not any(map(_lives, children)), within=STOPS_WITHIN, what="every child has ended"
    )
    gate.open()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("VIDEORAMA_URL", "videos"),
        ("VIDEORAMA_DEBUG", "perhaps"),
        ("VIDEORAMA_ROOTS", "no equals sign"),
        ("VIDEORAMA_TRUSTED_PROXIES", "everybody"),
        ("VIDEORAMA_SECRET_KEY_FILE", "/nowhere/at/all"),
        ("VIDEORAMA_DATA", "/dev/null/data"),
        ("VIDEORAMA_ALLOW_PRIVATE", "300.1.2.3/99"),
        ("VIDEORAMA_ADMIN_PASSWORD", "short"),
        ("HOST", "not an address"),
    ],
)
def test_a_value_that_cannot_be_used_stops_the_start_with_one_line_that_names_it(
    tmp_path: Path, name: str, value: str
) -> None:
    app = LiveApp.with_admin(tmp_path / "data")
    databases.prepare(app.data)
    ended = app.command("serve", within=60, **{name: value})
    app.close()
    assert ended.returncode != 0
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, ended.stderr
    assert name in lines[0]


@pytest.mark.embedded_only("in scale mode any number of programs may serve the same data")
def test_a_second_server_on_the_same_data_is_refused_with_one_line(
    app: LiveApp, tmp_path: Path
) -> None:
    other = LiveApp.with_admin(app.data)
    ended = other.command("serve", within=60)
    other.close()
    assert ended.returncode != 0
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr


def test_a_second_start_is_ready_soon(app: LiveApp) -> None:
    app.stop(signal.SIGTERM)
    # Promised are 8 s with `make run`; the factor leaves room for a busy machine.
    app.start(within=8 * 2)
