"""Tags: names, tree, merging, and who may know of them."""

import pytest

from library import queries, services
from library.errors import TagCircle, TagOfOthers, TagTaken
from library.models import Tag, TagSource
from library.services.facts import add_tags
from library.tests.factories import make_entry, make_library, make_user
from videorama.accounts.models import User
from videorama.errors import Invalid, NotAllowed, NotFound
from videorama.ledger.tests.leaving import leaving

pytestmark = pytest.mark.django_db


def test_a_name_belongs_to_one_tag_whatever_its_case(editor: User) -> None:
    services.create_tag(user=editor, name="  Sea  wind ")
    assert Tag.objects.get().name == "Sea wind"
    with pytest.raises(TagTaken):
        services.create_tag(user=editor, name="SEA WIND")
    other = services.create_tag(user=editor, name="Rain")
    with pytest.raises(TagTaken):
        services.edit_tag(user=editor, tag=other, name="sea wind")
    for name in ("", " ", "x" * 101, "a,b", "\0"):
        with pytest.raises(Invalid):
            services.create_tag(user=editor, name=name)
    with pytest.raises(NotAllowed):
        services.create_tag(user=make_user(role="viewer"), name="Mine")


def test_a_tag_never_stands_below_itself(editor: User) -> None:
    top = services.create_tag(user=editor, name="Top")
    middle = services.create_tag(user=editor, name="Middle", parent=top)
    low = services.create_tag(user=editor, name="Low", parent=middle)
    for parent in (top, middle, low):
        with pytest.raises(TagCircle):
            services.edit_tag(user=editor, tag=top, parent=parent, move=True)
    services.edit_tag(user=editor, tag=low, parent=None, move=True)
    services.edit_tag(user=editor, tag=top, parent=low, move=True)
    services.delete_tag(user=editor, tag=top)
    middle.refresh_from_db()
    assert middle.parent == low


def test_two_who_change_a_tag_at_once_lose_nothing(editor: User) -> None:
    tag = services.create_tag(user=editor, name="Sea")
    water = services.create_tag(user=editor, name="Water")
    seen = Tag.objects.get(pk=tag.pk)
    services.edit_tag(user=editor, tag=tag, name="Ocean")
    services.edit_tag(user=editor, tag=seen, parent=water, move=True)
    tag.refresh_from_db()
    assert (tag.name, tag.parent) == ("Ocean", water)
    services.delete_tag(user=editor, tag=Tag.objects.get(pk=tag.pk))
    with leaving(), pytest.raises(NotFound):
        services.delete_tag(user=editor, tag=tag)
    with pytest.raises(NotFound):
        services.edit_tag(user=editor, tag=tag, name="Sea")
    with pytest.raises(NotFound):
        services.merge_tags(user=editor, sources=[tag], target=water)


def test_a_merge_tags_each_entry_once_and_moves_the_children(editor: User) -> None:
    entries = [make_entry() for _ in range(4)]
    add_tags(entries[0], ["Film"], source=TagSource.IMPORT)
    services.tag_entries(user=editor, entries=[entries[0], entries[1]], add=["Movie"])
    add_tags(entries[2], ["Film", "Cinema"], source=TagSource.IMPORT)
    services.tag_entries(user=editor, entries=[entries[2]], remove=["Film"])
    add_tags(entries[3], ["Film"], source=TagSource.IMPORT)
    film, movie, cinema = (Tag.objects.get(name=name) for name in ("Film", "Movie", "Cinema"))
    child = services.create_tag(user=editor, name="Noir", parent=movie)
    services.edit_tag(user=editor, tag=film, parent=movie, move=True)
    with leaving("tag.merged"):
        services.merge_tags(user=editor, sources=[movie, cinema], target=film)
    assert set(Tag.objects.values_list("name", flat=True)) == {"Film", "Noir"}
    child.refresh_from_db()
    film.refresh_from_db()
    assert (child.parent, film.parent) == (film, None)
    found = [entry.entry_tags.get() for entry in entries]
    assert [link.hidden for link in found] == [False] * 4
    assert [link.source for link in found] == ["user", "user", "import", "import"]
    assert queries.tag_by_uuid(editor, film.uuid).usage_count == 4


def test_tags_of_private_libraries_are_known_only_to_their_people(editor: User) -> None:
    private = make_entry(library=make_library(is_private=True))
    owner = private.library.owner
    services.tag_entries(user=owner, entries=[private, make_entry()], add=["Shared"])
    services.tag_entries(user=owner, entries=[private], add=["Secret"])
    services.create_tag(user=owner, name="Under")
    assert {tag.name for tag in queries.visible_tags(editor)} == {"Shared", "Under"}
    assert queries.suggested_tags(editor, "se") == []
    assert [tag.name for tag in queries.suggested_tags(owner, "SE")] == ["Secret"]
    secret = queries.counted_tags(owner).get(name="Secret")
    services.edit_tag(
        user=owner, tag=queries.counted_tags(owner).get(name="Under"), parent=secret, move=True
    )
    assert getattr(queries.counted_tags(editor).get(name="Under").parent, "name", "") == ""
    assert getattr(queries.counted_tags(owner).get(name="Under").parent, "name", "") == "Secret"
    shared = queries.counted_tags(editor).get(name="Shared")
    assert shared.usage_count == 1
    for act in (
        lambda: services.edit_tag(user=editor, tag=shared, name="Mine"),
        lambda: services.delete_tag(user=editor, tag=shared),
    ):
        with pytest.raises(TagOfOthers):
            act()
    assert services.create_tag(user=editor, name="secret").name == "Secret"


def test_nobody_makes_thousands_of_tags_at_once(editor: User) -> None:
    entry = make_entry()
    before = Tag.objects.count()
    names = [f"tag {number}" for number in range(201)]
    with pytest.raises(Invalid):
        services.tag_entries(user=editor, entries=[entry], add=names)
    with pytest.raises(Invalid):
        services.change_many(
            user=editor,
            kind="tags",
            entries=queries.entries_for(editor),
            params={"add": names, "remove": []},
        )
    assert Tag.objects.count() == before
