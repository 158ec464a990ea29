"""Which failures of the database pass by themselves."""

import psycopg
import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from psycopg import errors

from videorama.outages import is_outage
from videorama.tests.surroundings import free_port


def caused(error: Exception, cause: Exception) -> Exception:
    """As Django raises what the driver raised."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("database is locked"),
        caused(OperationalError("bye"), errors.AdminShutdown()),
        caused(OperationalError("not yet"), errors.CannotConnectNow()),
        caused(OperationalError("too many"), errors.TooManyConnections()),
        caused(InterfaceError("the connection is closed"), psycopg.InterfaceError()),
    ],
    ids=str,
)
def test_nobody_there_or_no_time_is_an_outage(error: Exception) -> None:
    assert is_outage(error)


def test_a_server_that_is_not_there_is_an_outage() -> None:
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(host="127.0.0.1", port=free_port(), dbname="x", connect_timeout=5)
    assert is_outage(caused(OperationalError("refused"), caught.value))


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("no such column: x"),
        ProgrammingError("syntax"),
        caused(ProgrammingError("no such column"), errors.UndefinedColumn()),
        caused(OperationalError("out of memory"), errors.OutOfMemory()),
        caused(IntegrityError("twice"), errors.UniqueViolation()),
        DataError("too long"),
        ZeroDivisionError("bug"),
        None,
    ],
    ids=str,
)
def test_what_the_database_says_of_a_statement_is_none(error: Exception | None) -> None:
    assert not is_outage(error)
