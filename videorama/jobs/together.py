"""What many sockets ask for in the same moment is looked up once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async


@dataclass
class _Turn[A, B]:
    waiting: list[tuple[A, asyncio.Future[B]]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None


class Together[A, B]:
    """Gathers what is asked on a loop and answers all of it by one call beside the loop.

    What is asked while an answer is on its way waits for the next call, so the more there is to do,
    the more is done at once. `work` gives one answer for each question; an answer that is an
    exception is raised where it was asked.
    """

    def __init__(self, work: Callable[[Sequence[A]], Sequence[B | Exception]]) -> None:
        self._work = work
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turn[A, B]] = WeakKeyDictionary()

    async def ask(self, question: A) -> B:
        """The answer, looked up after the question was asked."""
        loop = asyncio.get_running_loop()
        turn = self._turns.setdefault(loop, _Turn())
        future: asyncio.Future[B] = loop.create_future()
        turn.waiting.append((question, future))
        if turn.task is None:
            turn.task = loop.create_task(self._run(turn))
        return await future

    async def _run(self, turn: _Turn[A, B]) -> None:
        try:
            while turn.waiting:
                asked, turn.waiting = turn.waiting, []
                # Whoever has left meanwhile needs no answer.
                asked = [(one, future) for one, future in asked if not future.done()]
                await self._answer(asked)
        finally:
            turn.task = None

    async def _answer(self, asked: Sequence[tuple[A, asyncio.Future[B]]]) -> None:
        answers: Sequence[B | Exception]
        try:
            # In a thread of its own: what sockets ask alone must not wait behind it.
            work = database_sync_to_async(self._work, thread_sensitive=False)
            answers = await work([one for one, _ in asked])
        except Exception as error:
            # The door of this work: everybody who waits has to hear of it.
            answers = [error] * len(asked)
        for (_, future), answer in zip(asked, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
