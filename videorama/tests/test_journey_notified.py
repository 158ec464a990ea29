"""An import is told of while another page is open; without network there is a page of ours."""

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from videorama.tests.axe import violations
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import own_clip, picture, sign_in
from videorama.tests.live import LiveApp

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

# Another file's tests may want the same two processors.
SLOW = 30_000
pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]

KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const kept = await (await caches.open(name)).keys();
    found.push(...kept.map((request) => new URL(request.url).pathname));
  }
  return found;
}"""


def test_news_arrive_at_an_open_page_and_are_read(
    page: "Page", live_app: LiveApp, live_site: MediaSite
) -> None:
    sign_in(page)
    page.goto("/jobs/")
    expect(page.locator("body")).to_have_attribute("data-socket", "up", timeout=SLOW)
    bell = page.get_by_role("button", name=re.compile("^Notifications"))
    expect(bell).to_have_accessible_name("Notifications")
    first = live_app.import_url(live_site.url("/fault/status/404/one.mp4"))["id"]
    live_app.ended_job(first)
    expect(bell).to_have_accessible_name("Notifications, 1 unread", timeout=SLOW)
    expect(page.locator("#toasts")).to_contain_text("could not be imported")
    live_app.ended_job(live_app.import_url(live_site.url("/fault/status/404/two.mp4"))["id"])
    expect(page.locator("#toasts .toast")).to_have_text(
        [re.compile("2 imports failed")], timeout=SLOW
    )
    bell.click()
    panel = page.locator("#bell-panel")
    expect(panel.get_by_role("link", name="2 imports failed")).to_be_visible()
    picture(page, "bell")
    found = violations(page)
    assert found == [], json.dumps(found, indent=1)
    panel.get_by_role("button", name="Mark as read: 2 imports failed").click()
    expect(bell).to_have_accessible_name("Notifications")
    expect(panel).to_be_visible()


def test_the_page_of_all_is_kept_up_to_date_and_reachable_on_a_phone(
    page: "Page", live_app: LiveApp, live_site: MediaSite
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page)
    page.get_by_role("button", name="Notifications").click()
    page.get_by_role("link", name="All notifications").click()
    page.wait_for_url("**/notifications/")
    expect(page.locator("body")).to_have_attribute("data-socket", "up", timeout=SLOW)
    live_app.ended_job(live_app.import_url(live_site.url("/fault/status/404/other.mp4"))["id"])
    row = page.locator("#notification-list li:not([data-read])")
    expect(row).to_have_count(1, timeout=SLOW)
    picture(page, "notifications-390")
    page.locator("#main").get_by_role("button", name="Mark all as read").click()
    expect(row).to_have_count(0)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0


def test_without_network_there_is_a_page_of_ours_and_nothing_private_is_kept(
    context: "BrowserContext", page: "Page", live_app: LiveApp, live_site: MediaSite
) -> None:
    page.goto("/login")
    page.evaluate("caches.open('videorama-of-an-older-release').then(() => true)")
    sign_in(page)
    page.wait_for_function(
        "navigator.serviceWorker.ready.then(() => caches.keys()).then((names) =>"
        " names.length === 1 && !names.includes('videorama-of-an-older-release'))",
        timeout=SLOW,
    )
    page.goto("/jobs/")
    page.goto("/account/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/login")
    kept = page.evaluate(KEPT)
    assert "/offline/" in kept
    assert [name for name in kept if name != "/offline/" and not name.startswith("/static/")] == []
    context.set_offline(True)
    page.goto("/jobs/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    styled = page.get_by_role("link", name="Try again").evaluate(
        "one => getComputedStyle(one).display"
    )
    assert styled.endswith("flex")
    picture(page, "offline")
    context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    page.wait_for_url("**/login?next=/jobs/")


def test_what_a_phone_shares_is_looked_at_after_signing_in(
    page: "Page", live_app: LiveApp, live_site: MediaSite
) -> None:
    film = live_site.add("/shared.mp4", own_clip(703), "video/mp4")
    page.goto(f"/import/?title=A+film&text=Look+at+this:+{film}")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill("a long enough pass phrase")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/import/?**")
    expect(page.get_by_label("Address of a video or audio page")).to_have_value(film)
    expect(page.locator("#preview").get_by_role("button", name="Import")).to_be_visible(
        timeout=SLOW
    )
