"""Entries move: to another library, another folder, another disk; alone and many."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import RequestFactory

from library import move_jobs, moving, queries, services, streaming
from library.errors import AlreadyThere, BeingMoved, EntryGone, MayNotEdit
from library.models import Entry, EntryFile, FileRole, Library
from library.services.moves import ROWS
from library.tests.factories import make_entry, make_file, make_library, make_user
from library.tests.new_entries import media_files
from videorama.accounts.models import User
from videorama.errors import Invalid
from videorama.jobs.errors import Cancelled
from videorama.jobs.models import JobStatus
from videorama.jobs.services import run
from videorama.ledger.models import LedgerEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> User:
    """Owns the libraries of these tests."""
    return make_user()


@pytest.fixture
def second_root(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A second storage root, on another file system where this machine has one."""
    base = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else tmp_path
    root = base / f"videorama-{tmp_path.name}-{os.getpid()}"
    root.mkdir()
    settings.ROOTS = {**settings.ROOTS, "second": root}
    yield root
    shutil.rmtree(root)


def full_entry(library: Library, **changes: Any) -> Entry:
    """An entry with subtitles beside it, a poster and source information."""
    entry = make_entry(library=library, poster=b"picture", **changes)
    stem = entry.files.get(role=FileRole.ORIGINAL).path.rpartition(".")[0]
    make_file(
        entry, content=b"WEBVTT", role=FileRole.SUBTITLE, format="vtt", language="en",
        path=f"{stem}.en.vtt",
    )  # fmt: skip
    make_file(entry, content=b"{}", role=FileRole.INFO, format="json")
    return Entry.objects.get(pk=entry.pk)


def places(entry: Entry) -> dict[str, str]:
    """root:path by role, as the rows say."""
    rows = EntryFile.objects.filter(entry=entry)
    return {row.role: f"{row.root}:{row.path}" for row in rows}


def on_disk(settings: Any) -> list[str]:
    """root:path of every file on every root."""
    return sorted(
        f"{name}:{path}"
        for name, root in settings.ROOTS.items()
        if root.is_dir()
        for path in media_files(root)
    )


def agree(settings: Any) -> bool:
    """Every file has a row and every row a file."""
    rows = [f"{row.root}:{row.path}" for row in EntryFile.objects.all()]
    return sorted(rows) == on_disk(settings)


def test_an_entry_moves_with_its_subtitles_to_where_the_other_library_wants_it(
    owner: User, settings: Any, media_root: Path
) -> None:
    old = make_library(owner=owner, slug="old")
    new = make_library(owner=owner, slug="new", path_template="{uploader}/{title}.{ext}")
    entry = full_entry(old, title="A day", uploader="Ann")
    before = places(entry)
    assert services.move_entries(user=owner, entries=[entry], library=new) is None
    entry.refresh_from_db()
    assert (entry.library, entry.subfolder) == (new, "Ann")
    after = places(entry)
    assert after["original"] == "media:new/Ann/A day.mp4"
    assert after["subtitle"] == "media:new/Ann/A day.en.vtt"
    assert after["poster"] == before["poster"]
    assert set(EntryFile.objects.values_list("library", flat=True)) == {new.pk}
    assert agree(settings)
    assert list((media_root / "old").iterdir() if (media_root / "old").exists() else []) == []
    assert not list((media_root / ".videorama").glob("moving/*"))
    fact = LedgerEvent.objects.get()
    assert (fact.event, fact.user_name) == ("entry.moved", owner.get_username())
    assert fact.data["library"] == {"from": "old", "to": "new"}
    # Again: it is there already.
    services.move_entries(user=owner, entries=[entry], library=new)
    assert places(entry) == after
    assert LedgerEvent.objects.count() == 1


def test_a_subfolder_keeps_the_name_and_a_taken_name_gets_a_number(
    owner: User, settings: Any
) -> None:
    shelf = make_library(owner=owner, slug="shelf", auto_organize=False)
    one, two = full_entry(shelf), full_entry(shelf)
    name = places(one)["original"].rpartition("/")[2]
    (settings.ROOTS["media"] / "shelf/Best").mkdir()
    (settings.ROOTS["media"] / "shelf/Best" / name).write_bytes(b"somebody else's")
    services.move_entries(user=owner, entries=[one], library=shelf, subfolder="/Best/")
    stem = name.removesuffix(".mp4")
    assert places(one)["original"] == f"media:shelf/Best/{stem}-1.mp4"
    assert places(one)["subtitle"] == f"media:shelf/Best/{stem}-1.en.vtt"
    assert (settings.ROOTS["media"] / "shelf/Best" / name).read_bytes() == b"somebody else's"
    services.move_entries(user=owner, entries=[two], library=shelf, subfolder="")
    for wrong in ("../up", "a/../../b", "con", "x" * 501, "a:b"):
        with pytest.raises(Invalid):
            services.move_entries(user=owner, entries=[two], library=shelf, subfolder=wrong)


def test_the_same_file_in_the_other_library_refuses_the_move_and_names_it(
    owner: User, settings: Any
) -> None:
    old, new = make_library(owner=owner), make_library(owner=owner, name="Films")
    entry = full_entry(old, content=b"the same", title="Mine")
    there = make_entry(library=new, content=b"the same", title="Yours")
    before = on_disk(settings)
    with pytest.raises(AlreadyThere) as refused:
        services.move_entries(user=owner, entries=[entry], library=new)
    assert refused.value.message == "“Films” already has the same file as “Yours”."
    assert refused.value.details == {"entry_id": str(there.uuid)}
    assert on_disk(settings) == before
    assert not LedgerEvent.objects.exists()


def test_who_may_not_edit_both_libraries_moves_nothing(owner: User) -> None:
    mine, private = make_library(owner=owner), make_library(is_private=True)
    entry, hidden = make_entry(library=mine), make_entry(library=private)
    for given, target in ((entry, private), (hidden, mine)):
        with pytest.raises(MayNotEdit):
            services.move_entries(user=owner, entries=[given], library=target)
    with pytest.raises(MayNotEdit):
        services.move_entries(user=make_user(role="viewer"), entries=[entry], library=mine)


def test_entries_in_the_trash_do_not_move(owner: User) -> None:
    old, new = make_library(owner=owner), make_library(owner=owner)
    entry = make_entry(library=old)
    services.delete_entry(user=owner, entry=entry, with_files=True)
    with pytest.raises(EntryGone):
        services.move_entries(user=owner, entries=[entry], library=new)


def test_a_move_to_another_disk_copies_compares_and_keeps_times(
    owner: User, settings: Any, second_root: Path, media_root: Path
) -> None:
    old = make_library(owner=owner, slug="old")
    new = make_library(owner=owner, slug="new", root="second", path_template="{title}.{ext}")
    entry = full_entry(old, title="Far", content=b"0123456789" * 400_000)
    source = queries.file_path(entry.files.get(role=FileRole.ORIGINAL))
    os.utime(source, ns=(10**18, 10**18 + 123_456_789))
    stream = source.open("rb")
    stream.read(5)
    job = services.move_entries(user=owner, entries=[entry], library=new)
    assert job is not None
    run(job.pk, move_jobs.move)
    job.refresh_from_db()
    assert (job.status, job.error_message) == (JobStatus.COMPLETED, "")
    assert job.result["moved"] == 1
    if media_root.stat().st_dev != second_root.stat().st_dev:
        assert job.result["copied_bytes"] > 4_000_000
    after = places(entry)
    assert after["original"] == "second:new/Far.mp4"
    assert after["poster"].startswith(f"second:.videorama/derived/{entry.uuid}/poster-")
    assert agree(settings)
    target = second_root / "new/Far.mp4"
    assert target.stat().st_mtime_ns == 10**18 + 123_456_789
    assert target.read_bytes() == b"0123456789" * 400_000
    # Somebody who was watching sees it to its end.
    with stream:
        assert len(stream.read()) == 4_000_000 - 5
    assert not list((media_root / ".videorama").glob("derived/*"))
    assert any("old/" in line.message and "new/Far.mp4" in line.message for line in job.lines.all())


def test_many_move_as_one_job_and_those_that_cannot_stay(owner: User, settings: Any) -> None:
    old, new = make_library(owner=owner), make_library(owner=owner)
    entries = [full_entry(old, title=f"Film {number}") for number in range(3)]
    lost = make_entry(library=old, title="Lost")
    queries.file_path(lost.files.get()).unlink()
    job = services.move_entries(user=owner, entries=[*entries, lost], library=new)
    again = services.move_entries(user=owner, entries=[*entries, lost], library=new)
    assert job is not None and job == again
    run(job.pk, move_jobs.move)
    job.refresh_from_db()
    assert job.status == JobStatus.PARTIAL
    assert job.result["moved"] == 3
    assert "missing" in " ".join(job.lines.values_list("message", flat=True))
    assert set(Entry.objects.filter(library=new)) == set(entries)
    assert Entry.objects.get(pk=lost.pk).library == old
    events = list(LedgerEvent.objects.values_list("event", flat=True))
    assert events.count("entry.moved") == 3


def test_stopping_in_the_middle_of_a_copy_leaves_everything_as_it_was(
    owner: User, settings: Any, second_root: Path, tmp_path: Path
) -> None:
    if second_root.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has one file system")
    new = make_library(owner=owner, root="second")
    entry = full_entry(make_library(owner=owner), content=b"x" * 3_000_000)
    before, files_before = places(entry), on_disk(settings)

    def stop(count: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        services.move_one(entry_id=entry.pk, library=new, user=owner, copied=stop)
    assert (places(entry), on_disk(settings)) == (before, files_before)
    assert list(second_root.iterdir()) == []


def test_two_movers_of_one_entry_do_not_meet(owner: User) -> None:
    entry = make_entry(library=make_library(owner=owner))
    new = make_library(owner=owner)
    with moving.hold(entry.uuid, ROWS), pytest.raises(BeingMoved):
        services.move_entries(user=owner, entries=[entry], library=new)
    services.move_entries(user=owner, entries=[entry], library=new)
    assert Entry.objects.get().library == new


def test_a_player_that_asks_while_the_file_moves_gets_it(
    owner: User, rf: RequestFactory, settings: Any
) -> None:
    """The row was read before the move; the file is looked for where it is by now."""
    entry = make_entry(library=make_library(owner=owner))
    stale = entry.files.get()
    services.move_entries(user=owner, entries=[entry], library=make_library(owner=owner))
    answer = streaming.deliver(rf.get("/"), user=owner, entry=entry, file=stale)
    now = entry.files.get()
    assert unquote(answer["X-Accel-Redirect"]) == f"/_media/{now.root}/{now.path}"
    assert now.is_available
