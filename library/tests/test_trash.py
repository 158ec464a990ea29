"""The trash: what comes back and how, what is forgotten and when."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library import services
from library.errors import DuplicateContent, FileMissing, MayNotEdit, NotInTrash
from library.models import Entry, EntryFile, FileRole
from library.queries import file_path, playable_file
from library.tests.factories import make_entry, make_file, make_library, make_user
from library.tests.new_entries import media_files
from videorama.accounts.models import User
from videorama.ledger.models import LedgerEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor_client(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def trashed(user: User, *, with_files: bool = True, **changes: Any) -> Entry:
    entry = make_entry(**changes)
    services.delete_entry(user=user, entry=entry, with_files=with_files)
    return Entry.objects.select_related("library").get(pk=entry.pk)


@pytest.mark.parametrize("with_files", [True, False])
def test_what_is_restored_is_as_it_was(editor: User, media_root: Path, with_files: bool) -> None:
    entry = make_entry(content=b"film", poster=b"p")
    make_file(entry, content=b"WEBVTT", role=FileRole.SUBTITLE, format="vtt",
              path=f"{entry.library.folder}/film.en.vtt")  # fmt: skip
    before = media_files(media_root)
    services.delete_entry(user=editor, entry=entry, with_files=with_files)
    assert (media_files(media_root) == before) is not with_files
    services.restore_entry(user=editor, entry=entry)
    assert media_files(media_root) == before
    assert entry.deleted_at is None and entry.deleted_by is None and not entry.files_stay
    assert all(file.is_live for file in entry.files.all())
    with pytest.raises(NotInTrash):
        services.restore_entry(user=editor, entry=entry)
    events = list(LedgerEvent.objects.order_by("pk").values_list("event", flat=True))
    assert events[-2:] == ["entry.trashed", "entry.restored"]


def test_a_name_taken_meanwhile_becomes_the_next_free_one(editor: User, media_root: Path) -> None:
    entry = make_entry(content=b"mine")
    original = playable_file(entry)
    place = media_root / original.path
    services.delete_entry(user=editor, entry=entry, with_files=True)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"somebody else's")
    services.restore_entry(user=editor, entry=entry)
    original.refresh_from_db()
    assert original.path == str(place.relative_to(media_root))[:-4] + "-1.mp4"
    assert file_path(original).read_bytes() == b"mine"
    assert place.read_bytes() == b"somebody else's"


@pytest.mark.parametrize("with_files", [True, False])
def test_the_same_bytes_back_in_the_library_refuse_it(editor: User, with_files: bool) -> None:
    gone = trashed(editor, content=b"twin", with_files=with_files)
    live = make_entry(library=gone.library, content=b"twin")
    with pytest.raises(DuplicateContent) as refusal:
        services.restore_entry(user=editor, entry=gone)
    assert refusal.value.entry == live
    gone.refresh_from_db()
    assert gone.deleted_at is not None
    assert file_path(gone.files.get()).read_bytes() == b"twin"


def test_an_entry_whose_media_is_gone_stays_in_the_trash(editor: User) -> None:
    gone = trashed(editor, with_files=False)
    file_path(gone.files.get()).unlink()
    with pytest.raises(FileMissing, match="cannot be restored"):
        services.restore_entry(user=editor, entry=gone)
    with pytest.raises(MayNotEdit):
        services.restore_entry(user=make_user(role="viewer"), entry=gone)


def test_purging_takes_only_what_was_deleted(editor: User, media_root: Path) -> None:
    live, gone = make_entry(), trashed(editor, poster=b"p")
    with pytest.raises(NotInTrash):
        services.purge_entry(user=editor, entry=live)
    services.purge_entry(user=editor, entry=gone)
    assert media_files(media_root) == [playable_file(live).path]
    assert not (media_root / f".videorama/trash/{gone.uuid}").exists()


def test_the_clock_forgets_what_lay_there_long_enough(editor: User, settings: Any) -> None:
    entries = [trashed(editor) for _ in range(3)]
    for entry, days in zip(entries, (31, 29, 400), strict=True):
        Entry.objects.filter(pk=entry.pk).update(deleted_at=timezone.now() - timedelta(days=days))
    assert services.sweep_trash() == 2
    assert services.sweep_trash() == 0
    assert Entry.objects.get() == entries[1]
    assert EntryFile.objects.count() == 1


def test_the_page_restores_and_forgets(editor_client: Client, editor: User) -> None:
    assert "The trash is empty" in editor_client.get("/trash/").content.decode()
    entry = make_entry(title="Tea & <Toast>")
    answer = editor_client.post(f"/entries/{entry.uuid}/delete/", {"what": "row"}, follow=True)
    assert f'action="/trash/{entry.uuid}/restore/"' in answer.content.decode()
    page = editor_client.get("/trash/").content.decode()
    assert "Tea &amp; &lt;Toast&gt;" in page and "30 days left" in page
    assert f"deleted by {editor.username}" in page
    editor_client.post(f"/trash/{entry.uuid}/restore/")
    assert Entry.objects.get(pk=entry.pk).deleted_at is None
    two = [trashed(editor), trashed(editor)]
    sent = {"entry": [str(one.uuid) for one in two] + ["nonsense"], "do": "restore"}
    page = editor_client.post("/trash/change/", sent, follow=True).content.decode()
    assert "2 entries restored" in page
    trashed(editor)
    private = trashed(editor, library=make_library(is_private=True, members={editor: "editor"}))
    private.library.memberships.all().delete()
    page = editor_client.post("/trash/empty/", follow=True).content.decode()
    assert "1 entry deleted for good" in page
    assert Entry.objects.filter(deleted_at__isnull=False).get() == private


def test_the_page_costs_the_same_queries_with_ten_more_entries(
    editor_client: Client, editor: User
) -> None:
    library = make_library()
    counts = []
    editor_client.get("/trash/")
    for number in (2, 10):
        for _ in range(number):
            trashed(editor, library=library)
        with CaptureQueriesContext(connection) as seen:
            editor_client.get("/trash/")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_library_whose_last_entries_are_in_the_trash_leads_there(client: Client) -> None:
    library = make_library()
    client.force_login(library.owner)
    trashed(library.owner, library=library, title="Mine")
    trashed(library.owner, title="Elsewhere")
    address = f"/trash/?library={library.slug}"
    assert address in client.get(f"/libraries/{library.slug}/removal/").content.decode()
    page = client.get(address).content.decode()
    assert "Mine" in page and "Elsewhere" not in page
