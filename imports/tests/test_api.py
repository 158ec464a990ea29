"""The import endpoints as other programs see them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from library.tests.factories import make_entry, make_library
from videorama.accounts.models import User
from videorama.jobs.models import Job
from videorama.tests.fakes.media_pages import TITLE
from videorama.tests.fakes.media_site import MediaSite

pytestmark = pytest.mark.django_db

URL = "https://media.example.org/clip.mp4"
Headers = Callable[[User], dict[str, str]]


def post(client: Client, path: str, body: Any, headers: dict[str, str]) -> Any:
    return client.post(
        f"/api/v1/import/{path}", body, content_type="application/json", headers=headers
    )


def test_an_import_is_answered_202_with_the_job(
    client: Client, editor: User, bearer: Headers
) -> None:
    answer = post(client, "url", {"url": URL}, bearer(editor))
    assert answer.status_code == 202
    job = answer.json()["job"]
    assert set(job) == {
        *("id", "kind", "status", "stage", "progress", "message", "created_at", "started_at"),
        *("ended_at", "error", "result"),
    }
    assert (job["kind"], job["status"], job["error"], job["result"]) == (
        "import",
        "pending",
        None,
        {},
    )
    row = Job.objects.get(uuid=job["id"])
    assert (row.params["source"], row.owner) == ("api", editor)


def test_equal_requests_and_equal_keys_are_answered_with_one_job(
    client: Client, editor: User, bearer: Headers
) -> None:
    headers = bearer(editor)
    first = post(client, "url", {"url": URL}, headers).json()["job"]["id"]
    assert post(client, "url", {"url": f"{URL}#x"}, headers).json()["job"]["id"] == first
    keyed = {**headers, "Idempotency-Key": "k1"}
    one = post(client, "url", {"url": f"{URL}?1"}, keyed).json()["job"]["id"]
    two = post(client, "url", {"url": f"{URL}?1"}, keyed).json()["job"]["id"]
    assert one == two != first


def test_a_known_source_is_answered_409_with_its_entry(
    client: Client, editor: User, bearer: Headers
) -> None:
    entry = make_entry(normalized_url=URL)
    answer = post(client, "url", {"url": URL}, bearer(editor))
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert (error["code"], error["details"]["entry_id"]) == ("already_imported", str(entry.uuid))
    forced = post(client, "url", {"url": URL, "force": True}, bearer(editor))
    assert forced.status_code == 202


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"url": "no address"}, 422, "bad_url"),
        ({"url": "http://127.0.0.1/"}, 422, "blocked_address"),
        ({"url": "http://a.example/" + "a" * 2000}, 422, "bad_url"),
        ({"url": URL, "format": "bogus"}, 422, "unknown_format"),
        ({}, 422, "invalid"),
        ({"url": 7}, 422, "invalid"),
        ({"url": URL, "library_id": "nowhere"}, 404, "not_found"),
    ],
)
def test_refusals_have_status_code_and_envelope(
    client: Client, editor: User, bearer: Headers, body: Any, status: int, code: str
) -> None:
    answer = post(client, "url", body, bearer(editor))
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert not Job.objects.exists()


def test_a_library_one_may_not_see_does_not_exist_and_one_may_not_edit_is_refused(
    client: Client, editor: User, stranger: User, viewer: User, bearer: Headers
) -> None:
    hidden = make_library(owner=stranger, is_private=True)
    answer = post(client, "url", {"url": URL, "library_id": hidden.slug}, bearer(editor))
    assert answer.status_code == 404
    public = make_library()
    answer = post(client, "url", {"url": URL, "library_id": public.slug}, bearer(viewer))
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["url", "probe"])
def test_nobody_and_viewers_may_not_import_or_probe(
    client: Client, viewer: User, bearer: Headers, path: str
) -> None:
    assert post(client, path, {"url": URL}, {}).status_code == 401
    assert post(client, path, {"url": URL}, bearer(viewer)).status_code == 403


def test_a_probe_tells_what_is_there_and_writes_nothing(
    client: Client, editor: User, bearer: Headers, media_site: MediaSite, settings: Any
) -> None:
    settings.ALLOW_PRIVATE = (media_site.allow,)
    headers = bearer(editor)
    before = row_counts()
    answer = post(client, "probe", {"url": media_site.url("/watch")}, headers)
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    assert answer.json()["title"] == TITLE
    assert answer.json()["duration_s"] == pytest.approx(10, abs=0.5)
    found = post(client, "probe", {"url": media_site.url("/watch-hls")}, headers).json()
    assert {offer["height"] for offer in found["formats"]} >= {240, 360, 720}
    assert all(offer["id"] for offer in found["formats"])
    assert "video_low" in found["presets"]
    assert found["thumbnail_url"] == media_site.url("/poster.jpg")
    assert found["entry_id"] is None
    assert row_counts() == before


def test_a_probe_says_when_it_is_in_the_library_already(
    client: Client, editor: User, bearer: Headers, media_site: MediaSite, settings: Any
) -> None:
    settings.ALLOW_PRIVATE = (media_site.allow,)
    entry = make_entry(normalized_url=media_site.url("/silent.mp4"))
    answer = post(client, "probe", {"url": media_site.url("/silent.mp4#t=1")}, bearer(editor))
    assert answer.json()["entry_id"] == str(entry.uuid)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/missing.mp4", "not_found"),
        ("/fault/status/500/clip10.mp4", "source_unavailable"),
        ("/fault/private/0/clip10.mp4", "blocked_address"),
        ("/article", "unsupported_url"),
    ],
)
def test_a_probe_of_what_cannot_be_read_succeeds_in_saying_why(
    client: Client,
    editor: User,
    bearer: Headers,
    media_site: MediaSite,
    settings: Any,
    path: str,
    code: str,
) -> None:
    settings.ALLOW_PRIVATE = (media_site.allow,)
    answer = post(client, "probe", {"url": media_site.url(path)}, bearer(editor))
    assert answer.status_code == 200
    found = answer.json()
    assert (found["success"], found["error"]["code"]) == (False, code)
    assert found["error"]["message"].endswith(".")


def test_a_probe_of_no_address_is_refused(client: Client, editor: User, bearer: Headers) -> None:
    assert post(client, "probe", {"url": "nothing"}, bearer(editor)).status_code == 422


def test_a_connection_can_be_tried_with_and_without_a_token(
    client: Client, viewer: User, bearer: Headers, settings: Any
) -> None:
    path = "/api/v1/import/validate"
    assert client.get(path).json() == {"ok": True, "version": settings.VERSION, "user": None}
    known = client.get(path, headers=bearer(viewer))
    assert known.json()["user"] == {"username": "viewer", "role": "viewer"}
    wrong = client.get(path, headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401
    assert wrong.json()["error"]["code"] == "unauthenticated"


def row_counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}
