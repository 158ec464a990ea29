"""How files and facts become an entry."""

import os
import shutil
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from library import services
from library.errors import DuplicateContent, FileMissing
from library.models import Entry, FileRole
from library.queries import file_path, playable_file
from library.services import NewChapter, add_entry, add_files
from library.tests.factories import make_entry, make_library
from library.tests.new_entries import media_files, new_entry, new_file, no_check
from videorama.errors import Invalid
from videorama.jobs.errors import Cancelled, Interrupted
from videorama.jobs.models import Job

pytestmark = pytest.mark.django_db


def test_an_entry_is_stored_with_its_files_and_facts(media_root: Path) -> None:
    library = make_library(slug="films", path_template="{uploader}/{year}/{title}.{ext}")
    entry = add_entry(
        new=new_entry(
            library,
            title="Grüße / 🎬",
            description="d",
            published_at=datetime(2024, 3, 2, tzinfo=UTC),
            chapters=(
                NewChapter(0, 1000, "one"),
                NewChapter(0, 900, "same start"),
                NewChapter(5000, 5000, "no length"),
                NewChapter(1000, 2000, "two"),
            ),
            properties={"artist": "Echo", "empty": ""},
            tags=("Rock", "rock", " live  music "),
        ),
        check=no_check,
    )
    folder = f".videorama/derived/{entry.uuid}"
    assert media_files(media_root) == [
        f"{folder}/info.json",
        "films/Ann/2024/Grüße 🎬.en.vtt",
        "films/Ann/2024/Grüße 🎬.mp4",
    ]
    assert (entry.title, entry.subfolder) == ("Grüße / 🎬", "Ann/2024")
    assert file_path(playable_file(entry)).read_bytes() == b"media"
    assert [mark.title for mark in entry.chapters.all()] == ["one", "two"]
    assert {prop.key: prop.value for prop in entry.properties.all()} == {"artist": "Echo"}
    assert {link.tag.name for link in entry.entry_tags.all()} == {"Rock", "live music"}


@pytest.mark.parametrize(
    "title",
    [
        "../../../etc/passwd",
        "..",
        "nul\0byte",
        "é" * 300,
        "🎬" * 300,
        "\u202eright to left\u200f",
        ".hidden",
        'all <>:"|?* at once',
        "\ud800 lone surrogate",
        "line\nbreak\ttab",
        "",
        "   ",
        "CON",
        "a" * 2000,
    ],
)
def test_any_title_is_stored_inside_the_library(media_root: Path, title: str) -> None:
    library = make_library(slug="films", path_template="{title}.{ext}")
    entry = add_entry(new=new_entry(library, title=title), check=no_check)
    path = Path(playable_file(entry).path)
    assert path.parts[0] == "films"
    assert len(path.parts) == 2
    assert len(path.name.encode()) <= 255
    assert not path.name.startswith(".")
    assert (media_root / path).read_bytes() == b"media"
    shown = title.replace("\0", "").encode(errors="ignore").decode()[:500].strip()
    assert entry.title == (shown or "Untitled")


def test_equal_names_get_numbers_and_then_an_id(media_root: Path) -> None:
    library = make_library(slug="films", path_template="{title}.{ext}")

    def stored(content: bytes) -> str:
        entry = add_entry(new=new_entry(library, title="Same", content=content), check=no_check)
        return Path(playable_file(entry).path).stem

    assert [stored(b"1"), stored(b"2"), stored(b"3")] == ["Same", "Same-1", "Same-2"]
    for number in range(3, 49):
        (media_root / "films" / f"Same-{number}.mp4").write_bytes(b"not ours")
    assert stored(b"4") == "Same-49"
    assert len(stored(b"5")) == len("Same-") + 36


def test_a_name_is_not_taken_twice_when_its_file_is_gone(media_root: Path) -> None:
    library = make_library(slug="films", path_template="{title}.{ext}")
    first = add_entry(new=new_entry(library, title="Same"), check=no_check)
    file_path(playable_file(first)).unlink()
    second = add_entry(new=new_entry(library, title="Same", content=b"other"), check=no_check)
    assert Path(playable_file(second).path).name == "Same-1.mp4"


def test_files_that_were_there_before_are_never_overwritten(media_root: Path) -> None:
    library = make_library(slug="films", path_template="{title}.{ext}")
    foreign = media_root / "films" / "A day.mp4"
    foreign.write_bytes(b"not ours")
    entry = add_entry(new=new_entry(library), check=no_check)
    assert foreign.read_bytes() == b"not ours"
    assert Path(playable_file(entry).path).name == "A day-1.mp4"


def test_the_same_bytes_are_refused_and_leave_nothing(media_root: Path) -> None:
    library = make_library()
    twin = make_entry(library=library, content=b"media")
    before = media_files(media_root)
    job = uuid.uuid4()
    with pytest.raises(DuplicateContent) as refusal:
        add_entry(new=new_entry(library, job=job), check=no_check)
    assert refusal.value.entry == twin
    services.discard_incoming(job_uuid=job)
    assert media_files(media_root) == before
    assert Entry.objects.count() == 1


def test_the_same_bytes_may_lie_in_two_libraries() -> None:
    for _ in range(2):
        add_entry(new=new_entry(make_library()), check=no_check)
    assert Entry.objects.count() == 2


def test_bytes_in_the_trash_are_no_duplicate() -> None:
    library = make_library()
    first = add_entry(new=new_entry(library), check=no_check)
    services.delete_entry(user=library.owner, entry=first, with_files=True)
    assert add_entry(new=new_entry(library), check=no_check).pk != first.pk


def test_work_that_comes_back_for_a_stored_job_finds_its_entry(media_root: Path) -> None:
    library = make_library()
    row = Job.objects.create(kind="import", title="x")
    first = add_entry(new=new_entry(library, import_job_id=row.pk), check=no_check)
    again = add_entry(new=new_entry(library, import_job_id=row.pk), check=no_check)
    assert first == again
    assert Entry.objects.count() == 1
    assert sum(path.endswith(".mp4") and path[0] != "." for path in media_files(media_root)) == 1


@pytest.mark.parametrize("reason", [Cancelled, Interrupted, KeyboardInterrupt])
def test_stopping_at_any_step_leaves_no_half_entry(
    media_root: Path, reason: type[BaseException]
) -> None:
    """Interrupted keeps what was declared, since the next claim goes on from it."""
    library = make_library(slug="films")
    library_folder = media_root / "films"
    for step in range(1, 100):
        calls: list[int] = []

        def check(step: int = step, calls: list[int] = calls) -> None:
            calls.append(1)
            if len(calls) == step:
                raise reason

        job = uuid.uuid4()
        new = new_entry(library, job=job)
        try:
            entry = add_entry(new=new, check=check)
        except reason:
            assert Entry.objects.count() == 0
            if reason is not Interrupted:
                assert not any(library_folder.rglob("*.*"))
                assert new.original.path.exists()
            services.discard_incoming(job_uuid=job)
            assert media_files(media_root) == []
        else:
            assert entry.files.count() == 3
            break
    assert step > 5


def test_interrupted_work_goes_on_under_the_same_name(media_root: Path) -> None:
    library = make_library(slug="films", path_template="{title}.{ext}")
    new = new_entry(library)
    calls: list[int] = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        add_entry(new=new, check=check)
    assert (media_root / "films" / "A day.mp4").exists()
    entry = add_entry(new=new, check=no_check)
    assert Path(playable_file(entry).path).name == "A day.mp4"
    assert len(media_files(media_root)) == 3


def test_without_hard_links_the_bytes_are_copied(media_root: Path, tmp_path: Path) -> None:
    """Another file system stands for one that has no links: both refuse os.link."""
    elsewhere = Path("/dev/shm") / f"videorama-{uuid.uuid4()}"
    if not elsewhere.parent.is_dir() or elsewhere.parent.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs /dev/shm on a file system of its own")
    elsewhere.mkdir()
    try:
        library = make_library(slug="films", path_template="{title}.{ext}")
        (media_root / "films" / "A day.mp4").write_bytes(b"not ours")
        content = os.urandom(3_000_000)
        files = (new_file(elsewhere, "x.mp4", content, FileRole.ORIGINAL),)
        entry = add_entry(new=new_entry(library, files=files), check=no_check)
        assert file_path(playable_file(entry)).read_bytes() == content
        assert list(elsewhere.iterdir()) == []
        assert sorted(path.name for path in (media_root / "films").iterdir()) == [
            "A day-1.mp4",
            "A day.mp4",
        ]
    finally:
        shutil.rmtree(elsewhere)


def test_a_stopped_copy_leaves_nothing(media_root: Path, tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm") / f"videorama-{uuid.uuid4()}"
    if not elsewhere.parent.is_dir() or elsewhere.parent.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs /dev/shm on a file system of its own")
    elsewhere.mkdir()
    try:
        library = make_library(slug="films", path_template="{title}.{ext}")
        files = (new_file(elsewhere, "x.mp4", os.urandom(3_000_000), FileRole.ORIGINAL),)
        for step in range(1, 20):
            calls: list[int] = []

            def check(step: int = step, calls: list[int] = calls) -> None:
                calls.append(1)
                if len(calls) == step:
                    raise Cancelled

            try:
                add_entry(new=new_entry(library, files=files), check=check)
            except Cancelled:
                assert not list((media_root / "films").rglob("*")), step
                (media_root / "films").mkdir(exist_ok=True)
            else:
                break
        assert step > 4
    finally:
        shutil.rmtree(elsewhere)


def test_a_lost_incoming_file_is_an_error_and_no_entry() -> None:
    library = make_library()
    new = new_entry(library)
    new.original.path.unlink()
    with pytest.raises(FileMissing):
        add_entry(new=new, check=no_check)
    assert not Entry.objects.exists()


def test_an_entry_needs_exactly_one_original() -> None:
    new = new_entry(make_library(), files=())
    with pytest.raises((Invalid, StopIteration)):
        add_entry(new=new, check=no_check)


def test_files_added_later_replace_those_of_their_role(media_root: Path) -> None:
    entry = add_entry(new=new_entry(make_library()), check=no_check)
    for content in (b"one", b"two", b"two"):
        folder = services.incoming_folder(job_uuid=uuid.uuid4())
        poster = new_file(folder, "p.jpg", content, FileRole.POSTER)
        (row,) = add_files(entry=entry, new=[poster])
        assert file_path(row).read_bytes() == content
        services.discard_incoming(job_uuid=folder.name)
    posters = [path for path in media_files(media_root) if path.endswith(".jpg")]
    assert len(posters) == 1
    assert entry.files.filter(role=FileRole.POSTER).count() == 1


def test_subtitles_of_several_languages_lie_beside_the_original(media_root: Path) -> None:
    library = make_library(slug="films", path_template="{title}.{ext}")
    entry = add_entry(new=new_entry(library), check=no_check)
    folder = services.incoming_folder(job_uuid=uuid.uuid4())
    add_files(
        entry=entry,
        new=[
            new_file(folder, "de.vtt", b"WEBVTT\n\nde", FileRole.SUBTITLE, language="de"),
            new_file(
                folder, "auto.vtt", b"WEBVTT\n\na", FileRole.SUBTITLE,
                language="en", is_automatic=True,
            ),
            new_file(folder, "en.vtt", b"WEBVTT\n\nnew", FileRole.SUBTITLE, language="en"),
        ],
    )  # fmt: skip
    names = sorted(path.name for path in (media_root / "films").iterdir())
    assert names == ["A day.de.vtt", "A day.en-1.vtt", "A day.en.auto.vtt", "A day.mp4"]
    assert entry.files.filter(role=FileRole.SUBTITLE).count() == 3


@pytest.mark.django_db(transaction=True)
def test_many_at_once_store_one_entry_and_leave_no_orphan(media_root: Path) -> None:
    library = make_library(slug="films", path_template="{title}.{ext}")
    work = [new_entry(library) for _ in range(8)]
    outcomes: list[Any] = []

    def store(new: Any) -> None:
        try:
            outcomes.append(add_entry(new=new, check=no_check).pk)
        except DuplicateContent as error:
            outcomes.append(error.entry.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=store, args=(new,)) for new in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Entry.objects.count() == 1
    assert set(outcomes) == {Entry.objects.get().pk}
    assert len(outcomes) == 8
    for new in work:
        services.discard_incoming(job_uuid=new.files[1].path.parent.name)
    assert len(media_files(media_root)) == 3
