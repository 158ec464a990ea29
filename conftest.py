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
from django.contrib.auth.hashers import Argon2PasswordHasher

from videorama.tests import databases, services
from videorama.tests.surroundings import is_ours

# Before Django reads its settings: nothing of the surroundings may reach them.
for _name in list(os.environ):
    if is_ours(_name) and not _name.startswith("VIDEORAMA_TEST_"):
        del os.environ[_name]
_DATA = tempfile.mkdtemp(prefix="videorama-test-")
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
# One for all processes of a run: they inherit it from the first.
if not os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ[databases.PREPARED_VARIABLE] = f"{_DATA}/prepared"
    Path(os.environ[databases.PREPARED_VARIABLE]).mkdir()
os.environ["VIDEORAMA_DATA"] = _DATA
os.environ["DJANGO_SETTINGS_MODULE"] = "videorama.settings"
if services.is_scale():
    os.environ |= {
        "DATABASE_URL": f"{os.environ[services.DATABASE_VARIABLE]}/of_{os.getpid()}",
        "VIDEORAMA_SECRET_KEY": services.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "videorama.tests.scale_settings",
    }

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.fixtures import SettingsWrapper

    from videorama.accounts.models import User
    from videorama.tests.fakes.media_site import MediaSite
    from videorama.tests.live import LiveApp


def pytest_configure() -> None:
    """Reads the settings now, with the environment made above."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        services.end_with_parent()
    django.setup()
    # The same way to hash, only light: programs that tests start keep the full weight.
    Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
    Argon2PasswordHasher.memory_cost = 1024


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of one mode is left out in the run of the other, and says why.

    Files that start programs come first: they take long, and small ones fill what is left at the
    end, so that all processes are busy until then.
    """
    other = "embedded_only" if services.is_scale() else "scale_only"
    for item in items:
        if marker := item.get_closest_marker(other):
            item.add_marker(pytest.mark.skip(reason=str(marker.args[0])))
    long = {item.path for item in items if item.get_closest_marker("journey")}
    items.sort(key=lambda item: item.path not in long)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Workers read the settings after they made their own data folder, not at their start."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The tests' own database is there already; see below."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A copy of the prepared database, since migrating costs seconds; gone with this process."""
    from django.db import connection

    name = connection.creation._get_test_db_name()
    databases.copy(databases.BARE, name)


@pytest.fixture(autouse=True)
def media_root(settings: "SettingsWrapper", tmp_path: Path) -> Path:
    """An empty storage root named media; the folder appears with the first file."""
    root = tmp_path / "media"
    settings.ROOTS = {"media": root}
    return root


@pytest.fixture
def make_user(db: None) -> "Callable[..., User]":
    """Makes an account: `make_user("eve", role="editor")`."""
    from videorama.accounts.models import User

    def make(username: str, *, role: str = "viewer") -> User:
        is_admin = role == "admin"
        return User.objects.create(
            username=username, role=role, is_staff=is_admin, is_superuser=is_admin
        )

    return make


@pytest.fixture
def admin(make_user: "Callable[..., User]") -> "User":
    """May do everything."""
    return make_user("admin", role="admin")


@pytest.fixture
def editor(make_user: "Callable[..., User]") -> "User":
    """Imports, edits, makes libraries."""
    return make_user("editor", role="editor")


@pytest.fixture
def viewer(make_user: "Callable[..., User]") -> "User":
    """Watches."""
    return make_user("viewer")


@pytest.fixture
def stranger(make_user: "Callable[..., User]") -> "User":
    """An editor who belongs to no library; may see nothing private."""
    return make_user("stranger", role="editor")


@pytest.fixture
def bearer(db: None) -> "Callable[[User], dict[str, str]]":
    """Headers that speak for a user: `client.get(url, headers=bearer(viewer))`."""
    from videorama.accounts import services

    def headers(user: "User") -> dict[str, str]:
        name = f"token {user.api_tokens.count()}"
        return {"Authorization": f"Bearer {services.create_token(user=user, name=name)[1]}"}

    return headers


@pytest.fixture
def media_site() -> "Iterator[MediaSite]":
    """A loopback site with media of every kind, and with faults."""
    from videorama.tests.fakes.media_site import MediaSite

    with MediaSite() as site:
        yield site


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[services.Redis]:
    """A Redis of this test alone."""
    server = services.Redis(tmp_path / "redis")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def live_site() -> "Iterator[MediaSite]":
    """The media site of all journeys of a module."""
    from videorama.tests.fakes.media_site import MediaSite

    with MediaSite() as site:
        yield site


@pytest.fixture(scope="module")
def live_app(
    live_site: "MediaSite", tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[LiveApp]":
    """The real program, running, with an administrator; it may import from the live site."""
    from videorama.tests.live import LiveApp

    data = tmp_path_factory.mktemp("live") / "data"
    with LiveApp.with_admin(data, VIDEORAMA_ALLOW_PRIVATE=live_site.allow) as app:
        yield app


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Headless Chromium. It ends with the module, so that coroutine tests may run after it."""
    from videorama.tests.browser import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: "Browser", live_app: "LiveApp") -> "Iterator[BrowserContext]":
    """A visitor of the live app without cookies."""
    context = browser.new_context(
        base_url=live_app.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    )
    yield context
    context.close()


@pytest.fixture
def page(context: "BrowserContext") -> "Page":
    """The visitor's tab, not signed in."""
    return context.new_page()
