"""The relay: expands events into tasks and runs tasks until they succeed or die."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from asyncpg import UniqueViolationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import log, metrics
from app.kit.db import Database
from app.kit.errors import Unavailable, WeizhiError
from app.kit.work import Plain, work_of, working
from app.outbox.publish import CHANNEL, TASKS_CHANNEL, Event
from app.outbox.steps import (
    CLAIM,
    DIE,
    EXPAND,
    EXTEND,
    FINISH,
    RELEASE,
    RETRY,
    SPLIT,
    START,
    ClaimedTask,
    Held,
    claimed,
)

logger = log.logger(__name__)

POLL_SECONDS = 1.0
# Work is taken up so often at most, and not for more than a third of the time: what comes meanwhile goes along.
_ROUND_SECONDS = 0.02
_LONGEST_REST = 0.1
# So long those with a pace let the others go first.
_WAY_SECONDS = 0.03
_EXPAND_AT_ONCE = 500
_CLAIM_AT_ONCE = 64
# So often what fell due by time alone, or was left by other workers, is looked for while events keep coming.
_CLAIM_SECONDS = 0.2
# So many batches of a handler are held while one runs; further ones are left to other workers.
_BATCHES_HELD = 8
# What waits for something that is away tries again this often, for as long as it takes: it is not at fault.
_UNAVAILABLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Handler:
    """What happens after an event: `run(session, payloads)` inside the transaction that completes its tasks.

    `payloads` holds one event's fields, or up to `batch` events'. A handler re-reads state and may run
    twice for one event. `topics` may be empty for work that other handlers `enqueue`. A process runs one batch of a
    handler at a time: what comes meanwhile makes up the next. With `pace`, it begins one so many seconds after the one
    before, or once it is full: for what nobody looks at the very moment.
    """

    name: str
    topics: tuple[type[Event], ...]
    run: Callable[[AsyncSession, Sequence[Mapping[str, Any]]], Awaitable[None]]
    batch: int = 1
    deadline_seconds: float = 60.0
    pace: float = 0.0


class UnknownHandler(Exception):
    """A task names a handler this version does not have: perhaps a newer one wrote it. Retried, then dead."""


class LeaseLost(Exception):
    """Another worker took the task over: this run's effects must roll back."""


class Relay:
    """Runs the tasks of `handlers`. Any number of relays, in any number of processes, share the tables."""

    def __init__(
        self,
        db: Database,
        handlers: Iterable[Handler],
        *,
        lease_seconds: float,
        retry_seconds: Sequence[float],
        concurrency: int,
        unhandled: Iterable[type[Event]] = (),
    ) -> None:
        """`lease_seconds` a silent worker keeps a task; `retry_seconds` the pauses before each retry.

        Events of `unhandled` types are done when they are taken up. Those of types this relay does not
        know stay: a newer version wrote them, and its worker will take them up.
        """
        self._db = db
        self._handlers = {handler.name: handler for handler in handlers}
        self._places = {name: place for place, name in enumerate(self._handlers)}
        self._routes = [(topic.topic, handler) for handler in self._handlers.values() for topic in handler.topics]
        self._known = sorted({topic for topic, _ in self._routes} | {event.topic for event in unhandled})
        self._lease_seconds = lease_seconds
        self._retry_seconds = retry_seconds
        self._concurrency = concurrency
        self._slots = asyncio.Semaphore(concurrency)
        self._alone = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()
        # Tasks whose lease is renewed: those that are held or run. Whatever goes wrong with one, it falls due again.
        self._ours: set[int] = set()
        self._busy = 0
        # What is left waiting for want of room: everything, or tasks of these handlers.
        self._crowded = False
        self._full: set[str] = set()
        self._held = {name: Held(handler.batch) for name, handler in self._handlers.items() if handler.batch > 1}
        self._lease = secrets.token_hex(8)
        self._wake = asyncio.Event()
        # From when on tasks may wait that this relay did not just make of events.
        self._claim_from = float("-inf")
        self._stopping = asyncio.Event()
        # Nobody is to wait for the pace of others when everything is to be done now.
        self._paced = False

    async def run(self) -> None:
        """Work until `stop` is called; then finish the tasks at hand and return."""
        keepers = [asyncio.create_task(self._listen()), asyncio.create_task(self._extend_lease())]
        clock = asyncio.get_running_loop().time
        self._paced = True
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                started = clock()
                try:
                    found = await self._take_up()
                except Exception:
                    logger.exception("cannot take up work")
                    found = False
                if found:
                    took = clock() - started
                    await asyncio.sleep(max(_ROUND_SECONDS - took, min(2 * took, _LONGEST_REST)))
                    continue
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
            await self._finish_running()
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    def stop(self) -> None:
        """Ask `run` to return once the tasks at hand are done."""
        self._stopping.set()
        self._wake.set()
        for held in self._held.values():
            held.ready.set()

    async def run_until_idle(self) -> None:
        """Work until no event waits and no task is due. Tasks that wait for a retry stay."""
        self._see_to_tasks()
        while await self._take_up():
            await self._finish_running()
            self._see_to_tasks()

    async def _take_up(self) -> bool:
        """Expand events and start due tasks, as far as there is room; whether there was anything."""
        if self._busy >= self._concurrency * 2:
            self._crowded = True
            return False
        expanded, made = await self._expand(_CLAIM_AT_ONCE)
        # At once: whatever becomes of the rest of this round, nobody else will take them while we renew their lease.
        self._hand_out(made)
        if asyncio.get_running_loop().time() < self._claim_from:
            return expanded > 0
        found = await self._claim(_CLAIM_AT_ONCE)
        self._hand_out(found)
        return expanded > 0 or bool(found)

    def _hand_out(self, tasks: Sequence[ClaimedTask]) -> None:
        by_handler: dict[str, list[ClaimedTask]] = {}
        for task in sorted(tasks, key=lambda task: task.id):
            by_handler.setdefault(task.handler, []).append(task)
        # The table of handlers begins with what people wait for.
        for name in sorted(by_handler, key=lambda name: self._places.get(name, 0)):
            self._hand_over(self._handlers.get(name) or _unknown(name), by_handler[name])

    def _hand_over(self, handler: Handler, tasks: list[ClaimedTask]) -> None:
        held = self._held.get(handler.name)
        for task in tasks:
            # A task that started before has a run to itself, so that one poisonous task cannot spoil others'.
            if held is None or task.starts > 0:
                self._spawn(self._execute(handler, [task]))
            else:
                held.add(task)
        if held is not None and held.tasks and not held.served:
            held.served = True
            self._spawn(self._serve(handler, held))

    def _spawn(self, run: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(run)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, handler: Handler, held: Held) -> None:
        """Run what is held for a handler, one batch after the other, as its pace allows."""
        clock = asyncio.get_running_loop().time
        while held.tasks:
            if self._paced and handler.pace and not self._stopping.is_set():
                pause = max(held.begun + handler.pace - clock(), min(handler.pace, _WAY_SECONDS))
                with suppress(TimeoutError):
                    await asyncio.wait_for(held.ready.wait(), pause)
            held.begun = clock()
            tasks = held.take()
            if handler.name in self._full:
                self._see_to_tasks()
            await self._execute(handler, tasks)
        held.served = False

    async def _finish_running(self) -> None:
        while self._running:
            await asyncio.wait(self._running)

    async def _expand(self, most: int) -> tuple[int, list[ClaimedTask]]:
        """How many events became tasks, and those of the tasks that are held from the beginning, `most` at most."""
        rows = await self._run(
            EXPAND,
            limit=_EXPAND_AT_ONCE,
            known=self._known,
            topics=[topic for topic, _ in self._routes],
            handlers=[handler.name for _, handler in self._routes],
            batches=[handler.batch for _, handler in self._routes],
            **self._taking(most),
        )
        events, left_over, first, *_ = rows[0]
        if left_over:
            self._see_to_tasks()
        return events, self._hold([row[2:] for row in rows] if first is not None else [])

    async def _claim(self, most: int) -> list[ClaimedTask]:
        self._claim_from = asyncio.get_running_loop().time() + _CLAIM_SECONDS
        rows = await self._run(CLAIM, **self._taking(most))
        if len(rows) == most:
            # Whatever was left is for the next round.
            self._see_to_tasks()
        return self._hold(rows)

    def _taking(self, most: int) -> dict[str, Any]:
        self._full = {name for name, held in self._held.items() if held.payloads >= _BATCHES_HELD * held.batch}
        return {"lease": self._lease, "seconds": self._lease_seconds, "most": most, "but": sorted(self._full)}

    def _hold(self, rows: Iterable[Sequence[Any]]) -> list[ClaimedTask]:
        # Those whose lease ran out while they are held are claimed again, by us: they are held already.
        tasks = [task for row in rows if (task := claimed(*row)).id not in self._ours]
        self._ours.update(task.id for task in tasks)
        return tasks

    async def _run(self, statement: Plain, **values: Any) -> Sequence[Any]:
        """One statement, which is a transaction of its own."""
        async with working(self._db) as work:
            return await work.rows(statement, **values)

    async def _execute(self, handler: Handler, tasks: list[ClaimedTask]) -> None:
        self._busy += 1
        try:
            async with self._everything() if tasks[0].vanished else self._slots:
                await self._decide(handler, tasks)
        except Exception:
            # The lease runs out and another round takes them up.
            logger.exception("could not record a task's outcome")
        finally:
            self._busy -= 1
            self._ours.difference_update(task.id for task in tasks)
            if self._crowded:
                self._crowded = False
                self._see_to_tasks()

    async def _decide(self, handler: Handler, tasks: list[ClaimedTask]) -> None:
        first = tasks[0]
        if self._stopping.is_set():
            await self._release(tasks)
        elif first.vanished and len(first.payloads) > 1:
            await self._run(SPLIT, id=first.id, lease=self._lease, error=None, seconds=0.0)
        elif first.starts > len(self._retry_seconds):
            # It was started this often and never came back, so it may kill its worker: park it unrun.
            await self._fail(first, f"started {first.starts} times without finishing", retry=False)
        else:
            with structlog.contextvars.bound_contextvars(handler=handler.name):
                token = log.request_id.set(first.request_id)
                await self._attempt(handler, tasks)
                log.request_id.reset(token)

    @asynccontextmanager
    async def _everything(self) -> AsyncIterator[None]:
        """Every slot: nothing else runs beside a task that may kill its worker."""
        async with self._alone:
            for _ in range(self._concurrency):
                await self._slots.acquire()
            try:
                yield
            finally:
                for _ in range(self._concurrency):
                    self._slots.release()

    async def _attempt(self, handler: Handler, tasks: list[ClaimedTask]) -> None:
        began = time.perf_counter()
        delay = (datetime.now(UTC) - tasks[0].created_at).total_seconds()
        metrics.TASK_DELAY_SECONDS.labels(handler.name).observe(max(0.0, delay))
        ours = {"ids": [task.id for task in tasks], "lease": self._lease}
        payloads: list[Mapping[str, Any]] = []
        try:
            started = {id for id, _ in await self._run(START, **ours)}
            if lost := [task.id for task in tasks if task.id not in started]:
                logger.warning("lease lost", tasks=lost)
                metrics.TASKS.labels(handler.name, "lease_lost").inc(len(lost))
            tasks = [task for task in tasks if task.id in started]
            if not tasks:
                return
            ours["ids"] = [task.id for task in tasks]
            payloads += [payload for task in tasks for payload in task.payloads]
            async with asyncio.timeout(handler.deadline_seconds), self._db.transaction() as session:
                await handler.run(session, payloads)
                _require_all(tasks, await (await work_of(session)).rows(FINISH, **ours))
        except LeaseLost:
            logger.warning("lease lost", tasks=[task.id for task in tasks])
            metrics.TASKS.labels(handler.name, "lease_lost").inc(len(tasks))
        except Exception as error:
            away = isinstance(error, Unavailable)
            retry = away or not isinstance(error, WeizhiError) or len(payloads) > 1
            # What is away or busy is told every few seconds: its traceback says nothing.
            tell = logger.warning if away else logger.exception
            tell("task failed", tasks=ours["ids"], starts=tasks[0].starts + 1, retry=retry, error=str(error)[:200])
            for task in tasks:
                await self._fail(task, f"{type(error).__name__}: {error}", retry=retry, away=away)
        else:
            metrics.TASKS.labels(handler.name, "done").inc(len(tasks))
        finally:
            metrics.TASK_SECONDS.labels(handler.name).observe(time.perf_counter() - began)

    async def _fail(self, task: ClaimedTask, error: str, *, retry: bool, away: bool = False) -> None:
        values = {"id": task.id, "lease": self._lease, "error": error[:4000]}
        if not retry or (task.starts >= len(self._retry_seconds) and not away):
            metrics.TASKS.labels(task.handler, "dead").inc()
            logger.error("task is dead", task=task.id, handler=task.handler, error=error[:500])
            await self._run(DIE, **values)
            return
        metrics.TASKS.labels(task.handler, "retried").inc()
        seconds = _UNAVAILABLE_SECONDS if away else self._retry_seconds[task.starts]
        seconds *= random.uniform(0.8, 1.2)
        if len(task.payloads) > 1 and not away:
            await self._run(SPLIT, seconds=seconds, **values)
        else:
            await self._back_to_waiting(RETRY, values | {"seconds": seconds, "forgiven": int(away)})

    async def _release(self, tasks: list[ClaimedTask]) -> None:
        for task in tasks:
            await self._back_to_waiting(RELEASE, {"id": task.id, "lease": self._lease})

    async def _back_to_waiting(self, statement: Any, values: dict[str, Any]) -> None:
        try:
            await self._run(statement, **values)
        except UniqueViolationError:
            # A newer task with the same key waits already and will do this one's work.
            await self._run(FINISH, ids=[values["id"]], lease=self._lease)

    def _see_to_tasks(self) -> None:
        self._claim_from = float("-inf")
        self._wake.set()

    async def _extend_lease(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                await self._run(EXTEND, ids=[*self._ours], lease=self._lease, seconds=self._lease_seconds)
            except Exception:
                logger.exception("could not extend the lease")

    async def _listen(self) -> None:
        """Wake the loop when something is published. A shortcut: polling finds the work without it."""
        while True:
            gone = asyncio.Event()
            try:
                async with self._db.engine.connect() as connection:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    driver.add_termination_listener(lambda _, gone=gone: gone.set())
                    await driver.add_listener(CHANNEL, lambda *_: self._wake.set())
                    await driver.add_listener(TASKS_CHANNEL, lambda *_: self._see_to_tasks())
                    # What came before that woke nobody.
                    self._see_to_tasks()
                    await gone.wait()
                    await connection.invalidate()
            except Exception:
                logger.warning("cannot listen for published events; polling goes on", exc_info=True)
            await asyncio.sleep(POLL_SECONDS)


def _require_all(tasks: Sequence[ClaimedTask], changed: Sequence[Any]) -> None:
    """Raises LeaseLost unless a statement changed every one of `tasks`: each is still held under the lease."""
    if len(changed) != len(tasks):
        raise LeaseLost


def _unknown(name: str) -> Handler:
    async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
        raise UnknownHandler(name)

    return Handler(name, (), run)
