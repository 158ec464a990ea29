"""The repair desk opens for every model and goes through the services."""

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from library.models import (
    BulkChange,
    BulkItem,
    BulkKind,
    Chapter,
    DownloadEvent,
    Entry,
    EntrySource,
    EntryTag,
    LogPosition,
    Tag,
)
from library.services import set_state
from library.tests.factories import make_entry, make_library, make_user
from videorama.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(make_user(role="admin"))
    return client


@pytest.fixture
def entry() -> Entry:
    """One row of every model."""
    member = make_user(role="viewer")
    entry = make_entry(library=make_library(members={member: "viewer"}))
    EntryTag.objects.create(entry=entry, tag=Tag.objects.create(name="Rock"))
    entry.properties.create(key="artist", value="Echo")
    Chapter.objects.create(entry=entry, start_ms=0, end_ms=1, title="c")
    DownloadEvent.objects.create(entry=entry, format="stream", session_key="k")
    set_state(user=member, entry=entry, rating=3)
    change = BulkChange.objects.create(user=member, kind=BulkKind.FAVORITE)
    BulkItem.objects.create(change=change, entry=entry)
    EntrySource.objects.create(entry=entry, url="https://example.org/a")
    LogPosition.objects.create(identity="a1", offset=1)
    return entry


# What the database keeps by itself (unmanaged) is made anew, never repaired by hand.
MODELS = [
    model.__name__ for model in apps.get_app_config("library").get_models() if model._meta.managed
]


@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_be_searched_and_opened(desk: Client, entry: Entry, model: str) -> None:
    name = model.lower()
    changes = desk.get(reverse(f"admin:library_{name}_changelist"), {"q": "a"})
    assert changes.status_code == 200
    row = apps.get_model("library", model).objects.first()
    assert row is not None
    opened = desk.get(reverse(f"admin:library_{name}_change", args=[row.pk]))
    assert opened.status_code == 200


def test_lists_of_entries_cost_the_same_queries_with_ten_more_rows(
    desk: Client, entry: Entry
) -> None:
    counts = []
    desk.get(reverse("admin:library_entry_changelist"))  # What is asked once for a session.
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            desk.get(reverse("admin:library_entry_changelist"))
        counts.append(len(seen))
        for _more in range(10):
            make_entry(library=entry.library)
    assert counts[0] == counts[1]


def test_deleting_goes_through_the_trash(desk: Client, entry: Entry) -> None:
    desk.post(
        reverse("admin:library_entry_changelist"),
        {"action": "move_to_trash", "_selected_action": [entry.pk]},
    )
    entry.refresh_from_db()
    assert entry.deleted_at is not None
    assert desk.post(reverse("admin:library_entry_delete", args=[entry.pk])).status_code == 403


def test_missing_renditions_can_be_asked_for(desk: Client, entry: Entry) -> None:
    desk.post(
        reverse("admin:library_entry_changelist"),
        {"action": "make_renditions", "_selected_action": [entry.pk]},
    )
    assert [job.kind for job in Job.objects.all()] == ["sprite"]


def test_only_administrators_come_in(entry: Entry) -> None:
    client = Client()
    client.force_login(make_user(role="editor"))
    answer = client.get(reverse("admin:library_entry_changelist"))
    assert answer.status_code in {302, 403}
