"""What jobs were, one state after the other, the same for every client that follows them.

Sockets that read rows at moments of their own would each see other states. Here a row is read for
all of them together, at most four times a second, and each socket reads on from where it was.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from videorama.jobs.models import Job
from videorama.jobs.queries import job_document

PAUSE_S = 0.25
# Enough for a socket that is ten seconds behind, and for all jobs that change at one time.
_STATES_KEPT = 40
_JOBS_KEPT = 500


@dataclass
class _History:
    read_at: float = 0.0
    states: deque[tuple[int, dict[str, Any]]] = field(
        default_factory=lambda: deque(maxlen=_STATES_KEPT)
    )


class Snapshots:
    """Numbered states of the jobs that changed lately. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._histories: OrderedDict[int, _History] = OrderedDict()
        self.number = 0

    def read(self, heard: Mapping[int, float], *, pause_s: float = PAUSE_S) -> dict[int, float]:
        """Looks at rows of which a change was heard at that moment, unless they were read since.

        Gives those it must leave alone for now, because they were read shortly before.
        """
        with self._lock:
            now = time.monotonic()
            old = {one: at for one, at in heard.items() if self._history(one).read_at < at}
            early = {
                one: at for one, at in old.items() if now - self._history(one).read_at < pause_s
            }
            for job in Job.objects.filter(pk__in=old.keys() - early.keys()).order_by("pk"):
                history, document = self._history(job.pk), job_document(job)
                history.read_at = now
                if not history.states or history.states[-1][1] != document:
                    self.number += 1
                    history.states.append((self.number, document))
            while len(self._histories) > _JOBS_KEPT:
                self._histories.popitem(last=False)
            return early

    def after(self, job_id: int, number: int) -> list[tuple[int, dict[str, Any]]]:
        """The states of a job with higher numbers, oldest first."""
        with self._lock:
            return [state for state in self._history(job_id).states if state[0] > number]

    def _history(self, job_id: int) -> _History:
        history = self._histories.setdefault(job_id, _History())
        self._histories.move_to_end(job_id)
        return history


snapshots = Snapshots()
