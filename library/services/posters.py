"""The picture of an entry, as a person wants it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import uuid4

from django.utils.translation import gettext as _

from library import files
from library.errors import EntryGone
from library.models import Entry, EntryFile, FileRole
from library.queries import file_path, playable_file
from library.services.facts import plain
from library.services.incoming import discard_incoming, hash_file, write_capped
from library.services.new_entries import NewFile
from library.services.properties import held_entry, touch
from library.services.storing import add_files
from library.services.tagging import require_edit
from videorama.accounts.models import User
from videorama.adapters import ffmpeg
from videorama.adapters.errors import ToolFailed
from videorama.errors import Invalid, NotFound
from videorama.ledger.services import record

# How edited_fields remembers that a person chose the picture.
MARK = "poster"
SIZE_LIMIT = 20 * 2**20


def replace_poster(
    *, user: User, entry: Entry, content: Iterable[bytes] | None = None, at_s: float | None = None
) -> EntryFile:
    """Takes a picture that a browser sends, or the frame at a moment of the media.

    Either is drawn anew by ffmpeg; nothing that was sent is kept. Raises Invalid for what is no
    picture, EntryGone when the entry is deleted meanwhile.
    """
    require_edit(user, [entry])

    def tell() -> None:
        try:
            held = held_entry(entry)
        except NotFound:
            raise EntryGone from None
        held.edited_fields = list(dict.fromkeys([*held.edited_fields, MARK]))
        touch(held)
        what = "file" if content is not None else "frame"
        data = {"poster": {"to": what, "at_s": at_s}}
        record("entry.edited", user=user, about=[("entry", entry.uuid)], data=data)

    job = uuid4()
    with files.storage_errors():
        folder = files.incoming(entry.library.root, job)
        try:
            return place_poster(entry, _drawn(entry, folder, content, at_s), tell)
        finally:
            discard_incoming(job_uuid=job)


def place_poster(entry: Entry, picture: Path, tell: Callable[[], None] = lambda: None) -> EntryFile:
    """A finished JPEG in a job's folder becomes the poster."""
    new = NewFile(
        path=picture,
        role=FileRole.POSTER,
        format="jpg",
        mime="image/jpeg",
        sha256=hash_file(picture),
        size_bytes=picture.stat().st_size,
    )
    return add_files(entry=entry, new=[new], tell=tell)[0]


def _drawn(entry: Entry, folder: Path, content: Iterable[bytes] | None, at_s: float | None) -> Path:
    into = folder / "poster.jpg"
    if content is None:
        try:
            return ffmpeg.frame(file_path(playable_file(entry)), into, at_s or 0.0)
        except ToolFailed as error:
            raise _invalid(_("There is no picture at this moment."), error) from error
    sent = write_capped(folder / "sent", content, SIZE_LIMIT, _("A picture has at most 20 MB."))
    try:
        return ffmpeg.picture(sent, into)
    except ToolFailed as error:
        message = _("This file is no picture that can be used. JPEG, PNG, WebP and GIF can.")
        raise _invalid(message, error) from error


def _invalid(message: str, error: ToolFailed) -> Invalid:
    return Invalid(plain(message), details={"field": "file"}, technical=str(error.technical))
