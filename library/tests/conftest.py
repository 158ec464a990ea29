"""Fixtures of the library's tests."""

from pathlib import Path

import pytest
from pytest_django.fixtures import SettingsWrapper


@pytest.fixture(autouse=True)
def media_root(tmp_path: Path, settings: SettingsWrapper) -> Path:
    """A storage root of the test's own."""
    root = tmp_path / "media"
    root.mkdir()
    settings.ROOTS = {"media": root}
    return root
