"""Rows with real files for tests of every room. Plain functions; any field may be given."""

import hashlib
import itertools
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings

from library.models import Entry, EntryFile, FileRole, Library, LibraryMember, MediaKind, MemberRole
from videorama.accounts.models import Role, User

_number = itertools.count(1)
MIMES = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "jpg": "image/jpeg",
    "vtt": "text/vtt",
    "json": "application/json",
}
PASSWORD = "a long enough phrase 42"


def make_user(*, role: str = Role.EDITOR, password: str = "", **changes: Any) -> User:
    """A user; an administrator has the flags of one. Without password no form lets them in."""
    is_admin = role == Role.ADMIN
    given = {
        "username": f"{role}{next(_number)}",
        "role": role,
        "is_staff": is_admin,
        "is_superuser": is_admin,
    } | changes
    user = User(**given)
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    return user


def make_library(*, members: dict[User, str] | None = None, **changes: Any) -> Library:
    """A library with its folder on disk. `members` maps users to MemberRole."""
    number = next(_number)
    given = {
        "slug": f"shelf-{number}",
        "name": f"Shelf {number}",
        "root": next(iter(settings.ROOTS)),
    } | changes
    given.setdefault("owner", None)
    if given["owner"] is None:
        given["owner"] = make_user()
    given.setdefault("folder", given["slug"])
    library = Library.objects.create(**given)
    (settings.ROOTS[library.root] / library.folder).mkdir(parents=True, exist_ok=True)
    for user, role in (members or {}).items():
        LibraryMember.objects.create(library=library, user=user, role=MemberRole(role))
    return library


def make_entry(
    *,
    content: bytes | None = None,
    source: Path | None = None,
    format: str = "mp4",
    poster: bytes | None = None,
    codecs: tuple[str, str] = ("h264", "aac"),
    **changes: Any,
) -> Entry:
    """A stored entry whose original is on disk: `content`, the file `source`, or a few bytes.

    The default bytes differ from entry to entry and play nowhere. `poster` adds a picture.
    """
    number = next(_number)
    given = {
        "title": f"Entry {number}",
        "media_kind": MediaKind.VIDEO,
        "duration_s": 60.0,
    } | changes
    if "library" not in given:
        given["library"] = make_library()
    entry = Entry.objects.create(**given)
    if source is not None:
        content = source.read_bytes()
    if content is None:
        content = f"bytes of entry {number} ".encode() * 40
    make_file(
        entry,
        content=content,
        format=format,
        video_codec=codecs[0] if entry.media_kind == MediaKind.VIDEO else "",
        audio_codec=codecs[1],
        container=format,
        duration_s=entry.duration_s,
        path=f"{entry.library.folder}/entry-{number}.{format}",
    )
    if poster is not None:
        make_file(entry, content=poster, role=FileRole.POSTER, format="jpg")
    return entry


def make_file(
    entry: Entry, *, content: bytes, role: str = FileRole.ORIGINAL, format: str, **changes: Any
) -> EntryFile:
    """A file of the entry, on disk and as a row."""
    root = entry.library.root
    given = {
        "root": root,
        "path": f".videorama/derived/{entry.uuid}/{role}-{uuid.uuid4().hex[:8]}.{format}",
        "mime": MIMES.get(format, "application/octet-stream"),
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
    } | changes
    place = settings.ROOTS[root] / given["path"]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return EntryFile.objects.create(
        entry=entry, library=entry.library, role=role, format=format, **given
    )
