"""Posts that are being loaded, and who is to be called when they are here: cheaper than a task for each who waits."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from app.kit import log

logger = log.logger(__name__)


class Arrivals:
    """What one process expects."""

    def __init__(self, load: Callable[[Sequence[int]], Awaitable[None]]) -> None:
        """`load` has posts in memory when it ends, or says why not."""
        self._load = load
        self._waiting: dict[int, list[Callable[[], None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def expects(self, id: int) -> bool:
        """Whether a post is being loaded, so that it is not worth looking for."""
        return id in self._waiting

    def begin(self, ids: Sequence[int], then: Callable[[], None] | None = None) -> None:
        """Begin to load posts; `then` is called when the first is here, or cannot be had now.

        For all who lack it that is done once.
        """
        first = ids[0]
        waiting = self._waiting.get(first)
        if waiting is None:
            waiting = self._waiting[first] = []
            self._tasks.add(task := asyncio.create_task(self._see_to(ids)))
            task.add_done_callback(self._tasks.discard)
        if then:
            waiting.append(then)

    async def close(self) -> None:
        """Expect nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _see_to(self, ids: Sequence[int]) -> None:
        try:
            await self._load(ids)
        except Exception:
            # Who asks again is told.
            logger.warning("posts could not be loaded", exc_info=True)
        finally:
            for then in self._waiting.pop(ids[0]):
                try:
                    then()
                except Exception:
                    logger.exception("who waited for a post failed")
