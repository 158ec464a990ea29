"""Triggers that keep the ledger append-only, whoever speaks to the database.

They are made after every `migrate` (Django remakes tables on SQLite, and triggers go with the old
one), and again after `flush`, the one command that may empty the tables. An operator who owns the
database can drop them; what is done then, `verify_ledger` finds.
"""

from django.db import connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from videorama.ledger.models import LedgerEvent, LedgerHead, LedgerSubject

_SENTENCE = "The ledger is append-only."
_ROWS: tuple[type[Model], ...] = (LedgerEvent, LedgerSubject)
_ALL: tuple[type[Model], ...] = (*_ROWS, LedgerHead)
TABLES = {model._meta.db_table for model in _ALL}


def install(using: str) -> None:
    """Makes the triggers; doing it twice changes nothing."""
    with connections[using].cursor() as cursor:
        _statements(cursor, _make_sqlite(), _make_postgresql())


def remove(using: str) -> None:
    """Lets everything through until `install` is called again."""
    with connections[using].cursor() as cursor:
        _statements(cursor, _drop_sqlite(), _drop_postgresql())


def _statements(cursor: CursorWrapper, sqlite: list[str], postgresql: list[str]) -> None:
    by_vendor = {"sqlite": sqlite, "postgresql": postgresql}
    for statement in by_vendor[cursor.db.vendor]:
        cursor.execute(statement)


def _name(model: type[Model], what: str) -> str:
    return f"{model._meta.db_table}_{what}"


def _make_sqlite() -> list[str]:
    found = []
    for model in _ROWS:
        table, key = model._meta.db_table, "sequence"
        twin = f"{key} = NEW.{key} OR uuid = NEW.uuid"
        if model is LedgerSubject:
            twin = "(event_id, kind, subject_id) = (NEW.event_id, NEW.kind, NEW.subject_id)"
        found += [
            _sqlite_trigger(model, "update", "1"),
            _sqlite_trigger(model, "delete", "1"),
            # INSERT OR REPLACE deletes without a trigger for deletions.
            _sqlite_trigger(model, "insert", f"EXISTS (SELECT 1 FROM {table} WHERE {twin})"),
        ]
    head = LedgerHead._meta.db_table
    found += [
        _sqlite_trigger(LedgerHead, "update", "NEW.count <> OLD.count + 1"),
        _sqlite_trigger(LedgerHead, "delete", "1"),
        _sqlite_trigger(LedgerHead, "insert", f"EXISTS (SELECT 1 FROM {head})"),
    ]
    return found


def _sqlite_trigger(model: type[Model], verb: str, when: str) -> str:
    name, table = _name(model, f"no_{verb}"), model._meta.db_table
    return (
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {verb.upper()} ON {table} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END"
    )


def _drop_sqlite() -> list[str]:
    verbs = ("update", "delete", "insert")
    return [f"DROP TRIGGER IF EXISTS {_name(one, f'no_{verb}')}" for one in _ALL for verb in verbs]


def _make_postgresql() -> list[str]:
    refuse = "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    refuse += f"$$ BEGIN RAISE EXCEPTION '{_SENTENCE}'; END $$"
    found = [refuse]
    for model in _ROWS:
        found += _postgresql_trigger(model, "no_change", "UPDATE OR DELETE", "ROW")
        found += _postgresql_trigger(model, "no_truncate", "TRUNCATE", "STATEMENT")
    step = "ROW WHEN (NEW.count <> OLD.count + 1)"
    found += _postgresql_trigger(LedgerHead, "no_change", "UPDATE", step)
    found += _postgresql_trigger(LedgerHead, "no_delete", "DELETE", "ROW")
    found += _postgresql_trigger(LedgerHead, "no_truncate", "TRUNCATE", "STATEMENT")
    return found


def _postgresql_trigger(model: type[Model], what: str, verbs: str, each: str) -> list[str]:
    name, table = _name(model, what), model._meta.db_table
    return [
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {verbs} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION ledger_refuse()"
    ]


def _drop_postgresql() -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {_name(model, what)} ON {model._meta.db_table}"
        for model in _ALL
        for what in ("no_change", "no_delete", "no_truncate")
    ]
