"""The words of the upload protocol tus 1.0.0: versions, lengths, metadata. Pure text.

Core with the extensions creation, creation-with-upload, termination and expiration.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from imports.errors import BadUpload

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,expiration"
STREAM = "application/offset+octet-stream"
OVERRIDABLE = ("PATCH", "DELETE", "HEAD")
# What fits into the columns of every database.
LARGEST = 2**63 - 1
METADATA_LIMIT = 8_000
NAME_LIMIT = 255
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_KEY = re.compile(r"[!-+\--~]{1,100}")


@dataclass(frozen=True)
class About:
    """What a client says of the file it is going to send."""

    filename: str
    filetype: str
    library: str
    batch: str
    fingerprint: str


def number(name: str, text: str | None) -> int:
    """A header that is a count of bytes: figures only, and no more than a row can hold."""
    if text is None:
        raise BadUpload(_("The header %(name)s is missing.") % {"name": name})
    if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) > LARGEST:
        raise BadUpload(_("The header %(name)s must be a number of bytes.") % {"name": name})
    return int(text)


def metadata(text: str) -> dict[str, str]:
    """Upload-Metadata: keys with Base64 values, `filename d29ybGQ=,draft`; each key once."""
    found: dict[str, str] = {}
    if not text.strip():
        return found
    if len(text) > METADATA_LIMIT:
        raise BadUpload(_("The header %(name)s is too long.") % {"name": "Upload-Metadata"})
    for pair in text.split(","):
        key, _space, value = pair.strip(" ").partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise _bad_metadata()
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            raise _bad_metadata() from None
    return found


def about(given: Mapping[str, str]) -> About:
    """What the metadata says; clients have more than one word for some things."""
    name = given.get("filename") or given.get("name") or given.get("relativePath") or ""
    return About(
        filename=plain_name(name),
        filetype=given.get("filetype") or given.get("type") or "",
        library=given.get("library", "")[:50],
        batch=_UNPRINTED.sub("", given.get("batch", ""))[:60],
        fingerprint=_UNPRINTED.sub("", given.get("fingerprint", ""))[:400],
    )


def plain_name(name: str) -> str:
    """The file's own name without folders and what cannot be shown; its ending is never cut."""
    last = _UNPRINTED.sub("", name.replace("\\", "/")).rstrip("/").rpartition("/")[2].strip()
    if last in {"", ".", ".."}:
        return _("Untitled")
    stem, dot, ending = last.rpartition(".")
    if not dot or len(ending) > 20:
        return last[:NAME_LIMIT]
    return f"{stem[: NAME_LIMIT - len(ending) - 1]}.{ending}"


def _bad_metadata() -> BadUpload:
    return BadUpload(
        _("The header %(name)s must list keys, each with a Base64 value.")
        % {"name": "Upload-Metadata"}
    )
