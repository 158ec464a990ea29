"""Writing facts down."""

import threading
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from videorama.ledger import chain, doors
from videorama.ledger.doors import Door
from videorama.ledger.errors import AppendOnly
from videorama.ledger.models import NOTHING, LedgerEvent, LedgerHead, LedgerSubject, Severity
from videorama.ledger.services import gather, record
from videorama.outages import is_outage

ID = UUID("00000001-0000-4000-8000-000000000001")


@pytest.mark.django_db
def test_a_fact_says_who_what_when_about_what_and_by_which_door(editor):
    with doors.using(Door.API):
        record(
            "entry.edited",
            user=editor,
            about=[("entry", ID), ("library", "talks"), ("entry", ID)],
            data={"title": {"from": "a", "to": "b"}},
        )
    fact = LedgerEvent.objects.get()
    assert (fact.sequence, fact.event, fact.door, fact.severity) == (
        1,
        "entry.edited",
        "api",
        "info",
    )
    assert (fact.user_id, fact.user_name) == (str(editor.uuid), "editor")
    assert fact.data == {"title": {"from": "a", "to": "b"}}
    assert {(one.kind, one.subject_id) for one in fact.subjects.all()} == {
        ("entry", str(ID)),
        ("library", "talks"),
    }


@pytest.mark.django_db
def test_each_fact_follows_the_one_before():
    first, second = record("a.done"), record("b.done")
    assert (first.sequence, second.sequence) == (1, 2)
    assert (first.previous_hash, second.previous_hash) == (NOTHING, first.hash)
    head = LedgerHead.objects.get()
    assert (head.count, head.hash) == (2, second.hash)


@pytest.mark.django_db
def test_a_fact_is_gone_with_the_write_it_tells_of():
    with pytest.raises(RuntimeError), transaction.atomic():
        record("a.done")
        raise RuntimeError
    assert not LedgerEvent.objects.exists()
    record("b.done")
    assert chain.walk().count == 1


NO_MORE = {
    "sqlite": [
        "CREATE TRIGGER no_more BEFORE INSERT ON ledger_ledgerevent "
        "BEGIN SELECT RAISE(ABORT, 'no more'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION no_more() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no more'; END $$",
        "CREATE TRIGGER no_more BEFORE INSERT ON ledger_ledgerevent "
        "FOR EACH ROW EXECUTE FUNCTION no_more()",
    ],
}


@pytest.mark.django_db
def test_a_write_is_gone_when_its_fact_cannot_be_written(editor):
    with connection.cursor() as cursor:
        for statement in NO_MORE[connection.vendor]:
            cursor.execute(statement)
    with pytest.raises(Exception, match="no more"), transaction.atomic():
        type(editor).objects.filter(pk=editor.pk).update(first_name="Changed")
        record("user.edited", user=editor)
    editor.refresh_from_db()
    assert editor.first_name == ""


@pytest.mark.django_db
def test_what_databases_write_differently_is_made_equal_first():
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    given = {"n": 1e16, "f": 0.5, "at": moment, "id": ID, "t": "a\0b\ud800c", "l": ("x", None)}
    record("a.done", data=given)
    assert LedgerEvent.objects.get().data == {
        "n": 10**16,
        "f": 0.5,
        "at": "2026-01-02T03:04:05.678Z",
        "id": str(ID),
        "t": "abc",
        "l": ["x", None],
    }
    assert chain.walk().problem == ""


@pytest.mark.django_db
def test_long_texts_are_cut():
    record("a.done", about=[("setting", "k" * 300)], data={"text": {"to": "x" * 50_000}})
    fact = LedgerEvent.objects.get()
    assert len(fact.data["text"]["to"]) == 2_000 and fact.data["text"]["to"].endswith("…")
    assert len(fact.subjects.get().subject_id) == 200
    assert chain.walk().problem == ""


@pytest.mark.django_db
def test_an_unknown_severity_counts_as_a_warning():
    record("a.done", severity="dreadful")  # type: ignore[arg-type]
    assert LedgerEvent.objects.get().severity == Severity.WARNING


@pytest.mark.parametrize("name", ["", "entry", "entry.", "Entry.edited", "a.b.c", "a." + "b" * 60])
def test_an_event_is_a_noun_and_a_verb(name):
    with pytest.raises(ValueError, match="noun and verb"):
        record(name)


@pytest.mark.django_db
def test_a_verb_made_of_verbs_leaves_one_fact_about_everything():
    with gather() as parts:
        record("user.created", about=[("user", ID)])
        record("library.created", about=[("library", "videos")], data={"name": "Videos"})
    assert parts.events == ["user.created", "library.created"]
    record("server.set_up", about=parts.about, data=parts.data)
    fact = LedgerEvent.objects.get()
    assert (fact.event, fact.data) == ("server.set_up", {"name": "Videos"})
    assert fact.subjects.count() == 2


@pytest.mark.django_db
def test_facts_cannot_be_changed_in_python_either():
    fact = record("a.done", about=[("entry", ID)])
    subject = fact.subjects.get()
    for attempt in (
        fact.save,
        fact.delete,
        subject.save,
        subject.delete,
        LedgerEvent.objects.all().delete,
        LedgerSubject.objects.all().delete,
        lambda: LedgerEvent.objects.update(event="b.done"),
        lambda: LedgerSubject.objects.update(kind="x"),
        lambda: LedgerEvent.objects.bulk_update([fact], ["event"]),
    ):
        with pytest.raises(AppendOnly):
            attempt()


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_moment_never_fork_the_chain():
    each, writers = 15, 4
    start = threading.Barrier(writers)

    def write(name):
        try:
            start.wait()
            for _ in range(each):
                record(f"{name}.done", about=[("entry", ID)])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = chain.walk()
    assert (state.count, state.problem) == (each * writers, "")


@pytest.mark.scale_only("SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_wait_for_each_other_one_is_whole_and_one_may_ask_again(make_user):
    ada, bob = make_user("ada"), make_user("bob")
    wrote, waits, ends = threading.Event(), threading.Event(), []

    def change(user):
        type(user).objects.filter(pk=user.pk).update(first_name="Changed")

    def first():
        change(ada)
        record("a.done")
        wrote.set()
        assert waits.wait(20)
        change(bob)

    def second():
        assert wrote.wait(20)
        change(bob)
        waits.set()
        record("b.done")

    def run(work):
        try:
            with transaction.atomic():
                work()
            ends.append(None)
        except Exception as error:
            ends.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (error,) = filter(None, ends)
    assert is_outage(error), repr(error)
    done = list(LedgerEvent.objects.values_list("event", flat=True))
    changed = set(type(ada).objects.filter(first_name="Changed"))
    assert (done, changed) in [(["a.done"], {ada, bob}), (["b.done"], {bob})]
    assert chain.walk().problem == ""
