"""The pages of the inbox and its rules, and their API, without a browser."""

import html
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports import services
from imports.models import Filing, FilingWay, InboxItem, InboxKind, Rule
from imports.services.learning import record_filing
from imports.tests.items import make_item
from library.models import Library
from library.tests.factories import make_entry, make_library
from videorama.accounts.models import User
from videorama.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def talks(editor: User) -> Library:
    return make_library(owner=editor, slug="talks", name="Talks")


@pytest.fixture
def signed_in(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def queries_of(client: Client, url: str, **headers: Any) -> int:
    assert client.get(url, **headers).status_code == 200  # Notes when the asker was last seen.
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url, **headers).status_code == 200
    return len(seen)


def test_an_empty_inbox_says_what_comes_there(signed_in: Client) -> None:
    assert "The inbox is empty" in text_of(signed_in.get("/inbox/"))


def test_who_edits_nowhere_is_shown_no_inbox(client: Client, editor: User, viewer: User) -> None:
    client.force_login(viewer)
    assert 'href="/inbox/"' not in client.get("/").content.decode()
    make_library(owner=editor, members={viewer: "editor"})
    assert 'href="/inbox/"' in client.get("/").content.decode()


def test_the_panel_shows_the_ranking_with_its_reasons(
    signed_in: Client, editor: User, talks: Library
) -> None:
    make_item(owner=editor, ranked=[(talks, 0.58)], uploader="Materials Lab", tags=["optics"])
    page = text_of(signed_in.get("/inbox/"))
    assert "3 of 5 from Materials Lab went to Talks." in page
    assert "58 %" in page and 'value="optics"' in page
    assert "Materials Lab" in page and "1 item needs a decision" in page


def test_a_form_without_scripts_decides_and_shows_the_next(
    signed_in: Client, editor: User, talks: Library
) -> None:
    older, newer = (make_item(owner=editor, ranked=[(talks, 0.6)]) for _number in range(2))
    sent = {"title": "Mine", "library": "talks", "tags": "one, two", "properties": "mood: calm"}
    answer = signed_in.post(f"/inbox/{newer.uuid}/approve/", sent)
    assert (answer.status_code, answer["Location"]) == (302, f"/inbox/{older.uuid}/")
    assert Job.objects.get(kind="file").params["given"] == {
        "title": "Mine",
        "tags": ["one", "two"],
        "properties": {"mood": "calm"},
        "language": "",
    }


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"title": ""}, "A title has 1 to 500 characters."),
        ({"title": "x"}, "Choose the library it goes to."),
        ({"title": "x", "library": "nowhere"}, "Choose a library that you may add to."),
        ({"title": "x", "library": "talks", "properties": "none"}, "Write each property as"),
        ({"title": "x", "library": "talks", "subfolder": "a/../b"}, "A folder name may not be"),
    ],
    ids=["title", "library", "foreign", "property", "folder"],
)
def test_bad_input_is_explained_and_nothing_is_lost(
    signed_in: Client, editor: User, talks: Library, sent: dict[str, str], said: str
) -> None:
    item = make_item(owner=editor)
    answer = signed_in.post(f"/inbox/{item.uuid}/approve/", {"tags": "kept, too", **sent})
    assert answer.status_code == 422
    assert said in text_of(answer) and 'value="kept, too"' in text_of(answer)
    assert InboxItem.objects.get().decision == "open"


def test_held_files_are_sent_by_the_transport_to_those_who_may_decide(
    signed_in: Client, editor: User, stranger: User
) -> None:
    item = make_item(owner=editor)
    answer = signed_in.get(f"/inbox/{item.uuid}/media/original")
    assert answer["X-Accel-Redirect"] == f"/_media/{item.root}/{item.held}/download/clip.mp4"
    assert signed_in.get(f"/inbox/{item.uuid}/media/info").status_code == 404
    signed_in.force_login(stranger)
    assert signed_in.get(f"/inbox/{item.uuid}/media/original").status_code == 404


def test_a_duplicate_shows_both_versions_and_what_can_be_done(
    signed_in: Client, editor: User, talks: Library
) -> None:
    entry = make_entry(library=talks, title="The old one")
    item = make_item(owner=editor, library=talks, kind=InboxKind.DUPLICATE, existing=entry)
    page = text_of(signed_in.get(f"/inbox/{item.uuid}/"))
    assert "The old one" in page and "360p" in page
    for name in ("Keep the old one", "Replace the old file", "Keep both", "Link the address"):
        assert name in page
    same = make_item(
        owner=editor, library=talks, kind=InboxKind.DUPLICATE, existing=entry, holds=False
    )
    page = text_of(signed_in.get(f"/inbox/{same.uuid}/"))
    assert "The same file, byte for byte." in page and "Replace the old file" not in page


def test_an_entry_says_why_it_was_filed_and_can_be_sent_back(
    signed_in: Client, editor: User, talks: Library
) -> None:
    kitchen = make_library(owner=editor, name="Kitchen")
    entry = make_entry(library=talks)
    reason = {"code": "channel", "value": "Lab", "yes": 9, "of": 10}
    record_filing(
        entry=entry, user=editor, way=FilingWay.AUTOMATIC, confidence=0.88, reasons=[reason]
    )
    page = text_of(signed_in.get(f"/entries/{entry.uuid}/"))
    assert "Filed automatically in Talks, 88 % sure" in page
    assert "9 of 10 from Lab went to Talks." in page and "Kitchen" in page
    assert signed_in.post(f"/inbox/entries/{entry.uuid}/undo/").status_code == 302
    assert "Filed automatically" not in text_of(signed_in.get(f"/entries/{entry.uuid}/"))
    assert Filing.objects.get().undone_by == editor
    assert kitchen.pk


def test_rules_are_written_tried_switched_and_deleted(
    signed_in: Client, editor: User, talks: Library
) -> None:
    for number in range(3):
        make_entry(library=talks, title=f"Lens {number}")
    sent = {"keyword": "lens", "library": "talks"}
    tried = text_of(signed_in.post("/inbox/rules/", {**sent, "try": "1"}))
    assert "This would have matched 3 of your newest 3 entries." in tried
    assert not Rule.objects.exists()
    assert signed_in.post("/inbox/rules/", sent).status_code == 302
    rule = Rule.objects.get()
    assert "The title holds “lens”" in text_of(signed_in.get("/inbox/rules/"))
    signed_in.post(f"/inbox/rules/{rule.uuid}/switch/", {"on": "0"})
    rule.refresh_from_db()
    assert not rule.is_on
    signed_in.post(f"/inbox/rules/{rule.uuid}/delete/")
    assert not Rule.objects.exists()
    for wrong in ({"subfolder": "../../etc"}, {"tags": "a" * 101}):
        assert signed_in.post("/inbox/rules/", sent | wrong).status_code == 422
    empty = signed_in.post("/inbox/rules/", {"library": "talks"})
    assert empty.status_code == 422 and "at least one condition" in text_of(empty)


def test_ten_more_rows_cost_no_more_queries(
    signed_in: Client, editor: User, talks: Library, bearer: Any
) -> None:
    headers = {"headers": bearer(editor)}
    pages = ["/inbox/", "/inbox/rules/"]

    def more() -> None:
        for number in range(10):
            entry = make_entry(library=talks)
            make_item(owner=editor, library=talks, ranked=[(talks, 0.6)], existing=entry)
            Rule.objects.create(
                origin="written", keyword=f"word {number}", library=talks, created_by=editor
            )

    more()
    before = [queries_of(signed_in, page) for page in pages]
    before += [queries_of(signed_in, f"/api/v1/{one}", **headers) for one in ("inbox", "rules")]
    more()
    after = [queries_of(signed_in, page) for page in pages]
    after += [queries_of(signed_in, f"/api/v1/{one}", **headers) for one in ("inbox", "rules")]

    assert after == before


def test_the_api_lists_changes_approves_and_rejects(
    client: Client, editor: User, talks: Library, bearer: Any
) -> None:
    headers = {"headers": bearer(editor), "content_type": "application/json"}
    item = make_item(owner=editor, ranked=[(talks, 0.58)])
    bare = make_item(owner=editor)
    listed = client.get("/api/v1/inbox?kind=low_confidence", **headers).json()
    assert listed["count"] == 2
    (one,) = [found for found in listed["items"] if found["id"] == str(item.uuid)]
    assert one["suggestions"] == [
        {
            "library_id": "talks",
            "confidence": 0.58,
            "reasons": ["3 of 5 from Materials Lab went to Talks."],
        }
    ]
    changed = client.patch(f"/api/v1/inbox/{item.uuid}", {"title": "Noted"}, **headers).json()
    assert changed["title"] == "Noted"
    refused = client.post(f"/api/v1/inbox/{bare.uuid}/approve", {}, **headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "library_required")
    given = {"title": "Final", "tags": ["a"], "confidence": 0.95}
    sent = {"library_id": "talks", "metadata_override": given}
    approved = client.post(f"/api/v1/inbox/{item.uuid}/approve", sent, **headers)
    assert approved.status_code == 202
    assert approved.json()["job"]["kind"] == "file"
    assert approved.json()["item"]["reviewed"] is True
    assert Job.objects.get(kind="file").params["given"] == given
    again = client.post(f"/api/v1/inbox/{item.uuid}/approve", sent, **headers)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_decided")
    assert client.delete(f"/api/v1/inbox/{bare.uuid}", **headers).status_code == 204
    reviewed = client.get("/api/v1/inbox?reviewed=true", **headers).json()
    assert {one["decision"] for one in reviewed["items"]} == {"approved", "rejected"}


def test_the_api_names_no_entry_that_the_asker_may_not_see(
    client: Client, editor: User, admin: User, bearer: Any
) -> None:
    hidden = make_entry(library=make_library(owner=admin, is_private=True))
    item = make_item(owner=editor, kind=InboxKind.DUPLICATE, existing=hidden)
    address = f"/api/v1/inbox/{item.uuid}"
    assert client.get(address, headers=bearer(editor)).json()["existing_entry_id"] is None
    seen = client.get(address, headers=bearer(admin)).json()["existing_entry_id"]
    assert seen == str(hidden.uuid)


def test_trying_a_rule_costs_the_same_however_many_entries_there_are(
    editor: User, talks: Library
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            services.would_match(user=editor, keyword="bees")
        return len(queries)

    make_entry(library=talks, title="Bees")
    before = cost()
    for number in range(3):
        make_entry(library=talks, title=f"More bees {number}")
    assert cost() == before
    assert services.would_match(user=editor, keyword="bees") == (4, 4)


def test_the_switch_of_the_import_page_sends_to_the_inbox(signed_in: Client, editor: User) -> None:
    url = "https://media.example.org/clip.mp4"
    assert 'name="auto_mode"' in text_of(signed_in.get("/import/"))
    signed_in.post("/import/url/", {"url": url, "auto_shown": "1"})
    signed_in.post("/import/url/", {"url": f"{url}?2", "auto_shown": "1", "auto_mode": "1"})
    signed_in.post("/import/url/", {"url": f"{url}?3"})
    modes = [job.params["auto_mode"] for job in Job.objects.order_by("pk")]
    assert modes == [False, True, True]
