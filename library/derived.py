"""What the database works out by itself: how much each library holds, and the words of entries.
At the end, what it knows of its own tables.

Triggers keep both, in the transaction of whoever writes, so that no verb can forget them. They are
made after every `migrate` (Django remakes tables on SQLite, and triggers go with the old one);
where one was missing, what it keeps is worked out anew.
"""

from django.db import connections
from django.db.backends.utils import CursorWrapper

from library.derived_postgresql import FILL as FILL_POSTGRESQL
from library.derived_postgresql import TABLES as TABLES_POSTGRESQL
from library.derived_postgresql import TRIGGERS as TRIGGERS_POSTGRESQL
from library.derived_sqlite import FILL as FILL_SQLITE
from library.derived_sqlite import TABLES as TABLES_SQLITE
from library.derived_sqlite import TRIGGERS as TRIGGERS_SQLITE

_TABLES = {"sqlite": TABLES_SQLITE, "postgresql": TABLES_POSTGRESQL}
_TRIGGERS = {"sqlite": TRIGGERS_SQLITE, "postgresql": TRIGGERS_POSTGRESQL}
_FILL = {"sqlite": FILL_SQLITE, "postgresql": FILL_POSTGRESQL}
_NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


def make_tables(using: str) -> None:
    """Empty tables, whatever was there; for the migration."""
    with connections[using].cursor() as cursor:
        for statement in _TABLES[cursor.db.vendor]:
            cursor.execute(statement)


def drop_tables(using: str) -> None:
    """Away with tables and triggers; for the migration's way back."""
    with connections[using].cursor() as cursor:
        for name, table, _statements in _TRIGGERS[cursor.db.vendor]:
            on = f" ON {table}" if cursor.db.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
        for table in ("entrydoc", "librarytally"):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")


def has_tables(using: str) -> bool:
    """Both tables are there."""
    return {"entrydoc", "librarytally"} <= set(connections[using].introspection.table_names())


def install(using: str) -> None:
    """Makes the triggers that are missing, and then works everything out anew."""
    with connections[using].cursor() as cursor:
        missing = _missing(cursor)
        if not missing:
            return
        for statements in missing:
            for statement in statements:
                cursor.execute(statement)
        _fill(cursor)


def analyze(using: str) -> None:
    """Tells SQLite what its tables hold, by which it chooses indexes; PostgreSQL looks by itself.

    With a limit it looks at a sample of each index, so writers wait for milliseconds. `PRAGMA
    optimize` would do nothing: before 3.46 it minds only tables its own connection has asked for.
    """
    with connections[using].cursor() as cursor:
        if cursor.db.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")


def _missing(cursor: CursorWrapper) -> list[tuple[str, ...]]:
    cursor.execute(_NAMES[cursor.db.vendor])
    there = {name for (name,) in cursor.fetchall()}
    return [
        statements for name, _table, statements in _TRIGGERS[cursor.db.vendor] if name not in there
    ]


def _fill(cursor: CursorWrapper) -> None:
    for statement in _FILL[cursor.db.vendor]:
        cursor.execute(statement)
