"""What the player of an entry is given."""

import pytest
from django.test import Client

from library import queries
from library.models import Chapter, EntryState, FileRole
from library.player import player_of, segments_of
from library.tests.factories import make_entry, make_file, make_user
from videorama.accounts.models import User
from videorama.jobs.models import Job, JobStatus, Queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor_client(client: Client, editor: User) -> Client:
    """A browser of an editor."""
    client.force_login(editor)
    return client


def make_job(owner: User, **changes: object) -> Job:
    given = {"kind": "import", "queue": Queue.HEAVY, "title": "A film", "params": {}} | changes
    return Job.objects.create(owner=owner, **given)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[:300]
    return answer.content.decode()


def test_the_player_begins_where_its_watcher_left(editor_client: Client, editor: User) -> None:
    entry = make_entry(duration_s=60)
    EntryState.objects.create(user=editor, entry=entry, position_s=12.5)
    page = text_of(editor_client, f"/entries/{entry.uuid}/")
    assert f'src="/api/v1/entries/{entry.uuid}/stream#t=12.5"' in page
    assert "<video controls" in page, "it plays without scripts"


def test_the_player_takes_the_browser_copy_once_there_is_one(editor_client: Client) -> None:
    entry = make_entry(format="mkv", codecs=("mpeg2video", "ac3"))
    entry.files.update(is_browser_playable=False)
    address = f"/entries/{entry.uuid}/"
    assert "Browsers cannot play this file" in text_of(editor_client, address)
    job = make_job(
        make_user(), kind="playable", status=JobStatus.RUNNING, progress=40,
        dedup_key=queries.rendition_key("playable", entry),
    )  # fmt: skip
    page = text_of(editor_client, f"/entries/{entry.uuid}/")
    assert "Being prepared" in page and 'value="40"' in page and "<video" not in page
    Job.objects.filter(pk=job.pk).update(status=JobStatus.FAILED, error_message="The disk is full.")
    assert "The disk is full." in text_of(editor_client, f"/entries/{entry.uuid}/player/")
    make_file(entry, content=b"copy", role=FileRole.PLAYABLE, format="mp4")
    assert "stream?as=playable" in text_of(editor_client, f"/entries/{entry.uuid}/player/")


def test_chapters_captions_and_frames_reach_the_player(editor_client: Client) -> None:
    entry = make_entry(duration_s=30)
    Chapter.objects.create(entry=entry, start_ms=0, end_ms=10_500, title="One <b>")
    Chapter.objects.create(entry=entry, start_ms=10_500, end_ms=30_000, title="Two")
    german = make_file(
        entry, content=b"WEBVTT", role=FileRole.SUBTITLE, format="vtt", language="de"
    )
    make_file(entry, content=b"1", role=FileRole.SUBTITLE, format="srt", language="fr")
    index = make_file(entry, content=b"WEBVTT", role=FileRole.SPRITE_INDEX, format="vtt")
    page = text_of(editor_client, f"/entries/{entry.uuid}/")
    assert 'data-seek="10.5" data-chapter="30"' in page
    assert "One &lt;b&gt;" in page
    assert f'label="Deutsch" src="/api/v1/entries/{entry.uuid}/files/{german.uuid}"' in page
    assert page.count("<track") == 1, "browsers read only WebVTT"
    assert f"/files/{index.uuid}" in page


@pytest.mark.parametrize(
    ("marks", "parts"),
    [
        ([], [(0, 60, "")]),
        ([(0, 30, "a"), (30, 60, "b")], [(0, 30, "a"), (30, 60, "b")]),
        ([(10, 20, "a")], [(0, 10, ""), (10, 20, "a"), (20, 60, "")]),
        ([(0, 50, "a"), (20, 90, "b")], [(0, 20, "a"), (20, 60, "b")]),
        ([(70, 80, "beyond the end")], [(0, 60, "")]),
    ],
)
def test_the_seek_bar_has_neither_gaps_nor_overlaps(
    marks: list[tuple[int, int, str]], parts: list[tuple[float, float, str]]
) -> None:
    chapters = tuple(
        Chapter(start_ms=start * 1000, end_ms=end * 1000, title=title)
        for start, end, title in marks
    )
    found = segments_of(60, chapters)
    assert [(part.start_s, part.end_s, part.title) for part in found] == parts


def test_captions_begin_with_those_people_made_in_the_language_of_the_page() -> None:
    entry = make_entry(language="fr")
    for language, is_automatic in (("en", True), ("de", False), ("fr", False), ("en-GB", False)):
        make_file(
            entry,
            content=b"WEBVTT",
            role=FileRole.SUBTITLE,
            format="vtt",
            language=language,
            is_automatic=is_automatic,
        )
    found = queries.detailed_entry(entry.library.owner, entry.uuid)
    tracks = player_of(entry.library.owner, found).tracks
    assert [track.language for track in tracks] == ["en-GB", "fr", "de", "en"]
