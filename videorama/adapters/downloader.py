"""yt-dlp as this house uses it; runs only inside the child.

One link gives one video. Media is fetched by yt-dlp's native downloaders only, into names that a
later attempt finds again; joining and converting is done outside, where it can be supervised.
"""

import contextlib
import functools
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests.sessions
import yt_dlp
from yt_dlp.downloader.external import ExternalFD
from yt_dlp.downloader.rtmp import RtmpFD
from yt_dlp.extractor.generic import GenericIE as PlainGenericIE
from yt_dlp.networking.common import Request
from yt_dlp.utils import YoutubeDLError

from videorama.adapters.guard import MARKER, NetworkPolicy
from videorama.adapters.media import Limits
from videorama.adapters.page import PageFacts, read_page

# Pages, playlists and keys are read whole; media comes in blocks and has caps of its own.
_MAX_DOCUMENT = 24 * 2**20
_BLOCK = 2**18
_REPORT_S = 0.25
_DISK_S = 1.0
_MAX_REDIRECTS = 10
_STRONG = 'W/"'


class Refusal(Exception):
    """Ends the work with a code of our own table."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(why or code)
        self.code = code


class GenericIE(PlainGenericIE):  # type: ignore[misc]
    """Keeps the page it read, so that we can read it too without a second request."""

    page: tuple[str, str] = ("", "")

    def _webpage_read_content(self, *args: Any, **kwargs: Any) -> Any:
        content = super()._webpage_read_content(*args, **kwargs)
        if content and len(args) > 1 and not self.page[0]:
            self.page = (str(args[1]), str(content))
        return content


class Log:
    """Takes yt-dlp's messages: errors are kept for the verdict, the rest goes nowhere."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def debug(self, message: str) -> None:
        """Nothing reads these."""

    def warning(self, message: str) -> None:
        """Kept too: some failures are only told as warnings."""
        self.errors.append(message)

    def error(self, message: str) -> None:
        """Kept for the verdict."""
        self.errors.append(message)


def _refuse_program(*_args: Any, **_kwargs: Any) -> bool:
    raise Refusal("unsupported_url", "this stream needs an external program")


def restrict_libraries() -> None:
    """Fewer redirects, and no downloader that hands the network to a program no guard sees."""
    requests.sessions.DEFAULT_REDIRECT_LIMIT = _MAX_REDIRECTS
    ExternalFD.real_download = _refuse_program
    RtmpFD.real_download = _refuse_program


def _read_bounded(read: Callable[[int], bytes], amount: int | None = None) -> bytes:
    """As `read`, but a document without end, or packed very small, does not fill the memory."""
    if amount is not None and amount >= 0:
        return read(amount)
    pieces: list[bytes] = []
    size = 0
    while piece := read(_BLOCK):
        pieces.append(piece)
        size += len(piece)
        if size > _MAX_DOCUMENT:
            raise Refusal("unsupported_url", f"a document of more than {_MAX_DOCUMENT} bytes")
    return b"".join(pieces)


class Downloader(yt_dlp.YoutubeDL):  # type: ignore[misc]
    """YoutubeDL that keeps to http, knows lengths, and resumes only what is still the same file."""

    def __init__(self, params: dict[str, Any], policy: NetworkPolicy) -> None:
        self.policy = policy
        self.memory: Path | None = None
        self.tracked = ""
        self.seen: dict[str, dict[str, Any]] = {}
        super().__init__(params)
        self.generic = GenericIE()
        self.add_info_extractor(self.generic)

    def wish(self, formats: str, rate_bytes_s: int | None, memory: Path) -> None:
        """What to fetch and how fast; the file remembers what was seen of each source."""
        self.params.update(format=formats, ratelimit=rate_bytes_s)
        self.format_selector = self.build_format_selector(formats)
        self.memory = memory
        if memory.exists():
            with contextlib.suppress(ValueError):
                self.seen = json.loads(memory.read_text("utf-8"))

    def urlopen(self, req: Any) -> Any:
        """As in yt-dlp, but a resumed download asks for the file it began with (If-Range)."""
        if isinstance(req, str):
            req = Request(req)
        if urlsplit(req.url).scheme.lower() not in {"http", "https"}:
            raise Refusal("blocked_address", "only http and https are fetched")
        known = self.seen.get(self.tracked, {}) if self.tracked else {}
        if known.get("validator") and req.headers.get("Range"):
            req.headers["If-Range"] = known["validator"]
        try:
            response = super().urlopen(req)
        except YoutubeDLError as error:
            if MARKER in str(error):  # as a failure of the network it would be tried again
                raise Refusal("blocked_address", str(error)) from error
            raise
        if self.tracked:
            self._remember(response)
        response.read = functools.partial(_read_bounded, response.read)
        return response

    def _remember(self, response: Any) -> None:
        headers = response.headers
        total = (headers.get("Content-Range") or "").rpartition("/")[2]
        if response.status != 206:
            total = "" if headers.get("Content-Encoding") else headers.get("Content-Length") or ""
        etag = headers.get("ETag") or ""
        validator = etag if etag and not etag.startswith(_STRONG) else headers.get("Last-Modified")
        facts = {"validator": validator, "total": int(total) if total.isdigit() else None}
        if self.seen.get(self.tracked) != facts and self.memory:
            self.seen[self.tracked] = facts
            draft = self.memory.with_name(f"{self.memory.name}.new")
            draft.write_text(json.dumps(self.seen), "utf-8")
            draft.replace(self.memory)

    def page_facts(self) -> PageFacts:
        """What the page that was read says about its video."""
        url, content = self.generic.page
        return read_page(content, url) if content.lstrip()[:1] == "<" else PageFacts()


def options(spec: dict[str, Any], log: Log) -> dict[str, Any]:
    """Options of yt-dlp; see the README of yt-dlp for each."""
    node = spec.get("node")
    return {
        "quiet": True, "noprogress": True, "no_color": True, "logger": log, "cachedir": False,
        "proxy": spec.get("proxy", ""), "socket_timeout": 20, "retries": 3, "fragment_retries": 4,
        "extractor_retries": 2, "file_access_retries": 1,
        "retry_sleep_functions": {
            kind: lambda n: min(0.5 * 2**n, 10) for kind in ("http", "fragment", "extractor")
        },
        "continuedl": True, "overwrites": False, "updatetime": False, "noplaylist": True,
        "playlist_items": "1", "default_search": "error", "format": spec["format"],
        "skip_unavailable_fragments": False, "hls_prefer_native": True,
        "external_downloader": {"default": "native"}, "enable_file_urls": False, "fixup": "never",
        "outtmpl": {"default": "%(id).80B.%(ext)s"},
        "js_runtimes": {"node": {"path": node}} if node else {}, "allow_playlist_files": False,
    }  # fmt: skip


def extract(ydl: Downloader, url: str) -> dict[str, Any]:
    """The one video behind a link, its format chosen; Refusal for lists of several."""
    info = ydl.extract_info(url, download=False)
    if info is None:
        raise Refusal("unsupported_url")
    if info.get("_type") in {"playlist", "multi_video"}:
        entries = [entry for entry in info.get("entries") or [] if entry]
        many = (info.get("playlist_count") or info.get("n_entries") or len(entries)) > 1
        is_page = str(info.get("extractor_key")) == "Generic" and bool(ydl.page_facts().title)
        if many and not is_page:
            raise Refusal("playlist")
        if not entries:
            raise Refusal("unsupported_url", "no entries")
        info = entries[0]
    return dict(info)


class Meter:
    """Progress of several files as one fraction, from the bytes that came; keeps the caps."""

    def __init__(self, tell: Callable[[dict[str, Any]], None], limits: Limits, into: Path) -> None:
        self._tell, self._limits, self._into = tell, limits, into
        self._weights: list[float] = [1.0]
        self._index = 0
        self._before = 0
        self._told = self._disk_at = 0.0

    def begin(self, formats: list[dict[str, Any]]) -> None:
        """What will come, in this order."""
        sizes = [float(one.get("filesize") or one.get("filesize_approx") or 0) for one in formats]
        rates = [float(one.get("tbr") or 0) for one in formats]
        known = sizes if all(sizes) else rates if all(rates) else [1.0] * len(formats)
        self._weights = [size / sum(known) for size in known]
        if sum(sizes) > (self._limits.max_bytes or float("inf")):
            raise Refusal("too_large")

    def next_file(self, index: int, bytes_before: int) -> None:
        """The file of that number begins."""
        self._index, self._before = index, bytes_before

    def hook(self, status: dict[str, Any]) -> None:
        """For yt-dlp's progress hooks."""
        done = int(status.get("downloaded_bytes") or 0)
        total = status.get("total_bytes") or status.get("total_bytes_estimate")
        count = status.get("fragment_count")
        if count:
            # The index runs ahead of the bytes and can pass the count.
            part = min(1.0, int(status.get("fragment_index") or 0) / int(count))
        else:
            part = min(1.0, done / total) if total else 0.0
        self._keep_caps(done, int(total) if total and not count else None)
        now = time.monotonic()
        is_end = status.get("status") == "finished"
        if now - self._told < _REPORT_S and not is_end:
            return
        self._told = now
        share = self._weights[self._index] if self._index < len(self._weights) else 0.0
        self._tell(
            {
                "fraction": sum(self._weights[: self._index]) + share * (1.0 if is_end else part),
                "done": self._before + done,
                "total": int(self._before + total) if total else None,
                "speed": None if is_end else status.get("speed"),
            }
        )

    def _keep_caps(self, done: int, total: int | None) -> None:
        most = self._limits.max_bytes
        if most is not None and self._before + max(done, total or 0) > most:
            raise Refusal("too_large")
        now = time.monotonic()
        if now - self._disk_at >= _DISK_S:
            self._disk_at = now
            missing = max(0, (total or 0) - done)
            if shutil.disk_usage(self._into).free < missing + self._limits.reserve_bytes:
                raise Refusal("disk_full")


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, through yt-dlp's three ways of keeping that."""
    seen: set[int] = set()
    queue = [error]
    while queue:
        one = queue.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        info = getattr(one, "exc_info", None)
        queue += [info[1] if info else None, getattr(one, "cause", None), one.__cause__]
        queue.append(one.__context__)
