"""The hot lists walk an index in their own order: nothing is sorted, nothing read to the end."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import list_seed
from bench.list_seed import COMMON_TAG, RARE_TAG, RARE_WORD
from imports.queries import open_inbox_for, rules_for
from library import queries
from library.models import Entry, Library
from library.queries import NEWEST_DELETED, EntryFilters
from videorama.accounts.models import User
from videorama.jobs.models import Job
from videorama.ledger import queries as ledger
from videorama.paging import paginate

NUMBER = 1_500


def plan(sql: str) -> str:
    """What the database would do, in its own words."""
    with connection.cursor() as cursor:
        words = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        cursor.execute(words + sql.replace("%", "%%") if "%" in sql else words + sql)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def list_query(ask: Callable[[], object], table: str) -> str:
    """The query that brought the rows of the list."""
    with CaptureQueriesContext(connection) as asked:
        ask()
    found = [
        one["sql"]
        for one in asked.captured_queries
        if f'FROM "{table}"' in one["sql"] and "ORDER BY" in one["sql"] and "LIMIT" in one["sql"]
    ]
    return found[-1]


def assert_walks(name: str, table: str, sql: str) -> None:
    """No sorting of the list, and the table is entered by an index."""
    said = plan(sql)
    if connection.vendor == "sqlite":
        lines = [line for line in said.splitlines() if "TEMP B-TREE" not in line]
        assert len(lines) == len(said.splitlines()), f"{name} is sorted:\n{said}"
        bare = [
            line for line in lines if line.split()[:2] == ["SCAN", table] and "INDEX" not in line
        ]
        assert not bare, f"{name} reads the whole table:\n{said}"
    else:
        assert "Sort" not in said, f"{name} is sorted:\n{said}"
        assert f"Seq Scan on {table}" not in said, f"{name} reads the whole table:\n{said}"


@pytest.mark.django_db
def test_every_hot_list_walks_its_index() -> None:
    people = list_seed.seed(NUMBER)
    editor, desk = people["person1"], people["person0"]
    shelf = Library.objects.get(slug="shelf-0")

    def page(**filters: object) -> Callable[[], object]:
        def ask() -> object:
            asked = EntryFilters(**filters)  # type: ignore[arg-type]
            first = queries.entry_page(editor, asked, limit=20)
            return queries.entry_page(editor, asked, first.next, limit=20, counted=False)

        return ask

    entry, job, fact = "library_entry", "jobs_job", "ledger_ledgerevent"
    lists: dict[str, tuple[str, Callable[[], object]]] = {
        "newest": (entry, page()),
        "oldest": (entry, page(sort="oldest")),
        "by title": (entry, page(sort="title")),
        "longest": (entry, page(sort="longest")),
        "a library": (entry, page(library=shelf)),
        "a library by title": (entry, page(library=shelf, sort="title")),
        "a library, longest": (entry, page(library=shelf, sort="longest")),
        "audio": (entry, page(kinds=("audio",))),
        "trash": (
            entry,
            lambda: paginate(
                Entry.objects.filter(deleted_at__isnull=False), order=NEWEST_DELETED, limit=20
            ),
        ),
        "jobs": (job, _jobs(Job.objects.all())),
        "failed jobs": (job, _jobs(Job.objects.filter(status="failed"))),
        "jobs of a kind": (job, _jobs(Job.objects.filter(kind="move"))),
        "inbox": (
            "imports_inboxitem",
            lambda: paginate(open_inbox_for(desk), order=("-created_at", "-pk"), limit=20),
        ),
        "rules": (
            "imports_rule",
            lambda: paginate(rules_for(desk), order=("-origin", "-yes", "-pk"), limit=20),
        ),
        "facts": (fact, _facts()),
        "facts of a person": (fact, _facts(person="person1")),
        "facts of an event": (fact, _facts(event="entry.edited")),
    }
    for name, (table, ask) in lists.items():
        assert_walks(name, table, list_query(ask, table))
    if connection.vendor == "sqlite":
        # As on most servers, where nobody ever told SQLite to look at what it holds.
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_schema")
        for name, (table, ask) in lists.items():
            assert_walks(f"{name}, not analysed", table, list_query(ask, table))
    _narrow_lists_look_up_what_they_name(editor)


def _jobs(rows: object) -> Callable[[], object]:
    return lambda: paginate(rows, order=("-created_at", "-pk"), limit=20)  # type: ignore[arg-type]


def _facts(**which: str) -> Callable[[], object]:
    return lambda: paginate(ledger.facts(ledger.Which(**which)), order=ledger.NEWEST, limit=20)


def _narrow_lists_look_up_what_they_name(editor: User) -> None:
    """What is rare is found by its own index, then row by row; nothing is read to the end."""
    for filters in (EntryFilters(tag=RARE_TAG), EntryFilters(text=RARE_WORD)):
        for sort in ("newest", "title"):
            asked = EntryFilters(text=filters.text, tag=filters.tag, sort=sort)
            with CaptureQueriesContext(connection) as seen:
                found = queries.entry_page(editor, asked, limit=500)
            assert found.count == len(found.items) > 40
            for one in seen.captured_queries:
                said = plan(one["sql"]) if one["sql"].startswith("SELECT") else ""
                assert "Seq Scan on library_entry " not in said, said
                assert not any(
                    line.split()[:2] == ["SCAN", "library_entry"] and "INDEX" not in line
                    for line in said.splitlines()
                ), said
    assert queries.entry_page(editor, EntryFilters(tag=COMMON_TAG)).count > 100
