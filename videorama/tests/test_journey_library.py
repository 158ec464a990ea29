"""A library is made and shared: names seen while they are typed, a folder, a member, a move."""

import json
import re
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import expect

from videorama.tests.axe import violations
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import own_clip, picture, recorded_paths, sign_in
from videorama.tests.live import PASSWORD, LiveApp
from videorama.tests.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

SLOW = 30_000
pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def invited(app: LiveApp, name: str) -> None:
    """Somebody who has come by an invitation."""
    link = app.api("POST", "/invites", {"role": "viewer"}).json()["url"]
    with requests.Session() as visitor:
        page = visitor.get(link, timeout=30)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        chosen = {"username": name, "password": PASSWORD, "password_again": PASSWORD}
        body = chosen | {"csrfmiddlewaretoken": token.group(1)}
        assert visitor.post(link, body, headers={"Referer": link}, timeout=30).ok


def is_clean(page: "Page", name: str) -> None:
    """Nothing to complain of for axe, nothing wider than the screen."""
    found = violations(page)
    assert found == [], json.dumps(found, indent=1)
    assert page.evaluate(WIDE) == 0
    picture(page, name)


def stands_in(page: "Page", folder: str) -> None:
    """The list of folders shows this one, and the keyboard is in it."""
    if folder:
        expect(page.locator(".folder-steps b")).to_have_text(folder)
        expect(page.locator("#folder-browser")).to_be_focused()


def lets_in(page: "Page", name: str) -> None:
    """Adds somebody as an editor, with the names that are offered."""
    page.get_by_label("User name", exact=True).press_sequentially(name[:4])
    expect(page.locator("#people option").first).to_be_attached()
    page.get_by_label("User name", exact=True).fill(name)
    page.get_by_label("May").select_option("editor")
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_role("button", name=f"Remove {name}")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_library_is_made_and_shared(
    page: "Page", live_app: LiveApp, live_site: MediaSite, width: int, scheme: str
) -> None:
    friend, slug = f"friend-{width}", f"films-{width}"
    invited(live_app, friend)
    (live_app.data / "media/kept" / slug).mkdir(parents=True)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(page)

    page.goto("/libraries/new/")
    page.get_by_label("Name", exact=True).fill(slug)
    template, preview = page.get_by_label("Path template"), page.locator("#template-preview")
    template.fill("{wrong}/x")
    expect(preview).to_contain_text("“wrong” is not a known variable.")
    template.fill("best/")
    page.get_by_text("Variables", exact=True).click()
    page.get_by_role("button", name="title", exact=True).click()
    expect(template).to_have_value("best/{title}")
    expect(preview.locator("li")).not_to_have_count(0)
    expect(preview.locator("li").first).to_contain_text("best/")
    page.get_by_label("Film", exact=True).check()
    page.get_by_label("Threshold for automatic filing").fill("90")
    expect(page.locator(".level-words li:visible")).to_contain_text("only sure choices")
    # By keyboard alone to the folder.
    for opened, link in (("", "Choose"), ("media", "kept"), ("kept", slug)):
        stands_in(page, opened)
        page.get_by_role("link", name=re.compile(f"^{link}")).press("Enter")
    stands_in(page, slug)
    page.get_by_role("link", name="Use this folder").press("Enter")
    expect(page.locator("#id_folder")).to_have_value(f"kept/{slug}")
    is_clean(page, f"library-new-{width}")
    page.get_by_role("button", name="Create library").click()
    page.wait_for_url(f"**/libraries/{slug}/")

    page.get_by_role("link", name="Library settings").click()
    lets_in(page, friend)
    is_clean(page, f"library-settings-{width}")

    if width < 1440:
        return  # What follows is the same at any width.
    clip = live_site.add(f"/{slug}.mp4", own_clip(width), "video/mp4")
    live_app.imported(clip, library_id=slug)
    page.get_by_label("Path template").fill("moved/{year}/{title}")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/organize/")
    is_clean(page, f"library-organize-{width}")
    page.get_by_role("button", name="Move files").click()
    page.wait_for_url("**/jobs/**")
    at = f"kept/{slug}/moved/"
    eventually(
        lambda: any(str(path).startswith(at) for path in recorded_paths(live_app)),
        within=30,
        what="the entry lies where the template says",
    )
    assert all((live_app.data / "media" / path).is_file() for path in recorded_paths(live_app))
