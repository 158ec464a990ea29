"""Sign-in, first run and the account page, as a browser sees them."""

import re
from http.cookies import SimpleCookie

import pytest
from django.core.cache import cache
from django.test import Client

from library.models import Library
from videorama.accounts import services
from videorama.accounts.models import ApiToken, User
from videorama.accounts.queries import user_by_token

PASSWORD = "a long enough pass phrase"
NEW = "another good pass phrase"
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ada():
    return services.create_user(username="Ada", password=PASSWORD, role="editor")


def sign_in(client, username="Ada", password=PASSWORD, **more):
    return client.post("/login", {"username": username, "password": password, **more})


def is_signed_in(client):
    return client.get("/account/").status_code == 200


# Sign-in


def test_the_right_password_opens_the_library(client, ada):
    assert client.get("/login").status_code == 200
    response = sign_in(client)
    assert (response.status_code, response.url) == (302, "/")
    assert is_signed_in(client)
    assert client.get("/login").url == "/"


def test_the_case_of_the_name_does_not_matter(client, ada):
    assert sign_in(client, username=" aDA ").status_code == 302


def test_sign_in_leads_back_to_where_one_wanted_to_go(client, ada):
    page = client.get("/login?next=/account/%3Fx%3D1").text
    assert 'name="next" value="/account/?x=1"' in page
    assert sign_in(client, next="/account/?x=1").url == "/account/?x=1"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "\x00//evil.example",
        "word",
        "a\x00b",
        "accounts:logout",
    ],
)
def test_sign_in_leads_nowhere_else(client, ada, target):
    assert sign_in(client, next=target).url == "/"


def test_a_wrong_name_and_a_wrong_password_look_the_same(client, ada):
    pages = []
    for username, password in [("Ada", "wrong"), ("Eve", "wrong")]:
        response = sign_in(client, username=username, password=password)
        assert response.status_code == 422
        text = re.sub(r'value="[^"]*"', "", response.text)
        pages.append(text)
        assert "wrong" not in response.text
    assert pages[0] == pages[1]
    assert not is_signed_in(client)


def test_an_inactive_user_looks_like_a_wrong_password(client, ada):
    ada.is_active = False
    ada.save()
    response = sign_in(client)
    assert response.status_code == 422 and "do not match" in response.text


def test_after_five_failures_even_the_right_password_has_to_wait(client, ada):
    for _ in range(5):
        assert sign_in(client, password="wrong").status_code == 422
    response = sign_in(client)
    assert response.status_code == 429 and "Try again in" in response.text
    assert 0 < int(response["Retry-After"]) <= 30
    assert not is_signed_in(client)
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    assert sign_in(elsewhere).status_code == 302


def test_unknown_names_have_to_wait_just_so(client, ada):
    for _ in range(5):
        assert sign_in(client, username="Eve", password="wrong").status_code == 422
    assert sign_in(client, username="Eve", password="wrong").status_code == 429


@pytest.mark.parametrize("fields", [{}, {"username": "Ada"}, {"password": "x"}])
def test_an_empty_form_is_shown_again(client, ada, fields):
    assert client.post("/login", fields).status_code == 422


def test_the_session_changes_its_key_at_sign_in(client, ada):
    session = client.session
    session["before"] = 1
    session.save()
    before = client.cookies["videorama_session"].value
    sign_in(client)
    assert client.cookies["videorama_session"].value != before


def test_the_session_cookie_is_out_of_reach_of_scripts(client, ada):
    cookie = sign_in(client).cookies["videorama_session"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


def test_signing_out_takes_a_post_and_ends_the_session(client, ada):
    sign_in(client)
    old = SimpleCookie(client.cookies.output(header=""))
    assert client.get("/logout").status_code == 405
    assert is_signed_in(client)
    assert client.post("/logout").url == "/login"
    client.cookies = old
    assert not is_signed_in(client)


def test_forms_need_their_csrf_token(ada):
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict).status_code == 403


# First run

FIRST = {
    "username": "ada",
    "password": PASSWORD,
    "password_again": PASSWORD,
    "library_name": "Kino",
}


def test_a_new_server_asks_for_its_administrator_and_first_library(client):
    assert client.get("/", follow=True).redirect_chain == [
        ("/login?next=/", 302),
        ("/setup", 302),
    ]
    assert 'value="Videos"' in client.get("/setup").text
    response = client.post("/setup", FIRST)
    assert (response.status_code, response.url) == (302, "/")
    assert is_signed_in(client)
    assert User.objects.get().is_admin
    library = Library.objects.get()
    assert (library.slug, library.name, library.owner) == ("videos", "Kino", User.objects.get())


def test_there_is_no_first_run_once_somebody_is_there(client, ada):
    assert client.get("/setup").url == "/login"
    assert client.post("/setup", FIRST).url == "/login"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password_again": "different"}, "not the same"),
        ({"password": "short", "password_again": "short"}, "too short"),
        ({"password": "x" * 101, "password_again": "x" * 101}, "100"),
        ({"username": "two words"}, "valid username"),
        ({"username": ""}, "required"),
        ({"library_name": " "}, "required"),
    ],
)
def test_a_first_run_that_does_not_fit_says_why_and_keeps_nothing(client, change, said):
    response = client.post("/setup", FIRST | change)
    assert response.status_code == 422 and said in response.text
    assert PASSWORD not in response.text
    assert not User.objects.exists() and not Library.objects.exists()


# Account


def test_a_new_password_keeps_this_session_and_ends_the_others(client, ada):
    other = Client()
    sign_in(client)
    sign_in(other)
    response = client.post(
        "/account/",
        {"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW},
    )
    assert (response.status_code, response.url) == (302, "/account/")
    assert "Password changed" in client.get("/account/").text
    assert not is_signed_in(other)
    assert sign_in(other).status_code == 422
    assert sign_in(other, password=NEW).status_code == 302


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"current_password": "wrong"}, "not your current password"),
        ({"new_password": "short", "new_password_again": "short"}, "too short"),
        ({"new_password_again": "different"}, "not the same"),
        ({"new_password": ""}, "required"),
    ],
)
def test_a_password_change_that_does_not_fit_says_why(client, ada, change, said):
    sign_in(client)
    fields = {"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW}
    response = client.post("/account/", fields | change)
    assert response.status_code == 422 and said in response.text
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_ones_own_password_cannot_be_guessed_from_an_open_session(client, ada):
    sign_in(client)
    fields = {"new_password": NEW, "new_password_again": NEW}
    wrong = [client.post("/account/", fields | {"current_password": f"no {n}"}) for n in range(6)]
    assert [one.status_code for one in wrong] == [422] * 5 + [429]
    assert client.post("/account/", fields | {"current_password": PASSWORD}).status_code == 429


def test_a_token_is_shown_exactly_once(client, ada):
    sign_in(client)
    response = client.post("/account/tokens", {"name": "laptop"})
    text = re.search(r"vr_[\w-]{40,}", response.text).group()
    assert user_by_token(text) == ada
    assert "no-store" in response["Cache-Control"]
    again = client.get("/account/").text
    assert text not in again and "laptop" in again and text[:8] in again


def test_a_token_name_that_is_taken_says_so(client, ada):
    sign_in(client)
    client.post("/account/tokens", {"name": "laptop"})
    response = client.post("/account/tokens", {"name": "laptop"})
    assert response.status_code == 422 and "You have a token of this name" in response.text


def test_a_token_is_revoked_by_its_owner_only(client, ada, stranger):
    token, text = services.create_token(user=ada, name="laptop")
    url = f"/account/tokens/{token.uuid}/revoke"
    client.force_login(stranger)
    assert client.post(url).status_code == 404
    assert user_by_token(text) == ada
    client.force_login(ada)
    assert client.post(url).url == "/account/"
    assert user_by_token(text) is None
    assert "no longer works" in client.get("/account/").text


def test_the_account_page_costs_the_same_with_many_tokens(
    client, ada, django_assert_max_num_queries
):
    client.force_login(ada)
    client.get("/account/")
    with django_assert_max_num_queries(12) as few:
        client.get("/account/")
    ApiToken.objects.bulk_create(
        ApiToken(user=ada, name=str(n), digest=str(n), hint="x") for n in range(10)
    )
    with django_assert_max_num_queries(len(few)):
        client.get("/account/")


@pytest.mark.parametrize("theme", ["dark", "light", "", "nonsense"])
def test_the_theme_is_kept_in_the_browser_and_drawn_by_the_server(client, ada, theme):
    client.force_login(ada)
    client.post("/account/theme", {"theme": "light"})
    fields = {"theme": theme, "next": "/account/"}
    assert client.post("/account/theme", fields).url == "/account/"
    drawn = re.search(r'<html lang="en"(?: data-theme="(\w+)")?>', client.get("/account/").text)
    assert (drawn.group(1) or "") == (theme if theme in {"dark", "light"} else "")
    assert client.post("/account/theme", fields, headers=HTMX).status_code == 204
