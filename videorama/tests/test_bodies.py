"""What is sent to us is refused before it fills the disk."""

import asyncio
import json

import pytest

from videorama.asgi import application

PIECE = b"x" * 2**16


class Sender:
    """Somebody who is not signed in and sends pieces without end."""

    def __init__(self, *headers):
        self.sent, self.answers = 0, []
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/login",
            "raw_path": b"/login",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"localhost"), *headers],
            "client": ("127.0.0.1", 50_000),
            "server": ("localhost", 80),
        }

    async def receive(self):
        assert self.sent < 2**24, "the server reads on and on"
        self.sent += len(PIECE)
        return {"type": "http.request", "body": PIECE, "more_body": True}

    async def send(self, message):
        self.answers.append(message)

    def run(self):
        asyncio.run(application(self.scope, self.receive, self.send))
        start, body = self.answers
        assert json.loads(body["body"])["error"]["code"] == "too_large"
        return start["status"]


@pytest.mark.django_db
def test_a_body_without_end_is_refused_where_our_forms_end(settings):
    sender = Sender()
    assert sender.run() == 413
    assert sender.sent <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE + len(PIECE)


@pytest.mark.django_db
def test_a_body_announced_too_large_is_not_even_read():
    sender = Sender((b"content-length", b"1000000000"))
    assert sender.run() == 413
    assert sender.sent == 0
