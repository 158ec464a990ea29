"""Kinds of work that tests steer from outside."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import shared_task

from videorama.errors import AppError
from videorama.jobs import kinds, services
from videorama.jobs.errors import Partial
from videorama.jobs.models import Queue
from videorama.jobs.run import Run
from videorama.jobs.services import JobResult

STAGES = (
    kinds.Stage("first", "First", 0, 20),
    kinds.Stage("second", "Second", 20, 80),
    kinds.Stage("third", "Third", 80, 100),
)


class Steered:
    """Work that goes on when the test says so. One object per test."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.seen: list[str] = []
        self.errors: list[Exception] = []
        self.steps: list[Callable[[Run], None]] = []
        self.at_once = 0
        self.most_at_once = 0
        self._guard = threading.Lock()

    def work(self, run: Run) -> JobResult:
        """All stages; waits in the second one, as a supervising loop does, until go_on."""
        with self._guard:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.seen.append(str(run.uuid))
        try:
            return self._walk(run)
        finally:
            with self._guard:
                self.at_once -= 1

    def _walk(self, run: Run) -> JobResult:
        run.stage("first")
        part = run.stage("second")
        self.entered.set()
        while not self.go_on.wait(0.02):
            run.check()
        for step in self.steps:
            step(run)
        if self.errors:
            raise self.errors.pop(0)
        part(1.0, "all of it")
        run.stage("third")
        return JobResult(result={"entry_id": "e-1"}, link="/entries/e-1/", message="")


steered = Steered()


@shared_task(name="tests.heavy")
def heavy(job_id: int) -> None:
    """Runs the steered work."""
    services.run(job_id, steered.work)


@contextmanager
def known_kinds() -> Iterator[Steered]:
    """Registers heavy and quick test kinds and gives the steering wheel."""
    global steered
    steered = Steered()
    before = dict(kinds._kinds)
    for name, queue in (("heavy_test", Queue.HEAVY), ("quick_test", Queue.QUICK)):
        kinds.register(
            kinds.Kind(
                name=name,
                label=name,
                task="tests.heavy",
                queue=queue,
                stages=STAGES,
                card="imports/_card.html" if queue == Queue.HEAVY else "",
            )
        )
    try:
        yield steered
    finally:
        steered.go_on.set()
        kinds._kinds.clear()
        kinds._kinds.update(before)


def make_job(**changes: Any) -> Any:
    """An enqueued job of the heavy kind."""
    values: dict[str, Any] = {"kind": "heavy_test", "owner": None, "title": "A job", "params": {}}
    return services.enqueue(**{**values, **changes})


PLAIN = AppError("This video is private.", code="private", technical="HTTP 403 at /x")
PARTIAL = Partial("Two of three could be done.")
