"""What happened to an entry, as its page tells it."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from library import services
from library.queries import entries_for
from library.tests.factories import make_entry, make_library
from videorama.ledger.services import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(editor):
    return make_entry(library=make_library(owner=editor, name="Talks"), title="Old")


def lines(client, user, entry, query=""):
    """Sentence, detail and door of each fact."""
    client.force_login(user)
    text = client.get(f"/entries/{entry.uuid}/history/{query}", headers={"HX-Request": "true"}).text
    assert "<html" not in text
    found = re.findall(r"<li.*?</li>", text, re.S)
    parts = [re.findall(r"<(?:bdi|small)[^>]*>(.*?)</", one, re.S) for one in found]
    return [" | ".join(unescape(part) for part in one) for one in parts]


def test_it_tells_who_changed_what_and_by_which_door(client, editor, entry):
    services.edit_entry(user=editor, entry=entry, title="New", description=entry.description)
    assert lines(client, editor, entry) == [
        "editor changed the title | “Old” became “New” | Command line"
    ]


def test_a_value_from_a_form_tells_what_was_there_before(client, editor, entry):
    client.force_login(editor)
    client.post(f"/entries/{entry.uuid}/save/", {"title": "New", "description": "Words"})
    assert lines(client, editor, entry)[0] == "editor changed title and description | Web page"


def test_words_that_change_nothing_are_no_fact(client, editor, entry):
    services.edit_entry(user=editor, entry=entry, title="Old")
    assert lines(client, editor, entry) == []


def test_marks_are_told_only_to_their_owner(client, editor, viewer, entry):
    services.set_state(user=viewer, entry=entry, rating=4, favorite=True)
    services.set_state(user=viewer, entry=entry, rating=4)
    services.set_state(user=viewer, entry=entry, position_s=3.0)
    assert lines(client, viewer, entry) == ["viewer rated it with 4 stars | Command line"]
    assert lines(client, editor, entry) == []


def test_marks_of_many_entries_are_told_only_to_their_owner(client, editor, viewer, entry):
    for kind, value in (("favorite", True), ("watched", True)):
        services.change_many(
            user=viewer, kind=kind, entries=entries_for(viewer), params={"value": value}
        )
    assert len(lines(client, viewer, entry)) == 2
    assert lines(client, editor, entry) == []


def test_marks_beside_words_are_told_only_to_their_owner(client, editor, viewer, entry):
    services.change_entry(
        user=editor, entry=entry, words={"title": "New"}, marks={"favorite": True, "rating": 1}
    )
    assert lines(client, viewer, entry) == [
        "editor changed the title | “Old” became “New” | Command line"
    ]
    assert lines(client, editor, entry) == ["editor changed several details | Command line"]


def test_work_around_the_entry_is_told_to_editors(client, editor, viewer, entry):
    record("job.failed", about=[("entry", entry.uuid)], data={"reason": "Broken."})
    assert lines(client, viewer, entry) == []
    assert lines(client, editor, entry) == ["A job failed | Broken. | Command line"]


def test_a_private_library_stays_without_a_name(client, editor, viewer, admin, entry):
    hidden = make_library(owner=admin, name="Hidden shelf", is_private=True)
    change = {"library": {"from": hidden.slug, "to": entry.library.slug}}
    about = [("entry", entry.uuid), ("library", hidden.slug), ("library", entry.library.slug)]
    record("entry.moved", user=admin, about=about, data=change)
    said = "admin moved it from {} to Talks | Command line"
    assert lines(client, viewer, entry) == [said.format("another library")]
    assert lines(client, admin, entry) == [said.format("Hidden shelf")]


def test_what_people_type_stays_text(client, editor, entry):
    services.edit_entry(user=editor, entry=entry, title="<b>%(who)s</b> %d")
    assert "“<b>%(who)s</b> %d”" in lines(client, editor, entry)[0]


def test_long_histories_come_in_pages_at_the_same_cost(client, editor, entry):
    client.force_login(editor)
    address = f"/entries/{entry.uuid}/history/"
    counts = []
    for _ in range(3):
        for number in range(10):
            record("entry.edited", user=editor, about=[("entry", entry.uuid)], data={"n": number})
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[1] == counts[2]  # The first visit also notes that somebody is here.
    record("entry.edited", user=editor, about=[("entry", entry.uuid)])
    page = client.get(address).text
    older = re.search(r'href="([^"]*\?after=[^"]*)"', page).group(1)
    assert len(lines(client, editor, entry, unescape(older).partition("/history/")[2])) == 1


def test_a_page_without_scripts_leads_there(client, editor, entry):
    client.force_login(editor)
    assert f'href="/entries/{entry.uuid}/history/"' in client.get(f"/entries/{entry.uuid}/").text
    assert "Nothing is written down" in client.get(f"/entries/{entry.uuid}/history/").text
