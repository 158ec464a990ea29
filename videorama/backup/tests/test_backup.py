"""Backups: what goes in comes out, and what is not whole changes nothing."""

import asyncio
import gzip
import hashlib
import io
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from library.queries import EntryFilters, counted_libraries, entry_page
from library.tests.factories import make_entry, make_library
from videorama.accounts.models import Session, User
from videorama.backup import errors, queries, services
from videorama.backup.archive import Archive
from videorama.backup.tests import drill
from videorama.jobs.models import Job, JobStatus
from videorama.ledger import chain
from videorama.ledger.models import LedgerEvent
from videorama.ledger.services import record
from videorama.preferences import queries as preferences
from videorama.preferences import services as preference_services

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "sk-not-for-everybody-0123456789"


@pytest.fixture
def stored(tmp_path: Path, make_user: Any) -> Path:
    """An archive of a database with an entry, a secret, facts and somebody who is signed in."""
    user = make_user("ada", role="admin")
    make_entry(library=make_library(owner=user), title="Kept", poster=b"picture")
    preference_services.save(user=user, changes={"providers.llm_api_key": SECRET})
    Client().force_login(user)
    return services.back_up(tmp_path / "one.tar.gz").path


def restored(path: Path) -> services.Restored:
    return services.restore(path, replace=True)


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def with_manifest(parts: dict[str, bytes], **changes: Any) -> dict[str, bytes]:
    manifest = json.loads(parts["manifest.json"]) | changes
    return {**parts, "manifest.json": json.dumps(manifest).encode()}


def test_what_was_lost_is_there_again_and_what_came_later_is_not(stored, tmp_path):
    User.objects.create(username="later")
    preference_services.reset(user=None, key="providers.llm_api_key")
    assert restored(stored).unreadable == []
    assert list(User.objects.values_list("username", flat=True)) == ["ada"]
    assert preferences.value("providers.llm_api_key") == SECRET
    ada = User.objects.get()
    assert [one.title for one in entry_page(ada, EntryFilters(text="kept")).items] == ["Kept"]
    assert [one.entry_count for one in counted_libraries(ada)] == [1]
    again = services.back_up(tmp_path / "two.tar.gz").path
    assert drill.different_tables(Archive(stored), Archive(again)) == drill.CHAIN
    assert chain.walk().problem == ""
    assert LedgerEvent.objects.latest("sequence").event == "backup.made"
    # Sequences go on behind what came back.
    make_entry(library=make_library(owner=User.objects.get()), title="New")


def test_nobody_is_signed_in_by_a_backup(stored):
    assert Session.objects.exists()
    restored(stored)
    assert not Session.objects.exists()
    assert "tables/accounts.session.jsonl" not in members(stored)


def test_a_backup_is_for_its_owner_only_and_never_written_over(stored):
    assert stored.stat().st_mode & 0o777 == 0o600
    with pytest.raises(errors.NameTaken):
        services.back_up(stored)
    assert [path.name for path in stored.parent.iterdir() if "making" in path.name] == []


def test_a_database_with_data_is_left_alone_unless_told(stored):
    with pytest.raises(errors.NotEmpty):
        services.restore(stored)
    assert LedgerEvent.objects.latest("sequence").event == "backup.made"


def test_an_archive_that_is_cut_off_anywhere_is_refused(stored, tmp_path):
    whole = stored.read_bytes()
    for length in (0, 10, len(whole) // 3, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        cut = tmp_path / "cut.tar.gz"
        cut.write_bytes(whole[:length])
        with pytest.raises(errors.Damaged):
            restored(cut)
    assert LedgerEvent.objects.latest("sequence").event == "backup.made"


def tampered(parts: dict[str, bytes]) -> list[dict[str, bytes]]:
    """Archives that are not as they were written, each in another way."""
    users = "tables/accounts.user.jsonl"
    without = {name: data for name, data in parts.items() if name != users}
    manifest = json.loads(parts["manifest.json"])
    fewer = [one for one in manifest["tables"] if one["name"] != "accounts.user"]
    return [
        {**parts, users: parts[users].replace(b"ada", b"eve")},
        {**parts, users: parts[users] * 2},
        without,
        with_manifest(without, tables=fewer),
        {**parts, "tables/more.jsonl": b"[]\n"},
        with_manifest(parts, tables="none"),
        {"manifest.json": b"{"},
        {"other": b""},
    ]


def test_an_archive_that_was_changed_is_refused_and_nothing_happens(stored, tmp_path):
    for number, parts in enumerate(tampered(members(stored))):
        with pytest.raises(errors.Damaged):
            restored(packed(tmp_path / f"{number}.tar.gz", parts))
    with pytest.raises(errors.Damaged):
        restored(shutil.copy(__file__, tmp_path / "no.tar.gz"))
    assert list(User.objects.values_list("username", flat=True)) == ["ada"]


def test_an_archive_cannot_take_all_memory_with_one_line(stored, tmp_path):
    parts = members(stored)
    name, path = "tables/accounts.user.jsonl", tmp_path / "endless.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as packing:
        manifest = tarfile.TarInfo("manifest.json")
        manifest.size = len(parts["manifest.json"])
        padding = -manifest.size % tarfile.BLOCKSIZE
        packing.write(manifest.tobuf() + parts["manifest.json"] + b"\0" * padding)
        endless = tarfile.TarInfo(name)
        endless.size = 1 << 40
        packing.write(endless.tobuf())
        for _megabyte in range(300):
            packing.write(b" " * (1 << 20))
    with pytest.raises(errors.Damaged) as refused:
        restored(path)
    assert "endless line" in refused.value.technical


def test_lines_that_are_no_rows_are_refused(stored, tmp_path):
    parts = members(stored)
    name = "tables/accounts.user.jsonl"
    for number, line in enumerate([b"[" * 100_000 + b"\n", b"7\n", b'{"id": 1}\n']):
        manifest = json.loads(parts["manifest.json"])
        for one in manifest["tables"]:
            if one["file"] == name:
                one |= {"sha256": hashlib.sha256(line).hexdigest(), "rows": 1}
        forged = with_manifest({**parts, name: line}, tables=manifest["tables"])
        with pytest.raises(errors.Damaged):
            restored(packed(tmp_path / f"rows-{number}.tar.gz", forged))
    assert list(User.objects.values_list("username", flat=True)) == ["ada"]


@pytest.mark.scale_only("SQLite has no connections of others")
def test_a_program_is_seen_at_work_whatever_its_address_calls_it(stored, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "application_name", "mine")
    import psycopg

    with (
        psycopg.connect(**connection.get_connection_params()),
        pytest.raises(errors.InUse),
    ):
        restored(stored)


def test_a_ledger_that_was_written_anew_is_refused_though_all_sums_fit(stored, tmp_path):
    parts = members(stored)
    name = "tables/ledger.ledgerevent.jsonl"
    changed = parts[name].replace(b"setting.changed", b"setting.rotated")
    assert changed != parts[name]
    manifest = json.loads(parts["manifest.json"])
    for one in manifest["tables"]:
        if one["file"] == name:
            one["sha256"] = hashlib.sha256(changed).hexdigest()
    forged = with_manifest({**parts, name: changed}, tables=manifest["tables"])
    with pytest.raises(errors.Damaged, match="ledger"):
        restored(packed(tmp_path / "forged.tar.gz", forged))
    assert chain.walk().problem == ""
    record("backup.made")  # the guard is back, and writing goes on


def test_a_backup_of_a_newer_version_is_refused_by_its_name(stored, tmp_path):
    parts = members(stored)
    migrations = json.loads(parts["manifest.json"])["migrations"]
    migrations["library"].append("9999_from_the_future")
    newer = with_manifest(parts, migrations=migrations, version="99.1")
    with pytest.raises(errors.TooNew, match=r"99\.1"):
        restored(packed(tmp_path / "newer.tar.gz", newer))


def test_another_key_names_what_cannot_be_read_and_a_key_that_comes_along_opens_it(
    stored, tmp_path, settings
):
    with_key = services.back_up(tmp_path / "key.tar.gz", with_key=True).path
    settings.SECRET_KEY = "another key of another server, long enough"
    assert restored(stored).unreadable == ["providers.llm_api_key"]
    assert preferences.value("providers.llm_api_key") == ""
    found = restored(with_key)
    assert (found.unreadable, found.rewritten) == ([], 1)
    assert preferences.value("providers.llm_api_key") == SECRET
    assert not any(b"secret_key" in name.encode() for name in members(stored))


def test_running_work_waits_again(make_user, tmp_path):
    job = Job.objects.create(
        kind="sprite", title="A", status=JobStatus.RUNNING, claims=1, owner=make_user("ada")
    )
    made = services.back_up(tmp_path / "running.tar.gz").path
    restored(made)
    assert Job.objects.get(uuid=job.uuid).status == JobStatus.PENDING


def test_the_list_of_media_finds_what_is_missing_changed_and_new(stored):
    root = Path(settings.ROOTS["media"])
    kept = sorted(path for path in root.rglob("*") if path.is_file())
    gone, changed = kept[:2]

    def differences(*, hashes: bool = False) -> list[tuple[str, str]]:
        found = services.media_differences(Archive(stored), hashes=hashes)
        return sorted((one.kind, one.path) for one in found)

    assert differences(hashes=True) == []
    gone.unlink()
    data = bytearray(changed.read_bytes())
    data[0] ^= 1
    changed.write_bytes(data)
    (root / "new.mp4").write_bytes(b"new")
    passing = root / ".videorama" / "incoming" / "job"
    passing.mkdir(parents=True)
    (passing / "part").touch()
    assert differences() == [
        ("changed", changed.relative_to(root).as_posix()),
        ("extra", "new.mp4"),
        ("missing", gone.relative_to(root).as_posix()),
    ]


def test_what_a_killed_backup_left_goes_with_the_next(stored, tmp_path):
    left = tmp_path / ".making-left"
    left.mkdir()
    (left / "lock").touch()
    services.back_up(tmp_path / "next.tar.gz")
    assert not left.exists()


@pytest.fixture
def no_backups() -> Any:
    """An empty folder of backups."""
    shutil.rmtree(queries.folder(), ignore_errors=True)
    yield
    shutil.rmtree(queries.folder(), ignore_errors=True)


def test_backups_are_made_when_they_are_due_and_the_oldest_go(admin, no_backups):
    services.make_due()
    assert not Job.objects.exists()
    preference_services.save(user=admin, changes={"backups.every": "daily", "backups.keep": 2})
    services.make_due()
    services.make_due()
    assert Job.objects.filter(kind="backup").count() == 1
    Job.objects.update(status=JobStatus.COMPLETED)
    for day in (1, 2, 3):
        moment = timezone.now().replace(year=2001, month=1, day=day)
        services.back_up(queries.folder() / queries.name_for(moment))
    assert services.forget_old() == 1
    assert len(queries.kept()) == 2
    services.make_due()
    assert Job.objects.filter(kind="backup").count() == 1


def test_a_failed_backup_is_told_to_administrators(admin, no_backups):
    client = Client()
    client.force_login(admin)
    assert "None yet" in client.get("/settings/backups/").text
    assert client.post("/settings/backups/make/").status_code == 302
    asks_again = 'hx-get="/settings/backups/" hx-trigger="every 2s"'
    page = client.get("/settings/backups/").text
    assert "being made" in page and asks_again in page
    Job.objects.update(status=JobStatus.FAILED, error_message="The disk is full.")
    page = client.get("/settings/backups/").text
    assert "The disk is full." in page and asks_again not in page
    assert "The disk is full." in client.get("/settings/diagnostics/").text


def test_administrators_take_a_backup_home_and_that_is_written_down(admin, no_backups):
    name = queries.name_for(timezone.now())
    made = services.back_up(queries.folder() / name)
    client = Client()
    client.force_login(admin)
    answer: Any = client.get(f"/settings/backups/files/{name}")

    async def read() -> bytes:
        return b"".join([block async for block in answer])

    body = asyncio.run(read())
    assert body == made.path.read_bytes() and gzip.decompress(body)
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    fact = LedgerEvent.objects.latest("sequence")
    assert (fact.event, fact.data["file"]) == ("backup.downloaded", name)
    assert client.get("/settings/backups/files/..%2Fsecret_key").status_code == 404
