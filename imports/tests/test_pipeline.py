"""Imports against a real site by a real worker: what is stored, and what is said on the way."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from imports import thumbnails
from imports.models import InboxItem, InboxKind
from imports.tests.importer import Importer, log_of
from library.models import Entry, EntryFile, FileRole
from library.queries import file_path
from library.tests.factories import make_library
from videorama.adapters.media import PRESETS
from videorama.jobs import services as jobs
from videorama.jobs.models import Job
from videorama.ledger.models import LedgerEvent
from videorama.tests.fakes.media_files import CHAPTERS, HLS_HEIGHTS, media_file
from videorama.tests.fakes.media_pages import AUTHOR, DESCRIPTION, TITLE, page, video_tag
from videorama.tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def json_ld_script(document: dict[str, str]) -> str:
    text = json.dumps(document).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


def original(entry: Entry) -> EntryFile:
    return entry.files.get(role=FileRole.ORIGINAL)


def bytes_of(file: EntryFile) -> bytes:
    return file_path(file).read_bytes()


def facts() -> Any:
    """What the ledger has about imports and their ends, and by which door it came."""
    told = LedgerEvent.objects.filter(event__regex="^(import|entry|inbox|job)[.]")
    return told.order_by("sequence").values_list("event", "door")


def roles(entry: Entry) -> list[str]:
    made_later = {FileRole.SPRITE, FileRole.SPRITE_INDEX, FileRole.PLAYABLE}
    return sorted(entry.files.exclude(role__in=made_later).values_list("role", flat=True))


def test_a_direct_file_becomes_an_entry_with_facts_poster_and_the_same_bytes(
    importer: Importer,
) -> None:
    entry = importer.entry("/clip10.mp4")
    file = original(entry)
    delivered = media_file("clip10.mp4").read_bytes()
    assert bytes_of(file) == delivered
    assert file.sha256 == hashlib.sha256(delivered).hexdigest()
    assert (file.width, file.height, file.video_codec, file.audio_codec) == (
        1280,
        720,
        "h264",
        "aac",
    )
    assert (file.format, file.mime) == ("mp4", "video/mp4")
    assert entry.duration_s == pytest.approx(10, abs=0.5)
    assert entry.title == "clip10"
    assert entry.media_kind == "video"
    assert entry.original_url == importer.site.url("/clip10.mp4")
    assert (entry.import_source, entry.imported_by) == ("web", importer.user.username)
    assert roles(entry) == ["info", "original", "poster"]
    assert bytes_of(entry.files.get(role=FileRole.POSTER))[:3] == b"\xff\xd8\xff"
    assert entry.import_job is not None
    assert entry.import_job.link == f"/entries/{entry.uuid}/"


def test_a_page_gives_title_text_author_date_chapters_subtitles_and_picture(
    importer: Importer,
) -> None:
    entry = importer.entry("/watch")
    assert (entry.title, entry.description, entry.uploader) == (TITLE, DESCRIPTION, AUTHOR)
    assert entry.published_at is not None
    assert entry.published_at.isoformat() == "2021-03-04T05:06:07+00:00"
    assert [chapter.title for chapter in entry.chapters.all()] == list(CHAPTERS)
    assert [chapter.start_ms for chapter in entry.chapters.all()] == [0, 2000, 4000, 6000, 8000]
    subtitles = entry.files.filter(role=FileRole.SUBTITLE).order_by("language")
    assert [track.language for track in subtitles] == ["de", "en"]
    assert "Hallo" in bytes_of(subtitles[0]).decode()
    assert {tag.tag.name for tag in entry.entry_tags.all()} == {"river", "walking"}
    assert roles(entry) == ["info", "original", "poster", "subtitle", "subtitle"]
    assert importer.site.hits("/poster.jpg")
    info = json.loads(bytes_of(entry.files.get(role=FileRole.INFO)))
    assert "http_headers" not in json.dumps(info)
    assert "cookies" not in info


def test_hls_is_taken_in_the_best_quality_unless_another_is_asked_for(importer: Importer) -> None:
    best = importer.entry("/hls/master.m3u8")
    low = importer.entry("/hls/master.m3u8", preset="video_low", force=True, library=best.library)
    assert original(best).height == max(HLS_HEIGHTS)
    assert original(low).height == 360
    assert best.duration_s == pytest.approx(12, abs=0.5)


def test_every_preset_a_source_offers_gives_a_file_that_satisfies_it(importer: Importer) -> None:
    shelf = make_library(owner=importer.user)
    for name in ("audio_max", "audio_low"):
        entry = importer.entry("/watch", preset=name, force=True, library=shelf)
        assert entry.media_kind == PRESETS[name].kind == "audio"
        assert original(entry).video_codec == ""
        assert original(entry).height is None
    tall = importer.entry("/watch-hls", preset="video_med", force=True, library=shelf)
    assert (original(tall).height or 0) <= 720


def test_an_audio_file_keeps_its_tags_and_its_cover(importer: Importer) -> None:
    entry = importer.entry("/song.mp3")
    assert (entry.title, entry.media_kind, entry.uploader) == (
        "Test song",
        "audio",
        "The Oscillators",
    )
    found = {prop.key: (prop.value, prop.source) for prop in entry.properties.all()}
    assert found["album"] == ("Sine", "file")
    assert found["year"] == ("2021", "file")
    assert "poster" in roles(entry)
    plain = importer.entry("/tone.wav")
    assert plain.title == "tone"
    assert "poster" not in roles(plain)


def test_a_title_in_the_file_and_its_chapters_are_used_where_no_page_gives_any(
    importer: Importer,
) -> None:
    entry = importer.entry("/chapters.mp4")
    assert entry.title == "Embedded title"
    assert [chapter.title for chapter in entry.chapters.all()] == list(CHAPTERS)
    assert {chapter.source for chapter in entry.chapters.all()} == {"file"}


@pytest.mark.parametrize(
    "title",
    [
        "../../../etc/passwd",
        "..",
        "CON",
        "a/b\\c",
        "🎬 " * 100,
        "\u202eevil\u202c ابجد",
        "x" * 300,
        "-rf *",
        ".hidden",
        "name with \u2028 breaks",
        "<script>alert(1)</script>",
        "%(title)s {title} {uuid}",
    ],
)
def test_unusual_titles_are_shown_as_typed_and_stored_inside_the_library(
    importer: Importer, title: str
) -> None:
    document = {"@context": "https://schema.org", "@type": "VideoObject", "name": title}
    importer.site.add("/odd", page(json_ld_script(document), video_tag("/silent.mp4"), title=""))
    entry = importer.entry("/odd")
    assert entry.title == title.strip()
    path = file_path(original(entry)).resolve()
    assert path.is_relative_to((importer.media_root / entry.library.folder).resolve())
    importer.assert_only_known_files()


def test_two_entries_of_one_title_get_two_names(importer: Importer) -> None:
    for number, media in enumerate(("/silent.mp4", "/small.webm"), start=1):
        importer.site.add(f"/twin{number}", page("", video_tag(media), title="Twin"))
    paths = {original(importer.entry(f"/twin{number}")).path for number in (1, 2)}
    assert len(paths) == 2


def test_the_log_tells_each_stage_and_what_was_found(importer: Importer) -> None:
    job = importer.run("/watch")
    text = "\n".join(log_of(job))
    for words in ("Looking at the source", f"Found “{TITLE}”", "Downloaded", "1280x720 h264"):
        assert words in text
    assert job.title == TITLE
    assert job.params["preview"] == thumbnails.address_of(importer.site.url("/poster.jpg"))
    assert job.progress == 100


def test_progress_grows_with_the_bytes(importer: Importer) -> None:
    importer.site.fail("/clip10.mp4", bytes_per_s=150_000)
    job = importer.ask("/watch")
    seen: list[float] = []

    def look() -> bool:
        seen.append(progress_of(job))
        return not job.is_open

    eventually(look, within=60, what="the import has ended")
    assert seen == sorted(seen)
    assert len({value for value in seen if 5 < value < 75}) >= 4
    assert seen[-1] == 100


def progress_of(job: Job) -> float:
    job.refresh_from_db()
    return job.progress


def test_a_file_the_library_has_goes_to_the_inbox_and_is_not_kept_twice(
    importer: Importer,
) -> None:
    first = importer.entry("/clip10.mp4")
    job = importer.run("/clip.mp4")
    item = InboxItem.objects.get()
    assert job.status == "completed"
    assert job.result == {"inbox_id": str(item.uuid)}
    assert (item.kind, item.existing, item.owner) == (InboxKind.DUPLICATE, first, importer.user)
    assert Entry.objects.count() == 1
    importer.assert_only_known_files()
    assert list(facts()) == [
        ("import.requested", "command"),
        ("entry.imported", "worker"),
        ("import.requested", "command"),
        ("inbox.waiting", "worker"),
    ]


def test_the_same_file_may_be_in_two_libraries(importer: Importer) -> None:
    importer.entry("/clip10.mp4")
    other = make_library(owner=importer.user)
    entry = importer.entry("/clip.mp4", library=other)
    assert entry.library == other


def test_force_on_the_same_bytes_ends_in_the_inbox(importer: Importer) -> None:
    importer.entry("/clip10.mp4")
    job = importer.run("/clip10.mp4", force=True)
    assert list(job.result) == ["inbox_id"]


def test_without_auto_mode_and_library_the_file_is_held_for_review(importer: Importer) -> None:
    job = importer.run("/watch", auto_mode=False)
    item = InboxItem.objects.get()
    assert job.status == "completed"
    assert job.result == {"inbox_id": str(item.uuid)}
    assert (item.kind, item.title, item.library) == (InboxKind.NEEDS_REVIEW, TITLE, None)
    assert not Entry.objects.exists()
    held = importer.media_root / item.held
    names = [held / file["path"] for file in item.proposal["files"]]
    assert [path.is_file() for path in names] == [True] * 4
    assert (held / item.proposal["poster"]).is_file()
    assert hashlib.sha256(names[0].read_bytes()).hexdigest() == item.proposal["files"][0]["sha256"]
    assert not list(importer.media_root.glob(".videorama/incoming/*"))


def test_cancelling_a_download_leaves_nothing_within_five_seconds(importer: Importer) -> None:
    gate = importer.site.hold("/hls/720/part03.ts")
    job = importer.ask("/hls/master.m3u8")
    assert gate.reached.wait(30)
    assert importer.files()
    jobs.request_cancel(job=job, user=importer.user)
    importer.ended(job, within=5)
    assert job.status == "cancelled"
    eventually(lambda: not importer.files(), within=5)
    importer.assert_nothing_left()


def test_cancelling_a_job_that_waits_for_its_next_try_removes_its_files(
    importer: Importer, settings: Any
) -> None:
    settings.JOB_BACKOFF_S = 600
    importer.site.fail("/clip10.mp4", cut_after=100_000)
    job = importer.ask("/clip10.mp4")

    def waits() -> bool:
        job.refresh_from_db()
        return job.status == "retrying"

    eventually(waits, within=120)
    jobs.request_cancel(job=job, user=importer.user)
    job.refresh_from_db()
    assert job.status == "cancelled"
    importer.assert_nothing_left()


def test_what_is_found_in_the_library_after_looking_is_not_downloaded(importer: Importer) -> None:
    entry = importer.entry("/watch")
    downloaded = importer.site.sent("/clip10.mp4")
    importer.site.fail("/old", status=302, redirect_to=importer.site.url("/watch"))
    job = importer.run("/old")
    assert job.status == "completed"
    assert job.result == {"entry_id": str(entry.uuid), "was_known": True}
    assert job.message == "Already in the library."
    assert importer.site.sent("/clip10.mp4") - downloaded < downloaded
    importer.assert_only_known_files()


def test_nothing_but_stored_files_stays_on_disk(importer: Importer, media_root: Path) -> None:
    importer.entry("/watch")
    importer.assert_only_known_files()
