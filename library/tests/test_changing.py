"""One request that changes words, marks and place of an entry is one change with one fact."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from library import services
from library.errors import AlreadyThere
from library.models import Entry, EntryState, Library
from library.tests.factories import make_entry, make_library, make_user
from videorama.accounts.models import User
from videorama.jobs.models import Job
from videorama.ledger.models import LedgerEvent

pytestmark = pytest.mark.django_db

type Say = Callable[..., list[LedgerEvent]]


@pytest.fixture
def owner(db: None) -> User:
    return make_user()


@pytest.fixture
def shelf(owner: User) -> Library:
    return make_library(owner=owner, slug="shelf")


@pytest.fixture
def entry(owner: User) -> Entry:
    return make_entry(library=make_library(owner=owner, slug="old"), title="Old", content=b"same")


@pytest.fixture
def say(owner: User, entry: Entry) -> Say:
    """Changes the entry; gives the facts this left."""

    def told(**change: Any) -> list[LedgerEvent]:
        before = LedgerEvent.objects.count()
        services.change_entry(user=owner, entry=entry, **change)
        entry.refresh_from_db()
        return list(LedgerEvent.objects.order_by("sequence")[before:])

    return told


def test_words_marks_and_place_are_one_fact(
    say: Say, entry: Entry, shelf: Library, media_root: Path
) -> None:
    (fact,) = say(words={"title": "New"}, marks={"rating": 4}, library=shelf)
    assert fact.event == "entry.edited"
    assert set(fact.data) == {"title", "rating", "library", "path"}
    assert fact.data["library"] == {"from": "old", "to": "shelf"}
    about = {(one.kind, one.subject_id) for one in fact.subjects.all()}
    assert about == {("entry", str(entry.uuid)), ("library", "old"), ("library", "shelf")}
    assert (entry.title, entry.library) == ("New", shelf)
    # The file is named by the words that came with it.
    assert entry.files.get().path == "shelf/New.mp4"
    assert (media_root / "shelf" / "New.mp4").read_bytes() == b"same"
    assert EntryState.objects.get().rating == 4


def test_words_and_marks_without_a_move_are_one_fact(say: Say) -> None:
    (fact,) = say(words={"tags": ["Sea"]}, marks={"favorite": True, "rating": 2})
    assert (fact.event, set(fact.data)) == ("entry.edited", {"tags", "favorite", "rating"})


@pytest.mark.parametrize(
    ("change", "event"),
    [
        ({"words": {"title": "New"}}, "entry.edited"),
        ({"marks": {"favorite": True}}, "entry.marked"),
        ({"words": {"title": "Old"}, "marks": {"favorite": True}}, "entry.marked"),
        ({"words": {"title": "New"}, "marks": {"position_s": 1.0}}, "entry.edited"),
    ],
    ids=["words", "marks", "words as they were", "a position is no fact"],
)
def test_what_changes_one_thing_keeps_its_own_fact(say: Say, change: Any, event: str) -> None:
    assert [fact.event for fact in say(**change)] == [event]


def test_words_to_a_place_where_the_file_is_already_are_kept(say: Say, entry: Entry) -> None:
    (fact,) = say(words={"description": "Wind"}, library=entry.library, subfolder="")
    assert (fact.event, set(fact.data)) == ("entry.edited", {"description"})
    assert entry.description == "Wind"


def test_words_with_a_move_that_needs_a_job_are_one_fact(
    say: Say, entry: Entry, owner: User, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "far").mkdir()
    settings.ROOTS = {**settings.ROOTS, "far": tmp_path / "far"}
    (fact,) = say(words={"title": "New"}, library=make_library(owner=owner, root="far"))
    assert (fact.event, entry.title) == ("entry.edited", "New")
    assert fact.data["job"] == str(Job.objects.get(kind="move").uuid)


def test_of_a_change_whose_move_is_refused_nothing_is_kept(
    say: Say, entry: Entry, shelf: Library
) -> None:
    twin = make_entry(library=shelf, title="Twin")
    twin.files.update(sha256=entry.files.get().sha256)
    with pytest.raises(AlreadyThere):
        say(words={"title": "New"}, marks={"favorite": True}, library=shelf)
    entry.refresh_from_db()
    assert (entry.title, EntryState.objects.count(), LedgerEvent.objects.count()) == ("Old", 0, 0)
