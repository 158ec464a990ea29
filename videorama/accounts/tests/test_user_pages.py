"""The page of users, and its twin in the API."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from videorama.accounts import services
from videorama.accounts.models import Invite, User
from videorama.accounts.queries import invite_by_text

HTMX = {"HX-Request": "true"}
JSON = "application/json"

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client, admin):
    client.force_login(admin)
    client.get("/settings/users/")  # notes that the administrator is here
    return admin


def make_many(number, **facts):
    User.objects.bulk_create(User(username=f"user{n:03}", **facts) for n in range(number))


def names(page):
    return re.findall(r'<span dir="auto">([\w-]+)</span>', page.text)


def test_the_list_costs_the_same_with_ten_more_people(client, boss):
    services.create_invite(by=boss, role="viewer", label="x")
    with CaptureQueriesContext(connection) as few:
        client.get("/settings/users/")
    make_many(10)
    for n in range(10):
        services.create_invite(by=boss, role="viewer", label=str(n))
    with CaptureQueriesContext(connection) as many:
        assert len(names(client.get("/settings/users/"))) == 11
    assert len(many) == len(few)


def test_the_list_goes_by_name_without_regard_to_case_and_on_to_a_next_page(client, boss):
    make_many(60)
    User.objects.create(username="Zoe")
    User.objects.create(username="adam")
    first = client.get("/settings/users/")
    assert names(first)[:2] == ["adam", "admin"] and len(names(first)) == 50
    url = re.search(r'href="([^"]+)" rel="next"', first.text).group(1).replace("&amp;", "&")
    second = client.get(url)
    assert len(names(second)) == 13 and names(second)[-1] == "Zoe"
    assert not set(names(first)) & set(names(second))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ROSA", ["rosa"]),
        ("q=example.org", ["rosa"]),
        ("role=admin", ["admin"]),
        ("state=inactive", ["gone"]),
        ("role=editor&state=active", ["rosa"]),
        ("q=nobody", []),
        ("role=emperor&state=x", ["admin", "gone", "rosa"]),
        ("q=%00", ["admin", "gone", "rosa"]),
    ],
)
def test_people_are_found_by_name_mail_role_and_state(client, boss, query, found):
    User.objects.create(username="rosa", role="editor", email="rosa@example.org")
    User.objects.create(username="gone", is_active=False)
    page = client.get(f"/settings/users/?{query}")
    assert page.status_code == 200 and names(page) == found
    assert ("Nobody fits" in page.text) == (not found)


def test_an_invitation_is_shown_exactly_once_and_can_be_revoked(client, boss):
    made = client.post("/settings/users/invites", {"role": "editor", "label": "Oma"})
    url = re.search(r'id="new-link" value="([^"]+)"', made.text).group(1)
    assert url.startswith("http://testserver/invite/") and "no-store" in made["Cache-Control"]
    again = client.get("/settings/users/").text
    assert url not in again and "Oma" in again
    invite = Invite.objects.get()
    client.post(f"/settings/users/invites/{invite.uuid}/revoke")
    assert "Oma" not in client.get("/settings/users/").text
    assert Client().get(url).status_code == 404


def test_a_role_changes_by_htmx_and_without(client, boss, viewer):
    url = f"/settings/users/{viewer.uuid}/role"
    row = client.post(url, {"role": "editor"}, headers=HTMX)
    assert row.status_code == 200 and row.text.strip().startswith(f'<tr id="user-{viewer.uuid}"')
    assert "is now" in row["HX-Trigger"]
    viewer.refresh_from_db()
    assert viewer.role == "editor"
    assert client.post(url, {"role": "viewer"}).url == "/settings/users/"
    viewer.refresh_from_db()
    assert viewer.role == "viewer"


def test_a_refusal_shows_the_row_as_it_is_and_says_why(client, boss, viewer):
    row = client.post(f"/settings/users/{boss.uuid}/role", {"role": "viewer"}, headers=HTMX)
    assert "own account" in row["HX-Trigger"] and "Administrator" in row.text
    client.post(f"/settings/users/{boss.uuid}/active", {"active": "no"})
    assert "own account" in client.get("/settings/users/").text
    boss.refresh_from_db()
    assert boss.is_admin


def test_a_reset_link_is_shown_exactly_once(client, boss, viewer):
    made = client.post(f"/settings/users/{viewer.uuid}/reset")
    url = re.search(r'id="new-link" value="([^"]+)"', made.text).group(1)
    assert "/reset/" in url and url not in client.get("/settings/users/").text
    assert Client().get(url).status_code == 200


def test_the_api_lists_edits_and_invites(client, admin, viewer, bearer):
    headers = bearer(admin)
    make_many(3)
    listed = client.get("/api/v1/users?search=user0&limit=2", headers=headers).json()
    assert [one["username"] for one in listed["items"]] == ["user000", "user001"]
    assert listed["count"] == 3 and listed["next"]
    more = client.get(f"/api/v1/users?search=user0&after={listed['next']}", headers=headers).json()
    assert [one["username"] for one in more["items"]] == ["user002"]
    assert set(listed["items"][0]) == {
        *("id", "username", "role", "is_active", "created_at", "last_seen_at")
    }

    def patch(user, body):
        return client.patch(f"/api/v1/users/{user.uuid}", body, JSON, headers=headers)

    done = patch(viewer, {"role": "editor", "is_active": False})
    assert (done.json()["role"], done.json()["is_active"]) == ("editor", False)
    own = patch(admin, {"is_active": False})
    assert (own.status_code, own.json()["error"]["code"]) == (409, "own_account")
    assert patch(viewer, {"role": "emperor"}).status_code == 422

    made = client.post("/api/v1/invites", {"role": "viewer"}, JSON, headers=headers)
    text = made.json()["url"].rpartition("/")[2]
    assert made.status_code == 201 and invite_by_text(text)
    shown = client.get("/api/v1/invites", headers=headers).json()["items"]
    assert [one["id"] for one in shown] == [made.json()["id"]] and text not in str(shown)
    client.delete(f"/api/v1/invites/{made.json()['id']}", headers=headers)
    assert Client().get(f"/invite/{text}").status_code == 404


def test_one_s_own_language_and_density_change_by_the_api(client, viewer, bearer):
    headers = bearer(viewer)
    done = client.patch(
        "/api/v1/me", {"language": "es", "density": "compact"}, JSON, headers=headers
    )
    assert (done.json()["language"], done.json()["density"]) == ("es", "compact")
    done = client.patch("/api/v1/me", {"language": ""}, JSON, headers=headers)
    assert (done.json()["language"], done.json()["density"]) == ("", "compact")
