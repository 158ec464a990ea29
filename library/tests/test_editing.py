"""What a person says about an entry stays, and nobody's save is lost."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from library import services
from library.errors import ChangedMeanwhile, MayNotEdit
from library.models import Entry, FileRole, PropertySource, TagSource
from library.queries import detailed_entry, entry_document, file_path, visible_tags
from library.services.facts import add_properties, add_tags
from library.tests.factories import make_entry, make_library, make_user
from videorama.accounts.models import User
from videorama.errors import Invalid, NotFound
from videorama.ledger.models import LedgerEvent
from videorama.ledger.tests.leaving import leaving
from videorama.tests.fakes.media_files import media_file

pytestmark = pytest.mark.django_db
SAID = {"title": "From the source", "uploader": "Them", "description": "Theirs", "language": "de"}


@pytest.fixture
def editor_client(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def test_a_refresh_changes_what_no_person_set(editor: User) -> None:
    entry = make_entry(title="Old", uploader="Old", language="en")
    services.edit_entry(user=editor, entry=entry, title="Mine", language="")
    changed = services.refresh_entry(user=editor, entry=entry, fields=SAID, properties={})
    entry.refresh_from_db()
    assert sorted(changed) == ["description", "uploader"]
    assert (entry.title, entry.uploader, entry.description) == ("Mine", "Them", "Theirs")
    assert entry.language == ""
    assert services.refresh_entry(user=editor, entry=entry, fields=SAID, properties={}) == []


def test_a_persons_property_outranks_the_source_and_so_does_its_absence(editor: User) -> None:
    entry = make_entry()
    add_properties(entry, {"artist": "A", "album": "B", "genre": "C"}, source="platform")
    services.set_property(user=editor, entry=entry, key="artist", value="Mine")
    services.remove_property(user=editor, entry=entry, key="album")
    said = {"artist": "X", "album": "Y", "genre": "Z", "track": "1"}
    services.refresh_entry(user=editor, entry=entry, fields={}, properties=said)
    now = {one.key: (one.value, one.source) for one in entry.properties.all()}
    assert now == {
        "artist": ("Mine", PropertySource.USER),
        "genre": ("Z", PropertySource.PLATFORM),
        "track": ("1", PropertySource.PLATFORM),
    }
    services.set_property(user=editor, entry=entry, key="album", value="Again")
    assert entry.properties.get(key="album").value == "Again"
    with pytest.raises(NotFound):
        services.remove_property(user=editor, entry=entry, key="never")


@pytest.mark.parametrize(("key", "value"), [("", "x"), ("k" * 61, "x"), ("k", ""), ("k", "\0")])
def test_a_property_needs_a_name_and_a_value(editor: User, key: str, value: str) -> None:
    with pytest.raises(Invalid):
        services.set_property(user=editor, entry=make_entry(), key=key, value=value)


def test_a_tag_taken_off_does_not_return_and_a_machines_tag_can_become_ones_own(
    editor: User,
) -> None:
    entry = make_entry()
    add_tags(entry, ["Coast", "Winter"], source=TagSource.IMPORT)
    services.tag_entries(user=editor, entries=[entry], add=["winter"], remove=["COAST"])
    add_tags(entry, ["coast", "winter"], source=TagSource.IMPORT)
    links = {link.tag.name: (link.source, link.hidden) for link in entry.entry_tags.all()}
    assert links == {"Coast": (TagSource.IMPORT, True), "Winter": (TagSource.USER, False)}
    document = entry_document(detailed_entry(editor, entry.uuid), editor)
    assert (document["tags"], document["auto_tags"], document["user_tags"]) == (
        ["Winter"], [], ["Winter"],
    )  # fmt: skip
    services.tag_entries(user=editor, entries=[entry], add=["coast"])
    assert entry.entry_tags.get(tag__name="Coast").source == TagSource.USER


def test_one_save_is_one_fact_with_all_that_changed(editor: User) -> None:
    entry = make_entry(title="Old")
    before = LedgerEvent.objects.count()
    services.edit_entry(
        user=editor, entry=entry, title="New", tags=["One"], properties={"artist": "Ann"}
    )
    (fact,) = LedgerEvent.objects.order_by("pk")[before:]
    assert fact.event == "entry.edited"
    assert fact.data == {
        "title": {"from": "Old", "to": "New"},
        "tags": {"add": ["One"], "remove": []},
        "properties": {"artist": {"from": None, "to": "Ann"}},
    }
    services.edit_entry(user=editor, entry=entry, title="New", tags=["one"])
    assert LedgerEvent.objects.count() == before + 1


def test_nothing_is_saved_when_one_part_cannot_be(editor: User) -> None:
    entry = make_entry(title="Old")
    too_many = [f"tag {number}" for number in range(201)]
    for wrong in (
        {"language": "nope!"},
        {"properties": {"k" * 99: "v"}},
        {"tags": too_many},
        {"uploader": "x" * 301},
    ):
        with pytest.raises(Invalid):
            services.edit_entry(user=editor, entry=entry, title="New", **wrong)
    with pytest.raises(MayNotEdit):
        services.edit_entry(user=make_user(role="viewer"), entry=entry, title="New")
    assert Entry.objects.get(pk=entry.pk).title == "Old"
    assert not visible_tags(editor).exists()


def test_a_form_opened_before_anothers_save_shows_both_and_loses_nothing(
    editor_client: Client, editor: User
) -> None:
    entry = make_entry(title="Old", description="Text")
    version = services.version_of(Entry.objects.get(pk=entry.pk))
    services.edit_entry(user=make_user(), entry=entry, title="Theirs")
    with pytest.raises(ChangedMeanwhile):
        services.edit_entry(user=editor, entry=entry, version=version, title="Mine")
    sent = {"title": "Mine", "description": "Text", "tags": "a, b", "version": version}
    answer = editor_client.post(f"/entries/{entry.uuid}/save/", sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else changed this entry" in page
    assert 'value="Mine"' in page and "Theirs" in page and 'value="a, b"' in page
    assert Entry.objects.get(pk=entry.pk).title == "Theirs"
    fresh = services.version_of(Entry.objects.get(pk=entry.pk))
    assert f'value="{fresh}"' in page
    answer = editor_client.post(f"/entries/{entry.uuid}/save/", sent | {"version": fresh})
    assert answer.status_code == 302
    assert Entry.objects.get(pk=entry.pk).title == "Mine"


def test_the_form_on_a_page_of_its_own_leads_back_to_the_entry(
    editor_client: Client, editor: User
) -> None:
    address = f"/entries/{make_entry(library=make_library(owner=editor)).uuid}/edit/"
    page = editor_client.get(address).content.decode()
    piece = editor_client.get(address, headers={"HX-Request": "true"}).content.decode()
    form = 'id="about" method="post"'
    assert form in page and "hx-post" not in page[page.index(form) :].partition(">")[0]
    assert form in piece and "hx-post" in piece[piece.index(form) :].partition(">")[0]


def test_the_form_saves_tags_date_and_properties(editor_client: Client) -> None:
    entry = make_entry(title="Old")
    add_properties(entry, {"artist": "A", "album": "B"}, source="platform")
    page = editor_client.get(f"/entries/{entry.uuid}/edit/").content.decode()
    assert "Platform" in page and 'value="artist"' in page
    sent: dict[str, Any] = {
        "title": "New", "tags": "Sea, Wind", "published": "2021-03-04", "language": "pt_BR",
        "property-key": ["", "artist", "album", "genre"], "property-value": ["", "A", "", "Rock"],
    }  # fmt: skip
    assert editor_client.post(f"/entries/{entry.uuid}/save/", sent).status_code == 302
    entry.refresh_from_db()
    assert (entry.title, entry.language) == ("New", "pt-BR")
    assert entry.published_at is not None and f"{entry.published_at:%F}" == "2021-03-04"
    assert {one.key: one.source for one in entry.properties.all()} == {
        "artist": PropertySource.PLATFORM, "genre": PropertySource.USER,
    }  # fmt: skip
    assert sorted(link.tag.name for link in entry.entry_tags.all()) == ["Sea", "Wind"]


def test_subtitles_are_brought_replaced_and_removed(editor_client: Client) -> None:
    entry = make_entry()
    address = f"/entries/{entry.uuid}/subtitles/"
    for words in ("Bonjour", "Salut"):
        file = SimpleUploadedFile("a.srt", f"1\n00:00:01,0 --> 00:00:02,0\n{words}\n".encode())
        with leaving("entry.edited"):
            answer = editor_client.post(f"{address}add/", {"file": file, "language": "fr"})
        assert answer.status_code == 302
    row = entry.files.get(role=FileRole.SUBTITLE)
    assert (row.language, row.format) == ("fr", "vtt")
    assert "Salut" in file_path(row).read_text()
    assert 'srclang="fr"' in editor_client.get(f"/entries/{entry.uuid}/").content.decode()
    picture = SimpleUploadedFile("b.srt", media_file("poster.jpg").read_bytes())
    answer = editor_client.post(f"{address}add/", {"file": picture, "language": "en"})
    assert answer.status_code == 422 and "no subtitles" in answer.content.decode()
    assert editor_client.post(f"{address}{row.uuid}/remove/").status_code == 302
    assert not file_path(row).exists()
    assert not list(file_path(row).parents[1].glob(".videorama/incoming/*"))


def test_a_picture_is_drawn_anew_and_kept_through_refreshes(editor_client: Client) -> None:
    entry = make_entry(source=media_file("chapters.mp4"), poster=b"old")
    address = f"/entries/{entry.uuid}/picture/save/"
    text = SimpleUploadedFile("x.jpg", b"\xff\xd8 no picture", content_type="image/jpeg")
    assert editor_client.post(address, {"file": text}).status_code == 422
    assert editor_client.post(address, {}).status_code == 422
    brought = media_file("poster.jpg").read_bytes()
    sent = SimpleUploadedFile("x.jpg", brought, content_type="image/jpeg")
    with leaving("entry.edited"):
        assert editor_client.post(address, {"file": sent}).status_code == 302
    first = entry.files.get(role=FileRole.POSTER)
    assert file_path(first).read_bytes()[:2] == b"\xff\xd8"
    assert file_path(first).read_bytes() != brought
    assert editor_client.post(address, {"at_s": "2.5"}).status_code == 302
    assert entry.files.get(role=FileRole.POSTER).sha256 != first.sha256
    assert editor_client.post(address, {"at_s": "9000"}).status_code == 422
    assert "poster" in Entry.objects.get(pk=entry.pk).edited_fields


def test_an_entry_moves_from_its_page_and_back_by_undo(editor_client: Client, editor: User) -> None:
    entry, other = make_entry(), make_library()
    home, address = entry.library.slug, f"/entries/{entry.uuid}/move/"
    assert editor_client.post(address, {"library": ""}).status_code == 422
    with leaving("entry.moved"):
        answer = editor_client.post(address, {"library": other.slug, "subfolder": ""}, follow=True)
    assert Entry.objects.get(pk=entry.pk).library == other
    undo = (
        answer.content.decode()
        .partition("data-undo")[0]
        .rpartition('action="')[2]
        .partition('"')[0]
    )
    with leaving("entry.moved"):
        editor_client.post(undo)
    assert Entry.objects.get(pk=entry.pk).library.slug == home
    assert file_path(entry.files.get()).is_file()
