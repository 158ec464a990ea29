"""What the database keeps by itself: how much libraries hold, and the words of entries."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from library import queries, services, tasks
from library.models import Entry, EntryFile, FileRole, Library
from library.queries import EntryFilters
from library.tests.factories import make_entry, make_library, make_user
from videorama.accounts.models import User

pytestmark = pytest.mark.django_db


def tallies(user: User) -> dict[str, tuple[int, int, float]]:
    return {
        shelf.slug: (shelf.entry_count, shelf.total_bytes, shelf.total_s)
        for shelf in queries.counted_libraries(user)
    }


def counted() -> dict[str, tuple[int, int, float]]:
    """The same, by looking at every row."""
    found = {}
    for shelf in Library.objects.all():
        live = Entry.objects.filter(library=shelf, deleted_at=None)
        originals = EntryFile.objects.filter(library=shelf, role=FileRole.ORIGINAL, is_live=True)
        found[shelf.slug] = (
            live.count(),
            originals.aggregate(total=Sum("size_bytes"))["total"] or 0,
            live.aggregate(total=Sum("duration_s"))["total"] or 0.0,
        )
    return found


def titles(user: User, text: str) -> set[str]:
    return {one.title for one in queries.entry_page(user, EntryFilters(text=text)).items}


def test_libraries_know_how_much_they_hold_whatever_happens_to_entries() -> None:
    admin = make_user(role="admin")
    one, other = make_library(), make_library()
    entries = [make_entry(library=one, duration_s=1.5 + at, title=f"E {at}") for at in range(5)]
    assert tallies(admin) == counted() and tallies(admin)[one.slug][0] == 5
    services.move_entries(user=admin, entries=entries[:1], library=other)
    services.delete_entry(user=admin, entry=entries[1], with_files=True)
    services.delete_entry(user=admin, entry=entries[2], with_files=False)
    assert tallies(admin) == counted() and tallies(admin)[one.slug][0] == 2
    services.restore_entry(user=admin, entry=entries[1])
    services.purge_entry(user=admin, entry=Entry.objects.get(pk=entries[2].pk))
    # Rows that no verb wrote.
    Entry.objects.filter(pk=entries[3].pk).update(duration_s=None, deleted_at=timezone.now())
    Entry.objects.filter(library=one, deleted_at=None).update(duration_s=100)
    EntryFile.objects.filter(entry=entries[4]).update(size_bytes=7)
    assert tallies(admin) == counted() and tallies(admin)[other.slug][0] == 1


def test_words_follow_the_entry_and_are_found_by_their_beginning() -> None:
    user, shelf = make_user(), make_library()
    entry = make_entry(library=shelf, title="Ünder the_Sea (foo-bar.mp4)", uploader="Zoë O'Neil")
    for text in ("under", "SEA", "ünd", "foo bar", "mp4", "zoe", "neil under", "bar*", 'sea"'):
        assert titles(user, text) == {entry.title}, text
    for text in ("nder", "sea quince", "'", "???", "u", "or 1=1", "title:sea NOT"):
        assert titles(user, text) == set(), text
    services.edit_entry(user=shelf.owner, entry=entry, title="Harbour", version="")
    assert titles(user, "sea") == set()
    assert titles(user, "harb") == {"Harbour"}
    services.delete_entry(user=shelf.owner, entry=entry, with_files=False)
    services.purge_entry(user=shelf.owner, entry=Entry.objects.get(pk=entry.pk))
    assert titles(user, "harb") == set()


def test_scripts_without_spaces_are_found_anywhere() -> None:
    user = make_user()
    make_entry(title="東京の夜景 散歩")
    make_entry(title="ประเทศไทยสวยงาม")
    assert titles(user, "夜景") == {"東京の夜景 散歩"}
    assert titles(user, "ไทย") == {"ประเทศไทยสวยงาม"}
    assert titles(user, "夜景 大阪") == set()


def test_migrate_brings_back_triggers_that_were_lost_and_what_they_missed() -> None:
    admin, shelf = make_user(role="admin"), make_library()
    with connection.cursor() as cursor:
        on = "" if connection.vendor == "sqlite" else " ON library_entry"
        names = ("words_new_entry", "tally_new_entry")
        if connection.vendor == "postgresql":
            names = ("words_new_entry", "tally_entry_insert")
        for name in names:
            cursor.execute(f"DROP TRIGGER {name}{on}")
    make_entry(library=shelf, title="Overlooked", duration_s=3)
    assert titles(admin, "overlooked") == set()
    call_command("migrate", verbosity=0)
    assert titles(admin, "overlooked") == {"Overlooked"}
    assert tallies(admin) == counted()
    make_entry(library=shelf, title="Seen again")
    assert titles(admin, "again") == {"Seen again"}


@pytest.mark.embedded_only("PostgreSQL looks at its tables by itself.")
def test_sqlite_is_told_what_its_tables_hold() -> None:
    make_entry(title="One")
    tasks.analyze()
    with connection.cursor() as cursor:
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = 'library_entry'")
        assert {stat.split()[0] for (stat,) in cursor.fetchall()} == {"1"}
