"""Preview frames and browser copies, made by the real tools in real worker threads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from library import queries, services
from library.errors import EntryGone
from library.models import Entry, EntryFile, FileRole
from library.queries import file_path
from library.tests.factories import make_entry, make_user
from library.tests.new_entries import media_files
from videorama.adapters import ffmpeg
from videorama.jobs.models import Job, JobStatus
from videorama.tests.waiting import eventually
from videorama.tests.worker import live_worker

__all__ = ["live_worker"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """A clip that browsers play, and one with an old codec that they do not."""
    folder = tmp_path_factory.mktemp("clips")
    made = {"mp4": ["-c:v", "libx264", "-pix_fmt", "yuv420p"], "avi": ["-c:v", "mpeg4"]}
    for ending, codec in made.items():
        ffmpeg.run_ffmpeg(
            ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=3",
             "-f", "lavfi", "-i", "sine=duration=3", *codec, "-c:a", "aac", "-f",
             {"mp4": "mp4", "avi": "avi"}[ending]],
            folder / f"clip.{ending}",
            check=lambda: None,
        )  # fmt: skip
    yield {ending: folder / f"clip.{ending}" for ending in made}


def stored(clip: Path) -> Entry:
    """An entry as the import would store this clip."""
    facts = ffmpeg.inspect(clip)
    entry = make_entry(source=clip, format=clip.suffix[1:], duration_s=facts.duration_s)
    originals = EntryFile.objects.filter(entry=entry)
    originals.update(is_browser_playable=facts.is_browser_playable, mime=facts.mime)
    if facts.is_browser_playable:  # the other one is a row that lacks its sides
        originals.update(width=facts.width, height=facts.height)
    return Entry.objects.get(pk=entry.pk)


def ended(jobs: list[Job]) -> list[Job]:
    """The jobs, once all of them have ended."""
    rows = Job.objects.filter(pk__in=[job.pk for job in jobs])
    eventually(lambda: not any(job.is_open for job in rows.all()), within=120, what="jobs ended")
    return list(rows.order_by("pk"))


def test_a_clip_that_browsers_play_needs_only_preview_frames(
    clips: dict[str, Path], live_worker: Any, media_root: Path
) -> None:
    entry, user = stored(clips["mp4"]), make_user()
    (job,) = ended(services.enqueue_renditions(entry=entry, user=user))
    assert (job.kind, job.status, job.error_message) == ("sprite", JobStatus.COMPLETED, "")
    assert queries.playable_job(entry) is None
    entry.refresh_from_db()
    index = queries.file_of(entry, FileRole.SPRITE_INDEX)
    assert index is not None
    text = file_path(index).read_text()
    assert text.startswith("WEBVTT")
    assert f"/api/v1/entries/{entry.uuid}/files/sprite#xywh=" in text
    picture = queries.file_of(entry, FileRole.SPRITE)
    assert picture is not None
    assert file_path(picture).read_bytes().startswith(b"\xff\xd8")
    assert services.enqueue_renditions(entry=Entry.objects.get(pk=entry.pk), user=user) == []
    assert not list((media_root / ".videorama/incoming").iterdir())


def test_a_clip_that_browsers_do_not_play_gets_a_copy(
    clips: dict[str, Path], live_worker: Any, media_root: Path
) -> None:
    entry, user = stored(clips["avi"]), make_user()
    asked = services.enqueue_renditions(entry=entry, user=user)
    again = services.enqueue_renditions(entry=entry, user=user)
    assert {job.pk for job in again} <= {job.pk for job in asked}
    jobs = ended(asked)
    assert {(job.kind, job.status) for job in jobs} == {
        ("playable", JobStatus.COMPLETED),
        ("sprite", JobStatus.COMPLETED),
    }
    assert queries.playable_job(entry) is not None
    copy = queries.playable_file(Entry.objects.get(pk=entry.pk), "playable")
    assert (copy.mime, copy.video_codec, copy.audio_codec) == ("video/mp4", "h264", "aac")
    assert copy.is_browser_playable
    assert copy.path.startswith(f".videorama/derived/{entry.uuid}/")
    original = queries.playable_file(entry)
    assert file_path(original).read_bytes() == clips["avi"].read_bytes()
    names = [path for path in media_files(media_root) if ".part" in path or "incoming" in path]
    assert names == []


def test_work_for_an_entry_that_was_deleted_ends_quietly(
    clips: dict[str, Path], live_worker: Any, media_root: Path
) -> None:
    entry = stored(clips["mp4"])
    jobs = services.enqueue_renditions(entry=entry, user=None)
    services.delete_entry(user=entry.library.owner, entry=entry, with_files=True)
    (job,) = ended(jobs)
    assert (job.status, job.message) == (JobStatus.COMPLETED, EntryGone.sentence)
    assert not list((media_root / ".videorama").glob("incoming/*"))
    assert not list((media_root / ".videorama").glob("derived/*"))
