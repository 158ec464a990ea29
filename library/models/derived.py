"""Tables that the database keeps by itself from entries and files; see library/derived.py."""

from typing import Any

from django.db import models
from django.db.models import Lookup
from django.db.models.sql.compiler import SQLCompiler


class WordIndex(models.TextField):  # type: ignore[type-arg]
    """The words of an entry as the database's own full-text search holds them."""


@WordIndex.register_lookup
class Match(Lookup):
    """`index__match=query`, where the query is written for the database that is asked."""

    lookup_name = "match"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """FTS5."""
        return self._sql("%s MATCH %s", compiler, connection)

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """A tsvector."""
        return self._sql("%s @@ to_tsquery('simple', %s)", compiler, connection)

    def _sql(
        self, form: str, compiler: SQLCompiler, connection: Any
    ) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return form % (left, right), (*left_params, *right_params)


class EntryDoc(models.Model):
    """The words of an entry's title, description and uploader; key is the entry's.

    On SQLite an FTS5 table over the entries, whose column of this name stands for the whole row; on
    PostgreSQL a narrow table with a tsvector.
    """

    entry_id = models.BigIntegerField(primary_key=True, db_column="rowid")
    index = WordIndex(db_column="entrydoc")

    class Meta:
        managed = False
        db_table = "entrydoc"

    def __str__(self) -> str:
        return f"words of {self.entry_id}"


class LibraryTally(models.Model):
    """How much a library holds: the sum of its rows counts.

    SQLite lets in one writer and keeps one row. On PostgreSQL every statement adds a row with its
    difference, so that two imports into one library do not wait for each other; triggers fold them
    now and then.
    """

    library_id = models.BigIntegerField()
    entries = models.BigIntegerField()
    duration_ms = models.BigIntegerField()
    size_bytes = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "librarytally"

    def __str__(self) -> str:
        return f"{self.entries} in library {self.library_id}"
