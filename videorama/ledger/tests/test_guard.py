"""The database itself refuses to change facts."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from videorama.ledger import chain
from videorama.ledger.models import LedgerEvent, LedgerSubject
from videorama.ledger.services import record
from videorama.tests.services import is_scale

ATTEMPTS = [
    "UPDATE ledger_ledgerevent SET event = 'x'",
    "DELETE FROM ledger_ledgerevent",
    "UPDATE ledger_ledgersubject SET kind = 'x'",
    "DELETE FROM ledger_ledgersubject",
    "UPDATE ledger_ledgerhead SET hash = 'x'",
    "UPDATE ledger_ledgerhead SET count = 0",
    "DELETE FROM ledger_ledgerhead",
]
# Keys that are checked at the end of the transaction would refuse it first.
AT_ONCE = "SET CONSTRAINTS ALL IMMEDIATE;"
if is_scale():
    ATTEMPTS += [
        f"{AT_ONCE} TRUNCATE ledger_ledgerevent CASCADE",
        f"{AT_ONCE} TRUNCATE ledger_ledgersubject",
        "TRUNCATE ledger_ledgerhead",
        "INSERT INTO ledger_ledgerevent SELECT * FROM ledger_ledgerevent"
        " ON CONFLICT (sequence) DO UPDATE SET event = 'x'",
        "INSERT INTO ledger_ledgerhead SELECT * FROM ledger_ledgerhead"
        " ON CONFLICT (id) DO UPDATE SET count = 0",
    ]
else:
    ATTEMPTS += [
        "UPDATE OR REPLACE ledger_ledgerevent SET event = 'x'",
        "INSERT OR REPLACE INTO ledger_ledgerevent SELECT * FROM ledger_ledgerevent",
        "INSERT OR REPLACE INTO ledger_ledgersubject SELECT * FROM ledger_ledgersubject",
        "INSERT OR REPLACE INTO ledger_ledgerhead SELECT * FROM ledger_ledgerhead",
    ]


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ATTEMPTS)
def test_sql_that_changes_facts_is_refused(statement):
    record("a.done", about=[("entry", "1")])
    with pytest.raises(DatabaseError, match="append-only"):
        run(statement)
    assert chain.walk().problem == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [LedgerEvent, LedgerSubject])
def test_the_guard_stands_again_after_a_migration_remade_the_table(model):
    record("a.done", about=[("entry", "1")])
    name = "event" if model is LedgerEvent else "kind"
    old = model._meta.get_field(name)
    wider = models.CharField(max_length=old.max_length + 20)
    wider.set_attributes_from_name(name)
    with connection.schema_editor() as editor:
        editor.alter_field(model, old, wider)
    try:
        if connection.vendor == "sqlite":
            run(f"UPDATE {model._meta.db_table} SET {name} = {name}")  # The triggers went.
        call_command("migrate", verbosity=0)
        for statement in ATTEMPTS:
            with pytest.raises(DatabaseError, match="append-only"):
                run(statement)
        assert chain.walk().problem == ""
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(model, wider, old)


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_ledger_and_leaves_it_guarded():
    record("a.done", about=[("entry", "1")])
    call_command("flush", interactive=False, verbosity=0)
    assert not LedgerEvent.objects.exists()
    record("b.done", about=[("entry", "1")])
    assert chain.walk().count == 1
    for statement in ATTEMPTS:
        with pytest.raises(DatabaseError, match="append-only"):
            run(statement)
