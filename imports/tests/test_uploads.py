"""The upload protocol as a strict client meets it, and what is kept whatever happens."""

import asyncio
import fcntl
import json
import os
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imports import errors, receiving, services, tus
from imports.models import Upload, UploadState
from imports.tests.tus_client import COLLECTION, STREAM, VERSION, TusClient, ask, metadata
from library.services import upload_file
from videorama.jobs.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
DATA = os.urandom(3_000_000)
NAME = {"filename": "Ferien am Meer.mp4"}


@pytest.fixture
def client(editor, bearer):
    return TusClient(bearer(editor))


def row(address):
    return Upload.objects.select_related("job").get(uuid=address.rpartition("/")[2])


def bytes_of(upload):
    return upload_file(root=upload.root, upload_uuid=upload.uuid).read_bytes()


async def test_a_file_arrives_over_several_connections_and_becomes_an_import(client):
    address = await client.create(len(DATA), **NAME)
    assert await client.offset(address) == 0
    first = await client.patch(address, 0, DATA[:1_000_000])
    assert (first.status, first.headers["upload-offset"]) == (204, "1000000")
    assert "upload-expires" in first.headers
    # The cable is pulled in the middle of a piece: what came is kept, nothing more is claimed.
    await client.patch(address, 1_000_000, DATA[1_000_000:1_700_000], cut=True)
    assert await client.offset(address) == 1_700_000
    last = await client.patch(address, 1_700_000, DATA[1_700_000:2_500_000], DATA[2_500_000:])
    assert (last.status, last.headers["upload-offset"]) == (204, str(len(DATA)))
    upload = await sync_to_async(row)(address)
    assert upload.state == UploadState.WHOLE
    assert await sync_to_async(bytes_of)(upload) == DATA
    assert last.headers["videorama-job"] == str(upload.job.uuid)
    assert upload.job.title == "Ferien am Meer.mp4"
    assert await client.offset(address) == len(DATA)


async def test_the_server_says_what_it_speaks():
    answer = await ask("OPTIONS", COLLECTION)
    assert answer.status == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert set(answer.headers["tus-extension"].split(",")) >= {"creation", "termination"}
    assert "tus-max-size" not in answer.headers


async def test_metadata_and_length_come_back_as_they_were_sent(client):
    about = metadata(filename="a b.mkv", mood="")
    made = await client.ask("POST", COLLECTION, ("Upload-Length", "5"), about)
    found = await client.ask("HEAD", made.headers["location"])
    assert found.headers["upload-length"] == "5"
    assert found.headers["upload-metadata"] == about[1]
    assert found.body == b""


async def test_the_first_bytes_may_come_with_the_creation(client):
    made = await client.ask(
        "POST", COLLECTION, STREAM, ("Upload-Length", "10"), metadata(**NAME), pieces=(b"12345",)
    )
    assert (made.status, made.headers["upload-offset"]) == (201, "5")
    assert await client.offset(made.headers["location"]) == 5


LONG = ("Upload-Length", "5")
CREATIONS = {
    "no version": ((), 412),
    "another version": ((("Tus-Resumable", "0.2.2"), LONG), 412),
    "no length": ((VERSION,), 400),
    "length later": ((VERSION, ("Upload-Defer-Length", "1")), 400),
    "negative": ((VERSION, ("Upload-Length", "-1")), 400),
    "not a number": ((VERSION, ("Upload-Length", "5.0")), 400),
    "other figures": ((VERSION, ("Upload-Length", "\xb2")), 400),
    "overflow": ((VERSION, ("Upload-Length", "9" * 40)), 400),
    "larger than any row": ((VERSION, ("Upload-Length", str(2**63))), 400),
    "larger than any disk": ((VERSION, ("Upload-Length", str(2**62 + 1))), 422),
    "larger than this disk": ((VERSION, ("Upload-Length", str(2**55))), 507),
    "empty": ((VERSION, ("Upload-Length", "0")), 422),
    "not Base64": ((VERSION, LONG, ("Upload-Metadata", "filename !!!")), 400),
    "a key twice": ((VERSION, LONG, ("Upload-Metadata", "a YQ==,a YQ==")), 400),
    "no key": ((VERSION, LONG, ("Upload-Metadata", "a YQ==,")), 400),
    "half a character": ((VERSION, LONG, ("Upload-Metadata", "filename 4Q==")), 400),
    "huge metadata": ((VERSION, LONG, ("Upload-Metadata", f"filename {'QUFB' * 4000}")), 400),
    "unknown library": ((VERSION, LONG, metadata(library="nowhere")), 404),
}


async def test_a_creation_that_makes_no_sense_is_refused(client):
    got = {}
    for case, (headers, status) in CREATIONS.items():
        answer = await ask("POST", COLLECTION, *client.who, *headers)
        got[case] = (headers, answer.status)
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert json.loads(answer.body)["error"]["message"]
        assert ("tus-version" in answer.headers) == (status == 412)
    assert got == CREATIONS
    assert not await Upload.objects.aexists()


AT = ("Upload-Offset", "2")
PIECES = {
    "no version": ((STREAM, AT), 412),
    "another type": ((VERSION, ("Content-Type", "application/octet-stream"), AT), 415),
    "no type": ((VERSION, AT), 415),
    "no offset": ((VERSION, STREAM), 400),
    "negative offset": ((VERSION, STREAM, ("Upload-Offset", "-2")), 400),
    "overflow": ((VERSION, STREAM, ("Upload-Offset", "2" * 30)), 400),
    "too early": ((VERSION, STREAM, ("Upload-Offset", "1")), 409),
    "too late": ((VERSION, STREAM, ("Upload-Offset", "3")), 409),
    "announced too long": ((VERSION, STREAM, AT, ("Content-Length", "4")), 413),
}


async def test_a_piece_that_does_not_fit_changes_nothing(client):
    address = await client.create(5, **NAME)
    assert (await client.patch(address, 0, b"12")).status == 204
    got = {}
    for case, (headers, _status) in PIECES.items():
        answer = await ask("PATCH", address, *client.who, *headers, pieces=(b"345",))
        got[case] = (headers, answer.status)
    assert got == PIECES
    assert await client.offset(address) == 2


async def test_more_than_was_announced_is_refused_and_what_was_there_stays(client):
    address = await client.create(5, **NAME)
    assert (await client.patch(address, 0, b"12")).status == 204
    assert (await client.patch(address, 2, b"345678")).status == 413
    assert await client.offset(address) == 2


async def test_other_methods_are_refused(client):
    address = await client.create(5, **NAME)
    for method in ("GET", "PUT", "POST"):
        answer = await client.ask(method, address)
        assert answer.status == 405
        assert "PATCH" in answer.headers["allow"]


async def test_networks_without_patch_and_delete_may_say_it_in_a_post(client):
    address = await client.create(5, **NAME)
    meant = ("X-HTTP-Method-Override", "PATCH")
    answer = await client.ask(
        "POST", address, meant, STREAM, ("Upload-Offset", "0"), pieces=(b"123",)
    )
    assert (answer.status, await client.offset(address)) == (204, 3)
    gone = await client.ask("POST", address, ("X-HTTP-Method-Override", "DELETE"))
    assert gone.status == 204


async def test_a_given_up_upload_is_gone_with_its_bytes(client, media_root):
    address = await client.create(5, **NAME)
    await client.patch(address, 0, b"123")
    assert (await client.ask("DELETE", address)).status == 204
    for method in ("HEAD", "DELETE"):
        assert (await client.ask(method, address)).status == 404
    assert (await client.patch(address, 3, b"45")).status == 404
    assert list(media_root.glob(".videorama/uploads/*")) == []


async def test_an_upload_exists_for_its_owner_alone(client, admin, bearer):
    address = await client.create(5, **NAME)
    other = await sync_to_async(bearer)(admin)
    for who, status in ((TusClient(other), 404), (TusClient({"Authorization": "Bearer x"}), 401)):
        assert (await who.ask("HEAD", address)).status == status
        assert (await who.patch(address, 0, b"12345")).status == status
        assert (await who.ask("DELETE", address)).status == status
    assert await client.offset(address) == 0


async def test_who_may_only_watch_sends_nothing(viewer, bearer):
    client = TusClient(await sync_to_async(bearer)(viewer))
    answer = await client.ask("POST", COLLECTION, ("Upload-Length", "5"))
    assert answer.status == 403


async def test_two_senders_of_one_file_do_not_mix(client):
    address = await client.create(5, **NAME)
    upload = await sync_to_async(row)(address)
    place = await sync_to_async(upload_file)(root=upload.root, upload_uuid=upload.uuid)
    with place.open("wb") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        answer = await client.patch(address, 0, b"123")
        assert (answer.status, answer.headers["retry-after"]) == (423, "2")
    assert (await client.patch(address, 0, b"123")).status == 204


async def test_a_silent_sender_makes_room_and_loses_nothing(client, monkeypatch):
    monkeypatch.setattr(receiving, "IDLE_S", 0.05)
    address = await client.create(5, **NAME)
    monkeypatch.setattr(
        "imports.tests.tus_client.Wire.receive", _silent_after(b"123"), raising=True
    )
    answer = await client.patch(address, 0, b"")
    monkeypatch.undo()
    assert answer.status == 408
    assert await client.offset(address) == 3


def _silent_after(data):
    async def receive(wire):
        if wire._pieces:
            wire._pieces.clear()
            return {"type": "http.request", "body": data, "more_body": True}
        await asyncio.Event().wait()

    return receive


async def test_only_what_is_safe_on_disk_is_claimed_after_a_crash(client):
    address = await client.create(10, **NAME)
    await client.patch(address, 0, b"12345")
    upload = await sync_to_async(row)(address)
    place = await sync_to_async(upload_file)(root=upload.root, upload_uuid=upload.uuid)
    # Killed after writing, before the row: what lies beyond is cut off, not believed.
    place.write_bytes(b"12345xxx")
    assert await client.offset(address) == 5
    await client.patch(address, 5, b"67")
    assert place.read_bytes() == b"1234567"
    # The disk lost some of it: less is claimed.
    place.write_bytes(b"123")
    assert await client.offset(address) == 3
    assert (await client.patch(address, 3, b"4567890")).status == 204
    assert place.read_bytes() == b"1234567890"


def test_what_nobody_went_on_with_is_forgotten_after_days(editor, media_root):
    about = tus.about({"filename": "old.mp4"})
    old, new = (services.begin_upload(user=editor, size=5, about=about) for _ in "12")
    Upload.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    (media_root / ".videorama/uploads/stray").mkdir()
    assert services.sweep_uploads() == 2
    assert [path.name for path in media_root.glob(".videorama/uploads/*")] == [str(new.uuid)]


def test_a_file_that_was_whole_when_the_program_died_is_imported_at_the_next_start(editor):
    upload = services.begin_upload(user=editor, size=5, about=tus.about({"filename": "a.mp4"}))
    services.confirm(upload=upload, offset=5)
    services.sweep_uploads()
    services.sweep_uploads()
    assert Job.objects.get(kind="import").title == "a.mp4"


def test_nobody_has_uploads_without_end(editor, monkeypatch):
    monkeypatch.setattr("imports.services.uploads.MAX_OPEN", 1)
    about = tus.about({"filename": "a.mp4"})
    services.begin_upload(user=editor, size=5, about=about)
    with pytest.raises(errors.TooManyUploads):
        services.begin_upload(user=editor, size=5, about=about)


async def test_a_full_disk_says_so_and_keeps_what_has_arrived(client, monkeypatch):
    address = await client.create(10, **NAME)
    await client.patch(address, 0, b"12345")
    monkeypatch.setattr(services, "RESERVE_BYTES", 2**62)
    answer = await client.patch(address, 5, b"67890")
    assert answer.status == 507
    assert "disk is full" in json.loads(answer.body)["error"]["message"]
    monkeypatch.undo()
    assert await client.offset(address) == 5
    assert (await client.patch(address, 5, b"67890")).status == 204


async def test_pages_send_with_their_session_and_its_token(editor):
    visitor = Client(enforce_csrf_checks=True)
    await sync_to_async(visitor.force_login)(editor)
    page = await sync_to_async(visitor.get)("/import/files/")
    token = page.context["csrf_token"]
    jar = "; ".join(f"{name}={morsel.value}" for name, morsel in visitor.cookies.items())
    session, proof = ("Cookie", jar), ("X-CSRFToken", str(token))
    begin = ("POST", "/import/upload/", VERSION, session, ("Upload-Length", "5"))
    assert (await ask(*begin)).status == 403
    made = await ask(*begin, proof, metadata(**NAME))
    assert made.status == 201
    address = made.headers["location"]
    assert address.startswith("/import/upload/")
    piece = ("PATCH", address, VERSION, STREAM, session, ("Upload-Offset", "0"))
    assert (await ask(*piece, pieces=(b"123",))).status == 403
    assert (await ask(*piece, proof, pieces=(b"123",))).status == 204
    listed = await ask("GET", "/import/upload/", session)
    assert [one["offset"] for one in json.loads(listed.body)["items"]] == [3]
    # Who is not signed in is sent to the sign-in page before a byte is read.
    assert (await ask("PATCH", address, VERSION, STREAM, pieces=(b"123",))).status in {302, 403}


async def test_a_large_form_is_read_only_from_who_may_send_it(viewer, editor):
    piece = b"x" * 2**16
    form = ("Content-Type", "multipart/form-data; boundary=x")
    for person, status in ((None, 302), (viewer, 403)):
        visitor = Client()
        if person is not None:
            await sync_to_async(visitor.force_login)(person)
        jar = "; ".join(f"{name}={one.value}" for name, one in visitor.cookies.items())
        wire = [piece] * 400
        answer = await ask("POST", "/import/files/", form, ("Cookie", jar), pieces=wire)
        assert answer.status == status


async def test_a_plain_form_brings_files_larger_than_other_forms_may_be(editor, settings):
    visitor = Client(enforce_csrf_checks=True)
    await sync_to_async(visitor.force_login)(editor)
    page = await sync_to_async(visitor.get)("/import/files/")
    jar = "; ".join(f"{name}={one.value}" for name, one in visitor.cookies.items())
    fields = {
        'name="csrfmiddlewaretoken"': str(page.context["csrf_token"]).encode(),
        'name="files"; filename="a.mp4"': DATA,
        'name="files"; filename="empty.mp4"': b"",
    }
    # Long enough that no file made by chance holds it.
    edge = "the-edge-between-two-parts"
    body = b""
    for name, value in fields.items():
        head = f"--{edge}\r\nContent-Disposition: form-data; {name}\r\n\r\n"
        body += head.encode() + value + b"\r\n"
    body += f"--{edge}--\r\n".encode()
    assert len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    form = ("Content-Type", f"multipart/form-data; boundary={edge}")
    wire = [body[at : at + 2**16] for at in range(0, len(body), 2**16)]
    length = ("Content-Length", str(len(body)))
    answer = await ask("POST", "/import/files/", form, length, ("Cookie", jar), pieces=wire)
    assert answer.status == 422
    assert "empty.mp4: This file is empty." in answer.body.decode()
    upload = await Upload.objects.aget()
    assert await sync_to_async(bytes_of)(upload) == DATA


def test_the_page_of_uploads_asks_the_database_the_same_however_long_its_list(
    editor, django_assert_num_queries
):
    visitor, about = Client(), tus.about(NAME)
    visitor.force_login(editor)
    services.begin_upload(user=editor, size=5, about=about)
    visitor.get("/import/files/")
    with CaptureQueriesContext(connection) as few:
        visitor.get("/import/files/")
    for _number in range(10):
        services.begin_upload(user=editor, size=5, about=about)
    with django_assert_num_queries(len(few)):
        assert visitor.get("/import/files/").text.count("data-unfinished-upload") == 11
