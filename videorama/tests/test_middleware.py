"""The outermost doors: hosts, proxies, sign-in, and what failures look like to whom."""

import json
import logging

import pytest
from django.test import Client, RequestFactory

from videorama.middleware import is_private_host
from videorama.pages import back

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/jobs/?page=2"}

pytestmark = [pytest.mark.django_db, pytest.mark.urls("videorama.tests.failing_routes")]


@pytest.fixture
def visitor(viewer):
    """Signed in; a bug in a view is an answer, not an exception of the test."""
    client = Client(raise_request_exception=False)
    client.force_login(viewer)
    return client


def toast_of(response):
    assert response["HX-Reswap"] == "none"
    return json.loads(response["HX-Trigger"])["toast"]


# Hosts


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "::1",
        "[::1]",
        "10.1.2.3",
        "172.16.0.9",
        "192.168.178.20",
        "169.254.1.1",
        "100.64.0.1",
        "fd00::1",
        "fe80::1",
        "nas",
        "NAS",
        "nas.local",
        "nas.local.",
        "media.lan",
        "videos.internal",
        "box.home.arpa",
        "app.localhost",
    ],
)
def test_private_names_and_addresses_are_private(host):
    assert is_private_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.org",
        "8.8.8.8",
        "2001:4860:4860::8888",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "local.evil",
        "evil.local.example",
        "192.168.1.1.nip.io",
    ],
)
def test_public_names_and_addresses_are_not(host):
    assert not is_private_host(host)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "8.8.8.8", "a b", "[::1"])
@pytest.mark.parametrize("path", ["/login", "/health", "/api/", "/static/css/app.css"])
def test_a_public_name_is_refused_unless_allowed(client, host, path):
    response = client.get(path, headers={"host": host})
    assert response.status_code == 400 and b"Traceback" not in response.content


def test_the_own_public_name_is_answered(client, settings):
    settings.PUBLIC_URL = "https://videos.example.org"
    assert client.get("/api/", headers={"host": "videos.example.org"}).status_code == 200


def test_named_hosts_are_the_only_ones_when_set(client, settings):
    settings.ONLY_PRIVATE_HOSTS = False
    settings.ALLOWED_HOSTS = ["videos.example.org"]
    assert client.get("/api/", headers={"host": "videos.example.org"}).status_code == 200
    assert client.get("/api/", headers={"host": "nas.local"}).status_code == 400


# Proxies


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "seen"),
    [
        ((), "192.0.2.1", "198.51.100.9", "192.0.2.1 http"),
        (("192.0.2.1",), "192.0.2.1", "198.51.100.9", "198.51.100.9 https"),
        (("192.0.2.0/24",), "192.0.2.77", "6.6.6.6, 198.51.100.9, 192.0.2.5", "198.51.100.9 https"),
        (("192.0.2.1",), "192.0.2.2", "198.51.100.9", "192.0.2.2 http"),
        (("192.0.2.1",), "192.0.2.1", "garbage", "192.0.2.1 https"),
        (("192.0.2.1",), "192.0.2.1", "", "192.0.2.1 https"),
        (("::1",), "::1", "2001:db8::5", "2001:db8::5 https"),
    ],
)
def test_forwarded_facts_are_believed_only_from_trusted_proxies(
    viewer, settings, trusted, peer, forwarded, seen
):
    settings.TRUSTED_PROXIES = trusted
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    visitor = Client(
        REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded, HTTP_X_FORWARDED_PROTO="https"
    )
    visitor.force_login(viewer)
    assert visitor.get("/shows").content.decode() == seen


# Sign-in


def test_pages_send_strangers_to_the_sign_in_with_the_way_back(client):
    response = client.get("/account/?x=1")
    assert (response.status_code, response.url) == (302, "/login?next=/account/%3Fx%3D1")


def test_an_expired_session_under_htmx_goes_to_the_sign_in_and_back_to_the_page(client):
    response = client.get("/account/", headers=HTMX)
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/login?next=%2Fjobs%2F"
    assert "HX-Trigger" not in response
    boosted = client.get("/account/", headers={**HTMX, "HX-Boosted": "true"})
    assert boosted["HX-Redirect"] == "/login?next=%2Faccount%2F"


# Failures

REFUSALS = [
    ("notfound", 404, "not_found", "This does not exist."),
    ("notallowed", 403, "not_allowed", "This library is not yours."),
    ("conflict", 409, "too_late", "Somebody was faster."),
    ("invalid", 422, "invalid", "This is no link."),
    ("busy", 503, "temporary", "The source is busy."),
    ("full", 507, "disk_full", "The disk is full. Free some space and try again."),
    ("full_rows", 507, "disk_full", "The disk is full. Free some space and try again."),
    (
        "away",
        503,
        "unavailable",
        "The database does not answer just now. Try again in a few seconds.",
    ),
    (
        "unstorable",
        422,
        "invalid",
        "This cannot be stored: it is too large or has unusual characters.",
    ),
]


@pytest.mark.parametrize(("how", "status", "code", "message"), REFUSALS)
def test_a_refusal_is_a_page_with_its_sentence(visitor, how, status, code, message):
    response = visitor.get(f"/fails/{how}")
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html") and message in response.text
    assert "secret" not in response.text


@pytest.mark.parametrize(("how", "status", "code", "message"), REFUSALS)
def test_a_refusal_under_htmx_is_a_toast_and_swaps_nothing(visitor, how, status, code, message):
    response = visitor.post(f"/fails/{how}", headers=HTMX)
    assert response.status_code == status and response.content == b""
    assert toast_of(response) == {"message": message, "tone": "bad"}


@pytest.mark.parametrize(("how", "status", "code", "message"), REFUSALS)
def test_a_refusal_of_the_api_is_the_envelope(client, how, status, code, message):
    response = client.post(f"/api/v1/fails/{how}", headers=HTMX)
    assert response.status_code == status
    details = {"by": 3} if how == "conflict" else {}
    assert response.json() == {"error": {"code": code, "message": message, "details": details}}


def test_a_refusal_says_when_to_come_back(visitor):
    for path in ("/fails/busy", "/api/v1/fails/busy"):
        assert visitor.get(path)["Retry-After"] == "7"
    for path in ("/fails/away", "/api/v1/fails/away"):
        assert visitor.get(path)["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("how", "status"), [("http404", 404), ("denied", 403), ("suspicious", 400)]
)
def test_what_django_refuses_is_told_in_our_words(visitor, how, status):
    page = visitor.get(f"/fails/{how}")
    assert page.status_code == status and "inner words" not in page.text
    assert toast_of(visitor.get(f"/fails/{how}", headers=HTMX))["tone"] == "bad"
    assert set(visitor.get(f"/api/v1/fails/{how}").json()["error"]) == {
        "code",
        "message",
        "details",
    }


def test_a_bug_is_logged_once_and_told_with_its_reference(visitor, caplog):
    answers = {
        "page": visitor.get("/fails/bug"),
        "toast": visitor.get("/fails/bug", headers=HTMX),
        "api": visitor.get("/api/v1/fails/bug"),
    }
    records = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(records) == 3 and all(record.exc_info for record in records)
    references = [record.getMessage().split()[2] for record in records]
    assert references[0] in answers["page"].text and answers["page"].status_code == 500
    assert references[1] in toast_of(answers["toast"])["message"]
    error = answers["api"].json()["error"]
    assert (error["code"], error["details"]) == ("internal", {"reference": references[2]})
    assert not any("inner words" in answer.text for answer in answers.values())


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 429, 500])
def test_bare_statuses_get_a_sentence(visitor, status):
    assert toast_of(visitor.get(f"/answers/{status}", headers=HTMX))["message"]
    response = visitor.get(f"/api/v1/answers/{status}")
    assert response.status_code == status and response.json()["error"]["message"]


def test_a_form_that_does_not_fit_is_swapped_in(visitor):
    response = visitor.get("/answers/422", headers=HTMX)
    assert "HX-Reswap" not in response and "HX-Trigger" not in response


def test_an_old_form_is_told_to_reload(viewer):
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(viewer)
    response = visitor.post("/account/theme", {"theme": "dark"})
    assert response.status_code == 403 and "reload" in response.text


# Headers of every page


def test_every_page_carries_the_policy_and_the_other_safety_headers(visitor):
    response = visitor.get("/account/")
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'" and policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'" and policy["base-uri"] == "'none'"
    assert "unsafe" not in policy["script-src"] + policy["style-src"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def test_over_https_cookies_are_secure_and_http_is_redirected(client, settings, viewer):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 60
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.TRUSTED_PROXIES = ("127.0.0.1",)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    plain = Client()
    assert plain.get("/login").url == "https://testserver/login"
    assert plain.get("/health").status_code != 301
    proxied = Client(headers={"X-Forwarded-Proto": "https"})
    proxied.force_login(viewer)
    response = proxied.get("/account/")
    assert response["Strict-Transport-Security"] == "max-age=60"
    assert response.cookies["videorama_csrf"]["secure"]


@pytest.mark.parametrize(
    ("came_from", "address"),
    [
        ("http://testserver/tags/?q=a", "/tags/?q=a"),
        ("http://testserver//evil.example/x", "/"),
        ("http://evil.example/tags/", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_stays_on_this_server(came_from, address):
    asked = RequestFactory().post("/tags/new/", headers={"Referer": came_from})
    assert back(asked, "/") == address
