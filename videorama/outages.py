"""Whether a failure of the database is one that passes: it is away, or has no time."""

from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError

# How long whoever asked should wait before asking again.
AGAIN_IN_S = 5
# Classes of PostgreSQL's codes: connection, too many connections, being shut down or started; and
# the one of two who waited for each other that had to give way.
_AWAY = ("08", "53300", "57P01", "57P02", "57P03", "40P01")
_SQLITE_WORDS = ("database is locked", "unable to open database file", "disk I/O error")


def is_outage(error: BaseException | None) -> bool:
    """The database could not be asked; not what it says of a statement, which is our mistake."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    cause: Any = error.__cause__
    if hasattr(cause, "sqlstate"):
        # Psycopg gives no code when there was nobody to give one.
        is_connection = isinstance(error, OperationalError | InterfaceError)
        return cause.sqlstate.startswith(_AWAY) if cause.sqlstate else is_connection
    return isinstance(error, OperationalError) and any(
        words in str(error) for words in _SQLITE_WORDS
    )
