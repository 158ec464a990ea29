"""The real worker threads and lease thread inside the test process."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from videorama.embedded import Machinery


@pytest.fixture
def live_worker(transactional_db: Any) -> Iterator["Machinery"]:
    """Jobs that are committed now really run; all of them have stopped when the test is over."""
    from videorama.embedded import Machinery  # Django is not ready when a conftest imports this

    machinery = Machinery()
    machinery.start()
    machinery.start_jobs()
    try:
        yield machinery
    finally:
        machinery.begin_stop()
        assert machinery.finish_stop(20), "some work did not stop"
