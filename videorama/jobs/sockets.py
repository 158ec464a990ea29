"""What all sockets have in common: who is there, what they listen to, at which pace they are told.

A message only says which job changed. Whoever gets it reads the row again, one reader per socket
and one read after the other, so what a socket sees of a job never goes back. Groups are joined
before the first read, so nothing falls between what was there and what comes.
"""

import asyncio
import json
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import HASH_SESSION_KEY
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare

from videorama.accounts.models import User
from videorama.accounts.queries import user_by_token
from videorama.jobs import live, queries
from videorama.jobs.models import Job
from videorama.jobs.snapshots import PAUSE_S
from videorama.outages import is_outage

log = logging.getLogger(__name__)

UNAUTHENTICATED = 4401
UNKNOWN = 4404
TRY_AGAIN_LATER = 1013
_HEARTBEAT_S = 25.0
_AUTH_WITHIN_S = 10.0
_CLOCKS_DIFFER_S = 15.0


class JobSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Signs in, listens, and sends what changed at a bearable pace. Kinds of sockets below."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One connection from its begin to its end, however that comes."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.channel_layer.forget(self.channel_name)

    async def connect(self) -> None:
        """Accepts first: only then can a browser see why it is refused."""
        self.user: User | None = None
        self._token = ""
        self._due: dict[int, float] = {}
        self._told: dict[int, float] = {}
        self._wake = asyncio.Event()
        self._must_look = False
        self._missed_since: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._groups: list[str] = []
        self.channel_layer.listen(self.channel_name, self._hear)
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

    def _hear(self, event: dict[str, Any]) -> None:
        """From the groups. Only notes: what is read and sent is the task's business."""
        match event["type"]:
            case "job.changed" if self.wants(event["job_id"]):
                self._due[event["job_id"]] = event["heard_at"]
            case "access.changed":
                self._must_look = True
            case "messages.missed":
                # Earlier ones may tell of sign-outs and roles, too.
                self._must_look = True
                self._missed_since = min(event["since"], self._missed_since or event["since"])
            case "part.changed":
                self.part_changed(event["part"])
            case _:
                return
        self._wake.set()

    def part_changed(self, name: str) -> None:
        """A part of the frame is not what it was; only pages have one."""

    def visible(self) -> QuerySet[Job]:
        """The jobs that this kind of socket tells of."""
        return queries.own_jobs_for(self.user)

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
                if self._missed_since is not None:
                    await self._catch_up()
                await self._tell_due(loop.time())
                if is_beat:
                    next_beat = loop.time() + _HEARTBEAT_S
                    await self.beat()
        except OSError:
            log.debug("The page left while something was on its way to it.")
        except Exception as error:
            # The door of this socket: the client comes back and reads everything anew.
            if is_outage(error):
                log.warning("A socket was closed: %s", str(error).partition("\n")[0])
                await self.close(TRY_AGAIN_LATER)
            else:
                log.exception("A socket broke.")
                await self.close(1011)

    async def _stays(self) -> bool:
        """Whether the user may stay; listens from now on as the user may."""
        self._must_look = False
        if not await database_sync_to_async(self._may_stay)():
            return False
        await self._join()
        return True

    async def _catch_up(self) -> None:
        """As if every message that may have been lost came now."""
        since, self._missed_since = self._missed_since or 0.0, None
        changed = await database_sync_to_async(self._changed_since)(since - _CLOCKS_DIFFER_S)
        heard_at = time.monotonic()
        self._due |= {job_id: heard_at for job_id in changed if self.wants(job_id)}

    def _changed_since(self, moment: float) -> list[int]:
        since = datetime.fromtimestamp(moment, tz=UTC)
        return list(self.visible().filter(updated_at__gte=since).values_list("pk", flat=True))

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
