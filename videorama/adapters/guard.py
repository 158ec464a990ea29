"""Which network addresses may be contacted for links that users or pages give us.

Public addresses on any port are permitted; everything else only when the operator named it. The
decision is made on the address a socket really connects to, so changing DNS answers, redirects,
playlists and odd spellings all meet the same check (OWASP: server-side request forgery).
"""

import contextlib
import ipaddress
import re
import socket
import sys
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote, urlsplit

from videorama.adapters.errors import BlockedAddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MARKER = "blocked address"
# The first line of a request to a proxy: either to open a tunnel, or with the whole address.
_ASKED = re.compile(rb"(?:(CONNECT) |[A-Z]+ (?=http))(\S+) HTTP/1\.")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Counted as global by the tables of the standard library, and yet of an inner network: the old
# site-local addresses, and where Azure answers its own machines.
_INNER = (ipaddress.ip_network("fec0::/10"), ipaddress.ip_network("168.63.129.16/32"))
# Names that mean this machine or a cloud's metadata service wherever they are looked up.
_INNER_NAMES = ("localhost", "localdomain", "internal", "local", "home.arpa", "intranet", "lan")


class AddressRefused(OSError):
    """Raised inside libraries at connect time; an OSError, so that they clean up after it."""


@dataclass(frozen=True)
class Permit:
    """One entry of the allow list: a name or a network, on one port or on all."""

    name: str = ""
    network: Network | None = None
    port: int | None = None


def is_public(address: Address) -> bool:
    """Whether the address leads to the open internet, seen through its wrappings.

    IPv4 inside IPv6 (mapped, 6to4, NAT64) counts as what it wraps; Teredo is refused, because it
    reaches any IPv4 address through a relay.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.teredo is not None:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    if any(address in network for network in _INNER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def host_of(host: str) -> str:
    """A host as it will be looked up: unquoted, compatibility forms folded, no closing dot."""
    text = unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", ".").strip().lower()
    return text.strip("[]").partition("%")[0].rstrip(".")


def literal_address(host: str) -> Address | None:
    """The address a host spells out, also as one number, in hex, in octal or shortened."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host)
    if re.fullmatch(r"[0-9a-fx.]+", host):
        with contextlib.suppress(OSError):
            return ipaddress.IPv4Address(socket.inet_aton(host))
    return None


def _permit(entry: str) -> Permit:
    text, port = entry.strip().lower(), None
    matched = re.fullmatch(r"(\[[^\]]+\](?:/\d+)?|[^:]+):(\d{1,5})", text)
    if matched:
        text, port = matched[1], int(matched[2])
    text = text.replace("[", "").replace("]", "").rstrip(".")
    if not text or (port is not None and not 0 < port < 65536):
        raise ValueError(f"{entry!r} is not a host, address or network.")
    try:
        return Permit(network=ipaddress.ip_network(text, strict=False), port=port)
    except ValueError:
        if "/" in text or not re.fullmatch(r"[a-z0-9._-]+", text):
            raise ValueError(f"{entry!r} is not a host, address or network.") from None
        return Permit(name=text, port=port)


@dataclass(frozen=True)
class NetworkPolicy:
    """Public addresses, plus what `allow` names: hosts, IPs, CIDRs, each optionally with :port.

    With a `proxy` (`http://name:password@host:port`) sockets connect to exactly that host and port;
    what is asked of it is held to the same rules by `check_target`.
    """

    allow: tuple[str, ...] = ()
    proxy: str = field(default="", repr=False)
    permits_list: tuple[Permit, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "permits_list", tuple(_permit(entry) for entry in self.allow))

    def to_json(self) -> dict[str, Any]:
        """For the spec of a child."""
        return {"allow": list(self.allow), "proxy": self.proxy}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "NetworkPolicy":
        """The policy a child was given."""
        return cls(tuple(document["allow"]), document["proxy"])

    def permits(self, ip: str, port: int, host: str = "") -> bool:
        """Whether a socket may connect there; `host` is the name that was asked for."""
        if self.proxy:
            parts = urlsplit(self.proxy)
            wanted = host_of(parts.hostname or "")
            return port == (parts.port or 80) and wanted in {host_of(host), host_of(ip)}
        return self._reaches(ip, port, host)

    def check_target(self, host: str, port: int) -> None:
        """Refuses what a proxy must not be asked for, as far as this machine can look it up.

        A name that is not known here is left to the proxy; a name of the local network is not.
        """
        name = host_of(host)
        if self._is_named(None, port, name):
            return
        literal = literal_address(name)
        found = [str(literal)] if literal else []
        if not found:
            with contextlib.suppress(OSError):
                found = [str(entry[4][0]) for entry in socket.getaddrinfo(name, port)]
        is_inner = not found and any(
            name == one or name.endswith(f".{one}") for one in _INNER_NAMES
        )
        if is_inner or (found and not any(self._reaches(ip, port, name) for ip in found)):
            raise AddressRefused(f"{MARKER}: {host}:{port}")

    def without_password(self, text: str) -> str:
        """The text without the password of the proxy, for messages."""
        password = urlsplit(self.proxy).password or ""
        for spelled in {password, unquote(password)} - {""}:
            text = text.replace(spelled, "***")
        return text

    def _reaches(self, ip: str, port: int, host: str) -> bool:
        try:
            address = ipaddress.ip_address(ip.partition("%")[0])
        except ValueError:
            return False
        return is_public(address) or self._is_named(address, port, host_of(host))

    def _is_named(self, address: Address | None, port: int | None, host: str) -> bool:
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(
            (permit.port is None or port is None or permit.port == port)
            and (
                (bool(permit.name) and permit.name == host)
                or (permit.network is not None and plain is not None and plain in permit.network)
            )
            for permit in self.permits_list
        )

    def check_url(self, url: str) -> None:
        """Refuse with BlockedAddress what can be seen to be wrong without asking any server."""
        reason = self._reason_against(url)
        if reason:
            raise BlockedAddress(technical=f"{reason}: {url[:200]!r}")

    def _reason_against(self, url: str) -> str:
        if re.search(r"[\x00-\x20\x7f\\]", url):
            return "control characters, spaces or backslashes"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return "malformed address"
        if parts.scheme.lower() not in {"http", "https"}:
            return "only http and https are fetched"
        host = host_of(parts.hostname or "")
        if not host or re.search(r"[\s/@?#:]", host.replace(":", "") if ":" in host else host):
            return "no usable host"
        port = port or (443 if parts.scheme.lower() == "https" else 80)
        address = literal_address(host)
        if self._is_named(address, port, host):
            return ""
        if address is not None:
            return "" if is_public(address) else "private address"
        # Where networks are named, only the address a name leads to can tell.
        has_networks = any(
            permit.network is not None and permit.port in {None, port}
            for permit in self.permits_list
        )
        if not has_networks and any(
            host == name or host.endswith(f".{name}") for name in _INNER_NAMES
        ):
            return "name of the local network"
        return ""

    def resolve(self, host: str, port: int) -> list[tuple[Any, ...]]:
        """The permitted entries of getaddrinfo; AddressRefused when none is permitted."""
        found = socket.getaddrinfo(host_of(host), port, type=socket.SOCK_STREAM)
        kept = [entry for entry in found if self.permits(str(entry[4][0]), port, host)]
        if not kept:
            raise AddressRefused(f"{MARKER}: {host}:{port}")
        return kept

    def connect(self, host: str, port: int, timeout_s: float | None) -> socket.socket:
        """A connected socket to a permitted address of the host."""
        failure: OSError = AddressRefused(f"{MARKER}: {host}:{port}")
        for family, kind, protocol, _name, address in self.resolve(host, port):
            link = socket.socket(family, kind, protocol)
            link.settimeout(timeout_s)
            try:
                link.connect(address)
            except OSError as error:
                link.close()
                failure = error
            else:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return link
        raise failure


class ProcessGuard:
    """The policy over a whole child process; an audit hook cannot be taken out again.

    It sees every socket Python code makes, whichever library asks. What it cannot see are the
    sockets of other programs, so only the programs named may be started, and ffmpeg only on files.
    """

    def __init__(self, policy: NetworkPolicy, programs: Iterable[str] = ()) -> None:
        self.policy = policy
        self.programs = {str(program) for program in programs}
        self.refused: list[str] = []
        self._asked = threading.local()

    def install(self) -> None:
        """From here on; wraps getaddrinfo to know which name an address was asked for."""
        original = socket.getaddrinfo

        def remembering(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
            found = original(host, port, *args, **kwargs)
            name = host.decode() if isinstance(host, bytes) else str(host or "")
            names: dict[str, str] = self._asked.__dict__.setdefault("names", {})
            names.update({str(entry[4][0]): name for entry in found})
            return found

        socket.getaddrinfo = remembering
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            # sendmsg on a connected socket names no address; that one was checked before.
            if args[1] is not None:
                self._check_socket(args[1])
        elif event == "http.client.send":
            self._check_request(args[1])
        elif event == "subprocess.Popen":
            self._check_program(args[0], args[1])
        elif event in {"os.exec", "os.posix_spawn"}:
            self._check_program(args[0], args[1])  # subprocess itself may come this way
        elif event in {"os.system", "os.spawn", "os.startfile"}:
            raise AddressRefused(f"program not allowed: {args[0]!r}")

    def _check_socket(self, address: Any) -> None:
        if not isinstance(address, tuple) or len(address) < 2:
            self._refuse(repr(address))
            return
        ip, port = str(address[0]), int(address[1])
        names: dict[str, str] = self._asked.__dict__.get("names", {})
        if not self.policy.permits(ip, port, names.get(ip, ip)):
            self._refuse(f"{ip}:{port}")

    def _check_request(self, data: Any) -> None:
        """What is asked of a proxy: the host of `CONNECT host:port` and of `GET http://host/…`."""
        if not self.policy.proxy or not isinstance(data, bytes | bytearray):
            return
        asked = _ASKED.match(data)
        if asked is None:
            return
        target = asked[2].decode("latin-1")
        try:
            parts = urlsplit(f"//{target}" if asked[1] else target)
            self.policy.check_target(parts.hostname or "", parts.port or 80)
        except (AddressRefused, ValueError):
            self._refuse(target[:80])

    def _check_program(self, executable: Any, argv: Any) -> None:
        words = [argv] if isinstance(argv, (str, bytes)) else [str(word) for word in argv or ()]
        program = str(executable or (words[0] if words else ""))
        if program not in self.programs:
            # Looking for optional tools is normal for yt-dlp and no sign of an attack.
            raise AddressRefused(f"program not allowed: {PurePath(program).name}")
        inputs = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "-i"]
        for source in inputs:
            if re.match(r"(?!file:)[a-z][a-z0-9+.,-]+:", str(source), re.IGNORECASE):
                self._refuse(str(source)[:80])

    def _refuse(self, what: str) -> None:
        self.refused.append(what)
        raise AddressRefused(f"{MARKER}: {what}")
