"""Files from a person's own device, over a connection that is cut, on a desk and on a phone."""

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from videorama.tests.fakes.cutting_proxy import CuttingProxy
from videorama.tests.fakes.media_files import media_file
from videorama.tests.journeys import all_jobs_ended, digest_of_stream, own_clip, picture, sign_in
from videorama.tests.live import LiveApp

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SRT = "1\n00:00:00,000 --> 00:00:01,000\nHello there\n"
MEGABYTE = 1 << 20
# Lets go of a file over the page, as a person would: with the overlay in between.
DROP = """async ([name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "video/mp4", lastModified: 1 }));
  const fire = (type) => document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  fire("dragenter");
  const isShown = !document.getElementById("drop-overlay").hidden;
  fire("drop");
  return isShown && document.getElementById("drop-overlay").hidden;
}"""


def entries_by_title(app: LiveApp) -> dict[str, dict[str, object]]:
    return {str(entry["title"]): entry for entry in app.entries()}


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_three_files_and_subtitles_arrive_whole_though_the_cable_is_pulled_twice(
    browser, live_app: LiveApp, tmp_path: Path, width: int, height: int
):
    clips = {f"{width} clip {n}": own_clip(width + n, padding=3 * MEGABYTE) for n in (1, 2, 3)}
    files = []
    for title, data in clips.items():
        files.append(tmp_path / f"{title.replace(' ', '_')}.mp4")
        files[-1].write_bytes(data)
    subtitles = tmp_path / f"{width}_clip_2.en.srt"
    subtitles.write_text(SRT)
    with CuttingProxy(live_app.port) as cable:
        context = browser.new_context(
            base_url=cable.url,
            viewport={"width": width, "height": height},
            has_touch=width < 720,
            reduced_motion="reduce",
        )
        page = context.new_page()
        sign_in(page)
        page.goto("/import/files/")
        cable.cut_at = [cable._sent + 2 * MEGABYTE, cable._sent + 6 * MEGABYTE]
        page.get_by_label("Drop files here").set_input_files([*files, subtitles])
        uploads = page.get_by_role("region", name="On their way")
        for file in files:
            expect(uploads.get_by_text(f"{file.name} has arrived")).to_be_visible(timeout=60_000)
        picture(page, f"upload-{width}")
        assert cable.cuts == 2
        all_jobs_ended(live_app)
        context.close()
    found = entries_by_title(live_app)
    for title, data in clips.items():
        # Titles inside the files are all the same, so they are told apart by their bytes.
        assert hashlib.sha256(data).hexdigest() in digests_of(live_app, found), title
    assert "Hello there" in subtitles_of(live_app)


def digests_of(app: LiveApp, entries: dict[str, dict[str, object]]) -> set[str]:
    return {digest_of_stream(app, str(entry["id"])) for entry in app.entries()}


def subtitles_of(app: LiveApp) -> str:
    root = app.data / "media"
    return "\n".join((root / path).read_text() for path in app.files() if path.suffix == ".vtt")


def test_a_file_dropped_on_a_library_goes_on_after_a_reload_and_by_keyboard(
    page: Page, live_app: LiveApp, tmp_path: Path
):
    import base64

    data = media_file("silent.mp4").read_bytes()
    sign_in(page)
    assert page.evaluate(DROP, ["holiday.mp4", base64.b64encode(data).decode()])
    dock = page.get_by_role("region", name="Uploads")
    expect(dock.get_by_text("holiday.mp4 has arrived")).to_be_visible()
    dock.get_by_role("button", name="Remove holiday.mp4").focus()
    page.keyboard.press("Enter")
    expect(dock).to_be_hidden()
    all_jobs_ended(live_app)
    assert "holiday" in entries_by_title(live_app)
