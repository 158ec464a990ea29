"""Sockets: fragments for pages, JSON for clients."""

import json
import time
from collections.abc import Callable
from typing import Any

from channels.db import database_sync_to_async
from django.db.models import QuerySet
from django.utils import timezone

from videorama.accounts.languages import language_of_socket
from videorama.accounts.models import User
from videorama.jobs import live, parts, queries
from videorama.jobs.fragments import PageView, Pen, drawn
from videorama.jobs.models import Job
from videorama.jobs.snapshots import PAUSE_S, State, snapshots
from videorama.jobs.sockets import TRY_AGAIN_LATER as TRY_AGAIN_LATER
from videorama.jobs.sockets import UNKNOWN, JobSocket


class _JsonSocket(JobSocket):
    """Frames of the one envelope: type, seq (from 1, per connection), ts, data."""

    _frames = 0

    async def send_frame(self, kind: str, data: str) -> None:
        """One frame; the data are JSON already, so that they are written once for all sockets."""
        self._frames += 1
        stamp = timezone.now().isoformat().replace("+00:00", "Z")
        head = f'{{"type": "{kind}", "seq": {self._frames}, "ts": "{stamp}", "data": '
        await self.send(text_data=f"{head}{data}}}")

    async def beat(self) -> None:
        """A frame without news."""
        await self.send_frame("ping", "{}")

    async def pong(self) -> None:
        """Answers a client that wants to know."""
        await self.send_frame("pong", "{}")


class StatusSocket(_JsonSocket):
    """/ws/jobs/status: the open jobs on connect, then every change. Own jobs; all for admins.

    All clients of a job get the same states in the same order.
    """

    async def first(self) -> None:
        """The open jobs as they are."""
        self._begun_at = snapshots.number
        self._told_up_to: dict[int, int] = {}
        job_ids = await database_sync_to_async(self._open)()
        await snapshots.look(dict.fromkeys(job_ids, time.monotonic()), may_wait=False)
        for job_id in job_ids:
            await self._send_states(snapshots.after(job_id, 0)[-1:])

    async def tell(self, heard: dict[int, float]) -> None:
        """What became of these jobs since they were told last."""
        early = await snapshots.look(heard)
        self._due = {**early, **self._due}
        news = [
            state
            for one in heard
            for state in snapshots.after(one, self._told_up_to.get(one, self._begun_at))
        ]
        await self._send_states(sorted(news, key=lambda state: state.number))

    async def _send_states(self, states: list[State]) -> None:
        """In the order in which they were read; only what the user may see."""
        assert self.user is not None
        for state in states:
            if queries.is_own_job(self.user, state.owner_id):
                self._told_up_to[state.job_id] = state.number
                await self.send_frame("job", state.text)

    def _open(self) -> list[int]:
        return list(queries.open_among(self.visible()).values_list("pk", flat=True))


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
                await self.send_frame("log", json.dumps(line))
                self._seq = line["seq"]

    def _find(self) -> int | None:
        uuid = self.scope["url_route"]["kwargs"]["job_id"]
        found = queries.own_jobs_for(self.user).filter(uuid=uuid)
        return found.values_list("pk", flat=True).first()

    def _lines(self) -> list[dict[str, Any]]:
        return [queries.line_document(line) for line in queries.lines_of(self._job_id, self._seq)]


class PageSocket(JobSocket):
    """/ws/pages?views=cards,rows,job:<uuid>: fragments of what the page shows, by their ids.

    Everything that changed is told together, at most four times a second: nobody sees more, and
    what several pages show is drawn once.
    """

    async def connect(self) -> None:
        """As every socket; parts of the frame may change from the first moment on."""
        self._parts: set[str] = set()
        self._next_at = 0.0
        await super().connect()

    def part_changed(self, name: str) -> None:
        """From the group of this person's pages."""
        self._parts.add(name)

    def visible(self) -> QuerySet[Job]:
        """Also those of the libraries that the user may edit."""
        return queries.jobs_for(self.user)

    async def first(self) -> None:
        """Everything in view, so that nothing that changed since the page was made is missed."""
        assert self.user is not None
        self._view = PageView(self.user, self.scope["query_string"])
        await self._draw(lambda pen: self._view.everything(pen))

    async def tell(self, heard: dict[int, float]) -> None:
        """What of these jobs is in view, and the tray."""
        self._next_at = time.monotonic() + PAUSE_S
        await self._draw(lambda pen: self._view.changed(pen, list(heard)))

    async def _draw(self, draw: Callable[[Pen], list[str]]) -> None:
        """Sends what is drawn, in the language of the page it goes to."""
        assert self.user is not None
        self._view.user = self.user
        language = language_of_socket(self.user, self.scope)
        for fragment in await drawn.ask((language, draw)):
            await self.send(text_data=fragment)

    def _when(self, job_id: int) -> float:
        return self._next_at

    async def _catch_up(self) -> None:
        self._parts.update(parts.names())
        await super()._catch_up()

    async def _tell_due(self, now: float) -> None:
        await super()._tell_due(now)
        if self._parts:
            changed, self._parts = sorted(self._parts), set()
            await self._draw(lambda pen: self._view.parts(pen, changed))

    def _groups_of(self, user: User) -> list[str]:
        groups = [*super()._groups_of(user), parts.pages_group(user.pk)]
        if not user.is_admin:
            groups += [live.library_group(slug) for slug in queries.editable_libraries(user)]
        return groups
