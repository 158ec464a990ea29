"""Fifty entries changed together in a browser, and everything taken back."""

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from videorama.tests import databases
from videorama.tests.journeys import picture, sign_in
from videorama.tests.live import USER, LiveApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
COUNT = 50


@pytest.fixture(scope="module")
def shelf(live_app: LiveApp) -> LiveApp:
    """The running program with a library of fifty entries."""
    command = [sys.executable, "-m", "library.tests.seed_child", str(COUNT), USER]
    environment = databases.environment_of(live_app.data)
    subprocess.run(command, env=environment, check=True, timeout=120)
    return live_app


@pytest.mark.parametrize("size", list(SIZES))
def test_fifty_entries_are_tagged_and_all_of_it_is_undone(
    browser: "Browser", shelf: LiveApp, size: str
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=shelf.url,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        has_touch=size == "phone",
        is_mobile=size == "phone",
    )
    page = context.new_page()
    sign_in(page)
    page.goto("/libraries/coast/")
    pick_all(page, size)
    picture(page, f"bulk-{size}")
    page.get_by_role("button", name="Tags", exact=True).click()
    field = page.get_by_label("Put on")
    field.fill("win")
    page.get_by_role("option", name="winter").click()
    field.fill("lighthouse, salt")
    field.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Change tags").click()
    page.get_by_text(f"Tags of {COUNT} entries changed").wait_for()
    assert tags_of(shelf) == {"lighthouse": "user", "salt": "user", "winter": "user"}
    assert_no_overflow(page)
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone").wait_for()
    assert tags_of(shelf) == {"winter": "import"}
    context.close()


def test_a_range_comes_back_from_the_trash_with_its_files(page: "Page", shelf: LiveApp) -> None:
    sign_in(page)
    page.goto("/libraries/coast/")
    page.get_by_label("Select Part 50").check()
    page.get_by_label("Select Part 46").click(modifiers=["Shift"])
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_label("Remove with their files").check()
    page.get_by_label("Yes, the files go too").check()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("5 entries moved to the trash").wait_for()
    assert entries_of(shelf)["count"] == COUNT - 5
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone").wait_for()
    assert entries_of(shelf)["count"] == COUNT
    assert not list(shelf.data.glob("media/.videorama/trash/*"))


def pick_all(page: "Page", size: str) -> None:
    """A range with shift, then everything; on a phone by the button and a tap on cards."""
    first, second = "Part 50", "Part 46"
    if size == "phone":
        page.get_by_role("button", name="Select", exact=True).click()
        page.get_by_role("link", name=first).click()
        page.get_by_role("link", name=second).click()
        page.get_by_text("2 selected").wait_for()
    else:
        page.get_by_label(f"Select {first}").check()
        page.get_by_label(f"Select {second}").click(modifiers=["Shift"])
        page.get_by_text("5 selected").wait_for()
        page.keyboard.press("Escape")
        assert not page.get_by_label(f"Select {first}").is_checked()
    page.keyboard.press("Control+a")
    page.get_by_text("48 selected").wait_for()
    page.get_by_role("button", name=f"Select all {COUNT} results").click()
    page.get_by_text(f"All {COUNT} selected").wait_for()


def entries_of(app: LiveApp) -> Any:
    """What the library lists."""
    return app.api("GET", "/entries", params={"library_id": "coast", "limit": 100}).json()


def tags_of(app: LiveApp) -> dict[str, str]:
    """Tags that every entry carries, and where they come from; all entries must agree."""
    found = [
        dict.fromkeys(one["user_tags"], "user") | dict.fromkeys(one["auto_tags"], "import")
        for one in entries_of(app)["items"]
    ]
    assert len(found) == COUNT
    assert all(one == found[0] for one in found)
    return found[0]


def assert_no_overflow(page: "Page") -> None:
    """The page is not wider than its window."""
    root = "document.documentElement"
    assert not page.evaluate(f"{root}.scrollWidth > {root}.clientWidth")
