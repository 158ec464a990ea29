"""Tags, properties and chapters of an entry."""

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from library.models import Chapter, Entry, EntryProperty, EntryTag, Tag
from videorama.errors import Invalid

KEY_LIMIT = 60
TAG_LIMIT = 100
LANGUAGE_LIMIT = 35
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


class ChapterMark(Protocol):
    """What a chapter is made of."""

    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def source(self) -> str: ...


def plain(text: str, limit: int | None = None) -> str:
    """Text that every database can hold: no NUL, no lone surrogates, at most `limit` characters."""
    return text.replace("\0", "").encode(errors="ignore").decode()[:limit]


def language_code(text: str) -> str:
    """The code of a language such as en or pt-BR; empty stays empty. Invalid for anything else."""
    code = plain(text).strip().replace("_", "-")
    if code and not (len(code) <= LANGUAGE_LIMIT and _LANGUAGE.fullmatch(code)):
        raise Invalid(
            _("“%(code)s” is no language code. Codes look like en, de or pt-BR.")
            % {"code": code[:40]},
            details={"field": "language"},
        )
    return code


def add_chapters(entry: Entry, marks: Iterable[ChapterMark]) -> None:
    """Adds the chapters that have a length; of several with one start, the first counts."""
    by_start: dict[int, Chapter] = {}
    for mark in marks:
        if 0 <= mark.start_ms < mark.end_ms:
            by_start.setdefault(
                mark.start_ms,
                Chapter(
                    entry=entry,
                    start_ms=mark.start_ms,
                    end_ms=mark.end_ms,
                    title=plain(mark.title, 500),
                    source=mark.source,
                ),
            )
    Chapter.objects.bulk_create(by_start.values())


def add_properties(entry: Entry, values: Mapping[str, str], *, source: str) -> None:
    """Adds the properties that have a value; an entry without properties is assumed."""
    given = {plain(key, KEY_LIMIT): plain(value).strip() for key, value in values.items()}
    EntryProperty.objects.bulk_create(
        EntryProperty(entry=entry, key=key, value=value, source=source)
        for key, value in given.items()
        if key and value
    )


def add_tags(entry: Entry, names: Iterable[str], *, source: str) -> None:
    """Puts tags on, making those that do not exist; case does not tell tags apart.

    A tag that is there already stays as it is: also one that a person took off.
    """
    wanted: dict[str, str] = {}
    for name in names:
        word = " ".join(plain(name, TAG_LIMIT).split())
        if word:
            wanted.setdefault(word.casefold(), word)
    EntryTag.objects.bulk_create(
        (EntryTag(entry=entry, tag=tag_named(word), source=source) for word in wanted.values()),
        ignore_conflicts=True,
    )


def tag_named(word: str) -> Tag:
    """The tag of this name, made when there is none."""
    found = Tag.objects.filter(name__iexact=word).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return Tag.objects.create(name=word)
    except IntegrityError:
        return Tag.objects.get(name__iexact=word)
