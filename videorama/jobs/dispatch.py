"""Scale mode: brings the ids of due jobs to the workers of all processes.

The database is the queue. A list on Redis never holds more ids than one worker has slots, in the
order of the database, so that a job that comes later and is more urgent does not wait behind a
thousand others, and nothing is lost with Redis: whatever is due and in no list is sent again. What
is sent twice is harmless, since a job is claimed only once.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Collection

from django.conf import settings
from django.db import connections
from kombu.exceptions import OperationalError as BrokerError

from videorama import presence, redis_link
from videorama.celery import app
from videorama.jobs import claims, kinds, lease
from videorama.jobs.queries import job_slots

log = logging.getLogger(__name__)

# How long an id may be on its way from the list of its queue to its claim before it is sent anew.
_ON_ITS_WAY_S = 10
# More than can be on their way at one time.
_LOOKED_AT = 64
# Celery's Redis transport keeps one list for each of these priorities; the first one is read first.
_STEPS = (0, 3, 6, 9)
_SEPARATOR = "\x06\x16"
_READ = 256
_AGAIN_S = 0.05


def top_up(queues: Collection[str] | None = None) -> int:
    """Sends due jobs as far as there is room; gives how many. While Redis is away that is none."""
    count = 0
    for queue, slots in job_slots().items():
        if queues is None or queue in queues:
            count += _top_up(queue, slots)
    return count


def send_errand(task: str) -> None:
    """Has a task without a row done by some worker; while Redis is away it is left to the clock."""
    try:
        app.send_task(task, retry=False)
    except (*redis_link.FAILURES, BrokerError) as error:
        presence.complain(error)


def _top_up(queue: str, slots: int) -> int:
    try:
        return _send_due(queue, slots)
    except (*redis_link.FAILURES, BrokerError) as error:
        presence.complain(error)
        return 0


def _send_due(queue: str, slots: int) -> int:
    waiting = _waiting(queue)
    there = {job_id for found in waiting.values() for job_id in found}
    due = claims.due().filter(queue=queue, kind__in=kinds.names()).exclude(pk__in=there)
    count = 0
    for job_id, kind, priority, claim in due.values_list("pk", "kind", "priority", "claims")[
        : slots + _LOOKED_AT
    ]:
        step = max(one for one in _STEPS if one <= max(0, priority))
        if sum(len(found) for at, found in waiting.items() if at <= step) >= slots:
            break
        mark = f"videorama:sent:{job_id}.{claim}"
        if not presence.client().set(mark, 1, nx=True, ex=_ON_ITS_WAY_S):
            continue
        app.send_task(
            kinds.get(kind).task,
            args=[job_id],
            queue=queue,
            priority=step,
            task_id=f"{job_id}.{claim}",
            retry=False,
        )
        waiting[step].append(job_id)
        count += 1
    return count


def _waiting(queue: str) -> defaultdict[int, list[int]]:
    """The jobs in the lists of the queue, by priority; messages of the clock are no jobs."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    with presence.client().pipeline(transaction=False) as pipe:
        for step in _STEPS:
            name = f"{prefix}{queue}{_SEPARATOR}{step}" if step else f"{prefix}{queue}"
            # Those that are read next; without workers the clock's messages grow many.
            pipe.lrange(name, -_READ, -1)
        answers = pipe.execute()
    found: defaultdict[int, list[int]] = defaultdict(list)
    for step, messages in zip(_STEPS, answers, strict=True):
        for message in messages:
            job_id, dot, _claim = json.loads(message)["headers"]["id"].partition(".")
            if dot and job_id.isdecimal():
                found[step].append(int(job_id))
    return found


class DispatchThread(lease.LeaseThread):
    """Renews the claims of this process, and sends what is due whenever something came or ended.

    What became due by itself or was lost on its way is for the tick of the workers.
    """

    def __init__(self) -> None:
        super().__init__(starts_jobs=False)

    def after_tick(self, *, was_kicked: bool) -> None:
        """As long as workers take what is sent, there may be room for more."""
        if was_kicked and not lease.is_stopping():
            while top_up() and not self._quit.wait(_AGAIN_S):
                pass
            connections.close_all()  # it may be long until the next time
