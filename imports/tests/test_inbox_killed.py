"""Decisions killed at any step: the next start finishes them, whole and once, or they wait."""

import json
from typing import Any

import pytest

from videorama.tests import databases

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

JOB = 'UPDATE "jobs_job"'
ITEM = 'UPDATE "imports_inboxitem"'
APPROVE = [
    f"sql|{ITEM}|approved",
    "file|os.rename|.placing.json",
    "file|os.link|held",
    'sql|INSERT INTO "library_entry"|',
    "file|os.remove|clip.mp4",
    'sql|INSERT INTO "imports_filing"|',
    'sql|INSERT INTO "library_entryfile"|poster',
    "file|shutil.rmtree|held",
    f"sql|{JOB}|completed",
]
REPLACE = [
    "file|os.link|held",
    'sql|DELETE FROM "library_entryfile"|',
    "file|os.remove|clip.mp4",
    "file|os.remove|entry-",
    "file|shutil.rmtree|held",
    f"sql|{JOB}|completed",
]
REJECT = [f"sql|{ITEM}|rejected", "file|shutil.rmtree|held"]
POINTS = [
    *(("approve", point) for point in APPROVE),
    *(("replace", point) for point in REPLACE),
    *(("reject", point) for point in REJECT),
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    """What was there after each kill and the start behind it."""
    data = tmp_path_factory.mktemp("killed") / "data"
    module = "imports.tests.deciding_child"
    found = databases.report_of(module, json.dumps(POINTS), data=data, within=500)
    return dict(zip(POINTS, found, strict=True))


def assert_rows_and_files_agree(found: dict[str, Any], point: str) -> None:
    assert found["died"], f"never came by {point}"
    assert found["went_on"]
    loose = [path for path in found["files"] if not path.startswith(".videorama/held/")]
    assert loose == found["stored"]


@pytest.mark.parametrize("point", APPROVE)
def test_an_approval_that_was_cut_off_is_one_entry_or_waits_as_before(
    seen: dict[tuple[str, str], dict[str, Any]], point: str
) -> None:
    found = seen["approve", point]
    assert_rows_and_files_agree(found, point)
    is_filed = "low_confidence approved" in found["items"]
    assert is_filed or "low_confidence open" in found["items"]
    assert (found["new"], found["filings"], found["counted"]) == (
        (1, 1, 1) if is_filed else (0,) * 3
    )
    held = {path for path in found["files"] if path.endswith("clip.mp4") and "/held/" in path}
    assert len(held) == (1 if is_filed else 2)


@pytest.mark.parametrize("point", REPLACE)
def test_a_replacement_that_was_cut_off_leaves_one_original(
    seen: dict[tuple[str, str], dict[str, Any]], point: str
) -> None:
    found = seen["replace", point]
    assert_rows_and_files_agree(found, point)
    assert "duplicate approved" in found["items"]
    assert (found["original"], found["new"]) == ("held ", 0)


@pytest.mark.parametrize("point", REJECT)
def test_a_rejection_that_was_cut_off_is_rejected_or_waits(
    seen: dict[tuple[str, str], dict[str, Any]], point: str
) -> None:
    found = seen["reject", point]
    assert_rows_and_files_agree(found, point)
    assert {"low_confidence rejected", "low_confidence open"} & set(found["items"])
    assert found["new"] == 0
