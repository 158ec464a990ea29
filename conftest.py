"""Shared fixtures. Every test process has a data folder of its own, gone at its end."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import django
import pytest

# Before Django reads its settings: nothing of the surroundings may reach them.
for _name in list(os.environ):
    if _name.startswith("VIDEORAMA_") or _name in {"HOST", "PORT", "DATABASE_URL", "REDIS_URL"}:
        del os.environ[_name]
_DATA = tempfile.mkdtemp(prefix="videorama-test-")
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
os.environ["VIDEORAMA_DATA"] = _DATA
os.environ["DJANGO_SETTINGS_MODULE"] = "videorama.settings"

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.fixtures import SettingsWrapper

    from videorama.accounts.models import User
    from videorama.tests.fakes.media_site import MediaSite
    from videorama.tests.live import LiveApp


def pytest_configure() -> None:
    """Reads the settings now, with the environment made above."""
    django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Workers read the settings after they made their own data folder, not at their start."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture(autouse=True)
def media_root(settings: "SettingsWrapper", tmp_path: Path) -> Path:
    """An empty storage root named media; the folder appears with the first file."""
    root = tmp_path / "media"
    settings.ROOTS = {"media": root}
    return root
