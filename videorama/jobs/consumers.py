"""Sockets: fragments for pages, JSON for clients.

A message only says which job changed. Whoever gets it reads the row again, one reader per socket
and one read after the other, so what a socket sees of a job never goes back. Groups are joined
before the first read, so nothing falls between what was there and what comes.
"""

import asyncio
import json
import logging
import time
from contextlib import AbstractContextManager, suppress
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import HASH_SESSION_KEY
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare

from videorama.accounts.languages import language_of_socket
from videorama.accounts.models import User
from videorama.accounts.queries import user_by_token
from videorama.jobs import live, parts, queries
from videorama.jobs.fragments import PageView
from videorama.jobs.snapshots import PAUSE_S, snapshots

log = logging.getLogger(__name__)

type _Document = dict[str, Any]
type _State = tuple[int, _Document]

UNAUTHENTICATED = 4401
UNKNOWN = 4404
_HEARTBEAT_S = 25.0
_AUTH_WITHIN_S = 10.0


class JobSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Signs in, listens, and sends what changed at a bearable pace. Kinds of sockets below."""

    async def connect(self) -> None:
        """Accepts first: only then can a browser see why it is refused."""
        self.user: User | None = None
        self._token = ""
        self._due: dict[int, float] = {}
        self._told: dict[int, float] = {}
        self._wake = asyncio.Event()
        self._must_look = False
        self._task: asyncio.Task[None] | None = None
        self._groups: list[str] = []
        await self.accept()
        header = dict(self.scope["headers"]).get(b"authorization", b"").decode("latin-1")
        if header:
            scheme, _, token = header.partition(" ")
            await self._sign_in(token.strip() if scheme.lower() == "bearer" else "")
        elif isinstance(user := await database_sync_to_async(self._session_user)(), User):
            await self._begin(user)
        else:
            self._task = asyncio.create_task(self._wait_for_token())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The first frame may be `{type: "auth", token}`; `{type: "ping"}` is answered."""
        try:
            frame = json.loads(text_data or "")
        except (ValueError, RecursionError):  # A thousand brackets are no frame either.
            frame = None
        kind = frame.get("type") if isinstance(frame, dict) else None
        if self.user is None:
            token = frame.get("token") if kind == "auth" else ""
            await self._sign_in(token if isinstance(token, str) else "")
        elif kind == "ping":
            await self.pong()

    async def disconnect(self, code: int) -> None:
        """Leaves everything."""
        await self._leave()

    async def job_changed(self, event: dict[str, Any]) -> None:
        """From the groups. Quick, so that the channel never fills up."""
        if self.wants(event["job_id"]):
            self._due[event["job_id"]] = time.monotonic()
            self._wake.set()

    async def access_changed(self, event: dict[str, Any]) -> None:
        """From the user's own group: what the user may do is not what it was."""
        self._must_look = True
        self._wake.set()

    def wants(self, job_id: int) -> bool:
        """This socket shows the job."""
        return True

    async def first(self) -> None:
        """Sends what is there already."""
        raise NotImplementedError

    async def tell(self, heard: dict[int, float]) -> None:
        """Sends what these jobs are now; each with the moment its change was heard."""
        raise NotImplementedError

    async def beat(self) -> None:
        """Shows that the connection lives; the protocol's own pings are out of a page's sight."""

    async def pong(self) -> None:
        """Answers a ping."""

    async def _wait_for_token(self) -> None:
        await asyncio.sleep(_AUTH_WITHIN_S)
        await self.close(UNAUTHENTICATED)

    async def _sign_in(self, token: str) -> None:
        await self._leave()
        user = await database_sync_to_async(user_by_token)(token) if token else None
        if user is None:
            await self.close(UNAUTHENTICATED)
            return
        self._token = token
        await self._begin(user)

    async def _begin(self, user: User) -> None:
        self.user = user
        await self._join()
        self._task = asyncio.create_task(self._pump())

    async def _join(self) -> None:
        """Listens to what concerns the user as the user is now, and to nothing else."""
        wanted = await database_sync_to_async(self._groups_of)(self.user)
        for group in set(self._groups) - set(wanted):
            await self.channel_layer.group_discard(group, self.channel_name)
        for group in set(wanted) - set(self._groups):
            await self.channel_layer.group_add(group, self.channel_name)
        self._groups = wanted

    def _groups_of(self, user: User) -> list[str]:
        jobs = live.ADMINS if user.is_admin else live.user_group(user)
        return [live.person_group(user), jobs]

    async def _leave(self) -> None:
        task, self._task = self._task, None
        # First, since nobody takes messages any more while the task comes to its end.
        for group in self._groups:
            await self.channel_layer.group_discard(group, self.channel_name)
        self._groups.clear()
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        next_beat = loop.time() + _HEARTBEAT_S
        try:
            await self.first()
            while True:
                now = loop.time()
                wait_s = min([next_beat, *map(self._when, self._due)]) - now
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, wait_s)):
                        await self._wake.wait()
                self._wake.clear()
                is_beat = loop.time() >= next_beat
                if (is_beat or self._must_look) and not await self._stays():
                    await self.close(UNAUTHENTICATED)
                    return
                await self._tell_due(loop.time())
                if is_beat:
                    next_beat = loop.time() + _HEARTBEAT_S
                    await self.beat()
        except OSError:
            log.debug("The page left while something was on its way to it.")
        except Exception:
            # The door of this socket: the client comes back and reads everything anew.
            log.exception("A socket broke.")
            await self.close(1011)

    async def _stays(self) -> bool:
        """Whether the user may stay; listens from now on as the user may."""
        self._must_look = False
        if not await database_sync_to_async(self._may_stay)():
            return False
        await self._join()
        return True

    def _when(self, job_id: int) -> float:
        return self._told.get(job_id, 0.0) + PAUSE_S

    async def _tell_due(self, now: float) -> None:
        due = {job_id: at for job_id, at in self._due.items() if self._when(job_id) <= now}
        # Only what may still have to wait: a socket can live for weeks.
        self._told = {job_id: at for job_id, at in self._told.items() if at + PAUSE_S > now}
        for job_id in due:
            del self._due[job_id]
            self._told[job_id] = now
        if due:
            await self.tell(due)

    def _session_user(self) -> Any:
        """The session's user; touching the lazy object may read the database."""
        user = self.scope.get("user")
        return user if user is not None and user.is_authenticated else None

    def _may_stay(self) -> bool:
        """Still signed in? Also brings the role up to date."""
        if self._token:
            self.user = user_by_token(self._token)
            return self.user is not None
        assert self.user is not None
        user = User.objects.filter(pk=self.user.pk, is_active=True).first()
        session = self.scope["session"]
        if user is None or not session.exists(session.session_key):
            return False
        self.user = user
        known = session.get(HASH_SESSION_KEY, "")
        return constant_time_compare(known, user.get_session_auth_hash())


class _JsonSocket(JobSocket):
    """Frames of the one envelope: type, seq (from 1, per connection), ts, data."""

    _frames = 0

    async def send_frame(self, kind: str, data: dict[str, Any]) -> None:
        """One frame."""
        self._frames += 1
        stamp = timezone.now().isoformat().replace("+00:00", "Z")
        frame = {"type": kind, "seq": self._frames, "ts": stamp, "data": data}
        await self.send(text_data=json.dumps(frame))

    async def beat(self) -> None:
        """A frame without news."""
        await self.send_frame("ping", {})

    async def pong(self) -> None:
        """Answers a client that wants to know."""
        await self.send_frame("pong", {})


class StatusSocket(_JsonSocket):
    """/ws/jobs/status: the open jobs on connect, then every change. Own jobs; all for admins.

    All clients of a job get the same states in the same order.
    """

    async def first(self) -> None:
        """The open jobs as they are."""
        self._begun_at = snapshots.number
        self._told_up_to: dict[int, int] = {}
        for job_id, (number, document) in await database_sync_to_async(self._open)():
            self._told_up_to[job_id] = number
            await self.send_frame("job", document)

    async def tell(self, heard: dict[int, float]) -> None:
        """What became of these jobs since they were told last."""
        states, early = await database_sync_to_async(self._states)(heard)
        for number, job_id, document in states:
            self._told_up_to[job_id] = number
            await self.send_frame("job", document)
        self._due = {**early, **self._due}

    def _open(self) -> list[tuple[int, _State]]:
        mine = queries.open_among(queries.own_jobs_for(self.user))
        job_ids = list(mine.values_list("pk", flat=True))
        snapshots.read(dict.fromkeys(job_ids, time.monotonic()), pause_s=0)
        return [(one, states[-1]) for one in job_ids if (states := snapshots.after(one, 0))]

    def _states(
        self, heard: dict[int, float]
    ) -> tuple[list[tuple[int, int, _Document]], dict[int, float]]:
        """New states in the order in which they were read, and the jobs to look at again."""
        mine = queries.own_jobs_for(self.user).filter(pk__in=heard)
        allowed = list(mine.values_list("pk", flat=True))
        early = snapshots.read({one: heard[one] for one in allowed})
        states = [
            (number, one, document)
            for one in allowed
            for number, document in snapshots.after(one, self._told_up_to.get(one, self._begun_at))
        ]
        return sorted(states, key=lambda state: state[0]), early


class LogSocket(_JsonSocket):
    """/ws/jobs/{id}/logs: all lines so far, then each new one, each number once."""

    _seq = 0
    _job_id = 0

    def wants(self, job_id: int) -> bool:
        """Only its own job; before it is known, every message may be about it."""
        return self._job_id in {0, job_id}

    async def first(self) -> None:
        """The lines so far; closes for a job that is unknown or not the caller's."""
        self._job_id = await database_sync_to_async(self._find)() or 0
        if not self._job_id:
            await self.close(UNKNOWN)
            return
        await self.tell({self._job_id: 0.0})

    async def tell(self, heard: dict[int, float]) -> None:
        """The lines with higher numbers than those sent."""
        while self._job_id in heard:
            lines = await database_sync_to_async(self._lines)()
            if not lines:
                return
            for line in lines:
                await self.send_frame("log", line)
                self._seq = line["seq"]

    def _find(self) -> int | None:
        uuid = self.scope["url_route"]["kwargs"]["job_id"]
        found = queries.own_jobs_for(self.user).filter(uuid=uuid)
        return found.values_list("pk", flat=True).first()

    def _lines(self) -> list[dict[str, Any]]:
        return [queries.line_document(line) for line in queries.lines_of(self._job_id, self._seq)]


class PageSocket(JobSocket):
    """/ws/pages?views=cards,rows,job:<uuid>: fragments of what the page shows, by their ids."""

    async def connect(self) -> None:
        """As every socket; parts of the frame may change from the first moment on."""
        self._parts: set[str] = set()
        await super().connect()

    async def part_changed(self, event: dict[str, Any]) -> None:
        """From the group of this person's pages."""
        self._parts.add(event["part"])
        self._wake.set()

    async def first(self) -> None:
        """Everything in view, so that nothing that changed since the page was made is missed."""
        assert self.user is not None
        self._view = PageView(self.user, self.scope["query_string"])
        await self._send_all(await database_sync_to_async(self._everything)())

    async def tell(self, heard: dict[int, float]) -> None:
        """What of these jobs is in view, and the tray."""
        assert self.user is not None
        self._view.user = self.user
        await self._send_all(await database_sync_to_async(self._changed)(list(heard)))

    def _everything(self) -> list[str]:
        with self._speaking():
            return self._view.everything()

    def _changed(self, job_ids: list[int]) -> list[str]:
        with self._speaking():
            return self._view.changed(job_ids)

    def _drawn(self, names: list[str]) -> list[str]:
        with self._speaking():
            return parts.render(self._view.user, names)

    def _speaking(self) -> AbstractContextManager[None]:
        """Fragments are in the language of the page they go to."""
        return translation.override(language_of_socket(self._view.user, self.scope))

    async def _tell_due(self, now: float) -> None:
        await super()._tell_due(now)
        if self._parts:
            changed, self._parts = sorted(self._parts), set()
            await self._send_all(await database_sync_to_async(self._drawn)(changed))

    async def _send_all(self, fragments: list[str]) -> None:
        for fragment in fragments:
            await self.send(text_data=fragment)

    def _groups_of(self, user: User) -> list[str]:
        groups = [*super()._groups_of(user), parts.pages_group(user.pk)]
        if not user.is_admin:
            groups += [live.library_group(slug) for slug in queries.editable_libraries(user)]
        return groups
