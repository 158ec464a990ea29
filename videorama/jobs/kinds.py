"""What kinds of work there are. Rooms register theirs when the app starts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise

from videorama.jobs.models import Job, Queue

type Fact = tuple[str | Promise, str]
type Labels = Mapping[str, str | Promise]


@dataclass(frozen=True)
class Stage:
    """A named part of the work and its range in the whole, both 0..100."""

    name: str
    label: str | Promise
    start: float
    end: float


@dataclass(frozen=True)
class Kind:
    """One kind of job: the Celery task that runs it, where, and how its card looks.

    `card` names the template that draws the open job in the library grid; empty means the kind has
    no card there. `labels` says, from the params of a job, what its stages are called where the
    usual words do not fit: labels by the name of the stage.
    """

    name: str
    label: str | Promise
    task: str
    queue: Queue
    stages: tuple[Stage, ...] = ()
    card: str = ""
    labels: Callable[[Mapping[str, Any]], Labels] | None = None

    def worded(self, params: Mapping[str, Any]) -> "Kind":
        """This kind with the labels that fit a job with these params."""
        labels = self.labels(params) if self.labels else {}
        if not labels:
            return self
        stages = (replace(one, label=labels.get(one.name, one.label)) for one in self.stages)
        return replace(self, stages=tuple(stages))


_kinds: dict[str, Kind] = {}
_describers: list[Callable[[Job, Any], Iterable[Fact]]] = []


def register(kind: Kind) -> None:
    """Makes the kind known; called from apps.py of the room that does the work."""
    _kinds[kind.name] = kind


def get(name: str) -> Kind:
    """The kind; KeyError for a name no room registered."""
    return _kinds[name]


def find(name: str) -> Kind | None:
    """The kind, or None for a row left by a room that is gone."""
    return _kinds.get(name)


def kind_of(job: Job) -> Kind | None:
    """The kind of this job in the words that fit it, as find gives it."""
    kind = find(job.kind)
    return kind.worded(job.params) if kind else None


def names() -> list[str]:
    """Every kind this program can run."""
    return list(_kinds)


def with_card() -> Iterable[str]:
    """Names of the kinds that are drawn in the library grid."""
    return [kind.name for kind in _kinds.values() if kind.card]


def register_facts(fn: Callable[[Job, Any], Iterable[Fact]]) -> None:
    """Lets a room say in words, to the user who asks, what it knows of a job; from apps.py."""
    _describers.append(fn)


def facts_of(job: Job, user: Any) -> list[Fact]:
    """What the rooms say of a job, such as the name of its library: labels and values."""
    return [fact for describe in _describers for fact in describe(job, user)]
