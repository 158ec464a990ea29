"""The sockets, through the ASGI app."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client

from videorama.accounts import services as accounts
from videorama.accounts.models import Role, User
from videorama.embedded import Machinery
from videorama.jobs import claims, live, services
from videorama.jobs.models import Job, JobLog
from videorama.jobs.tests.works import Steered, make_job
from videorama.tests.sockets import Socket
from videorama.tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def make_user(name: str = "ada", role: Role = Role.EDITOR) -> User:
    """A person who can sign in."""
    return User.objects.create(username=name, role=role)


def cookie_of(user: User) -> tuple[bytes, bytes]:
    """The header a browser of this user sends."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    return (b"cookie", f"{settings.SESSION_COOKIE_NAME}={value}".encode())


async def until(socket: Socket, is_last: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """All frames up to the one that fits."""
    found = [await socket.frame()]
    while not is_last(found[-1]):
        found.append(await socket.frame())
    return found


def in_thread(fn: Callable[..., Any], *args: Any, **more: Any) -> Awaitable[Any]:
    """Runs code that uses the database beside the loop."""
    return sync_to_async(fn, thread_sensitive=True)(*args, **more)


async def test_a_page_of_another_site_is_refused() -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    async with Socket("/ws/jobs/status", cookie, (b"origin", b"https://evil.example")) as socket:
        assert not socket.is_open


async def test_the_session_of_an_own_page_is_enough(work: Steered) -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    job = await in_thread(make_job, owner=user)
    async with Socket("/ws/jobs/status", cookie, (b"origin", b"http://testserver")) as socket:
        assert (await socket.frame())["data"]["id"] == str(job.uuid)


async def test_an_extension_needs_a_token_whatever_its_cookies(work: Steered) -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    _, token = await in_thread(accounts.create_token, user=user, name="extension")
    await in_thread(make_job, owner=user)
    origin = (b"origin", b"chrome-extension://abcdef")
    async with Socket("/ws/jobs/status", cookie, origin) as socket:
        assert await socket.receive_nothing(timeout=0.3)
        await socket.send({"type": "auth", "token": token})
        assert (await socket.frame())["type"] == "job"


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "auth", "token": "wrong"}',
        "no json",
        "[]",
        "{}",
        pytest.param("[" * 60_000, id="deep"),
    ],
)
async def test_a_wrong_first_frame_closes_before_any_data(work: Steered, text: str) -> None:
    await in_thread(make_job)
    async with Socket("/ws/jobs/status") as socket:
        await socket.send(text)
        answer = await socket.receive_output(10)
        assert (answer["type"], answer["code"]) == ("websocket.close", 4401)


async def test_a_wrong_bearer_is_refused_even_beside_a_good_session() -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    async with Socket("/ws/jobs/status", cookie, (b"authorization", b"Bearer nope")) as socket:
        assert await socket.close_code() == 4401


async def test_an_unknown_address_is_closed() -> None:
    async with Socket("/ws/nothing") as socket:
        assert await socket.close_code() == 4404


async def test_everybody_sees_own_jobs_and_administrators_see_all(work: Steered) -> None:
    ada, bob = await in_thread(make_user), await in_thread(make_user, "bob")
    root = await in_thread(make_user, "root", Role.ADMIN)
    cookies = [await in_thread(cookie_of, user) for user in (ada, bob, root)]
    async with (
        Socket("/ws/jobs/status", cookies[0]) as of_ada,
        Socket("/ws/jobs/status", cookies[1]) as of_bob,
        Socket("/ws/jobs/status", cookies[2]) as of_root,
    ):
        job = await in_thread(make_job, owner=ada, library="shared")
        for socket in (of_ada, of_root):
            got = await socket.frame()
            assert (got["type"], got["seq"], got["data"]["id"]) == ("job", 1, str(job.uuid))
            assert set(got) == {"type", "seq", "ts", "data"}
        assert await of_bob.receive_nothing(timeout=0.5)


async def test_two_clients_follow_one_job_to_its_end_and_it_never_goes_back(work: Steered) -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    machinery = Machinery()
    await in_thread(machinery.start)
    machinery.start_jobs()
    try:
        async with (
            Socket("/ws/jobs/status", cookie) as one,
            Socket("/ws/jobs/status", cookie) as two,
        ):
            work.go_on.set()
            work.steps = [lambda run, n=n: run.report(20 + n) for n in range(60)]
            job = await in_thread(make_job, owner=user)
            ended = lambda got: got["data"]["status"] == "completed"  # noqa: E731
            first, second = await asyncio.gather(until(one, ended), until(two, ended))
            for frames in (first, second):
                assert [got["seq"] for got in frames] == list(range(1, len(frames) + 1))
                progress = [got["data"]["progress"] for got in frames]
                assert progress == sorted(progress) and progress[-1] == 100
                ladder = ["pending", "running", "completed"]
                at = [ladder.index(got["data"]["status"]) for got in frames]
                assert at == sorted(at)
            assert first[-1]["data"] == second[-1]["data"]
            assert first[-1]["data"]["id"] == str(job.uuid)
    finally:
        await in_thread(machinery.begin_stop)
        assert await in_thread(machinery.finish_stop, 20)


async def test_the_log_has_no_gap_and_no_double_line_while_lines_keep_coming(
    work: Steered,
) -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    job = await in_thread(make_job, owner=user)
    stop = threading.Event()

    def write() -> None:
        from django.db import connections

        number = 0
        while not stop.is_set() and number < 400:
            number += 1
            claims.add_line(job.pk, f"line {number}")
            live.publish(job.pk)
        claims.add_line(job.pk, "the last one")
        live.publish(job.pk)
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        await in_thread(eventually, lambda: JobLog.objects.filter(job=job).count() > 20)
        async with Socket(f"/ws/jobs/{job.uuid}/logs", cookie) as socket:
            await socket.frame()
            stop.set()
            frames = await until(socket, lambda got: got["data"]["message"] == "the last one")
    finally:
        stop.set()
        writer.join()
    count = await in_thread(JobLog.objects.filter(job=job).count)
    assert [got["data"]["seq"] for got in frames] == list(range(2, count + 1))
    assert set(frames[0]["data"]) == {"seq", "level", "stage", "message", "created_at"}


async def test_a_foreign_and_an_unknown_log_are_the_same(work: Steered) -> None:
    ada, bob = await in_thread(make_user), await in_thread(make_user, "bob")
    cookie = await in_thread(cookie_of, bob)
    job = await in_thread(make_job, owner=ada)
    for uuid in (job.uuid, "7c9e6679-7425-40de-944b-e07fc1f90ae7"):
        async with Socket(f"/ws/jobs/{uuid}/logs", cookie) as socket:
            assert await socket.close_code() == 4404


async def test_at_most_four_frames_a_second_for_one_job(work: Steered) -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    job = await in_thread(make_job, owner=user)
    async with Socket("/ws/jobs/status", cookie) as socket:
        await socket.frame()
        loop = asyncio.get_running_loop()
        begun = loop.time()

        def change(number: int) -> None:
            Job.objects.filter(pk=job.pk).update(message=f"step {number}")
            live.publish(job.pk)

        for number in range(40):
            await in_thread(change, number)
        frames = await until(socket, lambda got: got["data"]["message"] == "step 39")
        assert len(frames) <= 2 + 4 * (loop.time() - begun)


async def test_clients_that_came_at_different_moments_get_the_same_states(work: Steered) -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    job = await in_thread(make_job, owner=user)

    def change(number: int) -> None:
        Job.objects.filter(pk=job.pk).update(message=f"step {number}")
        live.publish(job.pk)

    last = lambda got: got["data"]["message"] == "step 120"  # noqa: E731
    async with Socket("/ws/jobs/status", cookie) as early:
        before = [await early.frame()]
        await in_thread(change, 0)
        before.append(await early.frame())
        async with Socket("/ws/jobs/status", cookie) as late:
            for number in range(1, 121):
                await in_thread(change, number)
                await asyncio.sleep(0.01)  # so that the changes take some readings
            first, second = await asyncio.gather(until(early, last), until(late, last))
    told = [[got["data"]["message"] for got in frames] for frames in ([*before, *first], second)]
    assert len(told[1]) > 3
    assert told[1] == told[0][-len(told[1]) :]


async def test_a_page_gets_its_card_at_once_and_then_its_changes(work: Steered) -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    old = await in_thread(make_job, owner=user, title="There before")
    async with Socket("/ws/pages?views=cards", cookie) as socket:
        assert 'id="tray"' in await socket.text()
        cards = await socket.text()
        assert cards.startswith('<div hx-swap-oob="afterbegin:#importing">')
        assert f'id="card-{old.uuid}"' in cards
        new = await in_thread(make_job, owner=user, title="Just asked for")
        assert "Just asked for" in await socket.text()
        card = await socket.text()
        assert "afterbegin:#importing" in card and f'id="card-{new.uuid}"' in card
        await in_thread(services.request_cancel, job=new, user=user)
        await socket.text()
        changed = await socket.text()
        assert f'id="card-{new.uuid}"' in changed and 'hx-swap-oob="true"' in changed
        assert "afterbegin" not in changed


async def test_the_grid_of_one_library_gets_only_cards_bound_for_it(work: Steered) -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    here = await in_thread(make_job, owner=user, library="films")
    elsewhere = await in_thread(make_job, owner=user, library="songs")
    async with Socket("/ws/pages?views=cards:films", cookie) as socket:
        await socket.text()
        cards = await socket.text()
        assert f"card-{here.uuid}" in cards and f"card-{elsewhere.uuid}" not in cards
        await in_thread(make_job, owner=user, library="songs", title="Not for this page")
        assert "Not for this page" in await socket.text(), "the tray tells of it"
        await in_thread(make_job, owner=user, library="", title="May come here")
        assert "May come here" in await socket.text()
        card = await socket.text()
        assert "May come here" in card and "Not for this page" not in card


async def test_a_job_page_gets_its_detail_and_only_new_lines(work: Steered) -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    job = await in_thread(make_job, owner=user)
    await in_thread(claims.add_line, job.pk, "was there")
    async with Socket(f"/ws/pages?views=job:{job.uuid}", cookie) as socket:
        got = [await socket.text() for _ in range(3)]
        assert 'id="job-detail"' in got[1] and "was there" in got[2]
        assert "beforeend:#log-lines" in got[2]
        await in_thread(claims.add_line, job.pk, "is new")
        await in_thread(live.publish, job.pk)
        got = [await socket.text() for _ in range(3)]
        assert "is new" in got[2] and "was there" not in got[2]


async def test_the_list_of_jobs_gets_rows(work: Steered) -> None:
    user = await in_thread(make_user)
    cookie = await in_thread(cookie_of, user)
    job = await in_thread(make_job, owner=user)
    async with Socket("/ws/pages?views=rows", cookie) as socket:
        await socket.text()
        row = await socket.text()
        assert row.startswith(f'<tr id="job-{job.uuid}"') or f'id="job-{job.uuid}"' in row
        assert 'hx-swap-oob="true"' in row
