"""Somebody is invited, comes in, watches, may not edit, chooses Spanish, and is shut out again."""

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import own_clip, picture, sign_in
from videorama.tests.live import PASSWORD, LiveApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]

AT_THE_DOOR = re.compile("/login")
SIZES = {1440: 900, 390: 844}


@pytest.fixture(scope="module")
def entry(live_app: LiveApp, live_site: MediaSite) -> dict[str, Any]:
    """Something to watch."""
    return live_app.imported(live_site.add("/people.mp4", own_clip(1), "video/mp4"))


def visitor(browser: "Browser", app: LiveApp, width: int) -> "BrowserContext":
    return browser.new_context(
        base_url=app.url,
        viewport={"width": width, "height": SIZES[width]},
        reduced_motion="reduce",
    )


def fits(page: "Page") -> None:
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0, page.url


def invited(admin: "Page", label: str) -> str:
    """The link of a new invitation as the page shows it."""
    admin.goto("/settings/users/")
    admin.get_by_label("For whom").fill(label)
    admin.locator("#id_role").select_option("viewer")
    admin.get_by_role("button", name="Make a link").click()
    link = admin.locator("#new-link").input_value()
    picture(admin, f"users-{label}")
    fits(admin)
    return link


def accept(page: "Page", link: str, name: str) -> None:
    page.goto(link)
    page.get_by_label("Username").fill(name)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password_again").fill(PASSWORD)
    picture(page, f"invite-{name}")
    fits(page)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/")


def promote_and_reset(desk: "Page", page: "Page", name: str) -> None:
    """By keyboard alone: another role, and a link for a new password, which the guest uses."""
    desk.goto(f"/settings/users/?q={name}")
    role = desk.get_by_label(f"Role of {name}")
    role.focus()
    role.press("ArrowDown")
    expect(desk.locator("#toasts")).to_contain_text(f"{name} is now: Editor.")
    desk.get_by_role("button", name=f"Reset the password of {name}").press("Enter")
    desk.locator("#confirm-yes").press("Enter")
    link = desk.locator("#new-link").input_value()
    expect(page).to_have_url(AT_THE_DOOR, timeout=20_000)
    page.goto(link)
    page.locator("#id_password").fill("another pass phrase")
    page.locator("#id_password_again").fill("another pass phrase")
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    expect(page.locator("a[href='/import/']").first).to_be_visible()


@pytest.mark.parametrize("width", SIZES)
def test_an_invited_viewer_watches_may_not_edit_and_reads_spanish(
    browser: "Browser", live_app: LiveApp, entry: dict[str, Any], width: int
) -> None:
    admin, guest = visitor(browser, live_app, width), visitor(browser, live_app, width)
    desk, page, name = admin.new_page(), guest.new_page(), f"guest{width}"
    sign_in(desk)
    link = invited(desk, name)
    accept(page, link, name)

    # Watches, and is offered nothing to change.
    page.goto(f"/entries/{entry['id']}/")
    expect(page.get_by_role("heading", name=entry["title"])).to_be_visible()
    assert page.locator(f"a[href='/entries/{entry['id']}/edit/']").count() == 0
    assert page.locator("a[href='/import/']").count() == 0
    for forbidden in (f"/entries/{entry['id']}/edit/", "/import/", "/settings/users/"):
        answer = page.goto(forbidden)
        assert answer is not None and answer.status == 403, forbidden

    # Spanish, on every page, and nothing runs over the edge.
    page.goto("/account/")
    page.locator("#id_language").select_option("es")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Idioma y aspecto")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Guardado.")
    for address in ("/account/", "/", f"/entries/{entry['id']}/", "/jobs/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.lang") == "es"
        picture(page, f"es-{width}-{address.strip('/').replace('/', '-')[:12]}")
        fits(page)

    # The link is spent, and whoever has it learns nothing.
    other = visitor(browser, live_app, width)
    gone = other.new_page()
    answer = gone.goto(link)
    assert answer is not None and answer.status == 404
    fits(gone)
    assert link.rpartition("/")[2] not in live_app.said

    if width == 1440:
        promote_and_reset(desk, page, name)

    # Shut out: the socket of the open page ends, and the page goes to the door by itself.
    desk.goto("/settings/users/")
    desk.get_by_role("button", name=f"Deactivate {name}").click()
    desk.locator("#confirm-yes").click()
    expect(desk.get_by_role("button", name=f"Reactivate {name}")).to_be_visible()
    expect(page).to_have_url(AT_THE_DOOR, timeout=20_000)
    for context in (admin, guest, other):
        context.close()
