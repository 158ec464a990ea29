"""Pictures of foreign hosts, shown from here: pages may load nothing from anywhere else.

The address travels signed, so this fetches only what a source offered, never what a visitor made
up. The same address always gives the same link, so a browser asks once.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.core import signing
from django.urls import reverse

from imports.services import network_policy
from videorama.adapters import http
from videorama.errors import AppError, NotFound

MAX_BYTES = 5 * 2**20
TIMEOUT_S = 10
_SIGNER = signing.Signer(salt="imports.thumbnails")
# First bytes of the formats that browsers draw and that cannot hold script (so no SVG).
_KINDS = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
)


@dataclass(frozen=True)
class Picture:
    """The bytes of an image and what they really are."""

    body: bytes
    mime: str


def address_of(url: str) -> str:
    """Our own address for a picture; one that is ours already stays as it is."""
    if not url.startswith(("http://", "https://")):
        return url if url.startswith("/") and not url.startswith("//") else ""
    return f"{reverse('imports:preview_thumbnail')}?{urlencode({'of': _SIGNER.sign(url)})}"


def fetch(signed: str) -> Picture:
    """The picture behind a link of `address_of`; NotFound when it is none or out of reach."""
    try:
        url = _SIGNER.unsign(signed)
    except signing.BadSignature:
        raise NotFound from None
    try:
        found = http.fetch(url, policy=network_policy(), timeout_s=TIMEOUT_S, max_bytes=MAX_BYTES)
    except AppError as error:
        raise NotFound(technical=f"thumbnail: {error.code}") from error
    for at, mark, mime in _KINDS:
        if found.status == 200 and found.body[at : at + len(mark)] == mark:
            return Picture(body=found.body, mime=mime)
    raise NotFound
