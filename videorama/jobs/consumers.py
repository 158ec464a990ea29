"""Sockets: fragments for pages, JSON for clients."""

import json
import time
from contextlib import AbstractContextManager
from typing import Any

from channels.db import database_sync_to_async
from django.db.models import QuerySet
from django.utils import timezone, translation

from videorama.accounts.languages import language_of_socket
from videorama.accounts.models import User
from videorama.jobs import live, parts, queries
from videorama.jobs.fragments import PageView
from videorama.jobs.models import Job
from videorama.jobs.snapshots import snapshots
from videorama.jobs.sockets import UNKNOWN, JobSocket

type _Document = dict[str, Any]
type _State = tuple[int, _Document]


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
        mine = queries.open_among(self.visible())
        job_ids = list(mine.values_list("pk", flat=True))
        snapshots.read(dict.fromkeys(job_ids, time.monotonic()), pause_s=0)
        return [(one, states[-1]) for one in job_ids if (states := snapshots.after(one, 0))]

    def _states(
        self, heard: dict[int, float]
    ) -> tuple[list[tuple[int, int, _Document]], dict[int, float]]:
        """New states in the order in which they were read, and the jobs to look at again."""
        mine = self.visible().filter(pk__in=heard)
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

    def part_changed(self, name: str) -> None:
        """From the group of this person's pages."""
        self._parts.add(name)

    def visible(self) -> QuerySet[Job]:
        """Also those of the libraries that the user may edit."""
        return queries.jobs_for(self.user)

    async def _catch_up(self) -> None:
        self._parts.update(parts.names())
        await super()._catch_up()

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
