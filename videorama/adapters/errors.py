"""What can go wrong with sources, downloads and files, as stable codes with plain sentences.

Children cannot raise into our process: they hand over Facts, and `classify` turns these into an
error. The same table serves the messages of yt-dlp, which carry no codes of their own.

Sentences are translated where they are shown: children run without settings.
"""

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from videorama.errors import AppError, Transient


class SourceError(AppError):
    """A source refuses for good; the code says why."""

    code, status = "download_failed", 422


class SourceBusy(Transient):
    """A source fails in a way that often passes; the code says how."""

    code, status = "connection", 503


class BlockedAddress(SourceError):
    """The address is private, or of a kind that is never fetched."""

    code = "blocked_address"
    sentence = _("This address is not allowed: only public web addresses can be imported.")


class NotMedia(SourceError):
    """The file holds nothing that can be played."""

    code = "not_media"
    sentence = _("This file is not a video or sound recording that can be played.")


class TooLarge(SourceError):
    """Larger than the cap that was given."""

    code, status = "too_large", 413
    sentence = _("This file is larger than what is allowed here.")


class DiskFull(SourceError):
    """No room left where the file should go."""

    code, status = "disk_full", 507
    sentence = _("The disk is full. Free some space and try again.")


class ToolFailed(SourceError):
    """ffmpeg ended with an error."""

    code, status = "conversion_failed", 422
    sentence = _("This file could not be converted.")


class Stalled(SourceBusy):
    """A child made no progress for its whole stall time."""

    code = "timeout"
    sentence = _("The source did not answer in time.")


class Verdict(NamedTuple):
    """One row of the table: what to raise for a kind of failure."""

    code: str
    sentence: str | Promise
    is_transient: bool = False


@dataclass(frozen=True)
class Facts:
    """What a child knows about its failure.

    `messages` are texts of the exception chain and error lines of the log, outermost first.
    """

    messages: tuple[str, ...]
    http_status: int | None = None
    retry_after_s: float | None = None
    errno: int | None = None
    hint: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Facts":
        """From the child's last line."""
        return cls(
            messages=tuple(str(text) for text in document.get("messages", ())),
            http_status=document.get("http_status"),
            retry_after_s=document.get("retry_after_s"),
            errno=document.get("errno"),
            hint=str(document.get("hint", "")),
        )


_VERDICTS = {
    verdict.code: verdict
    for verdict in (
        Verdict("rate_limited", _("The source asks us to slow down."), True),
        Verdict("source_unavailable", _("The source has a problem of its own right now."), True),
        Verdict("timeout", Stalled.sentence, True),
        Verdict("connection", _("The source could not be reached."), True),
        Verdict("truncated", _("The source sent only a part of the file."), True),
        Verdict("not_found", _("There is nothing at this address any more. Check the link.")),
        Verdict("unavailable", _("This video is not available any more.")),
        Verdict("private", _("This video is private. Ask its owner for access.")),
        Verdict(
            "login_required", _("The source only shows this to people who are signed in there.")
        ),
        Verdict("forbidden", _("The source refuses to hand this out. Try another link to it.")),
        Verdict("age_restricted", _("The source shows this only after an age check.")),
        Verdict("region_blocked", _("The source does not offer this in this country.")),
        Verdict("copyright", _("This was removed because of a copyright claim.")),
        Verdict("members_only", _("The source shows this only to paying members.")),
        Verdict("not_live_yet", _("This has not started yet. Try again after the event.")),
        Verdict("live_now", _("This is a live stream. Import it after it has ended.")),
        Verdict("playlist", _("This link is a list of several videos. Paste the link of one.")),
        Verdict("captions_disabled", _("This video has no captions.")),
        Verdict("drm", _("This video is copy-protected and cannot be downloaded.")),
        Verdict(
            "unsupported_url",
            _("No video was found at this address. Paste the link of a video or of its page."),
        ),
        Verdict(
            "no_such_format",
            _("The source does not offer this quality. Choose another one."),
        ),
        Verdict("blocked_address", BlockedAddress.sentence),
        Verdict("too_large", TooLarge.sentence),
        Verdict("disk_full", DiskFull.sentence),
        Verdict("not_media", NotMedia.sentence),
        Verdict("redirects", _("This address forwards in circles. Check the link.")),
        Verdict("download_failed", _("The download did not work. Check the link and try again.")),
    )
}

# First match wins, so the narrow rows stand above the wide ones.
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE), code)
    for pattern, code in (
        (r"blocked address", "blocked_address"),
        (r"no space left on device|disk quota exceeded", "disk_full"),
        (r"larger than max-filesize|file too large", "too_large"),
        (r"drm|SAMPLE-AES|widevine", "drm"),
        (r"requested format is not available|no video formats found", "no_such_format"),
        (
            r"members[- ]only|channel'?s members|join this channel"
            r"|(paying|premium) (members|users|sub)|requires payment|purchase"
            r"|subscribers? only|supporters",
            "members_only",
        ),
        (
            r"confirm your age|age[- ]?(restricted|gate|verif)|inappropriate for some users",
            "age_restricted",
        ),
        (r"copyright|taken down|terms of service", "copyright"),
        (
            r"(not |un)available (in|from) your (country|location|region)|geo[- ]?restrict"
            r"|not made this video available in your country|blocked it in your country",
            "region_blocked",
        ),
        (
            r"(live event|premiere[sd]?|stream|event) will (begin|start)|premieres in"
            r"|not (yet )?started|is(n't| not) (currently )?live|is offline|begin in (a few|\d)",
            "not_live_yet",
        ),
        (
            r"subtitles? (are )?disabled|captions? (are )?disabled|no (captions|subtitles)",
            "captions_disabled",
        ),
        (
            r"(not a bot|http error 429|too many requests|rate[- ]?limit|quota|try again later)",
            "rate_limited",
        ),
        (r"private (video|account|profile|playlist)|(video|account|profile) is private", "private"),
        (
            r"log ?in|sign ?in|logged[- ]in|--cookies|authenticat|registered users"
            r"|account (is )?required|password|http error 401|unauthorized",
            "login_required",
        ),
        (
            r"http error 40[4]|http error 410|not found|does(n't| not) exist|no longer exists",
            "not_found",
        ),
        (
            r"http error 5\d\d|internal server error|bad gateway|service (temporarily )?unavailable"
            r"|gateway time-?out",
            "source_unavailable",
        ),
        (
            r"(video|content|media|post|track) (is |has been |was )?(un|no longer |not )available"
            r"|has been (removed|deleted)|removed by|account.*terminated|unavailable",
            "unavailable",
        ),
        (r"http error 403|forbidden|cloudflare", "forbidden"),
        (r"redirect loop|too many redirects|infinite loop|exceeded 30 redirects", "redirects"),
        (
            r"incomplete ?read|content ?too ?short|bytes read, \d+ more expected"
            r"|downloaded file is empty|did not get any data"
            r"|giving up after \d+ (fragment )?retries|fragment \d+ not found"
            r"|conflicting range|truncated",
            "truncated",
        ),
        (r"timed? ?out", "timeout"),
        (
            r"connection (was )?(refused|reset|aborted|closed|broken)|name or service not known"
            r"|name resolution|nodename nor servname|no address associated|remote end closed"
            r"|unreachable|failed to (resolve|establish)|transporterror|ssl|eof occurred"
            r"|cannot assign requested",
            "connection",
        ),
        (
            r"unsupported url|is not a valid url|no suitable extractor|no supporting handlers"
            r"|unsupported url scheme|unable to extract",
            "unsupported_url",
        ),
        (r"invalid data found|moov atom not found|not media", "not_media"),
    )
)
_STATUS = {
    310: "redirects",  # not a real status: the child's way of naming a loop
    401: "login_required",
    403: "forbidden",
    404: "not_found",
    410: "not_found",
    408: "timeout",
    425: "source_unavailable",
    429: "rate_limited",
    451: "region_blocked",
}


def error_for(code: str, *, technical: str = "", retry_after_s: float | None = None) -> AppError:
    """The error of a code of the table; unknown codes are `download_failed`."""
    verdict = _VERDICTS.get(code, _VERDICTS["download_failed"])
    text = verdict.sentence
    if verdict.is_transient:
        return SourceBusy(text, code=verdict.code, technical=technical, retry_after_s=retry_after_s)
    for kind in (BlockedAddress, NotMedia, TooLarge, DiskFull):
        if kind.code == verdict.code:
            return kind(technical=technical)
    return SourceError(text, code=verdict.code, technical=technical)


def _code_for(facts: Facts) -> str:
    if facts.hint in _VERDICTS:
        return facts.hint
    if facts.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "disk_full"
    narrow = {
        "unavailable",
        "forbidden",
        "login_required",
        "timeout",
        "connection",
        "unsupported_url",
        "truncated",
        "not_found",
        "source_unavailable",
        "rate_limited",
    }
    text = "\n".join(facts.messages)
    from_text = next((code for pattern, code in _PATTERNS if pattern.search(text)), "")
    if facts.http_status and (not from_text or from_text in narrow):
        if facts.http_status >= 500:
            return "source_unavailable"
        return _STATUS.get(facts.http_status, from_text or "download_failed")
    return from_text or "download_failed"


def classify(facts: Facts) -> AppError:
    """The error for what a child saw; a Transient one where trying again can help."""
    return error_for(
        _code_for(facts),
        technical="\n".join(facts.messages)[:4000],
        retry_after_s=facts.retry_after_s,
    )
