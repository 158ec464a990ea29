"""What yt-dlp says becomes a stable code and a sentence; texts are those of yt-dlp's sources."""

import pytest

from videorama.adapters.errors import Facts, SourceBusy, classify, error_for
from videorama.errors import Transient

MESSAGES = [
    ("ERROR: [youtube] abc: Private video. Sign in if you've been granted access to this video",
     "private", False),
    ("ERROR: [youtube] abc: Video unavailable", "unavailable", False),
    ("ERROR: [youtube] abc: Video unavailable. This video has been removed by the uploader",
     "unavailable", False),
    ("ERROR: [youtube] abc: Video unavailable. This video is no longer available because the "
     "YouTube account associated with this video has been terminated.", "unavailable", False),
    ("ERROR: [youtube] abc: Sign in to confirm your age. This video may be inappropriate for some "
     "users.", "age_restricted", False),
    ("ERROR: [youtube] abc: Video unavailable. The uploader has not made this video available in "
     "your country", "region_blocked", False),
    ("ERROR: [ARD] x: This video is not available from your location due to geo restriction",
     "region_blocked", False),
    ("ERROR: [youtube] abc: Video unavailable. This video contains content from UMG, who has "
     "blocked it in your country on copyright grounds", "copyright", False),
    ("ERROR: [youtube] abc: This video is no longer available due to a copyright claim by X",
     "copyright", False),
    ("ERROR: [youtube] abc: Join this channel to get access to members-only content like this "
     "video, and other exclusive perks.", "members_only", False),
    ("ERROR: [youtube] abc: This live event will begin in 3 hours.", "not_live_yet", False),
    ("ERROR: [youtube] abc: Premieres in 20 minutes", "not_live_yet", False),
    ("ERROR: [twitch:stream] x: The channel is not currently live", "not_live_yet", False),
    ("ERROR: [youtube] abc: Sign in to confirm you\u2019re not a bot. Use --cookies-from-browser",
     "rate_limited", True),
    ("ERROR: [youtube] abc: Unable to download webpage: HTTP Error 429: Too Many Requests",
     "rate_limited", True),
    ("ERROR: [vimeo] 1: This video is only available for registered users. Use --cookies",
     "login_required", False),
    ("ERROR: [vimeo] 1: This video is protected by a password, use the --video-password option",
     "login_required", False),
    ("ERROR: [generic] x: Unable to download webpage: HTTP Error 404: Not Found", "not_found",
     False),
    ("ERROR: [generic] x: Unable to download webpage: HTTP Error 503: Service Unavailable",
     "source_unavailable", True),
    ("ERROR: [generic] x: Unable to download webpage: HTTP Error 403: Forbidden", "forbidden",
     False),
    ("ERROR: Unsupported URL: https://example.com/", "unsupported_url", False),
    ("ERROR: [generic] 'foo' is not a valid URL. Set --default-search", "unsupported_url", False),
    ("ERROR: [youtube] abc: Requested format is not available. Use --list-formats for a list",
     "no_such_format", False),
    ("ERROR: [x] 1: This video is DRM protected", "drm", False),
    ("ERROR: [generic] Unable to download webpage: The read operation timed out", "timeout", True),
    ("ERROR: [generic] Unable to download webpage: HTTPSConnection(host='nowhere.example'): Failed "
     "to resolve 'nowhere.example' ([Errno -2] Name or service not known)", "connection", True),
    ("ERROR: Unable to download webpage: [Errno 111] Connection refused", "connection", True),
    ("ERROR: [download] Got error: 1000 bytes read, 9000 more expected. Giving up after 3 retries",
     "truncated", True),
    ("ERROR: The downloaded file is empty", "truncated", True),
    ("ERROR: unable to write data: [Errno 28] No space left on device", "disk_full", False),
    ("ERROR: HTTPConnection(host='10.0.0.1', port=80): blocked address: 10.0.0.1:80",
     "blocked_address", False),
    ("ERROR: [x] Something nobody has ever seen", "download_failed", False),
]  # fmt: skip


@pytest.mark.parametrize(("message", "code", "is_transient"), MESSAGES)
def test_a_message_of_yt_dlp_becomes_its_code(message, code, is_transient):
    error = classify(Facts((message,)))
    assert error.code == code
    assert isinstance(error, Transient) is is_transient
    assert error.message.endswith(".")
    assert "ERROR" not in error.message
    assert "[" not in error.message
    assert message in error.technical


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "login_required"), (403, "forbidden"), (404, "not_found"), (410, "not_found"),
     (429, "rate_limited"), (451, "region_blocked"), (500, "source_unavailable"),
     (502, "source_unavailable"), (503, "source_unavailable"), (504, "source_unavailable"),
     (310, "redirects"), (418, "download_failed")],
)  # fmt: skip
def test_a_status_decides_where_the_words_say_nothing_more(status, code):
    assert classify(Facts((f"HTTP Error {status}",), http_status=status)).code == code


def test_words_that_say_more_than_the_status_win():
    message = "This video is only available to paying members"
    assert classify(Facts((message,), http_status=403)).code == "members_only"


def test_the_wait_a_source_asks_for_is_handed_on():
    error = classify(Facts(("HTTP Error 429",), http_status=429, retry_after_s=7.0))
    assert isinstance(error, SourceBusy)
    assert error.retry_after_s == 7.0


def test_an_unknown_code_is_a_failed_download():
    assert error_for("never heard of").code == "download_failed"


@pytest.mark.parametrize("code", ["rate_limited", "source_unavailable", "timeout", "connection"])
def test_a_sentence_leaves_it_to_the_job_whether_it_is_tried_again(code):
    assert "again" not in str(error_for(code).message)
