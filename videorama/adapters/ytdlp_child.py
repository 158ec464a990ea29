"""Child: probe and download one link, answering in JSON lines.

Spec on stdin (one line): `action` probe or download, `url`, `policy`, `parent`, `format`, `node`;
for downloads also `into`, `limits`. After a probe it waits for a second line, a download of the
same link, which goes on from what the probe found. Answers, one object per line: `info`,
`progress`, `beat` (still working), `done`, or at last `error`.
"""

import contextlib
import json
import os
import queue
import re
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import videorama.adapters.lean  # noqa: F401

# isort: split

from yt_dlp.networking.common import Request
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import DownloadError, YoutubeDLError

from videorama.adapters import leash, source_info
from videorama.adapters.downloader import (
    Downloader,
    Log,
    Meter,
    Refusal,
    chain,
    extract,
    options,
    restrict_libraries,
)
from videorama.adapters.fragments import note_sizes, settle_file, settle_pieces
from videorama.adapters.guard import MARKER, NetworkPolicy, ProcessGuard
from videorama.adapters.media import Limits
from videorama.adapters.remote import OutOfReach

_MAX_SUBTITLE = 5 * 2**20
_MAX_THUMBNAIL = 10 * 2**20
# For each subtitle or picture: the video does not wait for a server that sends a byte now and then.
_BESIDE_S = 30
_BEAT_S = 5
_SUBTITLE_KINDS = ("vtt", "srt", "ttml", "ass", "srv3")
_PICTURES = {b"\xff\xd8": "jpg", b"\x89P": "png", b"RI": "webp", b"GI": "gif"}
# What can go wrong without being our mistake; anything else ends with a traceback on stderr.
_EXPECTED = (YoutubeDLError, Refusal, OSError)

Tell = Callable[[dict[str, Any]], None]


class Work:
    """One link, from its spec to its files."""

    def __init__(self, spec: dict[str, Any], policy: NetworkPolicy, tell: Tell, log: Log) -> None:
        self.url, self.tell = str(spec["url"]), tell
        self.into: Path | None = None
        self.limits = Limits()
        self.meter: Meter | None = None
        self.ydl = Downloader(options({**spec, "proxy": policy.proxy}, log), policy)
        # May hold signed addresses and cookies: it never leaves this process.
        self._found: dict[str, Any] | None = None

    def probe(self) -> None:
        """Ask, and look into the file itself where the source says too little."""
        info = extract(self.ydl, self.url)
        self._look_inside(info)
        self._tell_info(info)
        self._found = info

    def _tell_info(self, info: dict[str, Any]) -> None:
        page = self.ydl.page_facts()
        if source_info.is_plain(info) and not info.get("thumbnail") and page.thumbnail_url:
            info["thumbnail"] = page.thumbnail_url
        clean = self.ydl.sanitize_info(dict(info), remove_private_keys=True)
        self.tell({"info": source_info.describe(info, page, self.url, clean)})

    def _look_inside(self, info: dict[str, Any]) -> None:
        chosen = (info.get("requested_formats") or [info])[0]
        is_known = info.get("duration") and (chosen.get("height") or chosen.get("vcodec") == "none")
        is_file = str(chosen.get("protocol")) in {"http", "https"}
        if is_known or not is_file or not source_info.is_plain(info):
            return
        # PyAV is 100 MB of libraries: loaded only here.
        from videorama.adapters.look import add_facts, look_inside

        found = look_inside(lambda start, end: self._range_of(chosen, start, end))
        if found is None:
            return
        if not found.get("error"):
            add_facts(info, chosen, found)
        elif info.get("direct"):
            raise Refusal("not_media", str(found["error"]))

    def _range_of(self, chosen: dict[str, Any], start: int, end: int) -> Any:
        headers = {**(chosen.get("http_headers") or {}), "Range": f"bytes={start}-{end}"}
        try:
            return self.ydl.urlopen(Request(chosen["url"], headers=headers))
        except YoutubeDLError as error:
            if getattr(error, "status", None) == 416 and not start:
                raise Refusal("not_media", "the file is empty") from error
            raise OutOfReach(str(error)) from error

    def download(self, spec: dict[str, Any]) -> None:
        """Go on from what the probe found, or extract; then media, subtitles, thumbnail."""
        self.into, self.limits = Path(spec["into"]), Limits(**spec["limits"])
        self.ydl.wish(spec["format"], self.limits.rate_bytes_s, self.into / ".resume.json")
        threading.Thread(target=_beats, args=(self.into, self.tell), daemon=True).start()
        if self._found:
            found = self.ydl.sanitize_info(self._found)
            try:
                self._fetch_all(self.ydl.process_ie_result(found, download=False), is_new=False)
                return
            except YoutubeDLError as error:
                # What the probe found grows old; ask once more.
                if not any(
                    isinstance(one, HTTPError) and one.status in {401, 403, 404, 410}
                    for one in chain(error)
                ):
                    raise
        self._fetch_all(extract(self.ydl, self.url), is_new=True)

    def _fetch_all(self, info: dict[str, Any], *, is_new: bool) -> None:
        if info.get("is_live"):
            raise Refusal("live_now")
        if is_new:
            self._tell_info(info)
        parts = self._fetch_media(info)
        subtitles = self._fetch_subtitles(info)
        thumbnail = self._fetch_thumbnail(info)
        self.tell({"done": {"parts": parts, "subtitles": subtitles, "thumbnail": thumbnail}})

    def _fetch_media(self, info: dict[str, Any]) -> list[dict[str, str]]:
        assert self.into is not None
        formats = info.get("requested_formats") or [info]
        if self.meter is None:
            self.meter = Meter(lambda told: self.tell({"progress": told}), self.limits, self.into)
            self.ydl.add_progress_hook(self.meter.hook)
        self.meter.begin(formats)
        parts: list[dict[str, str]] = []
        bytes_before = 0
        for index, entry in enumerate(formats):
            slug = re.sub(r"[^A-Za-z0-9]+", "-", str(entry.get("format_id")))[:60]
            suffix = re.sub(r"[^a-z0-9]+", "", str(entry.get("ext") or "bin").lower())[:10]
            path = self.into / f"source.{slug}.{suffix or 'bin'}"
            self.meter.next_file(index, bytes_before)
            self._fetch_one(path, {**info, **entry})
            bytes_before += path.stat().st_size
            parts.append({"path": str(path), "protocol": str(entry.get("protocol") or "")})
        return parts

    def _fetch_one(self, path: Path, entry: dict[str, Any]) -> None:
        is_plain_file = str(entry.get("protocol")) in {"http", "https"}
        entry.pop("requested_formats", None)
        self.ydl.tracked = path.name if is_plain_file else ""
        try:
            is_well = self._persist(path, entry)
        finally:
            self.ydl.tracked = ""
        if not is_well or not path.exists():
            raise Refusal("download_failed", "the downloader gave up")
        total = self.ydl.seen.get(path.name, {}).get("total")
        if not path.stat().st_size:
            path.unlink()
            raise Refusal("not_media", "the source sent an empty file")
        if total and path.stat().st_size != total:
            size = path.stat().st_size
            path.unlink()
            raise Refusal("truncated", f"{size} of {total} bytes")

    def _persist(self, path: Path, entry: dict[str, Any]) -> bool:
        """Download, going on after cuts as long as each attempt brings the file further."""
        part = path.with_name(f"{path.name}.part")
        before = -1
        while True:
            total = self.ydl.seen.get(path.name, {}).get("total")
            if not self.ydl.tracked:
                settle_pieces(path)
            elif not path.exists():
                settle_file(path, total)
            try:
                return bool(self.ydl.dl(str(path), dict(entry))[0])
            except DownloadError as error:
                if self.ydl.seen.get(path.name, {}).get("total") == 0:
                    raise Refusal("not_media", "the source sent an empty file") from None
                size = part.stat().st_size if part.exists() else 0
                if size and "HTTP Error 416" in str(error):
                    part.unlink()  # of another file than the one there is now
                    continue
                if not self.ydl.tracked or size <= max(before, 0):
                    raise
                before = size

    def _fetch_subtitles(self, info: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = [
            (language, info["subtitles"][language], False)
            for language in source_info.subtitle_languages(info)
        ]
        if not wanted and info.get("automatic_captions"):
            spoken = str(info.get("language") or "").partition("-")[0]
            automatic = info["automatic_captions"]
            names = [f"{spoken}-orig", spoken] if spoken else []
            wanted = [(spoken, automatic[name], True) for name in names if name in automatic][:1]
        found = []
        for language, tracks, is_automatic in wanted[: self.limits.max_subtitles]:
            try:
                path = self._fetch_subtitle(info, language, tracks)
            except (YoutubeDLError, Refusal, OSError, ValueError):
                continue  # the video is worth having without
            if path:
                found.append(
                    {"language": language, "path": str(path), "is_automatic": is_automatic}
                )
        return found

    def _fetch_subtitle(
        self, info: dict[str, Any], language: str, tracks: list[dict[str, Any]]
    ) -> Path | None:
        assert self.into is not None
        by_kind = {str(track.get("ext")): track for track in tracks}
        kind = next((one for one in _SUBTITLE_KINDS if one in by_kind), "")
        if not kind:
            return None
        track = by_kind[kind]
        path = self.into / f"subtitle.{re.sub(r'[^A-Za-z0-9-]+', '-', language)[:35]}.{kind}"
        if path.exists():
            return path
        if track.get("data") is not None:
            path.write_text(str(track["data"])[:_MAX_SUBTITLE], "utf-8")
        elif "m3u8" in str(track.get("protocol")):
            headers = {"http_headers": info.get("http_headers")}
            self.ydl.dl(str(path), {**headers, **track}, subtitle=True)
        else:
            self._save(track["url"], path, track.get("http_headers"), _MAX_SUBTITLE)
        return path if path.exists() and 0 < path.stat().st_size <= _MAX_SUBTITLE else None

    def _fetch_thumbnail(self, info: dict[str, Any]) -> str:
        assert self.into is not None
        url = info.get("thumbnail")
        if not url:
            return ""
        draft = self.into / "thumbnail.bin"
        try:
            self._save(str(url), draft, None, _MAX_THUMBNAIL)
        except (YoutubeDLError, Refusal, OSError, ValueError):
            draft.unlink(missing_ok=True)
            return ""
        kind = _PICTURES.get(draft.read_bytes()[:2], "bin")
        return str(draft.replace(self.into / f"thumbnail.{kind}"))

    def _save(self, url: str, path: Path, headers: Any, most: int) -> None:
        def read() -> bytes:
            response = self.ydl.urlopen(Request(url, headers=headers or {}))
            try:
                return bytes(response.read(most + 1))
            finally:
                response.close()

        self.tell({"beat": 0})
        data = _in_time(read, _BESIDE_S)
        if not data or len(data) > most:
            raise ValueError("empty or too large")
        draft = path.with_name(f"{path.name}.part")
        draft.write_bytes(data)
        draft.replace(path)


def _in_time[T](work: Callable[[], T], limit_s: float) -> T:
    """What the work gives; TimeoutError when that takes longer, and the work is left to itself."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # a thread has no caller: it is raised where result() is asked
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result(limit_s)


def failure(error: BaseException, log: Log, guard: ProcessGuard) -> dict[str, Any]:
    """What errors.Facts is made from."""
    found: dict[str, Any] = {"hint": "", "http_status": None, "retry_after_s": None, "errno": None}
    messages = []
    for one in chain(error):
        messages.append(f"{type(one).__name__}: {one}")
        if isinstance(one, Refusal):
            found["hint"] = one.code
        elif isinstance(one, HTTPError) and found["http_status"] is None:
            found["http_status"] = 310 if one.redirect_loop else one.status
            after = one.response.headers.get("Retry-After") or ""
            found["retry_after_s"] = float(after) if after.isdigit() else None
        elif isinstance(one, OSError) and one.errno and found["errno"] is None:
            found["errno"] = one.errno
    is_blocked = any(MARKER in text for text in messages)
    if is_blocked or (guard.refused and not found["http_status"] and not found["hint"]):
        found["hint"] = "blocked_address"
    told = [*messages, *log.errors[-5:]]
    found["messages"] = [guard.policy.without_password(text)[:1000] for text in told]
    return found


def _beats(into: Path, tell: Tell) -> None:
    """Signs of life while files in the folder grow without any hook being called."""
    before = -1
    while True:
        time.sleep(_BEAT_S)
        size = 0
        for path in into.iterdir():
            with contextlib.suppress(OSError):
                size += path.stat().st_size
        if size != before:
            tell({"beat": size})
        before = size


def main() -> None:
    """Work through the spec on stdin."""
    # Half characters, which pages can hold and nothing can store, become question marks.
    out = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8", errors="replace")
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    lock = threading.Lock()

    def tell(document: dict[str, Any]) -> None:
        with lock:
            out.write(json.dumps(document, ensure_ascii=False) + "\n")

    spec = json.loads(sys.stdin.buffer.readline())
    orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    leash.hold(int(spec["parent"]), orders.put)
    policy = NetworkPolicy.from_json(spec["policy"])
    guard = ProcessGuard(policy, filter(None, [spec.get("node")]))
    guard.install()
    restrict_libraries()
    note_sizes()
    log = Log()
    try:
        work = Work(spec, policy, tell, log)
        if spec["action"] == "probe":
            work.probe()
            # Starting and loading yt-dlp costs half a second: the same process goes on.
            spec = json.loads(orders.get())
        work.download(spec)
    except _EXPECTED as error:
        tell({"error": failure(error, log, guard)})
    finally:
        out.flush()
    # Taking the libraries down in order would cost a tenth of a second for nothing.
    os._exit(0)


if __name__ == "__main__":
    main()
