"""Where media comes from: addresses, and when two of them mean the same thing.

The normalised address is a key to compare with, never one to fetch: it is free to sort parameters
and to prefer one spelling of a site. What is fetched is the address as it was given.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

import idna
from django.utils.translation import gettext as _

from imports import errors

MAX_LENGTH = 2000
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\Z")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

# Parameters that say who sent the visitor, never what is shown.
_TRACKING = re.compile(
    r"(utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|li_fat_id"
    r"|igshid|igsh|mc_cid|mc_eid|_ga|_gl|_hsenc|_hsmi|mkt_tok|oly_enc_id|oly_anon_id|vero_id"
    r"|wt_mc|srsltid|ref_src|ref_url|spm_id_from|share_source|__youtubedl_smuggle)\Z"
)
_SITE_TRACKING = {
    "www.youtube.com": {"si", "feature", "pp", "ab_channel", "app", "kw", "t", "start"},
    "soundcloud.com": {"si", "in", "ref", "p", "c"},
    "open.spotify.com": {"si", "context"},
    "x.com": {"s", "t"},
    "www.tiktok.com": {"_t", "_r", "is_from_webapp", "sender_device", "web_id"},
    "www.bilibili.com": {"vd_source", "share_medium", "share_plat", "timestamp", "unique_k"},
    "vimeo.com": {"share"},
    "www.twitch.tv": {"tt_content", "tt_medium"},
}
_SAME_SITE = {
    "youtube.com": "www.youtube.com",
    "m.youtube.com": "www.youtube.com",
    "music.youtube.com": "www.youtube.com",
    "youtube-nocookie.com": "www.youtube.com",
    "www.youtube-nocookie.com": "www.youtube.com",
    "www.youtu.be": "youtu.be",
    "www.vimeo.com": "vimeo.com",
    "twitter.com": "x.com",
    "www.twitter.com": "x.com",
    "mobile.twitter.com": "x.com",
    "www.x.com": "x.com",
    "mobile.x.com": "x.com",
    "www.soundcloud.com": "soundcloud.com",
    "m.soundcloud.com": "soundcloud.com",
    "tiktok.com": "www.tiktok.com",
    "m.tiktok.com": "www.tiktok.com",
    "twitch.tv": "www.twitch.tv",
    "m.twitch.tv": "www.twitch.tv",
    "bilibili.com": "www.bilibili.com",
    "m.bilibili.com": "www.bilibili.com",
    "dailymotion.com": "www.dailymotion.com",
    "reddit.com": "www.reddit.com",
    "old.reddit.com": "www.reddit.com",
    "m.facebook.com": "www.facebook.com",
    "facebook.com": "www.facebook.com",
}


@dataclass(frozen=True)
class Source:
    """An address as it was given (`url`, to fetch) and as it is compared (`normalized`)."""

    url: str
    normalized: str


def parse(text: str) -> Source:
    """The address in `text`; raises BadAddress with the reason when it cannot be one.

    Nothing is looked up. Credentials in the address are refused, because they would end up in
    rows, logs and pages.
    """
    url = text.strip()
    if not url:
        raise errors.BadAddress(_("Paste the address of a page or file."))
    if len(url) > MAX_LENGTH:
        raise errors.BadAddress(
            _("This address is longer than %(limit)d characters.") % {"limit": MAX_LENGTH}
        )
    if _CONTROL.search(url.replace(" ", "%20")):
        raise errors.BadAddress(_("This address has characters in it that no address can have."))
    url = url.replace(" ", "%20")
    parts = _split(url)
    if parts.fragment.startswith("__youtubedl_smuggle"):
        # The downloader would take instructions from such a fragment.
        url = url.partition("#")[0]
        parts = _split(url)
    return Source(url=url, normalized=_normalize(parts))


def normalize(text: str) -> str:
    """Only the comparable form of an address."""
    return parse(text).normalized


def _split(url: str) -> SplitResult:
    """The parts of an http(s) address without credentials."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise errors.BadAddress(_("This address is misspelled.")) from None
    if parts.scheme.lower() not in _PORTS or not url.lower().startswith(parts.scheme + "://"):
        raise errors.BadAddress
    if "@" in parts.netloc:
        raise errors.BadAddress(
            _("This address holds a user name or password. Remove it and try again.")
        )
    if not parts.hostname or port == 0:
        raise errors.BadAddress(_("This address is misspelled."))
    return parts


def _normalize(parts: SplitResult) -> str:
    host = _SAME_SITE.get(name := _host(parts.hostname or ""), name)
    known = host in _SITES or host in _SITE_TRACKING or host in _SAME_SITE.values()
    scheme = "https" if known else parts.scheme.lower()
    clean = SplitResult(
        scheme=scheme,
        netloc=_with_port(host, parts.port, parts.scheme.lower()),
        path=_path(parts.path),
        query=_query(parts.query, host),
        # Single-page sites keep the page itself behind #! or #/.
        fragment=parts.fragment if parts.fragment[:1] in {"!", "/"} else "",
    )
    rewrite = _SITES.get(host)
    return (rewrite(clean) if rewrite else "") or clean.geturl()


def _host(name: str) -> str:
    """Lower case, without the root dot; other scripts as punycode; IPv6 in its short form."""
    if ":" in name:
        try:
            if "%" in name:  # a zone names one of this machine's own networks
                raise ValueError(name)
            return f"[{ipaddress.IPv6Address(name).compressed}]"
        except ValueError:
            raise errors.BadAddress(_("This address is misspelled.")) from None
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except idna.IDNAError:
            raise errors.BadAddress(_("The name of the site is misspelled.")) from None
    name = name.lower().removesuffix(".")
    if len(name) > 253 or not _HOST.match(name):
        raise errors.BadAddress(_("The name of the site is misspelled."))
    return name


def _with_port(host: str, port: int | None, scheme: str) -> str:
    return host if port in {None, _PORTS[scheme]} else f"{host}:{port}"


def _escaped(text: str, safe: str) -> str:
    """One spelling of percent escapes: plain letters plain, hex in capitals, the rest as UTF-8."""

    def one(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return quote(_PERCENT.sub(one, text), safe=safe + "%")


def _path(path: str) -> str:
    """Escapes spelled one way and dot segments resolved; a trailing slash stays, it may matter."""
    parts: list[str] = []
    segments = _escaped(path or "/", "/:@!$&'()*+,;=").split("/")
    for segment in segments:
        if segment == "..":
            parts = parts[:-1] or parts
        elif segment != ".":
            parts.append(segment)
    if segments[-1] in {".", ".."}:
        parts.append("")
    joined = "/".join(parts)
    return joined if joined.startswith("/") else f"/{joined}"


def _query(query: str, host: str) -> str:
    """Parameters without trackers, sorted by name; equal names keep their order."""
    ignored = _SITE_TRACKING.get(host, set())
    pairs = [_escaped(pair, ":@!$'()*,;=/?+") for pair in query.split("&") if pair]
    kept = [
        pair for pair in pairs if not _TRACKING.match(name := _name(pair)) and name not in ignored
    ]
    return "&".join(sorted(kept, key=_name))


def _name(pair: str) -> str:
    return unquote(pair.partition("=")[0]).lower()


def _youtube(parts: SplitResult) -> str:
    """One address for every way to link to a YouTube video; a list beside the video is dropped."""
    video = ""
    if parts.netloc == "youtu.be":
        video = parts.path.strip("/")
    elif parts.path.rstrip("/") == "/watch":
        video = parse_qs(parts.query).get("v", [""])[0]
    elif match := re.match(r"/(?:shorts|embed|live|v|e)/([^/]+)/?\Z", parts.path):
        video = match[1]
    if not re.fullmatch(r"[A-Za-z0-9_-]{11}", video):
        return ""
    return f"https://www.youtube.com/watch?v={video}"


def _vimeo(parts: SplitResult) -> str:
    match = re.match(r"/(?:video/)?(\d+)/?\Z", parts.path)
    return f"https://vimeo.com/{match[1]}" if match and not parts.query else ""


def _dailymotion(parts: SplitResult) -> str:
    match = re.match(r"/(?:video/|embed/video/)?([a-z0-9]{5,})/?\Z", parts.path)
    return f"https://www.dailymotion.com/video/{match[1]}" if match else ""


_SITES: dict[str, Callable[[SplitResult], str]] = {
    "www.youtube.com": _youtube,
    "youtu.be": _youtube,
    "vimeo.com": _vimeo,
    "player.vimeo.com": _vimeo,
    "dai.ly": _dailymotion,
}
