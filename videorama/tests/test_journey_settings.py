"""An administrator sets the server up in the browser, at a desk and on a phone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from videorama.tests.fakes.llm import ModelService
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.fakes.proxy import Proxy
from videorama.tests.journeys import picture, sign_in
from videorama.tests.live import LiveApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]

SECRET = "sk-desk-and-phone-1234567"
MASKED = "sk-d********567"


@pytest.fixture
def service() -> Iterator[ModelService]:
    with ModelService(key=SECRET) as running:
        yield running


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_a_secret_is_saved_shown_masked_and_stays_when_the_masked_value_is_sent_back(
    browser: "Browser", live_app: LiveApp, service: ModelService, width: int, height: int
) -> None:
    context = browser.new_context(
        base_url=live_app.url,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    page = context.new_page()
    sign_in(page)
    if width < 720:
        page.get_by_role("button", name="More").click()
        page.locator("#more-sheet").get_by_role("link", name="Settings").click()
    else:
        page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Providers").click()
    key = page.get_by_label("API key", exact=True)
    page.get_by_label("Address of the language model").fill(service.url)
    key.fill(SECRET)
    page.get_by_role("button", name="Save settings").click()
    expect(key).to_have_value(MASKED)
    assert SECRET not in page.content()

    page.get_by_label("Model", exact=True).fill("small-model")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Model", exact=True)).to_have_value("small-model")
    expect(key).to_have_value(MASKED)
    page.get_by_role("button", name="Test the language model").click()
    # The service lets nobody in without the whole secret.
    expect(page.get_by_role("status").filter(has_text="has 2 models")).to_be_visible()
    picture(page, f"settings-providers-{width}")

    page.get_by_role("button", name="Remove API key").click()
    expect(key).to_have_value("")
    page.get_by_role("button", name="Test the language model").click()
    expect(page.get_by_text("does not accept the API key")).to_be_visible()
    context.close()


def test_what_is_set_for_downloads_holds_for_the_next_import(
    live_app: LiveApp, live_site: MediaSite
) -> None:
    with Proxy("house:long-password-1") as proxy:
        changes = {
            "downloader.proxy": f"http://127.0.0.1:{proxy.port}",
            "downloader.proxy_user": "house",
            "downloader.proxy_password": "long-password-1",
            "downloader.preset": "audio_max",
        }
        assert live_app.api("PATCH", "/settings", changes).status_code == 200
        entry = live_app.imported(live_site.url("/watch"))
        assert entry["media_kind"] == "audio"
        asked = {line.split()[1] for line in proxy.asked}
        assert {live_site.url(seen.path) for seen in live_site.requests} <= asked
    assert "long-password-1" not in live_app.said
