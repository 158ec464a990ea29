"""The API core: tokens, the envelope, the description, who am I."""

import json
import logging

import pytest
from django.test import Client

from videorama.accounts.models import ApiToken
from videorama.accounts.queries import user_by_token

pytestmark = pytest.mark.django_db


def error_of(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"} and set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["message"]
    return body["error"]


def test_the_root_says_what_answers_here(client, settings):
    assert client.get("/api/").json() == {
        "name": "Videorama",
        "version": settings.VERSION,
        "docs": "/api/v1/openapi.json",
    }


def test_the_description_is_open_and_describes_every_room(client):
    described = client.get("/api/v1/openapi.json").json()
    paths = set(described["paths"])
    assert {
        "/api/v1/me",
        "/api/v1/tokens",
        "/api/v1/import/url",
        "/api/v1/jobs",
        "/api/v1/entries",
        "/api/v1/libraries",
    } <= paths
    assert described["components"]["securitySchemes"]["Bearer"]["scheme"] == "bearer"
    assert client.get("/api/v1/docs").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Token wrong"},
    ],
)
def test_without_a_good_token_nothing_is_told(client, headers):
    response = client.get("/api/v1/me", headers=headers)
    assert error_of(response, 401)["code"] == "unauthenticated"
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_session_is_no_token(client, admin):
    client.force_login(admin)
    error_of(client.get("/api/v1/me"), 401)
    error_of(client.get("/api/v1/me", headers={"Authorization": "Bearer wrong"}), 401)


def test_a_token_says_who_it_stands_for_whatever_the_session(client, admin, viewer, bearer):
    client.force_login(admin)
    body = client.get("/api/v1/me", headers=bearer(viewer)).json()
    assert body == {
        "id": str(viewer.uuid),
        "username": "viewer",
        "role": "viewer",
        "language": "",
        "density": "comfortable",
    }


def test_the_scheme_may_be_in_any_case(client, viewer, bearer):
    token = bearer(viewer)["Authorization"].split()[1]
    assert client.get("/api/v1/me", headers={"Authorization": f"bearer {token}"}).status_code == 200


def test_tokens_are_made_listed_and_revoked_by_their_owner(client, viewer, editor, bearer):
    mine, theirs = bearer(viewer), bearer(editor)
    made = client.post(
        "/api/v1/tokens", {"name": "laptop"}, content_type="application/json", headers=mine
    )
    assert made.status_code == 201
    text = made.json()["token"]
    assert user_by_token(text) == viewer
    listed = client.get("/api/v1/tokens", headers=mine).json()
    assert [one["name"] for one in listed["items"]] == ["laptop", "token 0"]
    assert (listed["count"], listed["count_capped"], listed["next"]) == (2, False, None)
    assert text not in json.dumps(listed) and "digest" not in json.dumps(listed)
    url = f"/api/v1/tokens/{made.json()['id']}"
    assert error_of(client.delete(url, headers=theirs), 404)["code"] == "not_found"
    assert client.delete(url, headers=mine).status_code == 204
    assert user_by_token(text) is None
    error_of(client.delete(url, headers=mine), 404)
    error_of(client.get("/api/v1/me", headers={"Authorization": f"Bearer {text}"}), 401)


def test_a_taken_token_name_is_a_conflict(client, viewer, bearer):
    headers = bearer(viewer)
    response = client.post(
        "/api/v1/tokens", {"name": "token 0"}, content_type="application/json", headers=headers
    )
    assert error_of(response, 409)["code"] == "token_name_taken"


def test_lists_walk_by_their_cursor(client, viewer, bearer):
    headers = bearer(viewer)
    for _ in range(4):
        bearer(viewer)
    first = client.get("/api/v1/tokens?limit=3", headers=headers).json()
    assert first["count"] == 5 and len(first["items"]) == 3
    rest = client.get("/api/v1/tokens", {"limit": 3, "after": first["next"]}, headers=headers)
    assert len(rest.json()["items"]) == 2 and rest.json()["next"] is None
    names = {one["name"] for one in first["items"] + rest.json()["items"]}
    assert names == {f"token {number}" for number in range(5)}


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "name"), ({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"name": 5}, "name")],
)
def test_input_that_does_not_fit_names_its_fields(client, viewer, bearer, body, field):
    response = client.post(
        "/api/v1/tokens", body, content_type="application/json", headers=bearer(viewer)
    )
    error = error_of(response, 422)
    assert error["code"] == "invalid" and list(error["details"]["fields"]) == [field]
    assert field in error["message"]


@pytest.mark.parametrize(
    "written", [r'"half \ud83d of a character"', '{"a": ["\\udfff"]}', "NaN", "-Infinity"]
)
def test_what_cannot_be_written_again_is_no_json(client, viewer, bearer, written):
    for path, field in (("tokens", "name"), ("import/url", "library_id"), ("libraries", "name")):
        response = client.post(
            f"/api/v1/{path}",
            f'{{"url": "https://example.org", "id": "a", "{field}": {written}}}',
            content_type="application/json",
            headers=bearer(viewer),
        )
        assert error_of(response, 400)["code"] == "invalid"


@pytest.mark.parametrize("query", ["limit=0", "limit=1000", "limit=x", "offset=10001", "offset=-1"])
def test_list_numbers_out_of_range_name_their_field(client, viewer, bearer, query):
    error = error_of(client.get(f"/api/v1/tokens?{query}", headers=bearer(viewer)), 422)
    assert list(error["details"]["fields"]) == [query.split("=")[0]]


def test_a_cursor_of_another_list_is_refused(client, viewer, bearer):
    error = error_of(client.get("/api/v1/tokens?after=abc", headers=bearer(viewer)), 422)
    assert error["code"] == "invalid"


@pytest.mark.parametrize("body", ["{", "", "nonsense", b"\xff\xfe", "[" * 5000])
def test_a_body_that_is_no_json_is_refused(client, viewer, bearer, body):
    response = client.post(
        "/api/v1/tokens", body, content_type="application/json", headers=bearer(viewer)
    )
    assert error_of(response, response.status_code)["code"] == "invalid"
    assert response.status_code in {400, 422}


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nothing", "/api/v2/me", "/api/v1", "/api/v1/", "/api/jobs/../x", "/api/v1/me/"],
)
def test_unknown_addresses_answer_in_the_envelope(client, path):
    for method in (client.get, client.post, client.delete):
        assert error_of(method(path), 404)["code"] == "not_found"


def test_a_wrong_method_says_which_are_right(client, viewer, bearer):
    response = client.put("/api/v1/me", headers=bearer(viewer))
    assert error_of(response, 405)["code"] == "method_not_allowed"
    assert set(response["Allow"].split(", ")) == {"GET", "PATCH"}


def test_posts_need_no_csrf_token_and_no_cookie_helps(viewer, bearer):
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(
        "/api/v1/tokens", {"name": "x"}, content_type="application/json", headers=bearer(viewer)
    )
    assert response.status_code == 201


def test_an_inactive_user_s_token_ends(client, viewer, bearer):
    headers = bearer(viewer)
    viewer.is_active = False
    viewer.save()
    error_of(client.get("/api/v1/me", headers=headers), 401)


def test_tokens_never_reach_the_log(client, viewer, bearer, caplog):
    caplog.set_level(logging.DEBUG)
    headers = bearer(viewer)
    client.get("/api/v1/me", headers=headers)
    client.get("/api/v1/nothing", headers=headers)
    client.get("/api/v1/me", headers={"Authorization": "Bearer vr_almost_right"})
    said = caplog.text
    assert headers["Authorization"].split()[1] not in said and "vr_almost" not in said
    assert ApiToken.objects.get().digest not in said
