"""The bell, the page of all notifications, the choices, and the API."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics import queries, services
from analytics.models import Notification, NotificationKind
from analytics.tests.factories import make_notification
from videorama.accounts.models import User
from videorama.ledger.models import LedgerEvent
from videorama.preferences import services as preferences

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def visitor(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def queries_of(ask: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert ask().status_code == 200
    return len(captured)


def test_every_page_rings_for_what_is_unread(visitor, editor, stranger):
    assert 'data-unread="0"' in visitor.get("/jobs/").text
    make_notification(editor)
    make_notification(editor, kind=NotificationKind.IMPORT_FAILED, titles=["<b>Bees</b>"])
    make_notification(stranger, titles=["Not for you"])
    page = visitor.get("/jobs/").text
    assert 'data-unread="2"' in page
    assert "Notifications, 2 unread" in page
    assert "“&lt;b&gt;Bees&lt;/b&gt;” could not be imported" in page
    assert "Not for you" not in page


def test_a_message_that_somebody_wants_by_mail_alone_does_not_ring(visitor, editor):
    make_notification(editor, in_bell=False)
    assert 'data-unread="0"' in visitor.get("/notifications/bell/").text


def test_the_count_is_right_beyond_what_the_bell_lists(visitor, editor):
    for _ in range(queries.BELL_SIZE + 3):
        make_notification(editor)
    found = queries.bell(editor)
    assert (len(found["notifications"]), found["unread"]) == (queries.BELL_SIZE, 11)


def test_opening_a_message_reads_it_and_goes_there(visitor, editor):
    one = make_notification(editor, link="/jobs/?status=failed")
    answer = visitor.get(f"/notifications/{one.uuid}/")
    assert (answer.status_code, answer["Location"]) == (302, "/jobs/?status=failed")
    one.refresh_from_db()
    assert one.read_at is not None
    first = one.read_at
    visitor.get(f"/notifications/{one.uuid}/")
    one.refresh_from_db()
    assert one.read_at == first


def test_one_or_all_are_marked_as_read(visitor, editor):
    one = make_notification(editor)
    for _ in range(3):
        make_notification(editor)
    answer = visitor.post(f"/notifications/{one.uuid}/read/", headers=HTMX)
    assert 'data-unread="3"' in answer.text and 'hx-swap-oob="true"' in answer.text
    said = visitor.post("/notifications/read/", follow=True).text
    assert "3 marked as read" in said and 'data-unread="0"' in said


def test_the_page_goes_through_all_messages(visitor, editor):
    for number in range(31):
        make_notification(editor, titles=[f"Film {number:02}"])
    first = visitor.get("/notifications/").text
    assert "Film 30" in first and "Film 00" not in first.partition("notification-list")[2]
    second = visitor.get(visitor.get("/notifications/").context["next_url"])
    assert "Film 00" in second.text
    assert visitor.get("/notifications/?after=nonsense").status_code == 422
    part = visitor.get("/notifications/", headers=HTMX).text.strip()
    assert part.startswith('<div class="stack" id="notification-list"')


def test_ten_more_messages_cost_no_more_queries(visitor, editor, bearer):
    headers = bearer(editor)
    asks = [
        lambda: visitor.get("/notifications/"),
        lambda: visitor.get("/notifications/bell/"),
        lambda: visitor.get("/api/v1/notifications", headers=headers),
    ]
    for _ in range(queries.BELL_SIZE):
        make_notification(editor)
    # The first visit and the first use of a token are noted.
    before = [queries_of(ask) for ask in [*asks, *asks]][len(asks) :]
    for _ in range(10):
        make_notification(editor)
    assert [queries_of(ask) for ask in asks] == before


def test_a_person_chooses_what_to_hear_of_and_how(visitor, editor):
    form = {"email": "ada@example.org", "bell_import_failed": "on", "mail_import_failed": "on"}
    answer = visitor.post("/notifications/choices/", form, follow=True)
    assert answer.redirect_chain == [("/account/", 302)]
    chosen = {one.kind.value: (one.in_bell, one.by_email) for one in queries.choices_of(editor)}
    assert chosen == {
        "import_done": (False, False),
        "inbox_waiting": (False, False),
        "import_failed": (True, True),
        "job_failed": (False, False),
    }
    editor.refresh_from_db()
    assert editor.email == "ada@example.org"
    assert LedgerEvent.objects.filter(event="user.notifications_chosen").count() == 1


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Say which address the mail goes to."),
        ("nobody", "Enter a valid email address."),
        ("a@b.org\nBcc: all@example.org", "Enter a valid email address."),
    ],
)
def test_mail_needs_an_address_and_nothing_typed_is_lost(visitor, editor, email, sentence):
    answer = visitor.post("/notifications/choices/", {"email": email, "mail_import_done": "on"})
    assert answer.status_code == 422 and sentence in answer.text
    assert 'name="mail_import_done" checked' in answer.text
    assert not queries.choices_of(editor)[0].by_email


def test_the_account_page_holds_the_choices_and_says_when_no_mail_is_sent(client, admin, editor):
    client.force_login(editor)
    page = client.get("/account/").text
    assert 'action="/notifications/choices/"' in page
    assert "This server sends no mail yet" in page and "Set up e-mail" not in page
    client.force_login(admin)
    assert 'href="/settings/mail/"' in client.get("/account/").text
    changes = {"mail.host": "mail.example.org", "mail.sender": "videos@example.org"}
    preferences.save(user=admin, changes=changes)
    assert "This server sends no mail yet" not in client.get("/account/").text


def test_programs_list_and_mark_messages(client, editor, stranger, bearer):
    one = make_notification(editor, count=2, titles=["A", "B"])
    theirs = make_notification(stranger)
    headers = bearer(editor)
    listed = client.get("/api/v1/notifications", headers=headers).json()
    assert [item["id"] for item in listed["items"]] == [str(one.uuid)]
    assert listed["items"][0]["text"] == "2 imports finished"
    assert listed["items"][0]["read_at"] is None
    read = client.post(f"/api/v1/notifications/{one.uuid}/read", headers=headers)
    assert read.json()["read_at"] is not None
    for other in (theirs.uuid, uuid.uuid4()):
        answer = client.post(f"/api/v1/notifications/{other}/read", headers=headers)
        assert answer.status_code == 404
    make_notification(editor)
    unread = client.get("/api/v1/notifications?unread=true", headers=headers).json()
    assert unread["count"] == 1
    assert client.post("/api/v1/notifications/read", headers=headers).json() == {"read": 1}
    assert Notification.objects.filter(read_at=None).get() == theirs


def test_marking_in_two_places_at_once_counts_each_message_once(editor):
    one = make_notification(editor)
    assert services.mark_read(user=editor, notifications=[one]) == 1
    assert services.mark_read(user=editor) == 0
