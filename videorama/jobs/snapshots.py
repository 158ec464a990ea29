"""What jobs were, one state after the other, the same for every client that follows them.

Sockets that read rows at moments of their own would each see other states. Here a row is read for
all of them together, at most four times a second, and each socket reads on from where it was.
"""

import json
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from videorama.jobs.models import Job
from videorama.jobs.queries import job_document
from videorama.jobs.together import Together

PAUSE_S = 0.25
# Enough for a socket that is ten seconds behind, and for all jobs that change at one time.
_STATES_KEPT = 40
_JOBS_KEPT = 500

type Heard = Mapping[int, float]


@dataclass(frozen=True)
class State:
    """A job as it was found: whose it is, and its document as JSON text, made once for all."""

    number: int
    job_id: int
    owner_id: int | None
    document: dict[str, Any]
    text: str


@dataclass
class _History:
    read_at: float = 0.0
    states: deque[State] = field(default_factory=lambda: deque(maxlen=_STATES_KEPT))


@dataclass(frozen=True)
class _Question:
    heard: Heard
    may_wait: bool


class Snapshots:
    """Numbered states of the jobs that changed lately. Threads may share it."""

    def __init__(self) -> None:
        # Held for moments only: the loop takes it, too.
        self._lock = threading.Lock()
        self._histories: OrderedDict[int, _History] = OrderedDict()
        self._questions = Together(self._read)
        self.number = 0

    async def look(self, heard: Heard, *, may_wait: bool = True) -> dict[int, float]:
        """Looks at rows of which a change was heard at that moment, unless they were read since.

        Gives those it left alone for now, because they were read shortly before; none when they
        may not wait.
        """
        return await self._questions.ask(_Question(heard, may_wait))

    def after(self, job_id: int, number: int) -> list[State]:
        """The states of a job with higher numbers, oldest first."""
        with self._lock:
            history = self._histories.get(job_id)
            if history is None or not history.states or history.states[-1].number <= number:
                return []
            return [state for state in history.states if state.number > number]

    def _read(self, questions: Sequence[_Question]) -> list[dict[int, float]]:
        now = time.monotonic()
        with self._lock:
            wanted = {one for question in questions for one in self._due(question, now)}
        if wanted:
            self._keep(now, wanted, list(Job.objects.filter(pk__in=wanted).order_by("pk")))
        with self._lock:
            return [
                {one: at for one, at in asked.heard.items() if self._history(one).read_at < at}
                if asked.may_wait
                else {}
                for asked in questions
            ]

    def _due(self, question: _Question, now: float) -> list[int]:
        return [
            one
            for one, at in question.heard.items()
            if (history := self._history(one)).read_at < at
            and (not question.may_wait or now - history.read_at >= PAUSE_S)
        ]

    def _keep(self, now: float, looked_at: Iterable[int], jobs: Sequence[Job]) -> None:
        with self._lock:
            for job in jobs:
                self._add(job, now)
            for one in looked_at:  # Also those that are gone.
                history = self._history(one)
                history.read_at = max(history.read_at, now)
            while len(self._histories) > _JOBS_KEPT:
                self._histories.popitem(last=False)

    def _add(self, job: Job, now: float) -> None:
        history, document = self._history(job.pk), job_document(job)
        if history.read_at > now:
            return  # Another loop has read it later and was faster.
        if not history.states or history.states[-1].document != document:
            self.number += 1
            text = json.dumps(document)
            history.states.append(State(self.number, job.pk, job.owner_id, document, text))

    def _history(self, job_id: int) -> _History:
        history = self._histories.setdefault(job_id, _History())
        self._histories.move_to_end(job_id)
        return history


snapshots = Snapshots()
