"""What else goes through nginx: pages, uploads, sockets, static files, and what its log says."""

import base64
import gzip
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from library.tests.range_table import SIZE
from videorama.tests.journeys import own_clip
from videorama.tests.live import PASSWORD, USER
from videorama.tests.nginx import Nginx
from videorama.tests.nginx_world import CONTENT, World, ask, bearer, world_in
from videorama.tests.services import program
from videorama.tests.surroundings import free_port
from videorama.tests.waiting import eventually

pytestmark = [pytest.mark.journey]
ADMIN = {"name": USER, "password": PASSWORD}
TUS = {"Tus-Resumable": "1.0.0"}
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(tmp_path_factory.mktemp("traffic")) as world:
        yield world


def test_eight_seeks_are_one_event_with_the_sum_of_their_bytes(world: World):
    entry = world.make("entry")
    spans = [(0, 99), (500, 599), (100, 4000), (0, 1), (7000, 7999), (5, 5), (1, 2), (30, 60)]
    bodies: list[bytes] = []

    def seek(start: int, end: int) -> None:
        bodies.append(world.ask(entry["stream"], ("Range", f"bytes={start}-{end}")).body)

    # The first ones at once: each may find that no right is kept yet.
    first = [threading.Thread(target=seek, args=span) for span in spans[:4]]
    for one in first:
        one.start()
    for one in first:
        one.join()
    for span in spans[4:]:
        seek(*span)
    world.ask(entry["stream"], method="HEAD")
    assert world.ask(entry["stream"], ("Range", "bytes=20000-")).status == 416
    total = sum(end - start + 1 for start, end in spans)
    assert sum(map(len, bodies)) == total
    eventually(lambda: sent_of(world, entry["stream"]) == total, what="the log has all lines")
    [event] = world.events(entry)
    assert (event["format"], event["bytes_transferred"]) == ("stream", total)
    assert event["completed"] is False
    world.ask(entry["stream"], ("Range", "bytes=-1"))
    world.ask(entry["download"])
    eventually(lambda: sent_of(world, entry["download"]) == SIZE, what="the download is logged")
    stream, download = world.events(entry)
    assert (stream["bytes_transferred"], stream["completed"]) == (total + 1, True)
    assert (download["format"], download["bytes_transferred"]) == ("original", SIZE)
    assert download["completed"] is True


def sent_of(world: World, path: str) -> int:
    """Bytes of the file that the log knows of."""
    lines = [line for line in world.nginx.lines() if line["path"] == path]
    return sum(line["bytes"] for line in lines if line["status"] in {200, 206})


def test_whoever_leaves_early_has_not_seen_it_all(world: World):
    size = 200 * MEGABYTE
    entry = world.make("entry", size=size)
    with socket.create_connection(("127.0.0.1", world.nginx.port)) as connection:
        lines = [
            f"GET {entry['stream']} HTTP/1.1",
            "Host: 127.0.0.1",
            ": ".join(bearer(world.viewer)),
        ]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert connection.recv(MEGABYTE)
    world.nginx.last(path=entry["stream"])
    [event] = world.events(entry)
    assert 0 < event["bytes_transferred"] < size and not event["completed"]


def test_the_client_s_address_is_what_nginx_saw(world: World):
    entry = world.make("entry")
    connection = socket.create_connection(
        ("127.0.0.1", world.nginx.port), source_address=("127.0.0.7", 0)
    )
    with connection:
        forged = [
            "X-Forwarded-For: 203.0.113.9",
            "X-Forwarded-Proto: https",
            "X-Real-IP: 203.0.113.9",
        ]
        lines = [f"GET {entry['stream']} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *forged]
        connection.sendall("\r\n".join([*lines, ": ".join(bearer(world.viewer)), "", ""]).encode())
        while connection.recv(MEGABYTE):
            pass
    assert world.nginx.last(path=entry["stream"])["client"] == "127.0.0.7"
    [event] = world.make("events", entry["id"])
    assert event["ip_address"] == "127.0.0.7"


def test_an_upload_goes_through_as_it_comes_and_survives_a_cut(world: World):
    data = own_clip(91, padding=6 * MEGABYTE)
    about = f"filename {base64.b64encode(b'cut.mp4').decode()}"
    token = {"Authorization": f"Bearer {world.app.token}", **TUS}
    base = f"{world.nginx.url}/api/v1/import/upload"
    made = requests.post(
        base,
        headers={**token, "Upload-Length": str(len(data)), "Upload-Metadata": about},
        timeout=30,
    )
    assert made.status_code == 201, made.text
    place = made.headers["Location"]
    lines = [f"PATCH {place} HTTP/1.1", f"Host: 127.0.0.1:{world.nginx.port}"]
    more = {**token, "Upload-Offset": "0", "Content-Length": str(len(data))}
    more["Content-Type"] = "application/offset+octet-stream"
    lines += [f"{name}: {value}" for name, value in more.items()]
    with socket.create_connection(("127.0.0.1", world.nginx.port)) as cable:
        cable.sendall("\r\n".join([*lines, "", ""]).encode())
        cable.sendall(data[: 3 * MEGABYTE])
        # Nothing is held back: it is on disk while the body is still coming.
        eventually(lambda: received(world) >= 2 * MEGABYTE, what="the first bytes have arrived")
    url = world.nginx.url + place

    def kept() -> int:
        return int(requests.head(url, headers=token, timeout=30).headers["Upload-Offset"])

    offset = eventually(
        lambda: kept() if received(world) == kept() else 0, what="what came is kept"
    )
    assert 2 * MEGABYTE <= offset <= 3 * MEGABYTE
    rest = {**more, "Upload-Offset": str(offset), "Content-Length": str(len(data) - offset)}
    done = requests.patch(url, data=data[offset:], headers=rest, timeout=60)
    assert (done.status_code, done.headers["Upload-Offset"]) == (204, str(len(data)))
    wrong = {**rest, "Upload-Offset": "7"}
    assert requests.patch(url, data=data[offset:], headers=wrong, timeout=60).status_code == 409


def received(world: World) -> int:
    """Bytes of the only upload that are on disk."""
    files = Path(world.nginx.folder.parent / "media/.videorama/uploads").glob("*/file")
    return max((place.stat().st_size for place in files), default=0)


def test_sockets_go_through(world: World):
    browser = world.session(ADMIN)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    address = f"ws://127.0.0.1:{world.nginx.port}/ws/jobs/status"
    with connect(address, additional_headers={"Cookie": cookie}, open_timeout=20) as live:
        job = world.app.import_url("https://videos.invalid/one")
        # Frames of other jobs may still be on their way.
        while job["id"] not in str(live.recv(timeout=20)):
            continue
    with connect(address) as stranger:
        stranger.send('{"type": "auth", "token": "wrong"}')
        with pytest.raises(ConnectionClosed):
            stranger.recv(timeout=20)
        assert stranger.close_code == 4401
    with pytest.raises(InvalidStatus) as refused:
        connect(address, origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_pages_are_compressed_and_static_files_come_from_the_disk(world: World):
    page = requests.get(f"{world.nginx.url}/login", stream=True, timeout=30)
    assert page.headers["Content-Encoding"] == "gzip"
    assert b"<title>" in gzip.decompress(page.raw.read())
    assert page.headers["Server"] == "nginx" and page.headers["X-Frame-Options"] == "DENY"
    [sheet] = re.findall(r"/static/css/[\w./-]+\.css", requests.get(page.url, timeout=30).text)[:1]
    found = requests.get(world.nginx.url + sheet, timeout=30)
    assert re.search(r"\.[0-9a-f]{12}\.css$", sheet), sheet
    assert "immutable" in found.headers["Cache-Control"]
    assert found.headers["Content-Type"] == "text/css"
    assert world.nginx.last(path=sheet)["upstream_status"] == ""
    plain = re.sub(r"\.[0-9a-f]{12}\.", ".", sheet)
    assert (
        "immutable"
        not in requests.get(world.nginx.url + plain, timeout=30).headers["Cache-Control"]
    )
    assert requests.get(f"{world.nginx.url}/static/none.css", timeout=30).status_code == 404
    assert requests.get(f"{world.nginx.url}/health", timeout=30).json()["status"] == "ok"


def test_the_log_holds_nothing_that_lets_somebody_in(world: World):
    secrets = [f"hush{number}{os.urandom(6).hex()}" for number in range(6)]
    headers = {
        "Authorization": f"Bearer {secrets[0]}",
        "Cookie": f"videorama_session={secrets[1]}",
        "Referer": f"{world.nginx.url}/invite/{secrets[2]}",
        "User-Agent": secrets[3],
    }
    for path in (
        f"/login?next=/x&token={secrets[4]}",
        f"/invite/{secrets[5]}",
        f"//invite/{secrets[5]}/",
    ):
        requests.get(world.nginx.url + path, headers=headers, timeout=30, allow_redirects=False)
    world.nginx.last(path="/login")
    world.nginx.last(path="/invite/***")
    text = world.nginx.log.read_text()
    assert [secret for secret in secrets if secret in text] == []


@pytest.mark.parametrize(
    ("path", "language", "says"),
    [
        ("/", "en", "Videorama is starting again"),
        ("/", "de-DE,de;q=0.9", "startet gerade neu"),
        ("/api/v1/entries", "es", "reiniciando"),
        ("/api/v1/entries/00000000-0000-0000-0000-000000000000/stream", "en", "starting again"),
    ],
)
def test_while_videorama_is_away_a_kind_sentence_comes_back(
    away: Nginx, path: str, language: str, says: str
):
    answer = requests.get(away.url + path, headers={"Accept-Language": language}, timeout=30)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Cache-Control"] == "no-store"
    assert says in answer.content.decode()
    if path.startswith("/api/"):
        assert answer.json()["error"]["code"] == "unavailable"
    else:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """An nginx whose Videorama does not answer."""
    folder, port = tmp_path_factory.mktemp("away"), free_port()
    with Nginx(folder, config(folder, "--listen", f"127.0.0.1:{port}"), port) as nginx:
        yield nginx


def config(folder: Path, *options: str) -> str:
    said = StringIO()
    places = ("--run-folder", str(folder), "--access-log", str(folder / "access.log"))
    servers = ("--rights-listen", f"127.0.0.1:{free_port()}", "--server", "127.0.0.1:9")
    call_command("nginx_config", *places, *servers, *options, stdout=said, stderr=StringIO())
    return said.getvalue()


def test_the_config_takes_folders_with_blanks_several_servers_and_ipv6(tmp_path: Path):
    folder = tmp_path / "my run"
    folder.mkdir()
    more = ("--server", "web-2:8000", "--root", "media=/my media", "--root", "b=/other")
    text = config(folder, "--listen", "[::1]:8080", *more)
    text = text.replace("web-2:8000", "127.0.0.1:8001")  # the name is nobody's here
    assert 'b "/other";' in text and "${" not in re.sub(r"(?m)^\s*#.*$", "", text)
    (folder / "nginx.conf").write_text(text)
    command = [program("nginx"), "-t", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "syntax is ok" in done.stderr, done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--root", "media=/a$b"),
        ("--root", "no folder"),
        ("--static", 'a"b'),
        ("--listen", "80; evil"),
        ("--server", "a b"),
    ],
)
def test_what_nginx_would_misread_is_refused(tmp_path: Path, options: tuple[str, str]):
    with pytest.raises(CommandError, match=options[0]):
        config(tmp_path, *options)


def test_direct_requests_cannot_ask_for_a_hand_over(world: World):
    entry = world.make("entry")
    who, front = bearer(world.viewer), ("X-Videorama-Front", "nginx")
    with socket.create_connection(
        ("127.0.0.1", world.app.port), source_address=("127.0.0.8", 0)
    ) as connection:
        lines = [f"GET {entry['stream']} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
        lines += [": ".join(who), ": ".join(front), "", ""]
        connection.sendall("\r\n".join(lines).encode())
        found = b""
        while piece := connection.recv(MEGABYTE):
            found += piece
    assert found.endswith(CONTENT) and b"accel" not in found.lower()
    assert ask(world.app.port, entry["stream"], who).body == CONTENT
