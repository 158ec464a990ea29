"""The program with nginx in front, seen from outside, and somebody who makes rows and files."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from library.tests.range_table import SIZE
from videorama.tests.live import REPOSITORY, LiveApp
from videorama.tests.nginx import TRUSTED, Nginx

CONTENT = bytes((index * 7 + index // 256) % 256 for index in range(SIZE))
type Headers = list[tuple[str, str]]


class Answer:
    """Status, all headers by lower-case name, body."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status, self.body = status, body
        self.names = [name.lower() for name, _value in headers]
        self.headers = {name.lower(): value for name, value in headers}


def ask(port: int, path: str, *headers: tuple[str, str], method: str = "GET") -> Answer:
    """One request with exactly these headers, also when some are there twice."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest(method, path)
    for name, value in headers:
        connection.putheader(name, value.encode())
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return Answer(answer.status, answer.getheaders(), body)


def bearer(person: dict[str, str]) -> tuple[str, str]:
    return ("Authorization", f"Bearer {person['token']}")


class World:
    """The program, the nginx in front of it, and somebody who makes rows and files."""

    def __init__(self, app: LiveApp, nginx: Nginx) -> None:
        self.app, self.nginx = app, nginx
        self.child = subprocess.Popen(
            [sys.executable, "-m", "videorama.tests.nginx_child"],
            cwd=REPOSITORY,
            env={**app.environment, "DJANGO_SETTINGS_MODULE": "videorama.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.viewer = self.make("user")
        self.entry = self.make("entry", title="Café 🎬 “night”")

    def make(self, action: str, *positional: object, **named: object) -> Any:
        """See nginx_child."""
        assert self.child.stdin and self.child.stdout
        self.child.stdin.write(json.dumps([action, positional, named]) + "\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())

    def ask(
        self, path: str, *headers: tuple[str, str], method: str = "GET", person: Any = None
    ) -> Answer:
        """Through nginx, as the viewer unless told otherwise; `person` None is the viewer."""
        who = bearer(person or self.viewer)
        return ask(self.nginx.port, path, who, *headers, method=method)

    def events(self, entry: dict[str, Any]) -> list[dict[str, Any]]:
        """What was played of it, after the log was read."""
        done = self.app.command("read_access_log")
        assert done.returncode == 0, done.stderr
        return list(self.make("events", entry["id"]))

    def session(self, person: dict[str, str]) -> requests.Session:
        """A browser that is signed in through nginx."""
        browser = requests.Session()
        browser.get(f"{self.nginx.url}/login", timeout=30)
        form = {"username": person["name"], "password": person["password"]}
        form["csrfmiddlewaretoken"] = browser.cookies["videorama_csrf"]
        answer = browser.post(f"{self.nginx.url}/login", data=form, timeout=30)
        assert "videorama_session" in browser.cookies, answer.text
        return browser

    def close(self) -> None:
        self.child.communicate(timeout=20)


@contextmanager
def world_in(folder: Path) -> Iterator[World]:
    """A program with two storage roots behind an nginx, all under this folder."""
    roots = ",".join(f"{name}={folder / name}" for name in ("media", "the_archive"))
    more = {"VIDEORAMA_ROOTS": roots, "VIDEORAMA_ACCESS_LOG": str(folder / "nginx" / "access.log")}
    with (
        LiveApp.with_admin(folder / "data", **TRUSTED, **more) as app,
        Nginx.before(app, folder / "nginx") as nginx,
    ):
        world = World(app, nginx)
        yield world
        world.close()
