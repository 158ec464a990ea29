"""The import command in a process that is killed the moment before a chosen step.

    python -m imports.tests.kill_at POINT import URL --wait

POINT is `sql|text of a statement|one of its parameters` or `file|event|part of a path`. The steps
are seen through Django's execute wrappers and Python's audit hooks; the program itself is as it is.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import django
from django.core.management import execute_from_command_line


def die() -> None:
    """The power goes."""
    os.kill(os.getpid(), signal.SIGKILL)


def before_statement(statement: str, parameter: str) -> None:
    """Dies before the first matching statement, on whatever thread."""
    from django.db.backends.signals import connection_created

    def look(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if statement in sql and (not parameter or parameter in _each(params)):
            die()
        return execute(sql, params, many, context)

    def attach(sender: object, connection: Any, **more: Any) -> None:
        connection.execute_wrappers.append(look)

    connection_created.connect(attach, weak=False)


def _each(params: Any) -> Iterator[str]:
    """Every parameter as text; PostgreSQL gets those of many rows as lists."""
    for one in params or ():
        yield from map(str, one) if isinstance(one, list | tuple) else (str(one),)


def before_file_event(event: str, path: str) -> None:
    """Dies before the first matching event: os.rename, os.link, os.remove, os.rmdir …"""

    def look(name: str, args: tuple[Any, ...]) -> None:
        if name == event and any(path in str(argument) for argument in args):
            die()

    sys.addaudithook(look)


def main() -> None:
    """Arms the trap, then runs the command."""
    kind, name, detail = sys.argv[1].split("|")
    django.setup()
    (before_statement if kind == "sql" else before_file_event)(name, detail)
    execute_from_command_line(["manage.py", *sys.argv[2:]])


if __name__ == "__main__":
    main()
