"""Entries by the words in their title, description and uploader, by the database's own index."""

import re
import unicodedata

from django.db import connections
from django.db.models import Q, QuerySet

from library.models import Entry, EntryDoc

_WORDS_AT_MOST = 12
_WORD = re.compile(r"[^\W_]+")
# These are written without spaces: a search index would keep a whole sentence as one word.
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)


def split(text: str) -> tuple[list[str], list[str]]:
    """Words as the index holds them, and pieces that have to be looked for letter by letter."""
    indexed: list[str] = []
    spelled: list[str] = []
    for piece in text.split()[:_WORDS_AT_MOST]:
        if _WITHOUT_SPACES.search(piece):
            spelled.append(piece)
        else:
            indexed += _WORD.findall(piece)
    return indexed[:_WORDS_AT_MOST], spelled


def matching(words: list[str], using: str) -> QuerySet[EntryDoc]:
    """The index rows in which every word begins some word; a single letter has to stand alone."""
    write = _tsquery if connections[using].vendor == "postgresql" else _fts5
    return EntryDoc.objects.using(using).filter(index__match=write(words))


def spelling(rows: QuerySet[Entry], piece: str) -> QuerySet[Entry]:
    """Those in which the piece stands anywhere."""
    return rows.filter(
        Q(title__icontains=piece) | Q(description__icontains=piece) | Q(uploader__icontains=piece)
    )


def _fts5(words: list[str]) -> str:
    return " ".join(f'"{word}"{"*" if len(word) > 1 else ""}' for word in words)


def _tsquery(words: list[str]) -> str:
    """As entry_words of library/derived_postgresql.py writes them: without accents."""
    bare = [re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", one)) for one in words]
    return " & ".join(f"'{word}'{':*' if len(word) > 1 else ''}" for word in bare if word)
