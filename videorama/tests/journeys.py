"""What several journeys do: sign in, make clips of their own, look at what is stored."""

import hashlib
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from videorama.tests.fakes.media_files import BLOCKS, media_file
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.live import ENDED, PASSWORD, USER, LiveApp
from videorama.tests.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Answers the second that the current frame of a clip of media_files shows.
READ_SECOND = f"""video => {{
  const canvas = document.createElement("canvas");
  canvas.width = 320; canvas.height = 180;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 320, 180);
  let second = 0;
  for (let bit = 0; bit < {BLOCKS}; bit++) {{
    const x = Math.floor((bit + 0.5) * 320 / {BLOCKS});
    if (context.getImageData(x, 9, 1, 1).data[0] > 128) second += 2 ** bit;
  }}
  return second;
}}"""


def own_clip(number: int, *, padding: int = 0) -> bytes:
    """A playable clip unlike every other number's, `padding` bytes bigger than it needs to be."""
    clip = media_file("chapters.mp4").read_bytes()
    filling = hashlib.shake_256(str(number).encode()).digest(padding + 16)
    # A `free` box may stand at the end of any mp4 and is passed over by every player.
    return clip + struct.pack(">I4s", 8 + len(filling), b"free") + filling


def offer(site: MediaSite, number: int) -> str:
    """The address of a new clip that takes a second or so to fetch."""
    path = f"/film-{number}.mp4"
    url = site.add(path, own_clip(number, padding=600_000), "video/mp4")
    site.fail(path, bytes_per_s=900_000)
    return url


def sign_in(page: "Page", *, username: str = USER, password: str = PASSWORD) -> None:
    """From anywhere to the library, by the sign-in page."""
    page.goto("/login")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def picture(page: "Page", name: str) -> None:
    """Keeps a screenshot under the folder SCREENSHOTS names; does nothing when it is not set."""
    if folder := os.environ.get("SCREENSHOTS", ""):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def open_jobs(app: LiveApp) -> list[str]:
    """Ids of the jobs that have not ended."""
    items = app.api("GET", "/jobs", params={"limit": 200}).json()["items"]
    return [job["id"] for job in items if job["status"] not in ENDED]


def all_jobs_ended(app: LiveApp, *, within: float = 180) -> None:
    """Waits until nothing is left to do, sprites and playable copies included."""
    eventually(lambda: not open_jobs(app), within=within, what="every job ended")


def recorded_paths(app: LiveApp) -> list[Path]:
    """Where the database says files are, relative to the media root."""
    rows = app.database.rows("select path from library_entryfile")
    return sorted(Path(path) for (path,) in rows)


def digest_of_stream(app: LiveApp, entry_id: str) -> str:
    """SHA-256 of what a player gets for the entry."""
    answer = app.api("GET", f"/entries/{entry_id}/stream")
    assert answer.status_code == 200, answer.text
    return hashlib.sha256(answer.content).hexdigest()
