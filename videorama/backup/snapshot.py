"""One moment of the database, read while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.db import connections, transaction


@contextmanager
def one_moment() -> Iterator[str]:
    """The name of a connection of its own that sees the database as it is now, until the end.

    SQLite in WAL: a deferred transaction, which takes no lock (the usual IMMEDIATE would keep every
    writer waiting). PostgreSQL: REPEATABLE READ.
    """
    alias = f"snapshot-{uuid4().hex[:8]}"
    connection = connections["default"].copy(alias)
    options = connection.settings_dict["OPTIONS"]
    options.pop("pool", None)
    if connection.vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"
    connections[alias] = connection
    try:
        with transaction.atomic(using=alias):
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                # The moment is that of the first read, not that of BEGIN.
                cursor.execute("SELECT count(*) FROM django_migrations")
            yield alias
    finally:
        connection.close()
        del connections[alias]
