"""Whatever is done to the ledger by SQL, once the triggers are off: verify_ledger finds it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from videorama.ledger import chain, guard
from videorama.ledger.models import LedgerEvent, LedgerHead, LedgerSubject
from videorama.ledger.services import record

pytestmark = pytest.mark.django_db


KEYS_OFF = {
    "sqlite": "PRAGMA defer_foreign_keys = ON",
    "postgresql": "SET LOCAL session_replication_role = replica",
}


@pytest.fixture(autouse=True)
def five_facts(editor):
    for number in range(1, 6):
        record(
            "entry.edited",
            user=editor,
            about=[("entry", f"e{number}"), ("library", "videos")],
            data={"n": number},
        )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What waits for the end of the transaction would keep the triggers where they are.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        guard.remove("default")
        # Whoever owns the database need not mind the keys either.
        cursor.execute(KEYS_OFF[connection.vendor])
    yield
    tamper("DELETE FROM ledger_ledgersubject", "DELETE FROM ledger_ledgerevent")


def verify(*options):
    out = StringIO()
    call_command("verify_ledger", *options, stdout=out)
    return out.getvalue()


def tamper(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def found():
    with pytest.raises(CommandError) as refusal:
        verify()
    assert refusal.value.returncode == 1
    return str(refusal.value)


def test_untouched_facts_are_in_order():
    assert verify().splitlines()[0] == "All 5 facts are as they were written."
    assert f"Anchor: 5:{LedgerHead.objects.get().hash}" in verify()


COLUMNS = {
    "uuid": "'00000001000040008000000000000001'",
    "at": "'2001-01-01 00:00:00'",
    "event": "'entry.deleted'",
    "severity": "'error'",
    "door": "'worker'",
    "user_id": "'x'",
    "user_name": "'somebody'",
    "data": "'{\"n\": 4}'",
    "previous_hash": f"'{'1' * 64}'",
    "hash": f"'{'1' * 64}'",
}
UNREADABLE = {"uuid": "'no id'", "at": "'no time'"}


def test_the_table_above_knows_every_column():
    names = {field.column for field in LedgerEvent._meta.concrete_fields}
    assert names - {"sequence"} == set(COLUMNS)
    assert {field.column for field in LedgerSubject._meta.concrete_fields} == {
        "event_id",
        "kind",
        "subject_id",
    }


@pytest.mark.parametrize(("column", "value"), COLUMNS.items())
@pytest.mark.parametrize("sequence", [1, 3, 5])
def test_a_changed_column_is_found(column, value, sequence):
    tamper(f"UPDATE ledger_ledgerevent SET {column} = {value} WHERE sequence = {sequence}")
    assert f"Fact {sequence} " in found()


@pytest.mark.embedded_only("PostgreSQL keeps nothing in a column that is not of its type")
@pytest.mark.parametrize(("column", "value"), UNREADABLE.items())
@pytest.mark.parametrize("sequence", [1, 3, 5])
def test_a_column_that_became_unreadable_is_found(column, value, sequence):
    tamper(f"UPDATE ledger_ledgerevent SET {column} = {value} WHERE sequence = {sequence}")
    assert f"Fact {sequence} " in found()


@pytest.mark.parametrize(
    ("sequence", "problem"),
    [(1, "Fact 1 is missing"), (3, "Fact 3 is missing"), (5, "Fact 5 is missing")],
)
def test_a_deleted_fact_is_found(sequence, problem):
    tamper(
        f"DELETE FROM ledger_ledgersubject WHERE event_id = {sequence}",
        f"DELETE FROM ledger_ledgerevent WHERE sequence = {sequence}",
    )
    assert problem in found()


def test_facts_deleted_without_what_they_were_about_are_found():
    tamper("DELETE FROM ledger_ledgerevent")
    assert "Fact 1 is missing" in found()


def test_a_fact_that_moved_in_the_order_is_found():
    tamper(
        "UPDATE ledger_ledgerevent SET sequence = 99 WHERE sequence = 2",
        "UPDATE ledger_ledgerevent SET sequence = 2 WHERE sequence = 3",
        "UPDATE ledger_ledgerevent SET sequence = 3 WHERE sequence = 99",
    )
    assert "Fact 2 (entry.edited) does not follow" in found()


@pytest.mark.parametrize(
    ("sequence", "problem"), [(-4, "Fact -4 was put in"), (0, "Fact 0 was"), (6, "Fact 6 was")]
)
def test_a_fact_that_was_put_in_is_found(sequence, problem):
    columns = "at, event, severity, door, user_id, user_name, data, previous_hash, hash"
    tamper(
        f"INSERT INTO ledger_ledgerevent (sequence, uuid, {columns}) SELECT {sequence}, "
        f"{COLUMNS['uuid']}, {columns} FROM ledger_ledgerevent WHERE sequence = 5"
    )
    assert problem in found()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger_ledgersubject (event_id, kind, subject_id) VALUES (3, 'entry', 'e9')",
        "DELETE FROM ledger_ledgersubject WHERE event_id = 3 AND kind = 'entry'",
        "UPDATE ledger_ledgersubject SET kind = 'job' WHERE event_id = 3 AND kind = 'entry'",
        "UPDATE ledger_ledgersubject SET subject_id = 'e9' WHERE event_id = 3 AND kind = 'entry'",
        "UPDATE ledger_ledgersubject SET event_id = 4 WHERE event_id = 3 AND kind = 'entry'",
    ],
)
def test_a_changed_subject_is_found(statement):
    tamper(statement)
    assert "Fact 3 (entry.edited) was changed" in found()


def test_a_subject_of_no_fact_is_found():
    tamper("INSERT INTO ledger_ledgersubject (event_id, kind, subject_id) VALUES (9, 'a', 'b')")
    assert "for fact 9, which does not exist" in found()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE ledger_ledgerhead SET count = 4", "Fact 5 was put in"),
        ("UPDATE ledger_ledgerhead SET count = 6", "Fact 6 is missing"),
        ("UPDATE ledger_ledgerhead SET hash = 'x'", "does not know fact 5"),
        ("UPDATE ledger_ledgerhead SET id = 2", "The head of the ledger was changed"),
        ("DELETE FROM ledger_ledgerhead", "The head of the ledger is missing"),
    ],
)
def test_a_changed_head_is_found(statement, problem):
    tamper(statement)
    assert problem in found()


@pytest.mark.parametrize("statement", ["DELETE FROM ledger_ledgerhead", "SELECT 1"])
def test_facts_cut_off_the_end_stay_missing_however_many_follow(statement):
    tamper(
        "DELETE FROM ledger_ledgersubject WHERE event_id = 5",
        "DELETE FROM ledger_ledgerevent WHERE sequence = 5",
        statement,
    )
    record("entry.moved")
    record("entry.moved")
    assert "Fact 5 is missing" in found()


def test_a_chain_written_anew_is_found_by_an_anchor_noted_elsewhere():
    anchor = verify().split()[-1]
    assert verify(f"--anchor={anchor}")
    tamper("DELETE FROM ledger_ledgersubject", "DELETE FROM ledger_ledgerevent")
    tamper("DELETE FROM ledger_ledgerhead")
    for _ in range(6):
        record("entry.edited")
    assert "All 6 facts" in verify()
    with pytest.raises(CommandError, match="The first 5 facts are not those"):
        verify(f"--anchor={anchor}")
    with pytest.raises(CommandError, match="there were 7 once"):
        verify(f"--anchor=7:{'a' * 64}")


def test_the_walk_holds_one_chunk_at_a_time(django_assert_max_num_queries):
    for _ in range(1_200):
        record("entry.edited")
    with django_assert_max_num_queries(14):
        assert chain.walk().count == 1_205
