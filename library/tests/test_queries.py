"""Who sees and edits what, and what lists find."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries

from library import queries, services
from library.models import Entry, EntryState, EntryTag, FileRole, Library, Tag
from library.queries import EntryFilters
from library.tests.factories import make_entry, make_file, make_library, make_user
from videorama.accounts.models import User
from videorama.errors import Invalid, NotFound
from videorama.jobs.queries import editable_libraries

pytestmark = pytest.mark.django_db

# Who: (sees public, edits public, sees private, edits private)
MATRIX = {
    "admin": (True, True, True, True),
    "editor": (True, True, False, False),
    "viewer": (True, False, False, False),
    "inactive admin": (False, False, False, False),
    "anonymous": (False, False, False, False),
    "owner": (True, True, True, True),
    "owner who became a viewer": (True, False, True, False),
    "viewer who is a member": (True, False, True, False),
    "viewer who is an editing member": (True, True, True, True),
    "editor who is a viewing member": (True, True, True, False),
}


def _person(who: str, public: Library, private: Library) -> Any:
    if who == "anonymous":
        return AnonymousUser()
    if who == "owner":
        return private.owner
    if who == "owner who became a viewer":
        User.objects.filter(pk=private.owner.pk).update(role="viewer")
        return User.objects.get(pk=private.owner.pk)
    if who == "inactive admin":
        return make_user(role="admin", is_active=False)
    person = make_user(role=who.split()[0])
    if "member" in who:
        role = "editor" if "editing" in who else "viewer"
        for library in (public, private):
            library.memberships.create(user=person, role=role)
    return person


@pytest.mark.parametrize("who", MATRIX)
def test_libraries_are_seen_and_edited_by_the_matrix(who: str) -> None:
    owner = make_user()
    public, private = make_library(owner=owner), make_library(owner=owner, is_private=True)
    entries = {library: make_entry(library=library) for library in (public, private)}
    person = _person(who, public, private)
    sees = queries.libraries_for(person)
    edits = queries.editable_libraries_for(person)
    found = tuple(library in rows for library in (public, private) for rows in (sees, edits))
    assert found == MATRIX[who]
    for library, entry in entries.items():
        assert (entry in queries.entries_for(person)) == (library in sees)
        assert queries.may_edit(person, library) == (library in edits)
        if library not in sees:
            with pytest.raises(NotFound):
                queries.entry_by_uuid(person, entry.uuid)
            with pytest.raises(NotFound):
                queries.detailed_entry(person, entry.uuid)
            with pytest.raises(NotFound):
                queries.library_by_slug(person, library.slug)
    if isinstance(person, User):
        assert set(editable_libraries(person)) == {library.slug for library in edits}


def test_nobody_finds_what_does_not_exist() -> None:
    with pytest.raises(NotFound):
        queries.entry_by_uuid(make_user(role="admin"), uuid.uuid4())


def test_private_libraries_appear_only_in_their_own_list() -> None:
    library = make_library(is_private=True)
    hidden, shown = make_entry(library=library), make_entry()
    everything = queries.entry_page(library.owner).items
    assert everything == [shown]
    named = queries.entry_page(library.owner, EntryFilters(library=library)).items
    assert named == [hidden]


def test_filters_narrow_the_list() -> None:
    user, library = make_user(role="viewer"), make_library()
    blue = make_entry(
        library=library, title="Blue sea", platform="YouTube", uploader="Ann", duration_s=5
    )
    red = make_entry(
        library=library, title="Red", description="the SEA", media_kind="audio", duration_s=None
    )
    green = make_entry(library=library, title="green", duration_s=900)
    services.set_state(user=user, entry=blue, favorite=True)
    services.set_state(user=make_user(), entry=red, favorite=True)
    services.set_state(user=user, entry=red, watched=True)
    rock = Tag.objects.create(name="Rock")
    EntryTag.objects.create(entry=blue, tag=rock)
    EntryTag.objects.create(entry=red, tag=rock, hidden=True)

    def found(**filters: Any) -> list[Entry]:
        return queries.entry_page(user, EntryFilters(**filters)).items

    assert found() == [green, red, blue]
    assert found(text="sea") == [red, blue]
    assert found(text="sea ann") == [blue]
    assert found(text="100%_\0") == []
    assert found(kinds=("audio",)) == [red]
    assert found(platform="youtube") == [blue]
    assert found(tag="rock") == [blue]
    assert found(favorites=True) == [blue]
    assert found(favorites=False) == [green, red]
    assert found(unwatched=True) == [green, blue]
    assert found(sort="title") == [blue, green, red]
    assert found(sort="longest") == [green, blue, red]
    assert found(sort="oldest") == [blue, red, green]
    assert found(library=make_library()) == []
    with pytest.raises(Invalid):
        found(sort="size")


@pytest.mark.parametrize("sort", sorted(queries.SORTS))
def test_pages_follow_each_other_without_gap_or_repeat(sort: str) -> None:
    library = make_library()
    made = [
        make_entry(library=library, title=f"T{number % 3}", duration_s=float(number % 2))
        for number in range(11)
    ]
    user, seen, after = make_user(), [], None
    while True:
        page = queries.entry_page(user, EntryFilters(sort=sort), after, limit=3)
        assert page.count == 11
        seen += page.items
        after = page.next
        if after is None:
            break
    assert sorted(entry.pk for entry in seen) == [entry.pk for entry in made]


def _rich_entry(library: Library) -> Entry:
    entry = make_entry(library=library, poster=b"p")
    make_file(entry, content=b"v", role=FileRole.SUBTITLE, format="vtt")
    EntryTag.objects.create(entry=entry, tag=Tag.objects.create(name=f"tag {entry.pk}"))
    entry.properties.create(key="artist", value="Echo")
    entry.chapters.create(start_ms=0, end_ms=1, title="c")
    return entry


@pytest.mark.parametrize("what", ["documents", "continue watching", "libraries"])
def test_lists_cost_the_same_queries_with_ten_more_rows(
    what: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user, library = make_user(role="viewer"), make_library()

    def read() -> int:
        if what == "documents":
            page = queries.entry_page(user)
            return len([queries.entry_document(entry, user) for entry in page.items])
        if what == "continue watching":
            return len(
                [queries.entry_document(e, user) for e in queries.continue_watching(user, limit=50)]
            )
        shelves = queries.counted_libraries(user).select_related("owner")
        return len([queries.library_document(shelf) for shelf in shelves])

    def add(count: int) -> None:
        for _ in range(count):
            entry = _rich_entry(library if what != "libraries" else make_library())
            services.set_state(user=user, entry=entry, position_s=3)

    expected = {"documents": 8, "continue watching": 8, "libraries": 1}[what]
    add(2)
    with django_assert_num_queries(expected):
        few = read()
    add(10)
    with django_assert_num_queries(expected):
        assert read() == few + 10


def test_a_document_has_everything_that_was_agreed() -> None:
    library = make_library(slug="films")
    entry = _rich_entry(library)
    user = make_user(role="viewer")
    services.set_state(user=user, entry=entry, rating=4, favorite=True)
    found = queries.entry_document(queries.detailed_entry(user, entry.uuid), user)
    assert found["library_id"] == "films"
    assert found["size_bytes"] == entry.files.get(role="original").size_bytes
    assert (found["favorite"], found["rating"]) == (True, 4)
    assert found["tags"] == [f"tag {entry.pk}"]
    assert found["properties"] == {"artist": "Echo"}
    assert found["thumbnail_url"] == f"/api/v1/entries/{entry.uuid}/thumbnail"
    assert {file["role"] for file in found["files"]} == {"original", "poster", "subtitle"}
    other = make_user(role="viewer")
    theirs = queries.entry_document(queries.detailed_entry(other, entry.uuid), other)
    assert (theirs["favorite"], theirs["rating"]) == (False, None)


def test_a_known_source_counts_only_where_the_asker_may_look() -> None:
    library = make_library(is_private=True)
    entry = make_entry(
        library=library, normalized_url="https://e.org/1", source_extractor="Site", source_id="7"
    )
    owner, stranger = library.owner, make_user()

    def known(user: Any, url: str = "", **more: Any) -> Entry | None:
        return queries.known_source(user, normalized_url=url, **more)

    assert known(owner, "https://e.org/1") == entry
    assert known(owner, "https://e.org/2", extractor="Site", source_id="7") == entry
    assert known(owner, "https://e.org/2", extractor="Site", source_id="") is None
    assert known(owner, "") is None
    assert known(owner, "https://e.org/1", library=make_library()) is None
    assert known(stranger, "https://e.org/1") is None
    sha256 = entry.files.get().sha256
    assert queries.entry_by_hash(owner, library, sha256) == entry
    assert queries.entry_by_hash(owner, None, sha256) == entry
    assert queries.entry_by_hash(stranger, None, sha256) is None
    assert queries.entry_by_hash(owner, None, "") is None
    services.delete_entry(user=owner, entry=entry, with_files=True)
    assert known(owner, "https://e.org/1") is None
    assert queries.entry_by_hash(owner, None, sha256) is None


def test_continue_watching_shows_what_was_begun_last_watched_first() -> None:
    user = make_user(role="viewer")
    first, second, finished, untouched = (make_entry(duration_s=100) for _ in range(4))
    for entry in (first, second, finished):
        services.set_state(user=user, entry=entry, position_s=10)
    services.set_state(user=user, entry=finished, position_s=99)
    services.set_state(user=user, entry=first, position_s=20)
    begun = queries.continue_watching(user)
    assert begun == [first, second]
    assert queries.state_of(user, begun[0]).position_s == 20
    assert queries.continue_watching(make_user()) == []
    assert queries.continue_watching(user, library=second.library) == [second]
    assert untouched not in begun


def test_the_default_library_is_one_the_user_may_edit() -> None:
    viewer = make_user(role="viewer")
    assert queries.default_library_for(viewer) is None
    private = make_library(is_private=True)
    editor = make_user()
    assert queries.default_library_for(editor) is None
    assert queries.default_library_for(private.owner) == private
    made = services.ensure_default_library(user=editor)
    assert (made.slug, made.name) == ("videos", "Videos")
    assert services.ensure_default_library(user=private.owner) == made
    assert queries.default_library_for(private.owner) == made
    assert EntryState.objects.count() == 0


def test_counted_libraries_count_what_is_not_in_the_trash() -> None:
    library = make_library()
    kept, gone = (make_entry(library=library, content=bytes(10 + n)) for n in range(2))
    services.delete_entry(user=library.owner, entry=gone, with_files=True)
    (shelf,) = queries.counted_libraries(library.owner)
    assert (shelf.entry_count, shelf.total_bytes, shelf.total_s) == (1, 10, kept.duration_s)
