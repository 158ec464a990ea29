"""Every page fits every screen, in light and dark, passes axe, and needs no mouse."""

import json
import re
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import expect

from videorama.tests.axe import violations
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import all_jobs_ended, own_clip, picture, sign_in
from videorama.tests.live import PASSWORD, USER, LiveApp
from videorama.tests.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [
    pytest.mark.journey,
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.embedded_only("pages look the same whatever keeps their rows"),
]

type Scheme = Literal["light", "dark"]
HEIGHTS = {1440: 900, 900: 1100, 390: 844, 320: 640}
# Colours of before are on their way to those of now; who inherits one sets off when it is there.
ARRIVED = """() => {
  const moving = () => document.getAnimations().filter(one => one instanceof CSSTransition);
  for (let round = 0; round < 20 && moving().length; round++)
    moving().forEach(one => one.finish());
  if (moving().length) throw new Error("colours never come to rest");
}"""
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


def _too_wide(page: "Page") -> int:
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


@pytest.mark.parametrize(
    ("first", "then", "narrower", "width"),
    [
        pytest.param("light", "dark", 900, 1440, id="wide"),
        pytest.param("dark", "light", 320, 390, id="narrow"),
    ],
)
def test_no_page_scrolls_sideways_or_breaks_a_rule_of_accessibility(
    browser: "Browser",
    live_app: LiveApp,
    pages: dict[str, str],
    first: Scheme,
    then: Scheme,
    narrower: int,
    width: int,
) -> None:
    """Each page is loaded once for each layout; then its window and its scheme change.

    Rules do not depend on more than the two layouts, and of the schemes only those of colour do.
    """
    context = browser.new_context(base_url=live_app.url, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    wrong: dict[str, Any] = {}

    def show(width: int, scheme: Scheme) -> None:
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        page.emulate_media(color_scheme=scheme)

    def fits(name: str, width: int, scheme: Scheme) -> None:
        show(width, scheme)
        page.evaluate(ARRIVED)
        picture(page, f"{name}-{width}-{scheme}")
        if (over := _too_wide(page)) > 0:
            wrong[f"{name} {width} {scheme} too wide"] = over

    def look(name: str, address: str) -> None:
        # What axe made the page before complain of has come when another page is there.
        page.goto("/health")
        show(narrower, first)
        complaints.clear()
        page.goto(address)
        fits(name, narrower, first)
        fits(name, narrower, then)
        fits(name, width, then)
        # Before axe, which adds complaints of its own.
        if complaints and name != "missing":
            wrong[f"{name} console"] = list(complaints)
        if found := violations(page):
            wrong[f"{name} {then}"] = found
        fits(name, width, first)
        if found := violations(page, only_colour=True):
            wrong[f"{name} {first}"] = found

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
