"""The client keeps its caps and follows redirects only to where it may go."""

import contextlib
import socket
import threading
import time

import pytest

from videorama.adapters import http
from videorama.adapters.errors import BlockedAddress, SourceBusy, TooLarge
from videorama.adapters.guard import NetworkPolicy
from videorama.errors import AppError

pytestmark = pytest.mark.embedded_only("adapters know neither database nor Redis")


def test_an_answer_comes_with_status_headers_and_body(site, policy):
    got = http.fetch(site.url("/sub.en.vtt"), policy=policy, timeout_s=10, max_bytes=10_000)
    assert (got.status, got.body[:6]) == (200, b"WEBVTT")
    assert got.headers["Content-Type"] == "text/vtt"


def test_a_status_of_failure_is_returned(site, policy):
    url = site.url("/nothing")
    assert http.fetch(url, policy=policy, timeout_s=10, max_bytes=1000).status == 404


def test_redirects_are_followed_and_checked_one_by_one(site, policy):
    site.fail("/a", status=302, redirect_to="/b")
    site.fail("/b", status=301, redirect_to=site.url("/sub.de.vtt"))
    got = http.fetch(site.url("/a"), policy=policy, timeout_s=10, max_bytes=1000)
    assert got.url == site.url("/sub.de.vtt")
    for target in ("http://10.0.0.1/", "http://localhost/", "file:///etc/passwd", "//[::1]/"):
        site.fail("/a", status=302, redirect_to=target)
        with pytest.raises(BlockedAddress):
            http.fetch(site.url("/a"), policy=policy, timeout_s=10, max_bytes=1000)


def test_a_redirect_loop_ends(site, policy):
    with pytest.raises(AppError) as raised:
        http.fetch(site.url("/fault/loop/0/x"), policy=policy, timeout_s=10, max_bytes=1000)
    assert raised.value.code == "redirects"
    assert site.hits("/fault/loop/0/x") == 6


def test_tokens_for_one_host_are_not_sent_to_another(site, policy):
    site.fail("/a", status=302, redirect_to=f"http://localhost:{site.port}/sub.en.vtt")
    wide = type(policy)(("127.0.0.1", "localhost"))
    secret = {"Authorization": "Bearer x"}
    http.fetch(site.url("/a"), policy=wide, timeout_s=10, max_bytes=1000, headers=secret)
    first, second = site.requests
    assert first.headers["authorization"] == "Bearer x"
    assert "authorization" not in second.headers


def test_too_large_is_refused_whether_announced_or_found_out(site, policy):
    for path in ("/clip10.mp4", "/fault/norange/0/clip10.mp4"):
        with pytest.raises(TooLarge):
            http.fetch(site.url(path), policy=policy, timeout_s=10, max_bytes=5000)


def test_a_server_that_dawdles_meets_the_total_time(site, policy):
    site.fail("/clip10.mp4", bytes_per_s=20_000)
    with pytest.raises(SourceBusy) as raised:
        http.fetch(site.url("/clip10.mp4"), policy=policy, timeout_s=1, max_bytes=10**7)
    assert raised.value.code == "timeout"


@pytest.mark.parametrize("dripping", ["head", "body", "body without a length"])
def test_a_server_that_sends_a_byte_now_and_then_holds_nobody(dripping):
    policy = NetworkPolicy(("127.0.0.1",))
    head = b"HTTP/1.1 200 OK\r\n"
    if dripping != "head":
        head += b"Content-Length: 9999\r\n\r\n" if dripping == "body" else b"\r\n"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        over = threading.Event()

        def drip():
            link, _address = server.accept()
            with link, contextlib.suppress(OSError):
                link.recv(65536)
                link.sendall(head)
                while not over.wait(0.1):
                    link.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        try:
            with pytest.raises(SourceBusy) as raised:
                http.fetch(
                    f"http://127.0.0.1:{port}/", policy=policy, timeout_s=1, max_bytes=10_000
                )
        finally:
            over.set()
            thread.join()
    assert raised.value.code == "timeout"
    assert time.monotonic() - began < 10


def test_a_cut_answer_is_transient(site, policy):
    with pytest.raises(SourceBusy) as raised:
        http.fetch(
            site.url("/fault/cut/1000/clip10.mp4"), policy=policy, timeout_s=10, max_bytes=10**7
        )
    assert raised.value.code in {"truncated", "connection"}


def test_a_proxy_of_the_environment_is_ignored(site, policy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    got = http.fetch(site.url("/sub.en.vtt"), policy=policy, timeout_s=10, max_bytes=1000)
    assert got.status == 200
