"""Who gets which bytes, through the real ASGI application."""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from library.models import DownloadEvent, Entry, EntryFile, FileRole, TransferKind
from library.queries import file_path, media_url, playable_file
from library.services import delete_entry, purge_entry
from library.tests.asgi_client import Answer, ask
from library.tests.factories import PASSWORD, make_entry, make_file, make_library, make_user
from library.tests.range_table import (
    EMPTY_ROWS,
    MODIFIED,
    ROWS,
    SIZE,
    differences,
    expected_headers,
)
from videorama.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = bytes((index * 7 + index // 256) % 256 for index in range(SIZE))
type Headers = list[tuple[str, str]]


@pytest.fixture
def entry() -> Entry:
    return make_entry(content=CONTENT, title="Café 🎬 “night”", poster=b"jpeg bytes")


@pytest.fixture
def auth(bearer: Callable[[User], dict[str, str]]) -> Headers:
    """Headers of somebody who may see public libraries."""
    return list(bearer(make_user(role="viewer")).items())


def events() -> list[DownloadEvent]:
    return list(DownloadEvent.objects.order_by("pk"))


async def test_every_row_of_the_range_table_is_answered(entry: Entry, auth: Headers) -> None:
    place = file_path(await sync_to_async(playable_file)(entry))
    os.utime(place, (MODIFIED, MODIFIED))
    wrong = []
    for name, method, headers, status, span in ROWS:
        answer = await ask(media_url(entry, "stream"), method=method, headers=[*headers, *auth])
        start, end = span or (0, SIZE - 1)
        body = CONTENT[start : end + 1] if status in {200, 206} and method == "GET" else None
        if answer.status != status or (body is not None and answer.body != body):
            wrong.append(f"{name}: {answer.status}, {len(answer.body)} bytes")
        wrong += [f"{name}: {fault}" for fault in header_faults(answer, status, start, end)]
        if method == "HEAD" and answer.body:
            wrong.append(f"{name}: HEAD with a body")
    assert wrong == []


def header_faults(answer: Answer, status: int, start: int, end: int) -> list[str]:
    """What the headers of this answer should say and do not."""
    expected = expected_headers(status, start, end)
    if status in {200, 206}:
        expected["accept-ranges"] = "bytes"
    found = answer.headers
    faults = differences(found, expected)
    if any(name in found for name in ("x-accel-redirect", "x-videorama-transfer")):
        faults.append("an inner header got out")
    return faults


async def test_an_empty_file_is_given_whole_to_every_request(entry: Entry, auth: Headers) -> None:
    file_path(await sync_to_async(playable_file)(entry)).write_bytes(b"")
    for _name, method, headers, status, _span in EMPTY_ROWS:
        answer = await ask(media_url(entry, "stream"), method=method, headers=[*headers, *auth])
        assert (answer.status, answer.body) == (status, b"")
        assert answer.headers["content-length"] == "0"


async def test_the_original_is_streamed_also_when_other_files_came_first(
    auth: Headers, media_root: Path
) -> None:
    def arrange() -> Entry:
        entry = make_entry(content=CONTENT)
        original = entry.files.get()
        original.delete()
        make_file(entry, content=b"picture", role=FileRole.POSTER, format="jpg")
        make_file(entry, content=CONTENT, format="webm", mime="video/webm")
        make_file(entry, content=b"copy", role=FileRole.PLAYABLE, format="mp4")
        return entry

    entry = await sync_to_async(arrange)()
    original = await ask(media_url(entry, "stream"), headers=auth)
    assert (original.body, original.headers["content-type"]) == (CONTENT, "video/webm")
    copy = await ask(media_url(entry, "stream?as=playable"), headers=auth)
    assert (copy.body, copy.headers["content-type"]) == (b"copy", "video/mp4")
    explicit = await ask(media_url(entry, "stream?as=original"), headers=auth)
    assert explicit.body == CONTENT


async def test_there_is_no_copy_where_none_was_made(entry: Entry, auth: Headers) -> None:
    answer = await ask(media_url(entry, "stream?as=playable"), headers=auth)
    assert answer.status == 404
    wrong = await ask(media_url(entry, "stream?as=anything"), headers=auth)
    assert wrong.status == 422


async def test_a_download_is_named_after_the_title(entry: Entry, auth: Headers) -> None:
    answer = await ask(media_url(entry, "download"), headers=auth)
    assert answer.body == CONTENT
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; ")
    encoded = disposition.partition("filename*=utf-8''")[2]
    assert unquote(encoded) == "Café 🎬 “night”.mp4"


async def test_other_files_come_by_id_or_role_with_their_own_type(
    entry: Entry, auth: Headers
) -> None:
    subtitle = await sync_to_async(make_file)(
        entry, content=b"WEBVTT\n", role=FileRole.SUBTITLE, format="vtt"
    )
    by_id = await ask(media_url(entry, f"files/{subtitle.uuid}"), headers=auth)
    assert (by_id.body, by_id.headers["content-type"]) == (b"WEBVTT\n", "text/vtt")
    poster = await ask(media_url(entry, "files/poster"), headers=auth)
    assert (poster.body, poster.headers["content-type"]) == (b"jpeg bytes", "image/jpeg")
    assert (await ask(media_url(entry, "files/sprite"), headers=auth)).status == 404
    other = await sync_to_async(make_entry)()
    foreign = await ask(media_url(other, f"files/{subtitle.uuid}"), headers=auth)
    assert foreign.status == 404


async def test_pictures_are_kept_by_the_browser_and_by_nobody_else(
    entry: Entry, auth: Headers
) -> None:
    first = await ask(media_url(entry, "thumbnail"), headers=auth)
    assert first.body == b"jpeg bytes"
    assert first.headers["cache-control"].startswith("private")
    again = await ask(
        media_url(entry, "thumbnail"), headers=[*auth, ("If-None-Match", first.headers["etag"])]
    )
    assert (again.status, again.body) == (304, b"")
    assert "content-type" not in again.headers
    assert await sync_to_async(events)() == []


@pytest.mark.parametrize("what", ["stream", "download", "thumbnail", "files/original"])
async def test_nobody_gets_bytes_without_signing_in(entry: Entry, what: str) -> None:
    answer = await ask(media_url(entry, what))
    assert answer.status == 401
    assert CONTENT[:20] not in answer.body
    wrong = await ask(media_url(entry, what), headers=[("Authorization", "Bearer wrong")])
    assert wrong.status == 401


@pytest.mark.parametrize("what", ["stream", "download", "thumbnail", "files/original"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_media_is_only_read(entry: Entry, auth: Headers, what: str, method: str) -> None:
    assert (await ask(media_url(entry, what), method=method, headers=auth)).status == 405


async def test_a_session_is_enough_for_the_player(entry: Entry) -> None:
    def sign_in() -> str:
        user = make_user(role="viewer", password=PASSWORD)
        client = Client()
        client.force_login(user)
        return client.cookies["videorama_session"].value

    cookie = ("Cookie", f"videorama_session={await sync_to_async(sign_in)()}")
    answer = await ask(media_url(entry, "stream"), headers=[cookie])
    assert answer.body == CONTENT
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("what", ["stream", "download", "thumbnail", "files/original"])
async def test_a_private_library_is_invisible_to_strangers(
    auth: Headers, bearer: Callable[[User], dict[str, str]], what: str
) -> None:
    def arrange() -> tuple[Entry, Headers]:
        member = make_user(role="viewer")
        library = make_library(is_private=True, members={member: "viewer"})
        entry = make_entry(library=library, poster=b"p")
        return entry, list(bearer(member).items())

    entry, member = await sync_to_async(arrange)()
    assert (await ask(media_url(entry, what), headers=auth)).status == 404
    assert (await ask(media_url(entry, what), headers=member)).status == 200


async def test_an_entry_in_the_trash_is_gone(entry: Entry, auth: Headers) -> None:
    await sync_to_async(delete_entry)(user=entry.library.owner, entry=entry, with_files=True)
    assert (await ask(media_url(entry, "stream"), headers=auth)).status == 404


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "link", "folder/outside"])
async def test_a_tampered_row_gives_nothing_and_is_logged(
    entry: Entry, auth: Headers, media_root: Path, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    outside = media_root.parent / "outside"
    outside.write_bytes(b"secret")
    (media_root / "link").symlink_to(outside)
    (media_root / "folder").symlink_to(media_root.parent)
    originals = EntryFile.objects.filter(entry=entry, role=FileRole.ORIGINAL)
    await sync_to_async(originals.update)(path=path)
    with caplog.at_level(logging.WARNING):
        answer = await ask(media_url(entry, "stream"), headers=auth)
    assert answer.status == 404
    assert b"secret" not in answer.body
    assert "leads out of its storage root" in caplog.text


async def test_a_missing_file_is_noted_and_noted_again_when_it_is_back(
    entry: Entry, auth: Headers
) -> None:
    file = await sync_to_async(playable_file)(entry)
    place = file_path(file)
    place.unlink()
    answer = await ask(media_url(entry, "stream"), headers=auth)
    assert answer.status == 404
    assert b'"file_missing"' in answer.body
    await sync_to_async(file.refresh_from_db)()
    assert file.is_available is False
    place.write_bytes(CONTENT)
    assert (await ask(media_url(entry, "stream"), headers=auth)).status == 200
    await sync_to_async(file.refresh_from_db)()
    assert file.is_available is True


async def test_each_kind_of_transfer_is_recorded(entry: Entry, auth: Headers) -> None:
    await sync_to_async(make_file)(entry, content=b"copy", role=FileRole.PLAYABLE, format="mp4")
    for what in ("stream", "stream?as=playable", "download", "download?as=playable"):
        await ask(media_url(entry, what), headers=[*auth, ("User-Agent", "curl/8")])
    found = {event.format: event for event in await sync_to_async(events)()}
    assert set(found) == set(TransferKind)
    assert found["stream"].bytes_transferred == SIZE + 4
    assert found["original"].bytes_transferred == SIZE
    assert found["download"].bytes_transferred == 4
    assert all(event.completed and event.completed_at for event in found.values())
    assert {event.user_agent for event in found.values()} == {"curl/8"}


async def test_the_ranges_of_one_viewing_are_one_event(entry: Entry, auth: Headers) -> None:
    spans = [(0, 99), (500, 599), (100, 4000), (0, 1), (7000, 7999), (5, 5), (1, 2), (30, 60)]
    total = 0
    for start, end in spans:
        wish = ("Range", f"bytes={start}-{end}")
        total += len((await ask(media_url(entry, "stream"), headers=[*auth, wish])).body)
    (event,) = await sync_to_async(events)()
    assert event.bytes_transferred == total
    assert event.completed is False
    await ask(media_url(entry, "stream"), headers=[*auth, ("Range", "bytes=-1")])
    (event,) = await sync_to_async(events)()
    assert event.completed is True


async def test_first_ranges_asked_at_once_are_one_event(entry: Entry, auth: Headers) -> None:
    wishes = [("Range", f"bytes={start}-{start + 9}") for start in range(0, 80, 10)]
    await asyncio.gather(
        *(ask(media_url(entry, "stream"), headers=[*auth, wish]) for wish in wishes)
    )
    (event,) = await sync_to_async(events)()
    assert event.bytes_transferred == 80


async def test_another_client_is_another_viewing(entry: Entry, auth: Headers) -> None:
    for program in ("a", "b"):
        await ask(media_url(entry, "stream"), headers=[*auth, ("User-Agent", program)])
    assert len(await sync_to_async(events)()) == 2


async def test_looking_without_bytes_is_no_viewing(entry: Entry, auth: Headers) -> None:
    await ask(media_url(entry, "stream"), method="HEAD", headers=auth)
    assert await sync_to_async(events)() == []


async def test_a_forged_address_is_not_believed(entry: Entry, auth: Headers) -> None:
    forged = ("X-Forwarded-For", "203.0.113.9")
    await ask(media_url(entry, "stream"), headers=[*auth, forged], client="198.51.100.7")
    (event,) = await sync_to_async(events)()
    assert event.ip_address == "198.51.100.7"


async def test_a_client_that_leaves_has_not_seen_the_end(auth: Headers) -> None:
    size = 5_000_000
    entry = await sync_to_async(make_entry)(content=os.urandom(size))
    answer = await ask(media_url(entry, "stream"), headers=auth, stop_after=2_000_000)
    assert len(answer.body) < size
    (event,) = await sync_to_async(events)()
    assert event.completed is False
    assert event.bytes_transferred == len(answer.body)


async def test_forgetting_an_entry_deletes_its_events(entry: Entry, auth: Headers) -> None:
    await ask(media_url(entry, "stream"), headers=auth)
    await sync_to_async(delete_entry)(user=entry.library.owner, entry=entry, with_files=False)
    await sync_to_async(purge_entry)(user=entry.library.owner, entry=entry)
    assert await sync_to_async(events)() == []
