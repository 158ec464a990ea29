"""A message about the inbox is news only as long as something of it waits."""

import pytest

from analytics import services, words
from analytics.models import Notification
from analytics.tests.test_telling import ended_job
from imports import services as imports
from imports.tests.items import make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_waiting(editor):
    """Two items in the inbox, told of by one message."""
    items = []
    for name in ("Bees", "Wasps"):
        item = make_item(owner=editor)
        item.job = ended_job(editor, title=name, result={"inbox_id": str(item.uuid)})
        item.save()
        services.tell(job_id=item.job.pk)
        items.append(item)
    assert words.sentence(Notification.objects.get()) == "2 items wait in the inbox"
    return items


def is_read():
    return Notification.objects.get().read_at is not None


def test_it_is_read_once_all_it_told_of_is_decided(editor, two_waiting):
    for item, read in zip(two_waiting, (False, True), strict=True):
        imports.reject(user=editor, item=item)
        assert is_read() is read


def test_what_waits_again_keeps_it_unread(editor, two_waiting):
    imports.reject(user=editor, item=two_waiting[0])
    imports.take_back(user=editor, item=two_waiting[0])
    imports.reject(user=editor, item=two_waiting[1])
    assert not is_read()
