"""Storing, deleting and replacing, killed at every step; and disks that refuse."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from videorama.tests import databases


def child(what: str, data: Path, *before: str) -> Any:
    """What library.tests.storing_child reports."""
    module = "library.tests.storing_child"
    return databases.report_of(module, what, str(data), data=data, before=before)


def test_a_kill_at_any_step_of_storing_ends_in_one_entry_and_no_orphan(tmp_path: Path) -> None:
    report = child("crash", tmp_path)
    for name in ("again", "given up"):
        assert report[name]["wrong"] == []
        assert report[name]["steps"] > 30


def test_a_kill_at_any_step_of_deleting_is_finished_by_the_sweep(tmp_path: Path) -> None:
    report = child("delete", tmp_path)
    assert report["wrong"] == []
    assert report["steps"] > 15


def test_a_kill_at_any_step_of_restoring_leaves_it_in_the_trash_or_in_place(tmp_path: Path) -> None:
    report = child("restore", tmp_path)
    assert report["wrong"] == []
    assert report["steps"] > 15


def test_a_kill_at_any_step_of_purging_leaves_all_or_nothing(tmp_path: Path) -> None:
    report = child("purge", tmp_path)
    assert report["wrong"] == []
    assert report["steps"] > 10


def test_a_kill_at_any_step_of_replacing_a_poster_leaves_one_poster(tmp_path: Path) -> None:
    report = child("derived", tmp_path)
    assert report["wrong"] == []
    assert report["steps"] > 15


def test_a_folder_that_may_not_be_written_is_a_plain_sentence(tmp_path: Path) -> None:
    for folder in [tmp_path, *tmp_path.parents[:-1]]:
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o711)
    report = child("unwritable", tmp_path)
    assert "cannot be written" in report["message"]
    assert not report["left_over"]


def test_a_full_disk_is_a_plain_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    root = tmp_path / "media"
    root.mkdir()
    (tmp_path / "mount.sh").write_text(
        f'mount -t tmpfs -o size=64k,mode=777 tmpfs "{root}" || exit 77\nexec "$@"\n'
    )
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    allowed = [*unshare, "sh", str(tmp_path / "mount.sh"), "true"]
    try:
        may_mount = subprocess.run(allowed, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        may_mount = False
    if not may_mount:
        pytest.skip("this machine lets nobody mount a small disk")
    report = child("full", tmp_path, *unshare, "sh", str(tmp_path / "mount.sh"))
    assert "disk is full" in report["message"]
    assert not report["left_over"]
