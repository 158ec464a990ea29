"""Files from a person's own device, over a connection that is cut, on a desk and on a phone."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from videorama.tests.fakes.cutting_proxy import CuttingProxy
from videorama.tests.fakes.media_files import media_file
from videorama.tests.journeys import digest_of_stream, own_clip, picture, sign_in
from videorama.tests.live import LiveApp
from videorama.tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.journey]
SRT = "1\n00:00:00,000 --> 00:00:01,000\nHello there\n"
MEGABYTE = 1 << 20
TUS = {"Tus-Resumable": "1.0.0"}
# Lets go of a file over the page, as a person would: with the overlay in between.
DROP = """async ([name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "video/mp4", lastModified: 1 }));
  const how = { bubbles: true, cancelable: true, dataTransfer: transfer };
  const fire = (type) => document.body.dispatchEvent(new DragEvent(type, how));
  fire("dragenter");
  const isShown = !document.getElementById("drop-overlay").hidden;
  fire("drop");
  return isShown && document.getElementById("drop-overlay").hidden;
}"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_three_files_and_subtitles_arrive_whole_though_the_cable_is_pulled_twice(
    browser, live_app: LiveApp, tmp_path: Path, width: int, height: int
):
    clips = {f"{width} clip {n}": own_clip(width + n, padding=3 * MEGABYTE) for n in (1, 2, 3)}
    wanted = {hashlib.sha256(data).hexdigest() for data in clips.values()}
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
        page.locator("[data-upload-files]").set_input_files([*files, subtitles])
        uploads = page.get_by_role("region", name="On their way")
        expect(uploads.locator("[data-state=done]")).to_have_count(4, timeout=60_000)
        picture(page, f"upload-{width}")
        assert cable.cuts == 2
        context.close()
    eventually(lambda: len(digests_of(live_app) & wanted) == 3, what="all three are stored")
    eventually(lambda: "Hello there" in subtitles_of(live_app), what="the subtitles joined")


def digests_of(app: LiveApp) -> set[str]:
    """SHA-256 of every stored original, read from the disk."""
    root = app.data / "media"
    paths = [
        path for path in app.files() if path.suffix == ".mp4" and ".videorama" not in path.parts
    ]
    return {hashlib.sha256((root / path).read_bytes()).hexdigest() for path in paths}


def subtitles_of(app: LiveApp) -> str:
    root = app.data / "media"
    return "\n".join((root / path).read_text() for path in app.files() if path.suffix == ".vtt")


def test_an_upload_of_another_day_goes_on_and_a_dropped_file_arrives(
    page: Page, live_app: LiveApp, tmp_path: Path
):
    file, data = tmp_path / "long walk.mp4", own_clip(79, padding=2 * MEGABYTE)
    file.write_bytes(data)
    sign = f"{file.name}-{len(data)}-{file.stat().st_mtime_ns // 1_000_000}"
    path = begin(live_app, file.name, len(data), fingerprint=sign)
    answer = send(live_app, path, 0, iter([data[:MEGABYTE]]))
    assert answer is not None and answer.headers["Upload-Offset"] == str(MEGABYTE)
    sign_in(page)
    page.goto("/import/files/")
    unfinished = page.get_by_role("region", name="Unfinished uploads")
    expect(unfinished.get_by_text("1.0 MB of")).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.headers.get("upload-offset", "")))
    page.locator("[data-upload-files]").set_input_files(file)
    coming = page.get_by_role("region", name="On their way")
    expect(coming.locator("[data-state=done]")).to_have_count(1, timeout=60_000)
    assert [one for one in sent if one] == [str(MEGABYTE)]
    digest = hashlib.sha256(data).hexdigest()
    eventually(lambda: digest in digests_of(live_app), what="the file is stored")
    small = media_file("silent.mp4").read_bytes()
    page.goto("/")
    assert page.evaluate(DROP, ["holiday.mp4", base64.b64encode(small).decode()])
    dock = page.get_by_role("region", name="Uploads")
    expect(dock.locator("[data-state=done]")).to_have_count(1, timeout=60_000)
    dock.get_by_role("button", name="Remove holiday.mp4").focus()
    page.keyboard.press("Enter")
    expect(dock).to_be_hidden()
    page.reload()
    expect(page.get_by_role("link", name="holiday")).to_be_visible(timeout=60_000)


def test_a_power_cut_in_the_middle_of_a_piece_costs_nothing_that_was_confirmed(live_app: LiveApp):
    data = own_clip(77, padding=12 * MEGABYTE)
    path = begin(live_app, "power.mp4", len(data))
    cut_off = threading.Event()

    def slowly() -> Iterator[bytes]:
        for at in range(0, len(data), MEGABYTE // 4):
            yield data[at : at + MEGABYTE // 4]
            cut_off.wait(0.1)

    sender = threading.Thread(target=send, args=(live_app, path, 0, slowly()), daemon=True)
    sender.start()
    eventually(lambda: offset_of(live_app, path) > MEGABYTE, what="the first bytes are confirmed")
    confirmed = offset_of(live_app, path)
    live_app.kill()
    cut_off.set()
    sender.join()
    live_app.start()
    offset = offset_of(live_app, path)
    assert confirmed <= offset < len(data)
    [kept] = (live_app.data / "media/.videorama/uploads").glob("*/file")
    assert kept.read_bytes()[:offset] == data[:offset]
    answer = send(live_app, path, offset, iter([data[offset:]]))
    assert answer is not None and answer.status_code == 204
    job = live_app.ended_job(answer.headers["Videorama-Job"])
    assert digest_of_stream(live_app, job["result"]["entry_id"]) == hashlib.sha256(data).hexdigest()


def begin(app: LiveApp, name: str, size: int, **more: str) -> str:
    values = {"filename": name, **more}.items()
    about = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in values)
    headers = {"Upload-Length": str(size), "Upload-Metadata": about, **TUS}
    answer = app.api("POST", "/import/upload", headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].removeprefix("/api/v1")


def offset_of(app: LiveApp, path: str) -> int:
    return int(app.api("HEAD", path, headers=TUS).headers["Upload-Offset"])


def send(app: LiveApp, path: str, offset: int, body: Iterator[bytes]) -> requests.Response | None:
    headers = {
        "Authorization": f"Bearer {app.token}",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        **TUS,
    }
    try:
        return requests.patch(f"{app.url}/api/v1{path}", data=body, headers=headers, timeout=60)
    except requests.ConnectionError:
        return None
