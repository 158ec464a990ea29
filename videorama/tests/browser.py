"""Chromium for the tests: where it is and how it starts.

Run as a program it prints the path it found, or fails; deploy/prepare.sh asks that way.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
# A browser that talks to nobody but the pages under test.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


def find_chromium() -> str:
    """Path of a Chromium or Chrome on this machine; empty when there is none."""
    named = os.environ.get("CHROMIUM", "")
    if named:
        return shutil.which(named) or ""
    found = (shutil.which(name) for name in (*_NAMES, *_PLACES))
    return next((path for path in found if path), "")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; while it lives this thread cannot run coroutines of its own."""
    path = find_chromium()
    if not path:
        raise RuntimeError("The browser tests need Chromium: run `make test`, it installs it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=Path(path), args=list(_ARGUMENTS), headless=True
        )
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    sys.stdout.write(f"{find_chromium()}\n")
    sys.exit(0 if find_chromium() else 1)
