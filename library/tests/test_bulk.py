"""Many entries changed at once, and everything back as it was."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library import move_jobs, services, tasks
from library.errors import NothingSelected, TooLate
from library.models import BulkChange, BulkKind, Entry, EntryState, EntryTag, Tag, TagSource
from library.queries import entries_for
from library.services.facts import add_tags
from library.tests.factories import make_entry, make_library, make_user
from library.tests.new_entries import media_files
from videorama.accounts.models import User
from videorama.errors import Conflict, Invalid, NotFound
from videorama.jobs.models import Job, JobStatus
from videorama.jobs.services import run
from videorama.ledger.models import LedgerEvent
from videorama.ledger.tests.leaving import leaving

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor_client(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def change(user: User, kind: str, **params: Any) -> services.BulkResult:
    return services.change_many(user=user, kind=kind, entries=entries_for(user), params=params)


def picture_of(user: User) -> dict[str, Any]:
    """All that a change may touch, in plain values."""
    return {
        "names": sorted(Tag.objects.values_list("name", flat=True)),
        "tags": sorted(EntryTag.objects.values_list("entry", "tag__name", "source", "hidden")),
        "marks": sorted(
            (entry, favorite, watched is not None, position)
            for entry, favorite, watched, position in EntryState.objects.filter(
                user=user
            ).values_list("entry", "favorite", "watched_at", "position_s")
            if favorite or watched or position
        ),
        "live": sorted(entries_for(user).values_list("pk", "library")),
    }


@pytest.mark.parametrize(
    ("kind", "params", "changed"),
    [
        (BulkKind.TAGS, {"add": ["Coast", "New"], "remove": ["Rain"]}, 4),
        (BulkKind.TAGS, {"remove": ["Rain", "Never"]}, 1),
        (BulkKind.FAVORITE, {"value": True}, 3),
        (BulkKind.FAVORITE, {"value": False}, 1),
        (BulkKind.WATCHED, {"value": True}, 3),
        (BulkKind.WATCHED, {"value": False}, 1),
        (BulkKind.DELETE, {"with_files": True}, 4),
        (BulkKind.DELETE, {"with_files": False}, 4),
    ],
)
def test_a_change_is_undone_exactly_and_once(
    editor: User, media_root: Any, kind: str, params: dict[str, Any], changed: int
) -> None:
    entries = [make_entry() for _ in range(4)]
    add_tags(entries[0], ["Coast", "Rain"], source=TagSource.IMPORT)
    services.tag_entries(user=editor, entries=[entries[1]], add=["Coast"])
    services.tag_entries(user=editor, entries=[entries[0]], remove=["Coast"])
    services.set_state(user=editor, entry=entries[2], favorite=True, watched=True)
    services.set_state(user=editor, entry=entries[3], position_s=12.5)
    before, disk = picture_of(editor), media_files(media_root)
    facts = LedgerEvent.objects.count()
    result = change(editor, kind, **params)
    assert (result.changed, result.job) == (changed, None)
    assert LedgerEvent.objects.count() == facts + 1
    assert picture_of(editor) != before
    undone = services.undo_change(user=editor, change=result.change)
    assert (undone.changed, undone.failed) == (changed, 0)
    assert picture_of(editor) == before
    assert media_files(media_root) == disk
    assert services.undo_change(user=editor, change=result.change).changed == 0
    assert LedgerEvent.objects.count() == facts + 2


def test_only_its_owner_undoes_it_and_only_for_a_day(editor: User) -> None:
    make_entry()
    made = change(editor, BulkKind.TAGS, add=["x"]).change
    with pytest.raises(NotFound):
        services.undo_change(user=make_user(role="admin"), change=made)
    BulkChange.objects.update(created_at=timezone.now() - services.UNDO_FOR)
    made.refresh_from_db()
    with pytest.raises(TooLate):
        services.undo_change(user=editor, change=made)
    assert EntryTag.objects.get().hidden is False
    BulkChange.objects.update(created_at=timezone.now() - 3 * services.UNDO_FOR)
    assert services.forget_changes() > 0


def test_entries_one_may_not_edit_are_counted(editor_client: Client, editor: User) -> None:
    mine = make_entry()
    shelf = make_library(is_private=True, members={editor: "viewer"})
    theirs = [make_entry(library=shelf) for _ in range(2)]
    ids = [str(one.uuid) for one in (mine, *theirs)]
    sent = {"kind": "tags", "add": "one, two", "entry": ids}
    page = editor_client.post("/entries/change/", sent, follow=True).content.decode()
    assert "Tags of 1 entry changed" in page and "2 entries stay as they are" in page
    assert set(EntryTag.objects.values_list("entry", flat=True)) == {mine.pk}
    viewer = make_user(role="viewer")
    with pytest.raises(NothingSelected):
        change(viewer, BulkKind.TAGS, add=["x"])
    assert change(viewer, BulkKind.FAVORITE).changed == 1


def test_all_results_means_what_the_filter_shows(editor_client: Client, editor: User) -> None:
    library = make_library()
    for title in ("Sea one", "Sea two", "Rain"):
        make_entry(library=library, title=title)
    make_entry(title="Sea elsewhere")
    sent = {"kind": "favorite", "everything": "1", "query": "q=sea", "shelf": library.slug}
    page = editor_client.post("/entries/change/", sent, follow=True).content.decode()
    assert "2 entries are favourites now" in page
    liked = EntryState.objects.filter(user=editor, favorite=True)
    assert set(liked.values_list("entry__title", flat=True)) == {"Sea one", "Sea two"}
    undo = page.partition("data-undo")[0].rpartition('action="')[2].partition('"')[0]
    assert "Undone" in editor_client.post(undo, follow=True).content.decode()
    assert not liked.exists()


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"kind": "tags"}, 422, "Name a tag"),
        ({"kind": "move"}, 422, "Choose the library"),
        ({"kind": "delete", "what": "files"}, 422, "Tick the box"),
        ({"kind": "favorite", "entry": ["nonsense"]}, 302, ""),
        ({"kind": "nothing"}, 422, ""),
    ],
)
def test_what_is_missing_is_said_beside_the_form(
    editor_client: Client, sent: dict[str, Any], status: int, said: str
) -> None:
    entry = make_entry(title="Still here")
    answer = editor_client.post("/entries/change/", {"entry": [str(entry.uuid)]} | sent)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert Entry.objects.get().deleted_at is None


def test_without_scripts_the_form_asks_on_a_page_of_its_own(editor_client: Client) -> None:
    entry, other = make_entry(title="Chosen"), make_library(name="Other shelf")
    sent = {"kind": "move", "entry": [str(entry.uuid)], "next": "/?q=x"}
    page = editor_client.post("/entries/select/", sent).content.decode()
    assert "Chosen" in page and "Other shelf" in page and 'value="/?q=x"' in page
    answer = editor_client.post("/entries/change/", sent | {"library": other.slug})
    assert answer["Location"] == "/?q=x"
    assert Entry.objects.get(pk=entry.pk).library == other
    sent["next"] = "//evil.example/"
    assert editor_client.post("/entries/change/", sent | {"library": other.slug})["Location"] == "/"


def test_more_than_two_hundred_are_a_job_that_goes_on_after_a_stop(
    editor: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    library = make_library()
    Entry.objects.bulk_create(
        Entry(library=library, title=f"Entry {number}", media_kind="video") for number in range(230)
    )
    result = change(editor, BulkKind.TAGS, add=["many"])
    assert result.job is not None and result.changed == 0
    with pytest.raises(Conflict):
        services.undo_change(user=editor, change=result.change)
    services.apply_chunk(result.change)
    assert EntryTag.objects.count() == 100
    tasks.change_many(result.job.pk)
    result.job.refresh_from_db()
    assert (result.job.status, EntryTag.objects.count()) == (JobStatus.COMPLETED, 230)
    result.change.refresh_from_db()
    back = services.undo_change(user=editor, change=result.change)
    assert back.job is not None
    services.undo_chunk(result.change)
    tasks.change_many(back.job.pk)
    assert EntryTag.objects.count() == 0


def test_twice_as_many_entries_cost_the_same_queries(editor: User) -> None:
    counts = []
    library = make_library()
    for _ in range(2):
        for _more in range(10):
            make_entry(library=library)
        with CaptureQueriesContext(connection) as seen:
            change(editor, BulkKind.TAGS, add=["a", "b"], remove=["c"])
        counts.append(len(seen))
        EntryTag.objects.all().delete()
    # Once the tags themselves exist they need not be made.
    assert counts[1] <= counts[0]


def test_a_kind_nobody_knows_is_refused(editor: User) -> None:
    make_entry()
    with pytest.raises(Invalid):
        change(editor, "explode")


def test_a_move_to_where_the_same_file_is_says_so_beside_the_form(editor_client: Client) -> None:
    twin = make_entry(content=b"twin", title="There already")
    entry = make_entry(content=b"twin")
    sent = {"kind": "move", "entry": [str(entry.uuid)], "library": twin.library.slug}
    answer = editor_client.post("/entries/change/", sent)
    assert answer.status_code == 409
    assert "There already" in answer.content.decode()
    assert Entry.objects.get(pk=entry.pk).library == entry.library


def done(job: Job | None) -> None:
    assert job is not None
    run(job.pk, move_jobs.move)
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED, job.error_detail


def test_the_undo_of_a_move_gives_every_file_its_exact_name_back(
    editor: User, media_root: Any
) -> None:
    homes = [make_library(owner=editor), make_library(owner=editor)]
    entries = [make_entry(library=home) for home in (*homes, homes[0])]
    before = media_files(media_root)
    other = make_library(owner=editor, path_template="{year}/{title}.{ext}")
    with leaving("entries.move_requested"):
        moved = change(editor, BulkKind.MOVE, library=other.slug)
    done(moved.job)
    assert {entry.library for entry in Entry.objects.all()} == {other}
    # Somebody else took one of the names meanwhile; that file gets the next one.
    taken = media_root / before[-1]
    taken.parent.mkdir(parents=True, exist_ok=True)
    taken.write_bytes(b"another file")
    with leaving("entries.changed"):
        undone = services.undo_change(user=editor, change=moved.change)
    assert (undone.changed, undone.failed) == (3, 0)
    for job in Job.objects.filter(kind="move", ended_at=None):
        done(job)
    assert [Entry.objects.get(pk=one.pk).library for one in entries] == [*homes, homes[0]]
    numbered = f"{before[-1].removesuffix('.mp4')}-1.mp4"
    assert sorted(media_files(media_root)) == sorted([*before, numbered])


def test_the_undo_of_one_move_gives_the_exact_name_back(editor: User, media_root: Any) -> None:
    make_entry(title="Renamed by the other library")
    before = media_files(media_root)
    moved = change(editor, BulkKind.MOVE, library=make_library(owner=editor).slug)
    assert media_files(media_root) != before
    with leaving("entry.moved"):
        assert services.undo_change(user=editor, change=moved.change).changed == 1
    assert media_files(media_root) == before
