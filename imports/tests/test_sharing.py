"""What share sheets hand over, and what the import page makes of it."""

from time import process_time

import pytest
from django.test import Client

from imports.sharing import shared_address

A = "https://videos.example.org/watch?v=1"


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"url": A}, A),
        ({"text": A}, A),
        ({"text": f"Look at this: {A} (from my phone)"}, A),
        ({"text": f"“{A}”"}, A),
        ({"text": f"See ({A})."}, A),
        ({"text": f"{A}, {A}2"}, A),
        (
            {"text": "https://en.example.org/wiki/Bee_(insect)"},
            "https://en.example.org/wiki/Bee_(insect)",
        ),
        ({"text": "HTTPS://EXAMPLE.ORG/a"}, "HTTPS://EXAMPLE.ORG/a"),
        ({"title": f"A film {A}"}, A),
        ({"url": A, "text": "https://other.example.org/"}, A),
        ({"url": "", "text": f"line one\n{A}\nline three"}, A),
        ({"url": "videos.example.org/1"}, "videos.example.org/1"),
        ({"text": "no address here"}, ""),
        ({"text": "javascript:alert(1)"}, ""),
        ({"text": "https://"}, ""),
        ({}, ""),
        (
            {"url": "https://example.org/" + "a" * 5000},
            ("https://example.org/" + "a" * 5000)[:4000],
        ),
    ],
)
def test_the_address_is_found_wherever_the_app_put_it(given, address):
    assert shared_address(given) == address


def test_an_endless_end_keeps_nobody_waiting() -> None:
    begun = process_time()
    assert shared_address({"text": A + ")" * 200_000}) == A
    assert process_time() - begun < 3


@pytest.mark.django_db
def test_what_is_shared_is_filled_in_and_looked_at(client: Client, editor):
    client.force_login(editor)
    page = client.get("/import/", {"text": f"Look: {A}", "title": "Bees"}).text
    assert f'value="{A}"' in page
    assert 'hx-trigger="load, submit"' in page
    assert "no web address" not in page


@pytest.mark.django_db
def test_sharing_without_an_address_says_so(client: Client, editor):
    client.force_login(editor)
    page = client.get("/import/", {"text": "only words"}).text
    assert "There is no web address in what was shared." in page
    assert 'hx-trigger="load, submit"' not in page


@pytest.mark.django_db
def test_who_is_not_signed_in_comes_back_to_what_was_shared(client: Client, editor):
    editor.set_password("correct-horse-9")
    editor.save()
    refused = client.get("/import/", {"text": f"Look: {A}&t=2"})
    assert refused.status_code == 302 and refused["Location"].startswith("/login?next=")
    form = client.get(refused["Location"])
    answer = client.post(
        "/login",
        {"username": "editor", "password": "correct-horse-9", "next": form.context["next"]},
        follow=True,
    )
    assert f'value="{A}&amp;t=2"' in answer.text
