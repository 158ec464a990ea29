"""Every page fits every screen, in light and dark, passes axe, and needs no mouse."""

import json
import re
from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import all_jobs_ended, own_clip, picture, sign_in
from videorama.tests.live import PASSWORD, USER, LiveApp
from videorama.tests.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(600)]

WIDTHS = {1440: 900, 900: 1100, 390: 844, 320: 640}
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
LONG_TITLE = "Donaudampfschifffahrtsgesellschaftskapitänsmütze und andere lange Wörter 🚢 " * 2


@pytest.fixture(scope="module")
def pages(live_app: LiveApp, live_site: MediaSite) -> dict[str, str]:
    """A server with something in it, and the address of each of its pages by name."""
    film = live_app.imported(live_site.url("/watch"))
    long = live_app.imported(live_site.add("/long.mp4", own_clip(1), "video/mp4"))
    renamed = live_app.api("PATCH", f"/entries/{long['id']}", {"title": LONG_TITLE.strip()})
    assert renamed.status_code == 200, renamed.text
    song = live_app.imported(live_site.url("/song.mp3"))
    failed = live_app.import_url(live_site.url("/fault/status/404/nothing.mp4"))["id"]
    live_app.ended_job(failed)
    all_jobs_ended(live_app)
    live_site.add("/running.mp4", own_clip(2, padding=2_000_000), "video/mp4")
    gate = live_site.hold("/running.mp4", after_bytes=1_000_000)
    running = live_app.import_url(live_site.url("/running.mp4"))["id"]
    assert gate.reached.wait(60)
    completed = live_app.api("GET", "/jobs", params={"limit": 200}).json()["items"]
    done = next(job["id"] for job in completed if job["status"] == "completed")
    slug = film["library_id"]
    return {
        "library": "/",
        "library-one": f"/libraries/{slug}/",
        "library-none-found": "/?q=nothing-is-called-this",
        "library-new": "/libraries/new/",
        "entry": f"/entries/{film['id']}/",
        "entry-long-title": f"/entries/{long['id']}/",
        "entry-audio": f"/entries/{song['id']}/",
        "entry-edit": f"/entries/{film['id']}/edit/",
        "entry-removal": f"/entries/{film['id']}/removal/",
        "import": "/import/",
        "jobs": "/jobs/",
        "job-running": f"/jobs/{running}/",
        "job-completed": f"/jobs/{done}/",
        "job-failed": f"/jobs/{failed}/",
        "account": "/account/",
        "users": "/settings/users/",
        "settings-downloads": "/settings/downloader/",
        "settings-diagnostics": "/settings/diagnostics/",
        "notifications": "/notifications/",
        "offline": "/offline/",
        "missing": "/nothing-here/",
    }


def _settled(page: "Page", address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("load")


def _too_wide(page: "Page") -> int:
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def _violations(page: "Page") -> list[dict[str, Any]]:
    found = Axe().run(page).response["violations"]
    return [
        {"rule": one["id"], "at": [node["html"][:160] for node in one["nodes"][:3]]}
        for one in found
    ]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_page_scrolls_sideways_or_breaks_a_rule_of_accessibility(
    browser: "Browser",
    live_app: LiveApp,
    pages: dict[str, str],
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    context = browser.new_context(
        base_url=live_app.url,
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    wrong: dict[str, Any] = {}

    def look(name: str, address: str) -> None:
        page.goto("about:blank")
        complaints.clear()
        _settled(page, address)
        picture(page, f"{name}-{width}-{scheme}")
        # Before axe, which adds complaints of its own.
        if complaints and name != "missing":
            wrong[f"{name} console"] = list(complaints)
        if (over := _too_wide(page)) > 0:
            wrong[f"{name} too wide"] = over
        # Rules do not depend on more than the two layouts and the two schemes.
        if width in {1440, 390} and (violations := _violations(page)):
            wrong[name] = violations

    look("login", "/login")
    sign_in(page)
    for name, address in pages.items():
        look(name, address)
    context.close()
    assert not wrong, json.dumps(wrong, indent=1)


def _tab_to(page: "Page", target: "Locator", *, most: int = 80) -> None:
    """Presses Tab until the target has the focus."""
    for _ in range(most):
        if target.evaluate_all("found => found.includes(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {target}")


def test_everything_from_sign_in_to_seeking_works_by_keyboard_alone(
    page: "Page", live_app: LiveApp, live_site: MediaSite
) -> None:
    url = live_site.add("/by-keyboard.mp4", own_clip(9), "video/mp4")
    page.goto("/login")
    _tab_to(page, page.get_by_label("Username"))
    page.keyboard.type(USER)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    _tab_to(page, page.get_by_role("link", name="Import"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/import/")
    _tab_to(page, page.get_by_label("Address of a video"))
    page.keyboard.type(url)
    page.keyboard.press("Enter")
    start = page.locator("#preview").get_by_role("button", name=re.compile("^Import"))
    expect(start).to_be_visible(timeout=60_000)
    _tab_to(page, start)
    page.keyboard.press("Enter")
    entry = eventually(
        lambda: next((e for e in live_app.entries() if e["original_url"] == url), None),
        within=90,
        what="the import has become an entry",
    )

    page.goto("/")
    _tab_to(page, page.locator(f"#entry-{entry['id']} h3 a"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/entries/*/")
    _tab_to(page, page.get_by_role("button", name="Play", exact=True))
    page.keyboard.press("Space")
    video = page.locator("video")
    eventually(lambda: video.evaluate("v => v.currentTime") > 0.3, what="it plays")
    page.keyboard.press("Space")
    eventually(lambda: video.evaluate("v => v.paused"), what="it pauses")
    _tab_to(page, page.get_by_role("slider", name="Seek"))
    before = video.evaluate("v => v.currentTime")
    page.keyboard.press("ArrowRight")
    eventually(lambda: video.evaluate("v => v.currentTime") > before, what="it seeks")
