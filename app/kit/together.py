"""Calls that come at the same time are answered together: a statement for many costs little more than for one.

Nobody waits for company: a call that comes alone is run at once, and those that come while as many run as may at the
same time are run next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """`run` is given what some calls ask, at most `most`, and gives their answers in this order; in `lanes` at a time.

    When it raises one of `apart` for several, each of them is run alone: what one asks spoils no other's answer.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]],
        *,
        most: int,
        apart: tuple[type[Exception], ...] = (),
        lanes: int = 1,
    ) -> None:
        self._run, self._most, self._apart, self._free = run, most, apart, lanes
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, asked: Asked) -> Answer:
        """The answer to one call; raises what `run` raises for it. It runs even if nobody waits for it any more."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._free:
            self._free -= 1
            self._running.add(task := asyncio.create_task(self._work()))
            task.add_done_callback(self._running.discard)
        return await answer

    async def close(self) -> None:
        """Wait for what runs."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _work(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer(some)
        finally:
            # Not when the task is done: who asks before that is told would wait for nobody.
            self._free += 1

    async def _answer(self, some: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        error = await self._tried(some)
        for one in some if error else ():
            alone = await self._tried([one]) if len(some) > 1 and isinstance(error, self._apart) else error
            if alone and not one[1].done():
                one[1].set_exception(alone)

    async def _tried(self, some: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> Exception | None:
        try:
            answers = await self._run([asked for asked, _ in some])
        except Exception as error:
            return error
        for (_, future), answer in zip(some, answers, strict=True):
            if not future.done():
                future.set_result(answer)
        return None
