"""Libraries, and what people do with entries."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from library import services
from library.errors import BadTemplate, LibraryNotEmpty, LibraryTaken, MayNotEdit
from library.models import Entry, EntryFile, EntryState, FileRole, Library
from library.queries import file_path, playable_file
from library.tests.factories import make_entry, make_file, make_library, make_user
from library.tests.new_entries import media_files
from videorama.errors import Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db


def test_a_library_gets_a_folder_named_after_it(media_root: Path) -> None:
    user = make_user()
    library = services.create_library(user=user, slug="films", name=" Films ")
    assert (library.name, library.root, library.folder) == ("Films", "media", "films")
    assert library.owner == user
    assert (media_root / "films").is_dir()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": ""}, "id"),
        ({"slug": "Films"}, "id"),
        ({"slug": "a b"}, "id"),
        ({"slug": "../x"}, "id"),
        ({"slug": "x\n"}, "id"),
        ({"slug": "x" * 51}, "id"),
        ({"slug": "new"}, "id"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"description": "x" * 501}, "description"),
        ({"icon": ""}, "icon"),
        ({"confidence_threshold": 1.1}, "confidence_threshold"),
        ({"confidence_threshold": float("nan")}, "confidence_threshold"),
        ({"root": "etc"}, "root"),
        ({"folder": "../outside"}, "folder"),
        ({"folder": "a/../b"}, "folder"),
        ({"folder": ".videorama"}, "folder"),
        ({"folder": "a//b"}, "folder"),
        ({"folder": "nul\0"}, "folder"),
        ({"folder": "link"}, "folder"),
        ({"owner": None}, "owner"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(
    media_root: Path, changes: dict[str, Any], field: str
) -> None:
    media_root.mkdir(exist_ok=True)
    (media_root / "link").symlink_to(media_root.parent)
    with pytest.raises(Invalid) as refusal:
        services.create_library(user=make_user(), **({"slug": "x", "name": "x"} | changes))
    assert refusal.value.details["field"] == field
    assert not Library.objects.exists()


def test_a_bad_template_is_refused() -> None:
    with pytest.raises(BadTemplate):
        services.create_library(user=make_user(), slug="x", name="x", path_template="{nothing}")


@pytest.mark.parametrize(
    "changes",
    [{"slug": "films"}, {"folder": "films"}, {"folder": "films/inner"}, {"folder": "shelf"}],
)
def test_an_id_or_a_folder_belongs_to_one_library(changes: dict[str, str]) -> None:
    user = make_user()
    services.create_library(user=user, slug="films", name="Films")
    services.create_library(user=user, slug="deep", name="Deep", folder="shelf/deep")
    with pytest.raises(LibraryTaken):
        services.create_library(user=user, **({"slug": "other", "name": "x"} | changes))


def test_only_editors_make_libraries() -> None:
    with pytest.raises(NotAllowed):
        services.create_library(user=make_user(role="viewer"), slug="x", name="x")


def test_settings_are_for_those_who_edit_and_privacy_for_the_owner() -> None:
    library, editor = make_library(), make_user()
    services.edit_library(user=editor, library=library, name="New", auto_organize=False)
    library.refresh_from_db()
    assert (library.name, library.auto_organize) == ("New", False)
    with pytest.raises(NotAllowed):
        services.edit_library(user=editor, library=library, is_private=True)
    library.refresh_from_db()
    services.edit_library(user=library.owner, library=library, is_private=True)
    with pytest.raises(MayNotEdit):
        services.edit_library(user=editor, library=library, name="Mine")
    with pytest.raises(BadTemplate):
        services.edit_library(user=library.owner, library=library, path_template="../x")


def test_only_an_empty_library_is_deleted(media_root: Path) -> None:
    library = make_library(slug="films")
    entry = make_entry(library=library)
    with pytest.raises(LibraryNotEmpty) as refusal:
        services.delete_library(user=library.owner, library=library)
    assert refusal.value.details == {"entries": 1, "in_trash": 0}
    services.delete_entry(user=library.owner, entry=entry, with_files=True)
    with pytest.raises(LibraryNotEmpty) as refusal:
        services.delete_library(user=library.owner, library=library)
    assert "trash" in refusal.value.message
    empty = services.create_library(user=library.owner, slug="empty", name="Empty")
    with pytest.raises(NotAllowed):
        services.delete_library(user=make_user(), library=empty)
    services.delete_library(user=library.owner, library=empty)
    assert not (media_root / "empty").exists()


def test_members_come_and_go() -> None:
    library, friend = make_library(is_private=True), make_user(role="viewer")
    for role in ("viewer", "editor"):
        services.set_member(user=library.owner, library=library, member=friend, role=role)
        assert library.memberships.get().role == role
    with pytest.raises(NotAllowed):
        services.set_member(user=friend, library=library, member=friend, role="editor")
    with pytest.raises(Invalid):
        services.set_member(user=library.owner, library=library, member=friend, role="king")
    services.remove_member(user=library.owner, library=library, member=friend)
    with pytest.raises(NotFound):
        services.remove_member(user=library.owner, library=library, member=friend)


def test_title_and_description_are_kept_as_typed() -> None:
    entry = make_entry(title="Old", description="old")
    user = entry.library.owner
    services.edit_entry(user=user, entry=entry, title="  Né 🎬 \u202eRTL  ")
    services.edit_entry(user=user, entry=entry, description="a\nb\0")
    entry.refresh_from_db()
    assert (entry.title, entry.description) == ("Né 🎬 \u202eRTL", "a\nb")
    for title in ("", "   ", "\0", "x" * 501):
        with pytest.raises(Invalid):
            services.edit_entry(user=user, entry=entry, title=title)
    with pytest.raises(MayNotEdit):
        services.edit_entry(user=make_user(role="viewer"), entry=entry, title="x")


def test_deleting_the_row_leaves_the_media_even_when_the_trash_forgets_it(media_root: Path) -> None:
    entry = make_entry(poster=b"p")
    make_file(entry, content=b"copy", role=FileRole.PLAYABLE, format="mp4")
    make_file(
        entry, content=b"v", role=FileRole.SUBTITLE, format="vtt",
        path=f"{entry.library.folder}/subs.en.vtt",
    )  # fmt: skip
    original, before = playable_file(entry).path, media_files(media_root)
    services.delete_entry(user=entry.library.owner, entry=entry, with_files=False)
    assert not EntryFile.objects.filter(is_live=True).exists()
    assert media_files(media_root) == before
    services.purge_entry(user=entry.library.owner, entry=entry)
    assert not Entry.objects.exists()
    assert not EntryFile.objects.exists()
    assert media_files(media_root) == sorted([original, f"{entry.library.folder}/subs.en.vtt"])
    assert not (media_root / ".videorama/derived").exists()


def test_deleting_with_files_moves_them_to_the_trash(media_root: Path) -> None:
    entry = make_entry(content=b"kept", poster=b"p")
    original = playable_file(entry)
    services.delete_entry(user=entry.library.owner, entry=entry, with_files=True)
    entry.refresh_from_db()
    original.refresh_from_db()
    assert entry.deleted_at is not None
    assert original.is_live is False
    assert original.path.startswith(f".videorama/trash/{entry.uuid}/")
    assert file_path(original).read_bytes() == b"kept"
    assert all(path.startswith(".videorama/trash/") for path in media_files(media_root))
    services.delete_entry(user=entry.library.owner, entry=entry, with_files=True)
    assert file_path(original).read_bytes() == b"kept"


def test_deleting_works_when_the_files_are_gone() -> None:
    for with_files in (True, False):
        entry = make_entry(poster=b"p")
        file_path(playable_file(entry)).unlink()
        services.delete_entry(user=entry.library.owner, entry=entry, with_files=with_files)
    assert not Entry.objects.filter(deleted_at__isnull=True).exists()


def test_only_those_who_edit_delete() -> None:
    entry = make_entry()
    for with_files in (True, False):
        with pytest.raises(MayNotEdit):
            services.delete_entry(user=make_user(role="viewer"), entry=entry, with_files=with_files)
    assert Entry.objects.filter(deleted_at__isnull=True).count() == 1


def test_each_person_keeps_their_own_marks() -> None:
    entry, one, other = make_entry(duration_s=100), make_user(role="viewer"), make_user()
    services.set_state(user=one, entry=entry, favorite=True, rating=3)
    services.set_state(user=one, entry=entry, position_s=42.5)
    services.set_state(user=other, entry=entry, rating=5)
    mine = EntryState.objects.get(user=one)
    assert (mine.favorite, mine.rating, mine.position_s) == (True, 3, 42.5)
    services.set_state(user=one, entry=entry, rating=0, favorite=False)
    mine.refresh_from_db()
    assert (mine.favorite, mine.rating) == (False, None)
    assert EntryState.objects.get(user=other).rating == 5
    for wrong in (
        {"rating": 6},
        {"rating": -1},
        {"position_s": -1.0},
        {"position_s": float("nan")},
    ):
        with pytest.raises(Invalid):
            services.set_state(user=one, entry=entry, **wrong)


def test_the_end_counts_as_watched_and_goes_back_to_the_start() -> None:
    entry, user = make_entry(duration_s=100), make_user()
    state = services.set_state(user=user, entry=entry, position_s=96)
    assert state.position_s == 0
    assert state.watched_at is not None
    state = services.set_state(user=user, entry=entry, position_s=10)
    assert state.position_s == 10
    assert state.watched_at is not None
    assert services.set_state(user=user, entry=entry, watched=False).watched_at is None


@pytest.mark.django_db(transaction=True)
def test_marks_and_views_made_at_once_are_all_kept() -> None:
    entry, user = make_entry(), make_user()
    changes: list[dict[str, Any]] = [{"favorite": True}, {"rating": 4}, {"position_s": 7.0}] * 3

    def write(change: dict[str, Any]) -> None:
        try:
            services.set_state(user=user, entry=entry, **change)
            services.count_view(entry=Entry.objects.get(pk=entry.pk))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = EntryState.objects.get(user=user, entry=entry)
    assert (state.favorite, state.rating, state.position_s) == (True, 4, 7.0)
    entry.refresh_from_db()
    assert entry.view_count == len(changes)
    assert entry.last_viewed_at is not None


@pytest.mark.django_db(transaction=True)
def test_first_imports_asked_at_once_make_one_default_library() -> None:
    users = [make_user() for _ in range(6)]
    found: list[int] = []

    def ask(user: Any) -> None:
        try:
            found.append(services.ensure_default_library(user=user).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert set(found) == {Library.objects.get().pk}
