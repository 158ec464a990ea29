"""The jail around storage roots, and what a refusing disk says."""

import errno
import logging
import os
from pathlib import Path

import pytest

from library import files
from library.errors import DiskFull, FileMissing, OutsideRoot, StorageUnwritable

OUTSIDE = [
    "../secret",
    "a/../../secret",
    "a/..",
    "..",
    ".",
    "",
    "/etc/passwd",
    "//etc/passwd",
    "a//b",
    "a/./b",
    "a/",
    "nul\0byte",
    "a/nul\0",
    "..\\secret",
    "a\\..\\b",
    "link-out",
    "link-out/secret",
    "folder-out/secret",
    "deep/folder-out/secret",
]


@pytest.fixture
def jail(media_root: Path, tmp_path: Path) -> Path:
    """A root with links that lead out of it, and one that stays inside."""
    (media_root / "deep").mkdir(parents=True)
    (media_root / "real.mp4").write_bytes(b"inside")
    secret = tmp_path / "outside" / "secret"
    secret.parent.mkdir()
    secret.write_bytes(b"secret")
    (media_root / "link-out").symlink_to(secret)
    (media_root / "folder-out").symlink_to(secret.parent)
    (media_root / "deep" / "folder-out").symlink_to("../../outside")
    (media_root / "link-in").symlink_to("real.mp4")
    return media_root


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_out_of_its_root(
    jail: Path, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(OutsideRoot):
        files.inside("media", path)
    assert "leads out of its storage root" in caplog.text
    with pytest.raises(OutsideRoot):
        files.open_inside("media", path)


def test_an_unknown_root_is_refused(jail: Path) -> None:
    with pytest.raises(OutsideRoot):
        files.inside("etc", "passwd")


def test_a_link_in_the_place_of_a_file_is_refused_even_inside(jail: Path) -> None:
    with pytest.raises(OutsideRoot):
        files.open_inside("media", "link-in")


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_only_regular_files_are_opened(jail: Path, kind: str) -> None:
    place = jail / "thing"
    place.mkdir() if kind == "folder" else os.mkfifo(place)
    with pytest.raises(OutsideRoot):
        files.open_inside("media", "thing")


@pytest.mark.parametrize("path", ["gone.mp4", "real.mp4/below", "n" * 300 + ".mp4"])
def test_what_is_not_there_is_missing(jail: Path, path: str) -> None:
    with pytest.raises(FileMissing):
        files.open_inside("media", path)
    assert not files.is_there("media", path)


def test_a_file_in_the_jail_is_opened(jail: Path) -> None:
    descriptor = files.open_inside("media", "real.mp4")
    try:
        assert os.read(descriptor, 100) == b"inside"
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EACCES, StorageUnwritable),
        (errno.EPERM, StorageUnwritable),
        (errno.EROFS, StorageUnwritable),
        (errno.EIO, StorageUnwritable),
    ],
)
def test_a_refusing_disk_is_a_plain_sentence(number: int, expected: type[Exception]) -> None:
    with pytest.raises(expected), files.storage_errors():
        raise OSError(number, os.strerror(number))


def test_empty_folders_go_up_to_the_root(media_root: Path) -> None:
    (media_root / "a/b/c").mkdir(parents=True)
    (media_root / "a/keep").write_bytes(b"x")
    files.prune(media_root / "a/b/c", media_root)
    assert [path.name for path in media_root.rglob("*")] == ["a", "keep"]


def test_hashing_can_be_stopped(media_root: Path) -> None:
    media_root.mkdir()
    (media_root / "big").write_bytes(b"x" * 3 * files.BLOCK)
    seen: list[int] = []

    def check() -> None:
        seen.append(1)
        if len(seen) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        files.sha256_of(media_root / "big", check)
