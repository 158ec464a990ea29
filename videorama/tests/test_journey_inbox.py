"""The inbox from outside: links that wait, and a review with nothing but keys, or fingers."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from videorama.tests.journeys import all_jobs_ended, own_clip, picture, sign_in
from videorama.tests.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from videorama.tests.fakes.media_site import MediaSite
    from videorama.tests.live import LiveApp

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def shelves(live_app: "LiveApp") -> list[str]:
    """Two libraries to choose between, beside the first one."""
    for slug, name in (("talks", "Talks & lectures"), ("kitchen", "Kitchen")):
        answer = live_app.api("POST", "/libraries", {"id": slug, "name": name})
        assert answer.status_code == 201, answer.text
    return ["talks", "kitchen"]


def wait_in_inbox(app: "LiveApp", site: "MediaSite", numbers: range, **more: object) -> None:
    """Imports clips that end in the inbox."""
    for number in numbers:
        site.add(f"/inbox-{number}.mp4", own_clip(number), "video/mp4")
        asked = {"url": site.url(f"/inbox-{number}.mp4"), "auto_mode": False, **more}
        answer = app.api("POST", "/import/url", asked)
        assert answer.status_code == 202, answer.text
    all_jobs_ended(app)


def waiting(app: "LiveApp") -> int:
    """How many items wait."""
    return int(app.api("GET", "/inbox").json()["count"])


def entries_of(app: "LiveApp", library: str) -> list[dict[str, object]]:
    """What a library holds."""
    found = app.api("GET", "/entries", params={"library_id": library}).json()["items"]
    assert isinstance(found, list)
    return found


@pytest.fixture
def phone(browser: "Browser", live_app: "LiveApp") -> "Iterator[BrowserContext]":
    """A visitor with a phone."""
    context = browser.new_context(
        base_url=live_app.url,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        reduced_motion="reduce",
    )
    yield context
    context.close()


def test_the_inbox_is_reviewed_by_keyboard_alone(
    live_app: "LiveApp", live_site: "MediaSite", shelves: list[str], page: "Page"
) -> None:
    sign_in(page)
    badge = page.locator("#inbox-count-side")
    wait_in_inbox(live_app, live_site, range(501, 505))
    eventually(lambda: badge.get_attribute("data-count") == "4", within=10, what="the badge")
    keys = page.keyboard
    keys.press("g")
    keys.press("n")
    page.wait_for_url("**/inbox/")
    items = page.locator(".review-item")
    assert items.count() == 4
    picture(page, "inbox-1440")
    first = page.locator("[data-review-title]").input_value()

    page.locator("inbox-review:defined").wait_for(state="attached")
    keys.press("?")
    page.locator("#review-keys").wait_for(state="visible")
    keys.press("Escape")
    keys.press("j")
    page.wait_for_url(re.compile(r"/inbox/[0-9a-f-]{36}/"))
    assert items.nth(1).get_attribute("aria-current") == "true"
    keys.press("k")
    eventually(lambda: items.nth(0).get_attribute("aria-current") == "true", within=5)
    assert page.locator("[data-review-title]").input_value() == first

    keys.press("e")
    keys.type("Named by keys")
    keys.press("Escape")
    keys.press("2")
    chosen = page.locator("input[name=library]:checked")
    library = chosen.get_attribute("value")
    keys.press("a")
    eventually(lambda: items.count() == 3, within=10, what="the next item")
    keys.press("x")
    eventually(lambda: items.count() == 2, within=10, what="one rejected")
    keys.press("1")
    keys.press("a")
    eventually(lambda: items.count() == 1, within=10, what="one left")
    assert waiting(live_app) == 1
    all_jobs_ended(live_app)
    assert library is not None
    assert "Named by keys" in {entry["title"] for entry in entries_of(live_app, library)}
    eventually(lambda: badge.get_attribute("data-count") == "1", within=10, what="the badge")


def test_the_inbox_is_reviewed_by_touch(
    live_app: "LiveApp",
    live_site: "MediaSite",
    shelves: list[str],
    phone: "BrowserContext",
) -> None:
    wait_in_inbox(live_app, live_site, range(511, 513))
    before = waiting(live_app)
    page = phone.new_page()
    sign_in(page)
    page.locator(".tabbar-item[href='/inbox/']").tap()
    page.wait_for_url("**/inbox/")
    picture(page, "inbox-390")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".review-item").nth(1).tap()
    page.wait_for_url(re.compile(r"/inbox/[0-9a-f-]{36}/"))
    page.locator(".suggestion").first.tap()
    page.get_by_role("button", name="Approve", exact=True).tap()
    eventually(lambda: waiting(live_app) == before - 1, within=10, what="one approved")
    page.get_by_role("button", name="Reject", exact=True).tap()
    eventually(lambda: waiting(live_app) == before - 2, within=10, what="one rejected")
    page.get_by_role("button", name="Undo").tap()
    eventually(lambda: waiting(live_app) == before - 1, within=10, what="taken back")
    all_jobs_ended(live_app)
