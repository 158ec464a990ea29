"""Moving and re-organising, killed at every step."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from videorama.tests import databases


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system, where this machine has one."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else str(tmp_path)
    folder = Path(tempfile.mkdtemp(prefix="videorama-second-", dir=base))
    yield folder
    shutil.rmtree(folder)


def child(what: str, data: Path, second: Path) -> Any:
    """What library.tests.moving_child reports."""
    module = "library.tests.moving_child"
    return databases.report_of(module, what, str(data), str(second), data=data)


@pytest.mark.parametrize(
    ("what", "least"),
    [
        pytest.param("near", 50, id="a new name, and then the next mover comes"),
        pytest.param("far", 90, id="a copy to another disk, and then the program starts"),
        pytest.param("trash", 50, id="a new name, and then somebody deletes the entry"),
        pytest.param("organize", 120, id="a job over a library, and then it runs again"),
    ],
)
def test_after_a_kill_at_any_step_database_and_disk_agree(
    tmp_path: Path, second: Path, what: str, least: int
) -> None:
    report = child(what, tmp_path, second)
    assert report["wrong"] == []
    assert report["steps"] > least
