"""The kernel sends files on connections of the pinned server, and only what was promised."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import uvicorn

from library.zero_copy import EXTENSION, ZeroCopy, is_in_memory
from videorama.tests.waiting import eventually

CONTENT = bytes(range(256)) * 40_000
type App = Callable[..., object]


@contextmanager
def served(app: App) -> Iterator[str]:
    """The app on uvicorn in a thread of its own, set up as ours."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(ZeroCopy(app), lifespan="off", log_config=None, http="h11")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def sending(place: Path, *parts: tuple[int, int], length: int = len(CONTENT)) -> App:
    """An app that answers with these parts of the file."""

    async def app(scope, receive, send):
        assert EXTENSION in scope["extensions"]
        headers = [(b"content-length", str(length).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        with place.open("rb", buffering=0) as file:
            for offset, count in parts:
                part = {"file": file.fileno(), "offset": offset, "count": count}
                try:
                    await send({"type": EXTENSION, **part})
                except OSError:
                    app.reached = os.lseek(file.fileno(), 0, os.SEEK_CUR)
                    return
            await send({"type": "http.response.body", "body": b""})

    return app


@pytest.fixture
def place(tmp_path: Path) -> Path:
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    return file


def test_parts_arrive_whole_and_the_connection_goes_on(place: Path):
    middle = len(CONTENT) // 3
    app = sending(place, (0, middle), (middle, len(CONTENT) - middle))
    with served(app) as url, requests.Session() as session:
        for _ in range(3):
            assert session.get(url, timeout=20).content == CONTENT


def test_a_file_that_shrank_ends_the_connection(place: Path):
    os.truncate(place, 1000)
    app = sending(place, (0, len(CONTENT)))
    with served(app) as url, pytest.raises(requests.RequestException):
        requests.get(url, timeout=20)


def test_after_a_client_has_left_the_position_says_how_far_it_came(tmp_path: Path):
    place, size = tmp_path / "large", 1 << 30
    place.touch()
    os.truncate(place, size)
    app = sending(place, (0, size), length=size)
    with served(app) as url:
        with requests.get(url, stream=True, timeout=20) as answer:
            assert len(answer.raw.read(5_000_000)) == 5_000_000
        reached = eventually(lambda: getattr(app, "reached", 0), within=20, what="it was noticed")
    assert 5_000_000 <= reached < size


def test_other_servers_are_not_told_of_it():
    async def app(scope, receive, send):
        assert EXTENSION not in scope.get("extensions", {})
        await send({"type": "seen"})

    seen = []

    async def send(message):
        seen.append(message)

    asyncio.run(ZeroCopy(app)({"type": "http"}, None, send))
    assert seen


def test_what_cannot_be_told_is_taken_for_not_in_memory(place: Path):
    closed = os.open(place, os.O_RDONLY)
    os.close(closed)
    assert is_in_memory(closed, 0, 10) is False
