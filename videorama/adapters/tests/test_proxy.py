"""A proxy of the operator: everything goes through it, and through it nobody gets further."""

import pytest

from videorama.adapters import http, ytdlp
from videorama.adapters.errors import BlockedAddress
from videorama.adapters.guard import AddressRefused, NetworkPolicy, ProcessGuard
from videorama.adapters.media import no_check, no_progress
from videorama.errors import AppError
from videorama.tests.fakes.media_files import media_file
from videorama.tests.fakes.proxy import Proxy

pytestmark = pytest.mark.embedded_only("adapters know neither database nor Redis")

LOGIN = "house:p@ss/w0rd-long"


@pytest.fixture
def proxy(site):
    with Proxy(LOGIN) as running:
        yield running


@pytest.fixture
def through(site, proxy):
    return NetworkPolicy((site.allow,), proxy.url)


def test_a_download_goes_through_the_proxy_alone(site, proxy, through, tmp_path):
    found = ytdlp.download(
        site.url("/watch"), tmp_path, preset="video_max", policy=through,
        progress=no_progress, check=no_check,
    )  # fmt: skip
    assert found.path.read_bytes() == media_file("clip10.mp4").read_bytes()
    assert len(proxy.asked) == len(site.requests) >= 2


def test_a_fetch_goes_through_the_proxy_too(site, proxy, through):
    got = http.fetch(site.url("/poster.jpg"), policy=through, timeout_s=10, max_bytes=2**20)
    assert got.status == 200
    assert proxy.asked == [f"GET {site.url('/poster.jpg')}"]


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/x", "https://10.0.0.1/x", "http://printer.local/x"]
)
def test_a_redirect_to_the_inner_network_is_not_asked_of_the_proxy(target, site, proxy, through):
    site.fail("/clip10.mp4", status=302, redirect_to=target)
    with pytest.raises(BlockedAddress):
        ytdlp.probe(site.url("/clip10.mp4"), policy=through)
    with pytest.raises(BlockedAddress):
        http.fetch(site.url("/clip10.mp4"), policy=through, timeout_s=10, max_bytes=2**20)
    assert {asked.partition(" ")[2] for asked in proxy.asked} == {site.url("/clip10.mp4")}


def test_a_tunnel_is_asked_of_the_proxy_for_https(site):
    with Proxy(stand_in=("127.0.0.1", site.port)) as proxy:
        policy = NetworkPolicy((), proxy.url)
        # The site behind speaks no TLS: what counts is whom the proxy was asked for.
        with pytest.raises(AppError):
            http.fetch("https://far.invalid/x", policy=policy, timeout_s=5, max_bytes=99)
    assert set(proxy.asked) == {"CONNECT far.invalid:443"}


def test_a_wrong_password_is_a_failure_that_does_not_tell_it(site, proxy):
    wrong = NetworkPolicy((site.allow,), proxy.url.replace("long", "wr0ng"))
    with pytest.raises(AppError) as caught:
        ytdlp.probe(site.url("/clip10.mp4"), policy=wrong)
    told = f"{caught.value} {caught.value.technical} {wrong!r}"
    assert "wr0ng" not in told
    assert not site.requests


@pytest.mark.parametrize(
    ("ip", "port", "host", "is_allowed"),
    [
        ("203.0.113.9", 3128, "proxy.example.org", True),
        ("203.0.113.9", 3129, "proxy.example.org", False),
        ("203.0.113.9", 3128, "other.example.org", False),
        ("93.184.216.34", 443, "example.org", False),
        ("127.0.0.1", 8000, "localhost", False),
    ],
)
def test_sockets_reach_exactly_the_proxy(ip, port, host, is_allowed):
    policy = NetworkPolicy(("127.0.0.1:8000",), "http://proxy.example.org:3128")
    assert policy.permits(ip, port, host) is is_allowed


@pytest.mark.parametrize(
    ("line", "is_allowed"),
    [
        (b"CONNECT 93.184.216.34:443 HTTP/1.1\r\n\r\n", True),
        (b"CONNECT 10.0.0.1:443 HTTP/1.1\r\n\r\n", False),
        (b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n", False),
        (b"GET http://127.0.0.1:9/x HTTP/1.1\r\n\r\n", True),
        (b"GET http://127.0.0.1:10/x HTTP/1.1\r\n\r\n", False),
        (b"POST http://0x7f000001/x HTTP/1.1\r\n\r\n", False),
        (b"GET http://metadata.google.internal/x HTTP/1.1\r\n\r\n", False),
        (b"GET /path/inside/a/tunnel HTTP/1.1\r\n\r\n", True),
    ],
)
def test_what_is_asked_of_the_proxy_is_held_to_the_same_rules(line, is_allowed):
    guard = ProcessGuard(NetworkPolicy(("127.0.0.1:9",), "http://203.0.113.9:3128"))
    if is_allowed:
        guard._check_request(line)
    else:
        with pytest.raises(AddressRefused):
            guard._check_request(line)


def test_a_name_that_only_the_proxy_knows_is_left_to_it(site):
    with Proxy(stand_in=("127.0.0.1", site.port)) as proxy:
        policy = NetworkPolicy((), proxy.url)
        got = http.fetch(
            "http://only-the-proxy.invalid/poster.jpg", policy=policy, timeout_s=10,
            max_bytes=2**20,
        )  # fmt: skip
    assert got.status == 200
