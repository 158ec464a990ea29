"""Secrets at rest: AES-256-GCM under keys derived from the secret key, each with a version.

A ciphertext names the version of its key, so a server may know older keys beside the present one
(`VIDEORAMA_SECRET_KEY_OLD`) until `manage.py rotate_secrets` has written everything anew. It is
bound to the place it was written for: moved to another row it cannot be read.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from videorama.errors import Conflict

_FORM = "v1"
_NONCE_BYTES = 12


class Unreadable(Conflict):
    """No key of this server opens it, or it was tampered with."""

    code, sentence = "secret_unreadable", _("This secret cannot be read. Enter it again.")


def encrypt(text: str, *, place: str) -> str:
    """The text under the present key, as `form.key version.bytes`; `place` names what it is for."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _cipher(settings.SECRET_KEY).encrypt(nonce, text.encode(), place.encode())
    body = base64.urlsafe_b64encode(nonce + sealed).decode()
    return f"{_FORM}.{current_version()}.{body}"


def decrypt(stored: str, *, place: str, also: Iterable[str] = ()) -> str:
    """The text again, under whichever known key it was written; Unreadable when none fits.

    `also` are keys that this server does not have, such as those that came with a backup.
    """
    form, _dot, rest = stored.partition(".")
    version, _dot, body = rest.partition(".")
    if form != _FORM:
        raise Unreadable(technical="unknown form of ciphertext")
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *also):
        if version_of(key) == version:
            return _open(key, body, place)
    raise Unreadable(technical=f"no key of version {version[:8]!r}")


def version_in(stored: str) -> str:
    """The version of the key a ciphertext was written with."""
    return stored.partition(".")[2].partition(".")[0]


def current_version() -> str:
    """The version of the key that writes now."""
    return version_of(settings.SECRET_KEY)


@lru_cache(maxsize=16)
def version_of(key: str) -> str:
    """A short name of a key that tells nothing about it."""
    return hashlib.sha256(b"videorama key version:" + _derived(key, b"version")).hexdigest()[:8]


def _open(key: str, body: str, place: str) -> str:
    try:
        raw = base64.urlsafe_b64decode(body.encode())
        return _cipher(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise Unreadable(technical=type(error).__name__) from error


@lru_cache(maxsize=16)
def _cipher(key: str) -> AESGCM:
    return AESGCM(_derived(key, b"secrets"))


def _derived(key: str, purpose: bytes) -> bytes:
    """A key of its own per purpose: cookies are signed with the secret key itself."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"videorama." + purpose).derive(
        key.encode()
    )
