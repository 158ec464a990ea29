"""Media through a real nginx: who gets which bytes, and for how long a right is kept."""

import json
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from library.tests.range_table import EMPTY_ROWS, ROWS, SIZE, differences, expected_headers
from videorama.tests.nginx_world import CONTENT, Answer, Headers, World, ask, bearer, world_in
from videorama.tests.waiting import eventually

pytestmark = [pytest.mark.journey]
STRANGE = "a b%41?c=d&#e;f'g\"h$i{j}~é🎬.mp4"
KEPT_AT_MOST_S = 10.0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(tmp_path_factory.mktemp("front")) as world:
        yield world


class TakenAway:
    """Rights that were kept, then taken away: how long each went on, asked over and over."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lasted: dict[str, float] = {}
        self.was_kept: dict[str, bool] = {}
        library_owner, member, leaver = world.make("user"), world.make("user"), world.make("user")
        private = world.make("entry", owner=library_owner["name"])
        admin = f"/libraries/{private['library']}/members"
        world.app.api("PUT", f"{admin}/{member['name']}", {"role": "viewer"})
        browser = world.session(leaver)
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        tokens = {"Authorization": f"Bearer {leaver['token']}"}
        listed = requests.get(f"{world.app.url}/api/v1/tokens", headers=tokens, timeout=30).json()
        self.ways: dict[str, tuple[str, tuple[str, str]]] = {
            "session": (world.entry["stream"], ("Cookie", cookie)),
            "token": (world.entry["stream"], bearer(leaver)),
            "member": (private["stream"], bearer(member)),
        }
        for way, (path, who) in self.ways.items():
            assert ask(world.nginx.port, path, who).status == 200, way
        csrf = {"csrfmiddlewaretoken": browser.cookies["videorama_csrf"]}
        assert browser.post(f"{world.nginx.url}/logout", data=csrf, timeout=30).ok
        gone = world.app.api("DELETE", f"{admin}/{member['name']}")
        assert gone.status_code == 204, gone.text
        address = f"{world.app.url}/api/v1/tokens/{listed['items'][0]['id']}"
        assert requests.delete(address, headers=tokens, timeout=30).status_code == 204
        self.at = time.monotonic()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        pause = threading.Event()
        left = dict(self.ways)
        while left and time.monotonic() < self.at + 4 * KEPT_AT_MOST_S:
            for way, (path, who) in list(left.items()):
                status = ask(self.world.nginx.port, path, who).status
                self.was_kept.setdefault(way, status == 200)
                if status != 200:
                    self.lasted[way] = time.monotonic() - self.at
                    del left[way]
            pause.wait(0.2)


@pytest.fixture(scope="module", autouse=True)
def taken_away(world: World) -> TakenAway:
    """Begins with the module, so that its last test need not wait for long."""
    return TakenAway(world)


@pytest.mark.parametrize("what", ["stream", "files/original"])
def test_every_row_of_the_range_table_is_answered_by_nginx(world: World, what: str):
    wrong = []
    for name, method, headers, status, span in ROWS:
        answer = world.ask(world.entry[what], *headers, method=method)
        start, end = span or (0, SIZE - 1)
        body = CONTENT[start : end + 1] if status in {200, 206} and method == "GET" else None
        if answer.status != status or (body is not None and answer.body != body):
            wrong.append(f"{name}: {answer.status}, {len(answer.body)} bytes")
        wrong += [f"{name}: {fault}" for fault in header_faults(answer, status, start, end)]
    assert wrong == []


def header_faults(answer: Answer, status: int, start: int, end: int) -> list[str]:
    """What the headers of this answer should say and do not."""
    expected = expected_headers(status, start, end)
    if status in {200, 206}:
        expected["x-content-type-options"] = "nosniff"
    faults = differences(answer.headers, expected)
    if any(name.startswith(("x-accel", "x-videorama")) for name in answer.names):
        faults.append("an inner header got out")
    if len(answer.names) != len(set(answer.names)):
        faults.append(f"headers are there twice: {answer.names}")
    return faults


def test_an_empty_file_is_given_whole_to_every_request(world: World):
    empty = world.make("entry", size=0)
    for _name, method, headers, status, _span in EMPTY_ROWS:
        answer = world.ask(empty["stream"], *headers, method=method)
        assert (answer.status, answer.body) == (status, b"")


def test_every_route_says_the_same_through_nginx_as_without(world: World):
    names = ("stream", "download", "thumbnail", "files/original", "files/subtitle", "files/sprite")
    own = {"server", "date", "connection", "accept-ranges"}
    for path in [*(world.entry[name] for name in names), f"{world.entry['stream']}?as=playable"]:
        answers = [
            ask(port, path, bearer(world.viewer), ("Accept-Language", "de"))
            for port in (world.nginx.port, world.app.port)
        ]
        front, direct = (
            {name: value for name, value in answer.headers.items() if name not in own}
            for answer in answers
        )
        assert front == direct, path
        assert (answers[0].status, answers[0].body) == (200, answers[1].body)
        assert answers[0].headers["server"] == "nginx"
        size = len(answers[0].body)
        assert world.nginx.last(path=path.partition("?")[0], status=200, bytes=size)


def test_what_waits_in_the_inbox_is_sent_by_nginx_to_those_who_may_decide(world: World):
    owner, stranger = world.make("user", role="editor"), world.make("user", role="editor")
    path = world.make("item", owner["name"])
    browser = world.session(owner)
    found = browser.get(world.nginx.url + path, headers={"Range": "bytes=5-9"}, timeout=30)
    assert (found.status_code, found.content) == (206, CONTENT[5:10])
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    other = world.session(stranger).get(world.nginx.url + path, timeout=30)
    assert other.status_code == 404


@pytest.mark.parametrize("root", ["media", "the_archive"])
def test_names_with_every_sign_and_every_root_are_found(world: World, root: str):
    entry = world.make("entry", path=STRANGE, root=root)
    assert world.ask(entry["stream"]).body == CONTENT
    assert world.ask(entry["download"]).body == CONTENT


def test_seeks_ask_videorama_once(world: World):
    entry = world.make("entry")
    before = len(world.nginx.lines())
    for start in range(0, 800, 100):
        answer = world.ask(entry["stream"], ("Range", f"bytes={start}-{start + 9}"))
        assert answer.body == CONTENT[start : start + 10]
    eventually(lambda: len(world.nginx.lines()) >= before + 8, what="eight lines")
    lines = [line for line in world.nginx.lines() if line["path"] == entry["stream"]]
    assert [line["right"] for line in lines] == ["MISS"] + ["HIT"] * 7
    assert len({line["transfer"] for line in lines}) == 1
    kept = [path for path in (world.nginx.folder / "rights").iterdir() if path.is_file()]
    assert kept and all(path.stat().st_mode & 0o077 == 0 for path in kept)


def test_a_kept_right_serves_nobody_else(world: World):
    owner, stranger = world.make("user"), world.make("user")
    entry = world.make("entry", owner=owner["name"])
    path, port = entry["stream"], world.nginx.port
    mine, browser = bearer(owner), world.session(owner)
    cookie = ("Cookie", f"videorama_session={browser.cookies['videorama_session']}")
    other = world.session(stranger).cookies["videorama_session"]
    for who in (mine, cookie):
        assert ask(port, path, who).status == 200
    foreign: list[tuple[Headers, int]] = [
        ([], 401),
        ([bearer(stranger)], 404),
        ([("Cookie", f"videorama_session={other}")], 404),
        # Whose token is sent beside a cookie counts.
        ([cookie, bearer(stranger)], 404),
        ([("Authorization", "Bearer wrong"), cookie], 401),
        ([bearer(stranger), mine], 400),
        ([("Cookie", ""), ("X-Videorama-Front", "nginx")], 401),
        ([("X-Accel-Redirect", "/_media/media/x"), ("X-Original-URI", path)], 401),
    ]
    for headers, status in foreign:
        answer = ask(port, path, *headers)
        assert answer.status == status, headers
        assert CONTENT[:20] not in answer.body
    for who in (mine, cookie):
        assert ask(port, path, who).status == 200


def test_a_no_is_never_kept(world: World):
    owner, guest = world.make("user"), world.make("user")
    entry = world.make("entry", owner=owner["name"])
    assert world.ask(entry["stream"], person=guest).status == 404
    place = f"/libraries/{entry['library']}/members/{guest['name']}"
    assert world.app.api("PUT", place, {"role": "viewer"}).status_code in {200, 201, 204}
    assert world.ask(entry["stream"], person=guest).status == 200


@pytest.mark.parametrize("way", ["renamed", "to another root"])
def test_a_file_that_moves_while_its_right_is_kept_goes_on(world: World, way: str):
    entry = world.make("entry")
    assert world.ask(entry["stream"]).status == 200
    root = "the_archive" if way == "to another root" else ""
    world.make("move", entry["id"], f"elsewhere/{entry['id']}.mp4", root)
    answer = world.ask(entry["stream"], ("Range", "bytes=100-199"))
    assert (answer.status, answer.body) == (206, CONTENT[100:200])
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_deleted_entry_is_gone_at_once(world: World):
    entry = world.make("entry")
    assert world.ask(entry["stream"]).status == 200
    gone = world.app.api("DELETE", f"/entries/{entry['id']}", params={"with_files": "true"})
    assert gone.status_code == 204, gone.text
    answer = world.ask(entry["stream"])
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("what", ["stream", "download", "thumbnail"])
def test_refusals_are_videorama_s_own(world: World, what: str):
    nobody = ask(world.nginx.port, world.entry[what])
    assert nobody.status == 401 and b"unauthenticated" in nobody.body
    for method in ("POST", "PUT", "DELETE"):
        answer = world.ask(world.entry[what], ("Content-Length", "0"), method=method)
        assert answer.status == 405
    wrong = world.ask(f"{world.entry['stream']}?as=anything")
    assert wrong.status == 422 and b"invalid" in wrong.body


@pytest.mark.parametrize(
    "path", ["/_media/media/x", "/_media/media/../../etc/passwd", "/_right", "/_away/page"]
)
def test_inner_addresses_are_not_open(world: World, path: str):
    answer = world.ask(path)
    assert answer.status in {400, 404}


def test_who_lost_a_right_loses_it_within_ten_seconds(world: World, taken_away: TakenAway):
    taken_away.thread.join(5 * KEPT_AT_MOST_S)
    assert all(taken_away.was_kept.values()), taken_away.was_kept
    assert set(taken_away.lasted) == set(taken_away.ways)
    assert max(taken_away.lasted.values()) <= KEPT_AT_MOST_S, taken_away.lasted
