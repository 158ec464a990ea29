"""Says which facts a deed leaves."""

from collections.abc import Iterator
from contextlib import contextmanager

from videorama.ledger.models import LedgerEvent


@contextmanager
def leaving(*events: str) -> Iterator[None]:
    """What happens inside leaves exactly these facts, in this order."""
    before = LedgerEvent.objects.count()
    yield
    facts = LedgerEvent.objects.order_by("sequence").values_list("event", flat=True)
    assert list(facts[before:]) == list(events)
