"""Fixtures of this room's tests."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from videorama.tests.worker import live_worker as live_worker

if TYPE_CHECKING:
    from videorama.jobs.tests.works import Steered


@pytest.fixture
def work() -> Iterator["Steered"]:
    """Test kinds are known, and their work waits for `work.go_on`."""
    from videorama.jobs.tests.works import known_kinds  # Django is not ready when this file loads

    with known_kinds() as steered:
        yield steered
