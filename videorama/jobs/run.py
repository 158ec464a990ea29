"""The handle that work receives: report, check, log."""

import threading
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import transaction

from videorama.accounts.models import User
from videorama.jobs import claims, kinds, live
from videorama.jobs.errors import Cancelled, Interrupted
from videorama.jobs.models import Job, LogLevel

# At most four writes a second; cancel is looked for as often.
_PAUSE_S = 0.25


@dataclass(frozen=True)
class Part:
    """Reports 0..1 of one part of the work as its range of the whole."""

    run: "Run"
    start: float
    end: float

    def __call__(self, fraction: float, message: str = "") -> None:
        """Reports how much of this part is done; raises as Run.check does."""
        inside = min(1.0, max(0.0, fraction))
        self.run.report(self.start + (self.end - self.start) * inside, message)


class Run:
    """One attempt at one job. Used by the thread that works it; `interrupt` may come from any.

    `claim` is the fencing token: when another process has taken the job over, every write here
    raises Interrupted and changes nothing.
    """

    def __init__(self, job: Job) -> None:
        self.job_id: int = job.pk
        self.uuid: UUID = job.uuid
        self.kind = job.kind
        self.owner: User | None = job.owner
        self.library = job.library
        self.params: dict[str, Any] = dict(job.params)
        self.result: dict[str, Any] = dict(job.result)
        self.claim = job.claims
        self._progress = self._written = job.progress
        self._message = ""
        self._stage = job.stage
        self._is_dirty = False
        self._next_write = 0.0
        self._next_look = 0.0
        self._stopped = threading.Event()
        self._ended_by: type[Cancelled | Interrupted] | None = None

    def stage(self, name: str) -> Part:
        """Enters a stage of the kind: row, log line and sockets know at once."""
        self.check()
        found = next(
            one for one in kinds.get(self.kind).worded(self.params).stages if one.name == name
        )
        self._stage, self._message = name, ""
        if found.start > self._progress:
            self._progress = found.start
        self._write_progress(stage=name)
        self.log(str(found.label))
        return Part(self, found.start, found.end)

    def report(self, progress: float, message: str = "") -> None:
        """Notes progress 0..100; never lowers it, writes at most four times a second.

        Raises as check does.
        """
        if progress > self._progress or message != self._message:
            self._progress = max(self._progress, min(100.0, progress))
            self._message = message[:500]
            self._is_dirty = True
        self.check()

    def check(self) -> None:
        """Raises Cancelled when somebody asked for it, Interrupted on shutdown or a lost claim.

        Cheap: call it as often as is convenient, at least every half second. Also writes what an
        earlier report had to hold back.
        """
        if self._stopped.is_set():
            raise Interrupted
        if self._ended_by is not None:
            raise self._ended_by
        now = monotonic()
        if self._is_dirty and now >= self._next_write:
            self._write_progress()
            self._next_write = now + _PAUSE_S
        if now >= self._next_look:
            self._next_look = now + _PAUSE_S
            self._look()

    def log(self, message: str, level: LogLevel = LogLevel.INFO) -> None:
        """Adds a line for the person who watches the job."""
        with transaction.atomic():
            claims.write(self.job_id, self.claim)
            claims.add_line(self.job_id, message, level=level, stage=self._stage)
        live.publish(self.job_id)

    def describe(
        self, *, title: str = "", link: str = "", preview: str = "", library: str = ""
    ) -> None:
        """Says what the job turned out to be; `preview` is the address of a picture.

        `library` is the one it went to, whose editors may see the job from then on.
        """
        columns: dict[str, Any] = {}
        if library:
            columns["library"] = library
        if title:
            columns["title"] = title[:500]
        if link:
            columns["link"] = link[:300]
        if preview:
            self.params["preview"] = preview
            columns["params"] = self.params
        claims.write(self.job_id, self.claim, **columns)
        live.publish(self.job_id)

    def remember(self, **facts: Any) -> None:
        """Merges facts (JSON values) into the job's result, for later attempts and for clients."""
        self.result.update(facts)
        claims.write(self.job_id, self.claim, result=self.result)

    def interrupt(self) -> None:
        """Makes the next check raise Interrupted; for the lease thread."""
        self._stopped.set()

    @property
    def is_interrupted(self) -> bool:
        """Shutdown or a lost claim was noticed."""
        return self._stopped.is_set() or self._ended_by is Interrupted

    def _write_progress(self, **columns: Any) -> None:
        columns["message"] = self._message
        if self._progress > self._written:
            columns |= {"progress": self._progress, "crashes": 0}
        claims.write(self.job_id, self.claim, **columns)
        self._written = self._progress
        self._is_dirty = False
        live.publish(self.job_id)

    def _look(self) -> None:
        rows = claims.held(self.job_id, self.claim).values_list("cancel_requested_at", flat=True)
        asked = list(rows)
        if not asked:
            self._ended_by = Interrupted
        elif asked[0] is not None:
            self._ended_by = Cancelled
        if self._ended_by is not None:
            raise self._ended_by
