"""Entries and libraries through the HTTP API."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from library.models import Entry
from library.tests.factories import make_entry, make_library, make_user
from videorama.accounts.models import User
from videorama.ledger.models import LedgerEvent

pytestmark = pytest.mark.django_db

AGREED = {
    "id", "library_id", "title", "description", "uploader", "platform", "original_url",
    "duration_s", "size_bytes", "media_kind", "thumbnail_url", "favorite", "rating", "added_at",
    "files", "tags", "properties",
}  # fmt: skip


class Caller:
    """Somebody with a token."""

    def __init__(self, user: User, headers: dict[str, str]) -> None:
        self.user, self.headers, self.client = user, headers, Client()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and document."""
        answer = self.client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else self.client._encode_json(body, "application/json"),
            content_type="application/json",
            headers=self.headers,
        )
        return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def speak(bearer: Callable[[User], dict[str, str]]) -> Callable[[User], Caller]:
    return lambda user: Caller(user, bearer(user))


@pytest.fixture
def editor_calls(speak: Callable[[User], Caller]) -> Caller:
    return speak(make_user())


@pytest.fixture
def viewer_calls(speak: Callable[[User], Caller]) -> Caller:
    return speak(make_user(role="viewer"))


def test_an_entry_is_the_agreed_document(viewer_calls: Caller) -> None:
    entry = make_entry(title="Blue", original_url="https://e.org/1", poster=b"p")
    status, found = viewer_calls.ask("GET", f"/entries/{entry.uuid}")
    assert status == 200
    assert set(found) >= AGREED
    assert (found["id"], found["title"]) == (str(entry.uuid), "Blue")
    assert found["library_id"] == entry.library.slug
    original = next(file for file in found["files"] if file["role"] == "original")
    assert set(original) >= {"id", "role", "format", "size_bytes", "sha256"}
    assert len(original["sha256"]) == 64
    assert "path" not in original
    assert (found["tags"], found["properties"]) == ([], {})


def test_entries_are_listed_in_pages(viewer_calls: Caller) -> None:
    made = [make_entry() for _ in range(5)]
    status, first = viewer_calls.ask("GET", "/entries?limit=3")
    assert status == 200
    assert set(first) == {"items", "count", "count_capped", "next"}
    assert (first["count"], first["count_capped"]) == (5, False)
    _status, second = viewer_calls.ask("GET", f"/entries?limit=3&after={first['next']}")
    ids = [entry["id"] for entry in first["items"] + second["items"]]
    assert ids == [str(entry.uuid) for entry in reversed(made)]
    assert second["next"] is None
    _status, skipped = viewer_calls.ask("GET", "/entries?offset=4")
    assert [entry["id"] for entry in skipped["items"]] == [str(made[0].uuid)]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "offset=-1", "offset=10001", "after=nonsense", "sort=size",
     "media_kind=image", "favorite=perhaps"],
)  # fmt: skip
def test_what_a_list_cannot_be_asked_is_refused(viewer_calls: Caller, query: str) -> None:
    status, found = viewer_calls.ask("GET", f"/entries?{query}")
    assert status == 422
    assert found["error"]["code"] == "invalid"


def test_five_hundred_may_be_asked_at_once(viewer_calls: Caller) -> None:
    assert viewer_calls.ask("GET", "/entries?limit=500")[0] == 200


def test_lists_are_filtered(editor_calls: Caller) -> None:
    library = make_library(slug="films", is_private=True, owner=editor_calls.user)
    hidden = make_entry(library=library, title="Hidden", platform="Vimeo", media_kind="audio")
    shown = make_entry(title="Shown", uploader="Ann")

    def ids(query: str) -> list[str]:
        status, found = editor_calls.ask("GET", f"/entries?{query}")
        assert status == 200
        return [entry["id"] for entry in found["items"]]

    assert ids("") == [str(shown.uuid)]
    assert ids("library_id=films") == [str(hidden.uuid)]
    assert ids("library_id=films&platform=vimeo&media_kind=audio&search=hid") == [str(hidden.uuid)]
    assert ids("search=ann") == [str(shown.uuid)]
    assert ids("search=%00") == [str(shown.uuid)]
    assert ids("favorite=true") == []
    assert ids("tag=none") == []
    assert editor_calls.ask("GET", "/entries?library_id=nothing")[0] == 404


def test_everybody_keeps_their_own_marks(viewer_calls: Caller, editor_calls: Caller) -> None:
    entry = make_entry(duration_s=100)
    path = f"/entries/{entry.uuid}"
    change = {"favorite": True, "rating": 4, "position_s": 12.5}
    status, found = viewer_calls.ask("PATCH", path, change)
    assert status == 200
    assert {name: found[name] for name in change} == change
    _status, theirs = editor_calls.ask("GET", path)
    assert (theirs["favorite"], theirs["rating"], theirs["position_s"]) == (False, None, 0)
    assert viewer_calls.ask("PATCH", path, {"rating": None})[1]["rating"] is None


def test_only_editors_change_what_everybody_sees(
    viewer_calls: Caller, editor_calls: Caller
) -> None:
    entry = make_entry(title="Old")
    path = f"/entries/{entry.uuid}"
    status, found = viewer_calls.ask("PATCH", path, {"title": "New", "favorite": True})
    assert (status, found["error"]["code"]) == (403, "not_allowed")
    assert viewer_calls.ask("GET", path)[1]["favorite"] is False
    status, found = editor_calls.ask("PATCH", path, {"title": "New 🎬", "description": "d"})
    assert (status, found["title"], found["description"]) == (200, "New 🎬", "d")


@pytest.mark.parametrize(
    "change",
    [{"title": ""}, {"title": "x" * 501}, {"title": None}, {"rating": 6}, {"rating": "five"},
     {"position_s": -1}, {"language": "?"}, {"tags": "x"}, {"nothing": 1}],
)  # fmt: skip
def test_changes_that_cannot_be_used_are_refused(editor_calls: Caller, change: Any) -> None:
    entry = make_entry(title="Old")
    status, _found = editor_calls.ask("PATCH", f"/entries/{entry.uuid}", change)
    entry.refresh_from_db()
    assert entry.title == "Old"
    assert status == (200 if change == {"title": None} else 422)


@pytest.mark.parametrize("with_files", [True, False])
def test_entries_are_deleted(viewer_calls: Caller, editor_calls: Caller, with_files: bool) -> None:
    entry = make_entry()
    path = f"/entries/{entry.uuid}?with_files={str(with_files).lower()}"
    assert viewer_calls.ask("DELETE", path)[0] == 403
    assert editor_calls.ask("DELETE", path) == (204, None)
    assert editor_calls.ask("GET", f"/entries/{entry.uuid}")[0] == 404
    assert Entry.objects.get(pk=entry.pk).files_stay is not with_files


def test_viewings_are_counted(viewer_calls: Caller) -> None:
    entry = make_entry()
    for number in (1, 2):
        status, found = viewer_calls.ask("POST", f"/entries/{entry.uuid}/view")
        assert (status, found["view_count"]) == (200, number)
        assert found["last_viewed_at"]


def test_libraries_are_made_read_changed_and_removed(editor_calls: Caller) -> None:
    status, made = editor_calls.ask("POST", "/libraries", {"id": "films", "name": "Films"})
    assert (status, made["id"], made["entry_count"]) == (201, "films", 0)
    assert made["owner"] == editor_calls.user.username
    status, taken = editor_calls.ask("POST", "/libraries", {"id": "films", "name": "Again"})
    assert (status, taken["error"]["code"]) == (409, "library_taken")
    assert editor_calls.ask("GET", "/libraries/films")[1]["name"] == "Films"
    change = {"name": "Cinema", "path_template": "{year}/{title}.{ext}"}
    assert editor_calls.ask("PATCH", "/libraries/films", change)[1]["name"] == "Cinema"
    listed = editor_calls.ask("GET", "/libraries")[1]
    assert [(one["id"], one["path_template"]) for one in listed["items"]] == [
        ("films", "{year}/{title}.{ext}")
    ]
    assert editor_calls.ask("DELETE", "/libraries/films") == (204, None)
    assert editor_calls.ask("GET", "/libraries/films")[0] == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"id": "x"}, {"name": "x"}, {"id": "A B", "name": "x"}, {"id": "new", "name": "x"},
     {"id": "x", "name": ""}, {"id": "x", "name": "x", "path_template": "{nothing}"},
     {"id": "x", "name": "x", "folder": "../y"}, {"id": "x", "name": "x", "owner": "me"}, []],
)  # fmt: skip
def test_libraries_that_cannot_be_made_are_refused(editor_calls: Caller, body: Any) -> None:
    status, found = editor_calls.ask("POST", "/libraries", body)
    assert status == 422
    assert set(found["error"]) == {"code", "message", "details"}


def test_a_library_with_entries_stays(editor_calls: Caller) -> None:
    library = make_library(owner=editor_calls.user)
    make_entry(library=library)
    status, found = editor_calls.ask("DELETE", f"/libraries/{library.slug}")
    assert (status, found["error"]["code"]) == (409, "library_not_empty")


def test_private_libraries_do_not_exist_for_strangers(
    editor_calls: Caller, speak: Callable[[User], Caller]
) -> None:
    library = make_library(slug="secret", is_private=True)
    entry = make_entry(library=library)
    owner = speak(library.owner)
    for method, path in [
        ("GET", "/libraries/secret"),
        ("PATCH", "/libraries/secret"),
        ("DELETE", "/libraries/secret"),
        ("GET", "/libraries/secret/members"),
        ("GET", "/entries?library_id=secret"),
        ("GET", f"/entries/{entry.uuid}"),
        ("PATCH", f"/entries/{entry.uuid}"),
        ("DELETE", f"/entries/{entry.uuid}"),
        ("POST", f"/entries/{entry.uuid}/view"),
    ]:
        body = {} if method == "PATCH" else None
        assert editor_calls.ask(method, path, body)[0] == 404, path
    assert editor_calls.ask("GET", "/libraries")[1]["items"] == []
    assert [one["id"] for one in owner.ask("GET", "/libraries")[1]["items"]] == ["secret"]
    assert owner.ask("GET", "/libraries?include_private=false")[1]["items"] == []


def test_the_owner_decides_who_belongs(
    speak: Callable[[User], Caller], editor_calls: Caller
) -> None:
    library, friend = make_library(is_private=True), make_user(role="viewer")
    owner, path = speak(library.owner), f"/libraries/{library.slug}/members"
    status, member = owner.ask("PUT", f"{path}/{friend.username}", {"role": "viewer"})
    assert (status, member["username"], member["role"]) == (200, friend.username, "viewer")
    assert owner.ask("GET", path)[1]["items"] == [member]
    friend_calls = speak(friend)
    assert friend_calls.ask("GET", f"/libraries/{library.slug}")[0] == 200
    assert friend_calls.ask("GET", path)[0] == 403
    assert friend_calls.ask("DELETE", f"{path}/{friend.username}")[0] == 403
    assert owner.ask("PUT", f"{path}/{friend.username}", {"role": "king"})[0] == 422
    assert owner.ask("PUT", f"{path}/nobody", {"role": "viewer"})[0] == 404
    assert owner.ask("DELETE", f"{path}/{friend.username}") == (204, None)
    assert friend_calls.ask("GET", f"/libraries/{library.slug}")[0] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/entries"), ("GET", "/libraries"), ("POST", "/libraries"),
     ("GET", f"/entries/{uuid.UUID(int=1)}"), ("DELETE", f"/entries/{uuid.UUID(int=1)}")],
)  # fmt: skip
def test_nobody_is_answered_without_a_token(method: str, path: str) -> None:
    status, found = Caller(make_user(), {}).ask(method, path)
    assert (status, found["error"]["code"]) == (401, "unauthenticated")


def test_the_list_costs_the_same_queries_with_ten_more_rows(
    viewer_calls: Caller, django_assert_num_queries: Any
) -> None:
    for count in (2, 10):
        for _ in range(count):
            make_entry(poster=b"p")
        viewer_calls.ask("GET", "/entries")
        with django_assert_num_queries(9):
            viewer_calls.ask("GET", "/entries?limit=100")


def test_a_patch_changes_words_tags_properties_and_place(editor_calls: Caller) -> None:
    entry, other = make_entry(title="Old"), make_library()
    path = f"/entries/{entry.uuid}"
    change = {
        "title": "New", "tags": ["Sea", "Wind"], "properties": {"artist": "Ann"},
        "language": "de", "published_at": "2021-03-04T05:06:07Z", "library_id": other.slug,
        "rating": 3,
    }  # fmt: skip
    facts = LedgerEvent.objects.count()
    status, found = editor_calls.ask("PATCH", path, change)
    assert (status, LedgerEvent.objects.count() - facts) == (200, 1)
    assert (found["title"], found["user_tags"], found["auto_tags"]) == ("New", ["Sea", "Wind"], [])
    assert (found["properties"], found["library_id"]) == ({"artist": "Ann"}, other.slug)
    assert entry.files.get().path.startswith(f"{other.folder}/")
    change = {"tags": ["wind"], "properties": {"artist": None}, "published_at": None}
    _status, found = editor_calls.ask("PATCH", path, change)
    assert (found["tags"], found["properties"], found["published_at"]) == (["Wind"], {}, None)
    assert editor_calls.ask("PATCH", path, {"library_id": "nowhere"})[0] == 404
    _status, listed = editor_calls.ask("GET", f"{path}/tags")
    assert [(one["name"], one["source"]) for one in listed] == [("Wind", "user")]


def test_the_trash_is_listed_and_restored(editor_calls: Caller) -> None:
    entry = make_entry(title="Gone")
    editor_calls.ask("DELETE", f"/entries/{entry.uuid}?with_files=true")
    _status, found = editor_calls.ask("GET", "/trash")
    assert [(one["title"], one["deleted_by"]) for one in found["items"]] == [
        ("Gone", editor_calls.user.username)
    ]
    assert editor_calls.ask("POST", f"/trash/{entry.uuid}/restore") == (204, None)
    assert editor_calls.ask("POST", f"/trash/{entry.uuid}/restore")[0] == 404
    assert editor_calls.ask("GET", f"/entries/{entry.uuid}")[0] == 200
