"""What an upload leaves in the ledger."""

import pytest
from asgiref.sync import sync_to_async

from imports.tests.tus_client import TusClient
from videorama.ledger.models import LedgerEvent

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def told() -> list[tuple[str, str]]:
    facts = LedgerEvent.objects.filter(event__regex="^(upload|import|job)[.]")
    return list(facts.order_by("sequence").values_list("event", "door"))


async def test_an_upload_leaves_one_fact_when_it_begins_when_it_is_whole_when_it_is_given_up(
    editor, bearer
):
    client = TusClient(await sync_to_async(bearer)(editor))
    address = await client.create(6, filename="clip.mp4")
    await client.patch(address, 0, b"abc")
    assert await told() == [("upload.created", "api")]
    await client.patch(address, 3, b"def")
    assert (await told())[1:] == [("import.requested", "api")]
    address = await client.create(6, filename="other.mp4")
    await client.ask("DELETE", address)
    assert (await told())[2:] == [("upload.created", "api"), ("upload.cancelled", "api")]


async def test_giving_up_an_upload_that_is_being_imported_leaves_one_fact(editor, bearer):
    client = TusClient(await sync_to_async(bearer)(editor))
    address = await client.create(3, filename="clip.mp4")
    await client.patch(address, 0, b"abc")
    before = len(await told())
    await client.ask("DELETE", address)
    assert (await told())[before:] == [("job.cancelled", "api")]
