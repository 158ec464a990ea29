"""From an empty server to a film that plays where it was left, in the browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from videorama.tests.fakes.media_files import CHAPTERS, HLS_HEIGHTS, SUBTITLES, media_file
from videorama.tests.fakes.media_pages import AUTHOR, TITLE
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import READ_SECOND, own_clip, picture, sign_in
from videorama.tests.live import PASSWORD, USER, LiveApp
from videorama.tests.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, WebSocketRoute

pytestmark = [pytest.mark.journey, pytest.mark.browser]

# Keeps every value the importing card ever shows; a reload would lose the list, so it also proves
# that none was needed.
WATCH_PROGRESS = """() => {
  window.shown = [];
  setInterval(() => {
    const bar = document.querySelector(".media-importing");
    if (!bar) return;
    const value = Number(bar.getAttribute("aria-valuenow"));
    if (window.shown.at(-1) !== value) window.shown.push(value);
  }, 20);
}"""


@pytest.fixture
def signed_in(page: "Page") -> "Page":
    """A tab of the administrator, on the library page."""
    sign_in(page)
    return page


@pytest.fixture
def untouched_app(live_site: MediaSite, tmp_path: Path) -> Iterator[LiveApp]:
    """A server nobody has set up yet."""
    data = tmp_path / "data"
    with LiveApp(data, is_prepared=False, VIDEORAMA_ALLOW_PRIVATE=live_site.allow) as app:
        yield app


def _preview(page: "Page", url: str) -> "Locator":
    page.get_by_role("link", name="Import").locator("visible=true").first.click()
    page.get_by_label("Address of a video").fill(url)
    page.get_by_role("button", name="Preview").click()
    preview = page.locator("#preview")
    expect(preview.get_by_role("button", name=re.compile("^Import"))).to_be_visible(timeout=60_000)
    return preview


def _import(page: "Page", url: str) -> None:
    _preview(page, url).get_by_role("button", name=re.compile("^Import")).click()


def _card(page: "Page", title: str) -> "Locator":
    return page.locator("article.media-card", has=page.get_by_role("link", name=title)).first


def _play(page: "Page") -> "Locator":
    video = page.locator("video")
    page.get_by_role("button", name="Play", exact=True).click()
    eventually(lambda: video.evaluate("v => v.currentTime") > 0.3, what="the film plays")
    page.get_by_role("button", name="Pause", exact=True).click()
    return video


def _seek(page: "Page", second: float) -> None:
    video = page.locator("video")
    page.get_by_role("slider", name="Seek").fill(str(second))
    eventually(
        lambda: video.evaluate(f"v => !v.seeking && Math.abs(v.currentTime - {second}) < 1"),
        what=f"the player stands at {second}",
    )


def test_a_new_server_asks_for_the_first_account_and_then_never_again(
    browser: "Browser", untouched_app: LiveApp
) -> None:
    context = browser.new_context(base_url=untouched_app.url)
    page = context.new_page()
    page.goto("/")
    expect(page).to_have_url(re.compile("/setup$"))
    picture(page, "setup-1440-light")
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_label("Name of the first library").fill("Evening films")
    page.get_by_role("button", name="Open Videorama").click()
    expect(page.get_by_role("link", name="Evening films").first).to_be_visible()
    context.clear_cookies()
    page.goto("/setup")
    expect(page).not_to_have_url(re.compile("/setup$"))
    sign_in(page)
    expect(page.get_by_role("link", name="Evening films").first).to_be_visible()
    context.close()


def test_a_pasted_link_develops_into_a_film_that_plays_seeks_and_remembers(
    signed_in: "Page", live_site: MediaSite
) -> None:
    page, path = signed_in, "/river-walk.mp4"
    film = media_file("long7min.mp4").read_bytes()
    url = live_site.add(path, film, "video/mp4")
    live_site.fail(path, bytes_per_s=len(film) // 8)
    ranges: list[int] = []
    page.on("response", lambda r: ranges.append(r.status) if "/stream" in r.url else None)

    _import(page, url)
    page.goto("/")
    page.evaluate(WATCH_PROGRESS)
    expect(page.locator(".media-importing")).to_be_visible()
    ready = page.locator("article.media-card h3 a[href*='/entries/']").first
    expect(ready).to_be_visible(timeout=120_000)
    shown = page.evaluate("window.shown")
    assert len(set(shown)) >= 4, shown
    assert shown == sorted(shown)
    assert any(10 < value < 75 for value in shown), "it moved while the film came down"

    ready.click()
    page.wait_for_url("**/entries/*/")
    video = _play(page)
    with page.expect_response(lambda answer: "201.5" in (answer.request.post_data or "")):
        _seek(page, 201.5)
    assert video.evaluate(READ_SECOND) == 201
    assert 206 in ranges
    picture(page, "entry-1440-light")

    page.reload()
    video = page.locator("video")
    eventually(
        lambda: abs(video.evaluate("v => v.currentTime") - 201.5) < 3,
        what="the film stands where it was left",
    )


def test_a_page_brings_its_title_chapters_subtitles_and_picture(
    signed_in: "Page", live_site: MediaSite, live_app: LiveApp
) -> None:
    page = signed_in
    preview = _preview(page, live_site.url("/watch"))
    expect(preview).to_contain_text(TITLE)
    expect(preview).to_contain_text(AUTHOR)
    picture(page, "import-1440-light")
    preview.get_by_role("button", name=re.compile("^Import")).click()
    page.goto("/")
    card = _card(page, TITLE)
    expect(card.locator("h3 a[href*='/entries/']")).to_be_visible(timeout=120_000)
    picture(page, "library-1440-light")
    card.locator("h3 a[href*='/entries/']").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    for chapter in CHAPTERS:
        expect(page.locator(".transcript-line", has_text=chapter)).to_be_visible()
    assert page.locator("video track").count() == len(SUBTITLES)

    video = _play(page)
    page.locator(".transcript-line", has_text=CHAPTERS[3]).click()
    eventually(lambda: video.evaluate("v => !v.seeking && v.currentTime >= 6"), what="chapter 4")
    video.evaluate("v => v.pause()")
    assert video.evaluate(READ_SECOND) in {6, 7}
    page.get_by_role("button", name="Captions").click()
    _seek(page, 5.5)
    expect(page.locator("[data-part=caption]")).to_contain_text("Goodbye")
    entry_id = page.url.rstrip("/").rsplit("/", 1)[-1]
    roles = {file["role"] for file in live_app.entry(entry_id)["files"]}
    assert {"original", "poster", "subtitle"} <= roles


def test_a_stream_in_three_qualities_arrives_as_one_film_of_the_chosen_one(
    signed_in: "Page", live_site: MediaSite, live_app: LiveApp
) -> None:
    page = signed_in
    preview = _preview(page, live_site.url("/watch-hls"))
    offered = preview.inner_text()
    assert all(str(height) in offered for height in HLS_HEIGHTS), offered
    preview.get_by_role("button", name=re.compile("^Import")).click()
    entry = eventually(
        lambda: next((e for e in live_app.entries() if e["original_url"].endswith("hls")), None),
        within=120,
        what="the stream is an entry",
    )
    page.goto(f"/entries/{entry['id']}/")
    video = _play(page)
    _seek(page, 9.5)
    assert video.evaluate(READ_SECOND) == 9
    assert video.evaluate("v => v.videoHeight") == max(HLS_HEIGHTS)


def test_without_sockets_the_card_still_becomes_the_film(
    signed_in: "Page", live_site: MediaSite
) -> None:
    page = signed_in
    page.context.route_web_socket("**/ws/**", _refuse)
    film = own_clip(501, padding=900_000)
    url = live_site.add("/no-sockets.mp4", film, "video/mp4")
    live_site.fail("/no-sockets.mp4", bytes_per_s=len(film) // 6)
    _import(page, url)
    page.goto("/")
    page.evaluate(WATCH_PROGRESS)
    expect(page.locator(".media-importing")).to_be_visible()
    expect(page.locator(".media-importing")).to_have_count(0, timeout=120_000)
    expect(page.locator("article.media-card h3 a[href*='/entries/']").first).to_be_visible()
    shown = page.evaluate("window.shown")
    assert shown == sorted(shown)


def _refuse(socket: "WebSocketRoute") -> None:
    socket.close(code=1013, reason="no sockets today")


def test_a_reload_in_the_middle_shows_the_progress_it_had(
    signed_in: "Page", live_site: MediaSite
) -> None:
    page = signed_in
    film = own_clip(502, padding=1_500_000)
    url = live_site.add("/reloaded.mp4", film, "video/mp4")
    live_site.fail("/reloaded.mp4", bytes_per_s=300_000)
    _import(page, url)
    page.goto("/")
    bar = page.locator(".media-importing")
    eventually(lambda: float(bar.get_attribute("aria-valuenow") or 0) > 20, what="some is here")
    before = float(bar.get_attribute("aria-valuenow") or 0)
    page.reload()
    assert float(bar.get_attribute("aria-valuenow") or 0) >= before
    picture(page, "library-importing-1440-light")
    live_site.heal("/reloaded.mp4")
    expect(bar).to_have_count(0, timeout=120_000)


def test_a_dead_link_fails_in_plain_words_on_its_card_and_its_page(
    signed_in: "Page", live_site: MediaSite, live_app: LiveApp
) -> None:
    page = signed_in
    job = live_app.import_url(live_site.url("/fault/status/404/gone.mp4"))
    ended = live_app.ended_job(job["id"])
    assert ended["status"] == "failed"
    page.goto("/")
    card = page.locator(f"#card-{job['id']}")
    expect(card).to_contain_text(ended["error"]["message"])
    page.goto(f"/jobs/{job['id']}/")
    expect(page.locator("#job-detail")).to_contain_text(ended["error"]["message"])
    expect(page.locator("body")).not_to_contain_text("Traceback")
    picture(page, "job-failed-1440-light")
