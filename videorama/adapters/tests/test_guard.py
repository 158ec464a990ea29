"""No private address is contacted, however it is written, redirected to or hidden in a page."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from videorama.adapters import http, ytdlp
from videorama.adapters.child import python_env
from videorama.adapters.errors import BlockedAddress
from videorama.adapters.guard import NetworkPolicy
from videorama.adapters.media import no_check, no_progress
from videorama.errors import AppError
from videorama.tests.fakes.media_pages import open_graph, page, video_tag
from videorama.tests.fakes.media_site import MediaSite

pytestmark = pytest.mark.embedded_only("adapters know neither database nor Redis")

# Hosts that mean this machine, its network, or nothing on the public internet.
HOSTS = [
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1",
    "0177.0.0.1", "017700000001", "0x7f.1", "0.0.0.0", "0", "10.0.0.1", "10.1", "172.16.0.1",
    "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254", "169.254.1.1", "192.0.0.1",
    "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "2852039166", "0xa9fea9fe", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::10.0.0.1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[fec0::1]", "168.63.129.16",
    "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]",
    "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "localhost", "localhost.", "LOCALHOST",
    "foo.localhost", "localhost.localdomain", "metadata.google.internal", "metadata.internal.",
    "printer.local", "nas.lan", "router.home.arpa", "example.com@127.0.0.1",
    "user:pass@localhost", "\uff11\uff12\uff17.0.0.1", "\u2460\u2461\u2466.0.0.1",
    "127\u30020\u30020\u30021", "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "127.0.0.1.",
]  # fmt: skip
WRITTEN = [
    "file:///etc/passwd", "file://localhost/etc/passwd", "FILE:///etc/passwd", "ftp://{host}/a",
    "gopher://{host}/_x", "dict://{host}/d", "ldap://{host}/", "data:video/mp4;base64,AAAA",
    "javascript:alert(1)", "blob:http://{host}/1", "rtmp://{host}/live", "rtsp://{host}/live",
    "mms://{host}/a", "ws://{host}/", "wss://{host}/", "ytsearch:cats", "ytsearch5:cats",
    "//{host}/clip10.mp4", "{host}/clip10.mp4", "", "http://", "http:///clip10.mp4", "http://:80/",
    "http:\\\\{host}\\clip10.mp4", "http://{host}\\@example.com/", "http://exa mple.com/",
    "http://{host}\n.example.com/", "http://\t{host}/", "http://example.com:99999/",
    "http://[::1", "http://\x00{host}/", "https://-/../{host}\x7f",
]  # fmt: skip


@pytest.fixture
def inner():
    with MediaSite() as running:
        yield running


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_of_the_inner_network_is_refused_before_anything_is_asked(host, inner, policy):
    url = f"http://{host}:{inner.port}/clip10.mp4"
    with pytest.raises(BlockedAddress) as refused:
        ytdlp.probe(url, policy=policy)
    assert refused.value.code == "blocked_address"
    with pytest.raises(BlockedAddress):
        http.fetch(url, policy=policy, timeout_s=5, max_bytes=100)
    assert inner.requests == []


@pytest.mark.parametrize("written", WRITTEN)
def test_only_plain_http_addresses_are_taken(written, inner, policy):
    with pytest.raises(BlockedAddress):
        ytdlp.probe(written.format(host=inner.allow), policy=policy)
    assert inner.requests == []


def test_the_tables_name_more_than_sixty_ways():
    assert len({*HOSTS, *WRITTEN}) >= 60


_CHILD = """
import json, socket, sys, urllib.request
spec = json.loads(sys.stdin.readline())
# The only thing made up is what DNS answers.
real, names = socket.getaddrinfo, spec["names"]
def answers(host, port, *args, **kwargs):
    if host in names:
        ip = names[host].pop(0) if len(names[host]) > 1 else names[host][0]
        return real(ip, port, *args, **kwargs)
    return real(host, port, *args, **kwargs)
socket.getaddrinfo = answers
from videorama.adapters.guard import NetworkPolicy, ProcessGuard
import requests, yt_dlp
guard = ProcessGuard(NetworkPolicy(tuple(spec["allow"])))
guard.install()
def by_socket(host):
    socket.create_connection((host.strip("[]").replace("%25", "%"), spec["port"]), 2).close()
def by_urllib(host):
    urllib.request.urlopen(f"http://{host}:{spec['port']}/clip10.mp4", timeout=2).close()
def by_requests(host):
    requests.get(f"http://{host}:{spec['port']}/clip10.mp4", timeout=2).close()
def by_ytdlp(host):
    with yt_dlp.YoutubeDL({"quiet": True, "proxy": ""}) as ydl:
        ydl.urlopen(f"http://{host}:{spec['port']}/clip10.mp4").close()
def by_datagram(host):
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with link:
        link.sendto(b"x", (host, spec["port"]))
got = []
for host in spec["hosts"]:
    for way in (by_socket, by_urllib, by_requests, by_ytdlp, by_datagram):
        try:
            way(host)
            got.append([host, way.__name__])
        except Exception:
            pass
print(json.dumps({"got": got, "refused": len(guard.refused)}))
"""


def _in_guarded_child(hosts, port, *, allow=(), names=None):
    spec = {"hosts": hosts, "port": port, "allow": list(allow), "names": names or {}}
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input=json.dumps(spec), capture_output=True, text=True, timeout=120, check=True,
        env={**python_env(), "PATH": "/usr/bin:/bin", "http_proxy": f"http://127.0.0.1:{port}",
             "no_proxy": ""},
    )  # fmt: skip
    return json.loads(done.stdout)


def test_inside_a_child_no_library_reaches_an_inner_address_whatever_dns_says(inner):
    hosts = [host for host in HOSTS if "@" not in host and host.isascii() and "%3" not in host]
    hosts += ["rebinding.example", "inner.example"]
    names = {"rebinding.example": ["127.0.0.1"], "inner.example": ["10.0.0.9"]}
    answer = _in_guarded_child(hosts, inner.port, names=names)
    assert answer["got"] == []
    assert answer["refused"] > len(hosts)
    assert inner.requests == []


def test_a_named_host_is_reached_by_that_name_and_by_no_other(inner):
    names = {"nas.example": ["127.0.0.1"], "evil.example": ["127.0.0.1"]}
    answer = _in_guarded_child(
        ["nas.example", "evil.example", "127.0.0.1"], inner.port, allow=["nas.example"], names=names
    )
    ways = {host: [way for one, way in answer["got"] if one == host] for host in names}
    # The others obey the proxy of the environment here, which the guard refuses as well.
    assert {"by_socket", "by_ytdlp"} <= set(ways["nas.example"])
    assert ways["evil.example"] == []
    assert [host for host, _way in answer["got"] if host == "127.0.0.1"] == []


@pytest.mark.parametrize(
    ("entry", "ip", "port", "host", "is_permitted"),
    [
        ("10.0.0.5", "10.0.0.5", 80, "10.0.0.5", True),
        ("10.0.0.5", "10.0.0.6", 80, "10.0.0.6", False),
        ("10.0.0.0/24", "10.0.0.77", 8080, "any.example", True),
        ("10.0.0.0/24", "10.0.1.1", 8080, "any.example", False),
        ("10.0.0.5:8080", "10.0.0.5", 8080, "", True),
        ("10.0.0.5:8080", "10.0.0.5", 80, "", False),
        ("10.0.0.5", "::ffff:10.0.0.5", 80, "", True),
        ("[fd00::1]:81", "fd00::1", 81, "", True),
        ("[fd00::1]:81", "fd00::1", 82, "", False),
        ("fd00::/8", "fd12::3", 443, "", True),
        ("nas.lan", "192.168.1.9", 80, "nas.lan", True),
        ("nas.lan", "192.168.1.9", 80, "NAS.lan.", True),
        ("nas.lan", "192.168.1.9", 80, "evil.example", False),
        ("nas.lan:81", "192.168.1.9", 80, "nas.lan", False),
    ],
)
def test_the_allow_list_permits_what_it_names(entry, ip, port, host, is_permitted):
    assert NetworkPolicy((entry,)).permits(ip, port, host) is is_permitted


@pytest.mark.parametrize("ip", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_permitted_on_any_port(ip):
    assert NetworkPolicy().permits(ip, 12345)


@pytest.mark.parametrize("entry", ["", "http://nas", "10.0.0.0/99", "nas:0", "nas:99999", "a b"])
def test_an_allow_entry_that_means_nothing_is_refused(entry):
    with pytest.raises(ValueError, match="not a host"):
        NetworkPolicy((entry,))


def test_public_names_pass_the_look_at_the_address():
    for url in ("https://example.com/watch?v=1", "http://example.com:8443/a", "https://1.1.1.1/"):
        NetworkPolicy().check_url(url)
    NetworkPolicy(("127.0.0.1:5000",)).check_url("http://localhost:5000/a")
    with pytest.raises(BlockedAddress):
        NetworkPolicy(("127.0.0.1:5000",)).check_url("http://localhost:5001/a")


def _hidden_ways(site: MediaSite, inner: MediaSite) -> dict[str, str]:
    """Pages and playlists of the permitted site that lead to the inner one."""
    bad = inner.url("/clip10.mp4")
    m3u8 = "application/vnd.apple.mpegurl"
    head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n"
    site.fail("/r302", status=302, redirect_to=bad)
    site.fail("/r307", status=307, redirect_to=inner.url("/watch"))
    site.fail("/rname", status=302, redirect_to=f"http://localhost:{inner.port}/clip10.mp4")
    site.fail("/rnumber", status=302, redirect_to=f"http://2130706433:{inner.port}/clip10.mp4")
    site.fail("/rfile", status=302, redirect_to="file:///etc/passwd")
    site.fail("/r1", status=302, redirect_to=site.url("/r302"))
    site.add("/video", page("", video_tag(bad)))
    site.add("/og", page(open_graph(inner.base, "/clip10.mp4"), ""))
    site.add("/iframe", page("", f'<iframe src="{inner.url("/watch")}"></iframe>'))
    site.add("/meta", page(f'<meta http-equiv="refresh" content="0;url={bad}">', ""))
    site.add("/fileurl", page("", video_tag("file:///etc/passwd")))
    site.add(
        "/segment.m3u8",
        f"{head}#EXTINF:4,\n{inner.url('/hls/240/part00.ts')}\n#EXT-X-ENDLIST\n".encode(),
        m3u8,
    )
    site.add(
        "/variant.m3u8",
        f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\n{inner.url('/hls/240/index.m3u8')}\n".encode(),
        m3u8,
    )
    site.add(
        "/key.m3u8",
        f'{head}#EXT-X-KEY:METHOD=AES-128,URI="{inner.url("/clip10.mp4")}"\n#EXTINF:4,\n'
        f"/hls/240/part00.ts\n#EXT-X-ENDLIST\n".encode(),
        m3u8,
    )
    site.add(
        "/sample.m3u8",
        f'{head}#EXT-X-KEY:METHOD=SAMPLE-AES,URI="{inner.url("/clip10.mp4")}"\n#EXTINF:4,\n'
        f"{inner.url('/hls/240/part00.ts')}\n#EXT-X-ENDLIST\n".encode(),
        m3u8,
    )
    site.add(
        "/dash.mpd",
        f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        f'mediaPresentationDuration="PT10S"><Period><AdaptationSet mimeType="video/mp4">'
        f'<Representation id="1" bandwidth="9" codecs="avc1.42c01f" height="240">'
        f"<BaseURL>{bad}</BaseURL></Representation></AdaptationSet></Period></MPD>".encode(),
        "application/dash+xml",
    )
    ways = ["/r302", "/r307", "/rname", "/rnumber", "/rfile", "/r1", "/video", "/og", "/iframe",
            "/meta", "/fileurl", "/segment.m3u8", "/variant.m3u8", "/key.m3u8", "/sample.m3u8",
            "/dash.mpd"]  # fmt: skip
    return {way: site.url(way) for way in ways}


def test_no_redirect_page_or_playlist_leads_to_an_inner_address(site, inner, policy, tmp_path):
    outcomes = {}
    for number, (way, url) in enumerate(_hidden_ways(site, inner).items()):
        into = tmp_path / str(number)
        try:
            ytdlp.download(url, into, preset="video_max", policy=policy,
                           progress=no_progress, check=no_check)  # fmt: skip
            outcomes[way] = "succeeded"
        except AppError as error:
            outcomes[way] = error.code
        assert not [path for path in into.glob("*") if path.suffix in {".mp4", ".ts"}], way
    assert inner.requests == []
    assert "succeeded" not in outcomes.values()
    refused = {way for way, code in outcomes.items() if code == "blocked_address"}
    assert {"/r302", "/rname", "/r1", "/video", "/segment.m3u8"} <= refused, outcomes


def test_subtitles_and_thumbnail_on_an_inner_address_are_left_out(site, inner, policy, tmp_path):
    tag = video_tag("/clip10.mp4").replace("/poster.jpg", inner.url("/poster.jpg"))
    site.add("/page", page("", tag.replace('src="/sub.', f'src="{inner.base}/sub.')))
    done = ytdlp.download(
        site.url("/page"), tmp_path, preset="video_max", policy=policy,
        progress=no_progress, check=no_check,
    )  # fmt: skip
    assert done.path.stat().st_size == Path(site.resources["/clip10.mp4"].body()).stat().st_size
    assert done.thumbnail is None
    assert done.subtitles == ()
    assert inner.requests == []
