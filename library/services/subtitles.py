"""Subtitles that people bring."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from library import files, subtitles
from library.errors import EntryGone
from library.models import Entry, EntryFile, FileRole
from library.services.facts import language_code, plain
from library.services.incoming import discard_incoming, hash_file, write_capped
from library.services.new_entries import NewFile
from library.services.properties import held_entry, touch
from library.services.storing import add_files
from library.services.tagging import require_edit
from videorama.accounts.models import User
from videorama.errors import Invalid, NotFound
from videorama.ledger.services import record

SIZE_LIMIT = 10 * 2**20
LABEL_LIMIT = 100


def attach_subtitle(
    *, user: User, entry: Entry, path: Path, language: str = "", label: str = ""
) -> EntryFile:
    """Gives the entry the subtitles at `path` (SubRip or WebVTT, any usual encoding), as WebVTT.

    Those of the same language and label are replaced. The file at `path` stays. Raises Invalid for
    what holds no subtitles, EntryGone when the entry is deleted meanwhile.
    """
    require_edit(user, [entry])
    language, label = language_code(language), plain(label).strip()[:LABEL_LIMIT]
    text = _converted(path, language)
    job = uuid4()
    with files.storage_errors():
        folder = files.incoming(entry.library.root, job)
        try:
            place = folder / "subtitles.vtt"
            place.write_text(text, encoding="utf-8")
            new = NewFile(
                path=place,
                role=FileRole.SUBTITLE,
                format="vtt",
                mime="text/vtt",
                sha256=hash_file(place),
                size_bytes=place.stat().st_size,
                language=language,
                label=label,
            )
            change = {"from": None, "to": {"language": language, "label": label}}
            return add_files(entry=entry, new=[new], tell=partial(_note, user, entry, change))[0]
        finally:
            discard_incoming(job_uuid=job)


def bring_subtitle(
    *, user: User, entry: Entry, content: Iterable[bytes], language: str = "", label: str = ""
) -> EntryFile:
    """The same for what a browser sends."""
    require_edit(user, [entry])
    job = uuid4()
    with files.storage_errors():
        folder = files.incoming(entry.library.root, job)
        try:
            path = write_capped(
                folder / "brought", content, SIZE_LIMIT, _("Subtitles have at most 10 MB.")
            )
            return attach_subtitle(
                user=user, entry=entry, path=path, language=language, label=label
            )
        finally:
            discard_incoming(job_uuid=job)


def remove_subtitle(*, user: User, entry: Entry, file_uuid: str) -> None:
    """Takes one of its subtitles away for good; NotFound for anything else."""
    require_edit(user, [entry])
    with transaction.atomic():
        held = held_entry(entry)  # So that no move takes the file elsewhere meanwhile.
        row = held.files.filter(role=FileRole.SUBTITLE, uuid=file_uuid).first()
        if row is None:
            raise NotFound
        row.delete()
        was = {"language": row.language, "label": row.label}
        _note(user, entry, {"from": was, "to": None})
    with files.storage_errors():
        files.remove_file(row.root, row.path)


def _converted(path: Path, language: str) -> str:
    if path.stat().st_size > SIZE_LIMIT:
        raise Invalid(_("Subtitles have at most 10 MB."), details={"field": "file"})
    try:
        return subtitles.to_vtt(subtitles.decode(path.read_bytes(), language))
    except ValueError:
        raise Invalid(
            _("This file holds no subtitles. SubRip (.srt) and WebVTT (.vtt) can be used."),
            details={"field": "file"},
        ) from None


def _note(user: User, entry: Entry, change: dict[str, Any]) -> None:
    """The fact, in a transaction of the caller's."""
    try:
        touch(held_entry(entry))
    except NotFound:
        raise EntryGone from None
    record("entry.edited", user=user, about=[("entry", entry.uuid)], data={"subtitles": change})
