"""Every write leaves exactly one fact in the ledger."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from imports.models import Upload
from library.models import Entry, Library
from videorama.accounts.models import User
from videorama.jobs.models import Job
from videorama.ledger.models import LedgerEvent, Severity
from videorama.preferences.models import Setting
from videorama.tests import fact_table, role_table
from videorama.tests.fact_table import ASKERS, BODIES, PASSWORD
from videorama.tests.live import REPOSITORY
from videorama.tests.test_roles import World, route_of

SAFE = {"GET", "HEAD"}


def with_password(world: World) -> None:
    person = world.people["admin"]
    assert person is not None
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])


def with_nobody(world: World) -> None:
    Entry.objects.all().delete()
    Job.objects.all().delete()
    Library.objects.all().delete()
    User.objects.all().delete()


def with_empty_library(world: World) -> None:
    Library.objects.get(slug=world.private["library"]).entries.all().delete()


def with_open_registration(world: World) -> None:
    Setting.objects.create(key="accounts.open_registration", value=True)


def with_upload(world: World) -> None:
    Upload.objects.create(
        uuid=world.private["upload"],
        owner=world.people["admin"],
        filename="clip.mp4",
        size=5,
        root="media",
        expires_at=timezone.now(),
    )


# What has to be so before, by what is asked.
PREPARED: dict[str, Callable[[World], None]] = {
    "POST /login": with_password,
    "POST /setup": with_nobody,
    "POST /register": with_open_registration,
    "POST /account/": with_password,
    "POST /import/upload/{upload}/cancel/": with_upload,
    "DELETE /api/v1/libraries/{library}": with_empty_library,
    "POST /libraries/{library}/delete/": with_empty_library,
}


def left_by(world: World, asked: str, *, with_token: bool) -> str:
    """The events that asking leaves, or a dash; refusals and other doors are told, too."""
    body = BODIES.get(asked, role_table.BODIES.get(asked, {}))
    with transaction.atomic():
        PREPARED.get(asked, lambda world: None)(world)
        before = LedgerEvent.objects.count()
        status = world.send(ASKERS.get(asked, "admin"), asked, body, with_token=with_token)
        new = LedgerEvent.objects.filter(sequence__gt=before).order_by("sequence")
        events = list(new.values_list("event", "door"))
        transaction.set_rollback(True)
    cache.clear()
    for person in filter(None, world.people.values()):
        person.refresh_from_db()  # what was prepared or done is undone
    door = "api" if with_token else "web"
    said = [event if came_by == door else f"{event} by {came_by}" for event, came_by in events]
    return " and ".join(said) or ("-" if status < 400 else f"{status}")


def names_a_test(reason: str) -> bool:
    """What is refused here has to be shown by another test, which the reason names."""
    found = re.search(r"(\w+/)+tests/test_\w+", reason)
    return found is not None and (REPOSITORY / f"{found.group()}.py").is_file()


def differences(table: str, *, with_token: bool) -> dict[str, str]:
    """What is asked, and what it leaves, where that is not what the table says."""
    world, found = World(), {}
    for asked, fact in fact_table.rows(table).items():
        got = left_by(world, asked, with_token=with_token)
        if fact.startswith("- ") and got.isdigit() and (got == "422" or names_a_test(fact)):
            continue
        if got != fact.partition(" ")[0]:
            found[asked] = f"{got} instead of {fact}"
    return found


@pytest.mark.django_db
def test_every_write_of_a_page_leaves_the_one_fact_the_table_says():
    assert differences(fact_table.PAGES, with_token=False) == {}


@pytest.mark.django_db
def test_every_write_of_the_api_leaves_the_one_fact_the_table_says():
    assert differences(fact_table.API, with_token=True) == {}


def writes(asked_lines: Any) -> set[tuple[str, str]]:
    """Method and pattern of what is not safe."""
    split = ((asked.split()[0], asked) for asked in asked_lines)
    return {(method, route_of(asked)) for method, asked in split if method not in SAFE}


def test_every_write_route_has_its_row():
    known = [asked for asked, _ in role_table.rows(role_table.PAGES + role_table.API)]
    told = [*fact_table.rows(fact_table.PAGES), *fact_table.rows(fact_table.API)]
    assert sorted(writes(known) - writes(told)) == []
    assert sorted(writes(told) - writes(known)) == []


@pytest.mark.django_db
def test_a_failed_sign_in_is_a_warning_that_tells_no_password():
    with_password(world := World())
    before = LedgerEvent.objects.count()
    Client().post("/login", {"username": "Admin", "password": "wrong-horse-9"})
    fact = LedgerEvent.objects.get(sequence__gt=before)
    assert (fact.event, fact.severity) == ("user.sign_in_failed", Severity.WARNING)
    assert world.people["admin"] is not None
    assert "wrong-horse" not in str(fact.data)
