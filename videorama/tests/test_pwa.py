"""What a browser needs to install Videorama, and what is kept without network."""

import re
import struct
from html import unescape

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_the_manifest_says_what_browsers_ask_for_to_install(client: Client):
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    found = answer.json()
    assert (found["name"], found["display"], found["scope"]) == ("Videorama", "standalone", "/")
    assert found["share_target"] == {
        "action": "/import/",
        "method": "GET",
        "params": {"title": "title", "text": "text", "url": "url"},
    }
    sizes = set()
    for icon in found["icons"]:
        picture = client.get(icon["src"])
        assert picture["Content-Type"] == icon["type"]
        width, height = size_of(picture.content)
        assert icon["sizes"] == f"{width}x{height}"
        assert len(picture.content) < 20_000
        sizes.add((width, icon["purpose"]))
    assert sizes >= {(192, "any"), (512, "any"), (512, "maskable")}


def test_every_page_names_manifest_icons_and_colours(client: Client, editor):
    page = client.get("/login").text
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
    touch = re.search(r'rel="apple-touch-icon" href="([^"]+)"', page)
    assert touch and size_of(client.get(touch.group(1)).content) == (180, 180)
    assert re.findall(
        r'name="theme-color" content="(#\w+)" media="\(prefers-color-scheme: (\w+)\)"', page
    ) == [
        ("#f9fbfb", "light"),
        ("#0c1215", "dark"),
    ]
    client.cookies["videorama_theme"] = "dark"
    assert re.findall(r'name="theme-color" content="([^"]+)">', client.get("/login").text) == [
        "#0c1215"
    ]


def test_the_service_worker_may_serve_the_whole_site_and_is_asked_for_anew(client: Client):
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/"
    assert "no-cache" in answer["Cache-Control"]
    policy = answer["Content-Security-Policy"]
    assert "worker-src 'self'" in policy and "manifest-src 'self'" in policy


def test_the_page_without_network_and_all_it_needs_are_kept(client: Client):
    script = client.get("/sw.js").text
    kept = re.search(r"const KEPT = (\[.*\]);", script)
    assert kept
    names = re.findall(r'"([^"]+)"', kept.group(1))
    offline = client.get("/offline/")
    assert names[0] == "/offline/" and "No connection" in offline.text
    assert "<script" not in offline.text
    needed = re.findall(r'(?:href|src)="(/static/[^"#]+)', unescape(offline.text))
    sheets = client.get("/static/css/app.css").text
    needed += [f"/static/css/{name}" for name in re.findall(r'@import url\("([^"]+)"\)', sheets)]
    icons = {"/static/img/apple-touch-icon.png"}
    assert set(needed) - icons <= set(names)
    assert {client.get(name).status_code for name in names} == {200}


def test_nothing_that_is_kept_belongs_to_anybody(client: Client, editor):
    before = {
        path: client.get(path).text for path in ("/offline/", "/sw.js", "/manifest.webmanifest")
    }
    client.force_login(editor)
    assert before == {path: client.get(path).text for path in before}


def test_a_new_release_makes_a_new_cache(client: Client, settings):
    def cache() -> str:
        found = re.search(r"const CACHE = '(videorama-[0-9a-f]{12})';", client.get("/sw.js").text)
        assert found
        return found.group(1)

    before = cache()
    assert cache() == before
    settings.VERSION = "another"
    assert cache() != before


def test_the_icon_that_browsers_look_for_is_there(client: Client):
    answer = client.get("/favicon.ico", follow=True)
    assert answer.status_code == 200 and answer["Content-Type"] == "image/svg+xml"
