"""Somebody deletes what somebody else is just changing: that is not found, and no more."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Model
from django.db.models.signals import pre_save

from library import services, trash
from library.models import Entry, Library, LibraryMember
from library.tests.factories import make_entry, make_library, make_user
from videorama.errors import NotFound

# Foreign keys are checked at the end of a transaction, so each write needs its own.
pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def deleting(library: Library, before_saving: type[Model]) -> Iterator[None]:
    """The library goes right before the next row of that model is written."""

    def delete(**_about: Any) -> None:
        Library.objects.filter(pk=library.pk).delete()

    pre_save.connect(delete, sender=before_saving)
    try:
        yield
    finally:
        pre_save.disconnect(delete, sender=before_saving)


@pytest.mark.parametrize(
    "change",
    [
        lambda user, entry: services.edit_entry(user=user, entry=entry, title="New"),
        lambda user, entry: services.set_state(user=user, entry=entry, favorite=True),
        lambda user, entry: services.count_view(entry=entry),
    ],
)
def test_an_entry_deleted_meanwhile_is_not_found(change: Callable[..., object]) -> None:
    user = make_user()
    entry = make_entry(library=make_library(owner=user))
    Entry.objects.all().delete()
    with pytest.raises(NotFound):
        change(user, entry)


def test_a_library_deleted_meanwhile_is_not_found() -> None:
    user, somebody = make_user(), make_user()
    library = make_library(owner=user)
    with deleting(library, Library), pytest.raises(NotFound):
        services.edit_library(user=user, library=library, name="New")
    library = make_library(owner=user)
    with deleting(library, LibraryMember), pytest.raises(NotFound):
        services.set_member(user=user, library=library, member=somebody, role="viewer")


def test_two_people_may_plan_the_same_deletion_at_once(media_root: Path) -> None:
    media_root.mkdir()
    errors: list[Exception] = []
    plans: list[dict[str, str]] = []
    barrier = threading.Barrier(4)

    def plan() -> None:
        for entry_uuid in entries:
            barrier.wait()
            try:
                plans.append(trash.plan("media", entry_uuid, {"a": "films/a.mp4"}))
            except OSError as error:
                errors.append(error)

    entries = [uuid4() for _number in range(40)]
    threads = [threading.Thread(target=plan) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(plans) == 160
    assert not list(media_root.rglob("*.new"))
