"""A file that is here already becomes an entry, as a link does."""

from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from imports import services, tus
from imports.models import InboxItem, Upload, UploadState
from library.models import Entry, FileRole
from library.queries import file_path, playable_file
from library.services import delete_entry, ensure_default_library, upload_file
from library.tests.factories import make_library
from videorama.errors import Invalid, NotAllowed, NotFound
from videorama.jobs import services as jobs
from videorama.jobs.models import Job
from videorama.tests.fakes.media_files import media_file
from videorama.tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def send(importer):
    """Uploads a file and waits for what becomes of it: `send("clip.mp4", data)`."""

    def sent(name, data, **about):
        upload = services.begin_upload(
            user=importer.user, size=len(data), about=tus.about({"filename": name, **about})
        )
        upload_file(root=upload.root, upload_uuid=upload.uuid).write_bytes(data)
        services.confirm(upload=upload, offset=len(data))
        upload = services.complete(upload=upload)
        if upload.job is not None:
            importer.ended(upload.job)
        upload.refresh_from_db()
        return upload

    return sent


def entry_of(upload):
    assert upload.job.status == "completed", (upload.job.error_message, upload.job.error_detail)
    return Entry.objects.get(uuid=upload.job.result["entry_id"])


def has_gone(upload):
    """The row hears of its job's end after the commit of it."""
    upload.refresh_from_db()
    return upload.state == UploadState.DONE


def test_an_upload_becomes_an_entry_with_its_bytes_and_a_readable_name(importer, send):
    data = media_file("silent.mp4").read_bytes()
    upload = send("our_summer_2019.avi", data)
    entry = entry_of(upload)
    assert (entry.title, entry.import_source) == ("our summer 2019", "upload")
    assert (entry.original_url, entry.platform) == ("", "")
    original = playable_file(entry)
    assert file_path(original).read_bytes() == data
    # The content says what it is, whatever the name claimed.
    assert original.format == "mp4"
    assert entry.files.filter(role=FileRole.POSTER).exists()
    eventually(lambda: has_gone(upload), what="the upload's row is done with")
    importer.assert_only_known_files()


def test_the_file_s_own_title_counts_more_than_its_name(send):
    entry = entry_of(send("track03.mp3", media_file("song.mp3").read_bytes()))
    assert (entry.title, entry.uploader) == ("Test song", "The Oscillators")


def test_what_is_no_media_is_refused_in_plain_words_and_not_kept(importer, send):
    upload = send("notes.mp4", b"Dear diary, " * 1000)
    assert (upload.job.status, upload.job.error_code) == ("failed", "not_media")
    assert "not a video or sound" in upload.job.error_message
    eventually(lambda: has_gone(upload), what="the upload's row is done with")
    importer.assert_nothing_left()


def test_the_same_file_again_waits_in_the_inbox(importer, send):
    data = media_file("silent.mp4").read_bytes()
    entry = entry_of(send("one.mp4", data))
    again = send("two.mp4", data)
    assert again.job.status == "completed"
    item = InboxItem.objects.get(job=again.job)
    assert (item.kind, item.existing) == ("duplicate", entry)
    importer.assert_only_known_files()


def test_after_a_failure_that_may_pass_the_file_is_still_there_to_try_again(importer, send):
    data = media_file("silent.mp4").read_bytes()
    importer.media_root.mkdir(parents=True, exist_ok=True)
    blocked = importer.media_root / "videos"
    blocked.write_text("a file where the library's folder should be")
    upload = send("clip.mp4", data)
    assert upload.job.status == "failed"
    assert upload.state == UploadState.WHOLE
    blocked.unlink()
    importer.ended(jobs.retry(job=upload.job, user=importer.user))
    assert entry_of(Upload.objects.get(pk=upload.pk)).title == "clip"
    assert Job.objects.get(pk=upload.job_id).status == "completed"


SRT = b"1\n00:00:00,000 --> 00:00:01,000\nGuten Tag\n"
ASS = (
    b"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    b"Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\i1}Good, day\\Nto you\n"
)


def subtitles_of(entry):
    rows = entry.files.filter(role=FileRole.SUBTITLE)
    return {(row.language, row.label): file_path(row).read_text() for row in rows}


def test_subtitles_join_the_video_of_their_name_whichever_comes_first(importer, send):
    early = send("Film.de.srt", SRT)
    assert (early.state, early.job) == (UploadState.WHOLE, None)
    send("Another film.srt", SRT)
    entry = entry_of(send("Film.mkv", media_file("silent.mp4").read_bytes()))
    send("film.EN.forced.ass", ASS)
    texts = subtitles_of(entry)
    assert set(texts) == {("de", ""), ("en", "forced")}
    assert "Guten Tag" in texts["de", ""]
    assert "00:01.000 --> 00:00:02.500" in texts["en", "forced"]
    assert "Good, day\nto you" in texts["en", "forced"]
    states = dict(Upload.objects.values_list("filename", "state"))
    assert [name for name, state in states.items() if state != "done"] == ["Another film.srt"]


def test_subtitles_join_a_video_that_came_by_the_inbox(importer, send):
    # Between two libraries that know nothing of each other's films nobody can be sure.
    library, _other = (make_library(owner=importer.user) for _number in range(2))
    send("Film.srt", SRT)
    video = send("Film.mkv", media_file("silent.mp4").read_bytes())
    item = InboxItem.objects.get(job=video.job)
    job = importer.ended(services.approve(user=importer.user, item=item, library=library))
    entry = Entry.objects.get(uuid=job.result["entry_id"])
    eventually(lambda: subtitles_of(entry), within=10, what="the subtitles joined")


def test_subtitles_without_a_single_line_are_refused(send):
    send("Film.mkv", media_file("silent.mp4").read_bytes())
    with pytest.raises(Invalid, match="holds no subtitles"):
        send("Film.srt", b"nothing to read here")
    with pytest.raises(Invalid, match="holds no subtitles"):
        send("Film.ass", ASS.replace(b"0:00:01.00", b"9" * 5000 + b":00:01.00"))
    with pytest.raises(Invalid, match="at most 10 MB"):
        send("Film.ssa", ASS + b"\n" * (10 << 20))


@pytest.fixture
def shelf(importer, media_root):
    """A folder of a storage root with five files: three clips, one of them twice, and a text."""
    folder = media_root / "old disk"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "a.mp4").write_bytes(media_file("silent.mp4").read_bytes())
    (folder / "deep" / "again.mp4").write_bytes(media_file("silent.mp4").read_bytes())
    (folder / "b.webm").write_bytes(media_file("small.webm").read_bytes())
    (folder / "c.wav").write_bytes(media_file("tone.wav").read_bytes())
    (folder / "notes.txt").write_text("nothing to play")
    (folder / ".hidden" / "d.mp4").write_bytes(b"not looked at")
    (folder / "link.mp4").symlink_to("/etc/hostname")
    return folder


def read_in(importer, user, **options):
    library = ensure_default_library(user=user)
    job = importer.ended(
        services.request_folder_import(user=user, path="old disk", library=library, **options)
    )
    assert job.status == "completed", (job.error_message, job.error_detail)
    return job.result


COUNTS = {"found": 4, "imported": 3, "skipped": 1, "errors": 0}


def test_a_folder_is_moved_into_a_library_and_what_is_there_twice_stays(importer, admin, shelf):
    assert read_in(importer, admin, mode="move") == COUNTS
    kept = {path.name for path in shelf.rglob("*") if path.is_file()}
    # Of the two equal files one came in; the other was passed over.
    assert kept - {"a.mp4", "again.mp4"} == {"d.mp4", "link.mp4", "notes.txt"}
    assert len(kept) == 4
    assert {entry.title for entry in Entry.objects.all()} >= {"b", "c"}
    assert {entry.import_source for entry in Entry.objects.all()} == {"folder"}


def test_a_copied_folder_is_as_it_was_and_the_second_time_there_is_nothing_to_do(
    importer, admin, shelf
):
    before = {path: path.stat().st_mtime_ns for path in shelf.rglob("*")}
    assert read_in(importer, admin) == COUNTS
    assert {path: path.stat().st_mtime_ns for path in shelf.rglob("*")} == before
    assert read_in(importer, admin) == {**COUNTS, "imported": 0, "skipped": 4}


def test_an_indexed_folder_stays_where_it_is_even_when_its_entries_go(importer, admin, shelf):
    assert read_in(importer, admin, mode="index", recursive=False) == {
        "found": 3,
        "imported": 3,
        "skipped": 0,
        "errors": 0,
    }
    entry = Entry.objects.get(title="b")
    assert playable_file(entry).path == "old disk/b.webm"
    delete_entry(user=admin, entry=entry, with_files=False)
    assert (shelf / "b.webm").is_file()
    assert not (shelf / ".placing.json").exists()


@pytest.mark.parametrize(
    "path", ["..", "old disk/../..", "/etc", "old disk/link.mp4", ".videorama", "nowhere", "a\0b"]
)
def test_no_path_leads_out_of_the_storage(admin, shelf, path):
    library = ensure_default_library(user=admin)
    with pytest.raises((Invalid, NotFound)):
        services.request_folder_import(user=admin, path=path, library=library)


def test_only_administrators_read_in_folders(editor, shelf):
    library = ensure_default_library(user=editor)
    with pytest.raises(NotAllowed):
        services.request_folder_import(user=editor, path="old disk", library=library)


def test_the_command_and_the_api_ask_for_folders_too(admin, bearer, shelf, capsys):
    call_command("import", "--path", str(shelf), "--mode", "index", "--user", "admin")
    assert "Queued" in capsys.readouterr().out
    [job] = Job.objects.filter(kind="folder")
    assert (job.params["path"], job.params["mode"]) == ("old disk", "index")
    client, body = Client(), {"path": "old disk", "mode": "index"}
    ask = partial(client.post, "/api/v1/import/filesystem", content_type="application/json")
    again = ask(body, headers=bearer(admin))
    assert (again.status_code, again.json()["job"]["id"]) == (202, str(job.uuid))
    other = ask({**body, "mode": "copy"}, headers=bearer(admin))
    assert (other.status_code, other.json()["error"]["code"]) == (409, "folder_busy")
    assert ask({**body, "mode": "burn"}, headers=bearer(admin)).status_code == 422
    with pytest.raises(CommandError, match="Name links, or a folder"):
        call_command("import")
