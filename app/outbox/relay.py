"""The relay: expands events into tasks and runs tasks until they succeed or die."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import structlog
from asyncpg import UniqueViolationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import log, metrics
from app.kit.db import Database
from app.kit.errors import Unavailable, WeizhiError
from app.kit.work import Plain, any_of, listed, work_of, working
from app.outbox.publish import CHANNEL, Event

logger = log.logger(__name__)

POLL_SECONDS = 1.0
# Work is taken up so often at most: what comes meanwhile goes along.
_ROUND_SECONDS = 0.01
# While tasks wait for company, it is looked so often whether they are due.
_PACED_SECONDS = 0.05
_EXPAND_AT_ONCE = 500
_CLAIM_AT_ONCE = 200
# What waits for something that is away tries again this often, for as long as it takes: it is not at fault.
_UNAVAILABLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Handler:
    """What happens after an event: `run(session, payloads)` inside the transaction that completes its tasks.

    `payloads` holds one event's fields, or up to `batch` events'. A handler re-reads state and may run
    twice for one event. `topics` may be empty for work that other handlers `enqueue`. With `pace`, tasks wait up to so
    many seconds for others to be run with: for what nobody looks at the very moment.
    """

    name: str
    topics: tuple[type[Event], ...]
    run: Callable[[AsyncSession, Sequence[Mapping[str, Any]]], Awaitable[None]]
    batch: int = 1
    deadline_seconds: float = 60.0
    pace: float = 0.0


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """A task this relay holds under its lease."""

    id: int
    handler: str
    payload: Mapping[str, Any]
    request_id: str | None
    starts: int
    error: str | None
    created_at: datetime

    @property
    def vanished(self) -> bool:
        """Whether it started before and nothing was heard of it since: it may have killed its worker."""
        return self.starts > 0 and self.error is None


class UnknownHandler(Exception):
    """A task names a handler this version does not have: perhaps a newer one wrote it. Retried, then dead."""


class LeaseLost(Exception):
    """Another worker took the task over: this run's effects must roll back."""


_EXPAND = Plain(
    f"""
    WITH event AS (
        DELETE FROM outbox_events
        WHERE id IN (
            SELECT id FROM outbox_events WHERE topic {any_of("known", "text")}
            ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        RETURNING topic, key, payload, request_id, created_at
    ), task AS (
        INSERT INTO tasks (handler, key, payload, request_id, created_at, run_at)
        SELECT DISTINCT ON (handler, key) handler, key, payload, request_id, created_at,
            -- Those of one handler are due together.
            CASE WHEN pace > 0 THEN date_bin(make_interval(secs => pace), now(), to_timestamp(0))
                + make_interval(secs => pace) ELSE now() END
        FROM event
        JOIN unnest({listed("topics", "text")}, {listed("handlers", "text")}, {listed("paces", "float")})
            AS route (topic, handler, pace) USING (topic)
        ORDER BY handler, key, created_at
        ON CONFLICT (handler, key) WHERE state = 'waiting' DO UPDATE SET run_at = least(tasks.run_at, excluded.run_at)
    )
    SELECT count(*) FROM event
    """
)
_CLAIM = Plain(
    """
    UPDATE tasks
    SET state = 'leased', lease = :lease, run_at = now() + make_interval(secs => :seconds)
    WHERE id IN (
        SELECT id FROM tasks WHERE state <> 'dead' AND run_at <= now()
        ORDER BY run_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    RETURNING id, handler, payload, request_id, starts, error, created_at
    """
)
# Counted when a task really starts, in a commit of its own: a worker that dies may have held many others.
_START = Plain(
    f"UPDATE tasks SET starts = starts + 1, error = NULL WHERE id {any_of('ids')} AND lease = :lease RETURNING id"
)
_EXTEND = Plain(
    "UPDATE tasks SET run_at = now() + make_interval(secs => :seconds) WHERE lease = :lease AND state = 'leased'"
)
_FINISH = Plain(f"DELETE FROM tasks WHERE id {any_of('ids')} AND lease = :lease RETURNING id")
_RETRY = Plain(
    """
    UPDATE tasks SET state = 'waiting', lease = NULL, error = :error, starts = starts - :forgiven,
        run_at = now() + make_interval(secs => :seconds)
    WHERE id = :id AND lease = :lease
    """
)
_DIE = Plain(
    "UPDATE tasks SET state = 'dead', lease = NULL, error = :error, died_at = now() WHERE id = :id AND lease = :lease"
)
_RELEASE = Plain("UPDATE tasks SET state = 'waiting', lease = NULL, run_at = now() WHERE id = :id AND lease = :lease")


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
        self._routes = [(topic.topic, handler) for handler in self._handlers.values() for topic in handler.topics]
        self._known = sorted({topic for topic, _ in self._routes} | {event.topic for event in unhandled})
        self._lease_seconds = lease_seconds
        self._retry_seconds = retry_seconds
        self._concurrency = concurrency
        self._slots = asyncio.Semaphore(concurrency)
        self._alone = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()
        self._lease = secrets.token_hex(8)
        self._wake = asyncio.Event()
        self._stopping = False
        # Nobody is to wait for the pace of others when everything is to be done now.
        self._paced = False
        self._paced_until = 0.0
        self._slowest = max((handler.pace for handler in self._handlers.values()), default=0.0)
        self._full = False

    async def run(self) -> None:
        """Work until `stop` is called; then finish the tasks at hand and return."""
        keepers = [asyncio.create_task(self._listen()), asyncio.create_task(self._extend_lease())]
        clock = asyncio.get_running_loop().time
        self._paced = True
        try:
            while not self._stopping:
                self._wake.clear()
                started = clock()
                try:
                    found = await self._take_up()
                except Exception:
                    logger.exception("cannot take up work")
                    found = False
                if found:
                    await asyncio.sleep(started + _ROUND_SECONDS - clock())
                    continue
                with suppress(TimeoutError):
                    pause = _PACED_SECONDS if clock() < self._paced_until else POLL_SECONDS
                    await asyncio.wait_for(self._wake.wait(), pause)
            await self._finish_running()
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    def stop(self) -> None:
        """Ask `run` to return once the tasks at hand are done."""
        self._stopping = True
        self._wake.set()

    async def run_until_idle(self) -> None:
        """Work until no event waits and no task is due. Tasks that wait for a retry stay."""
        while await self._take_up():
            await self._finish_running()

    async def _take_up(self) -> bool:
        """Expand events and start due tasks, as far as there is room; whether there was anything."""
        if len(self._running) >= self._concurrency * 2:
            self._full = True
            return False
        expanded = await self._expand()
        tasks = await self._claim(_CLAIM_AT_ONCE)
        for handler, batch in self._batches(tasks):
            run = asyncio.create_task(self._execute(handler, batch))
            self._running.add(run)
            run.add_done_callback(self._ran)
        return bool(expanded or tasks)

    def _ran(self, run: asyncio.Task[None]) -> None:
        self._running.discard(run)
        if self._full:
            self._full = False
            self._wake.set()
        if not run.cancelled() and (error := run.exception()):
            # The task's lease runs out and another round takes it up.
            logger.error("could not record a task's outcome", exc_info=error)

    async def _finish_running(self) -> None:
        while self._running:
            await asyncio.wait(self._running)

    async def _expand(self) -> int:
        row = await self._run(
            _EXPAND,
            limit=_EXPAND_AT_ONCE,
            known=self._known,
            topics=[topic for topic, _ in self._routes],
            handlers=[handler.name for _, handler in self._routes],
            paces=[handler.pace if self._paced else 0.0 for _, handler in self._routes],
        )
        if row[0][0]:
            self._paced_until = asyncio.get_running_loop().time() + 2 * self._slowest
        return int(row[0][0])

    async def _claim(self, limit: int) -> list[ClaimedTask]:
        rows = await self._run(_CLAIM, lease=self._lease, seconds=self._lease_seconds, limit=limit)
        return sorted((ClaimedTask(*row) for row in rows), key=lambda task: task.id)

    async def _run(self, statement: Plain, **values: Any) -> Sequence[Any]:
        """One statement, which is a transaction of its own."""
        async with working(self._db) as work:
            return await work.rows(statement, **values)

    def _batches(self, tasks: list[ClaimedTask]) -> Iterable[tuple[Handler, list[ClaimedTask]]]:
        for name, of_handler in groupby(sorted(tasks, key=lambda task: task.handler), key=lambda task: task.handler):
            handler, group = self._handlers.get(name) or _unknown(name), list(of_handler)
            fresh = [task for task in group if task.starts == 0]
            # A task that started before has a batch to itself, so that one poisonous task cannot spoil others'.
            yield from ((handler, [task]) for task in group if task.starts > 0)
            yield from ((handler, fresh[i : i + handler.batch]) for i in range(0, len(fresh), handler.batch))

    async def _execute(self, handler: Handler, tasks: list[ClaimedTask]) -> None:
        async with self._everything() if tasks[0].vanished else self._slots:
            if self._stopping:
                await self._release(tasks)
            elif tasks[0].starts > len(self._retry_seconds):
                # It was started this often and never came back, so it may kill its worker: park it unrun.
                await self._fail(tasks[0], f"started {tasks[0].starts} times without finishing", retry=False)
            else:
                with structlog.contextvars.bound_contextvars(handler=handler.name):
                    token = log.request_id.set(tasks[0].request_id)
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
        started = time.perf_counter()
        delay = (datetime.now(UTC) - tasks[0].created_at).total_seconds()
        metrics.TASK_DELAY_SECONDS.labels(handler.name).observe(max(0.0, delay))
        ours = {"ids": [task.id for task in tasks], "lease": self._lease}
        try:
            _require_all(tasks, await self._run(_START, **ours))
            async with asyncio.timeout(handler.deadline_seconds), self._db.transaction() as session:
                await handler.run(session, [task.payload for task in tasks])
                _require_all(tasks, await (await work_of(session)).rows(_FINISH, **ours))
        except LeaseLost:
            logger.warning("lease lost", tasks=[task.id for task in tasks])
            metrics.TASKS.labels(handler.name, "lease_lost").inc(len(tasks))
        except Exception as error:
            away = isinstance(error, Unavailable)
            retry = away or not isinstance(error, WeizhiError) or len(tasks) > 1
            # What is away or busy is told every few seconds: its traceback says nothing.
            tell = logger.warning if away else logger.exception
            tell("task failed", tasks=ours["ids"], starts=tasks[0].starts + 1, retry=retry, error=str(error)[:200])
            for task in tasks:
                await self._fail(task, f"{type(error).__name__}: {error}", retry=retry, away=away)
        else:
            metrics.TASKS.labels(handler.name, "done").inc(len(tasks))
        finally:
            metrics.TASK_SECONDS.labels(handler.name).observe(time.perf_counter() - started)

    async def _fail(self, task: ClaimedTask, error: str, *, retry: bool, away: bool = False) -> None:
        values = {"id": task.id, "lease": self._lease, "error": error[:4000]}
        if not retry or (task.starts >= len(self._retry_seconds) and not away):
            metrics.TASKS.labels(task.handler, "dead").inc()
            logger.error("task is dead", task=task.id, handler=task.handler, error=error[:500])
            await self._run(_DIE, **values)
            return
        metrics.TASKS.labels(task.handler, "retried").inc()
        seconds = _UNAVAILABLE_SECONDS if away else self._retry_seconds[task.starts]
        pause = {"seconds": seconds * random.uniform(0.8, 1.2), "forgiven": int(away)}
        await self._back_to_waiting(_RETRY, values | pause)

    async def _release(self, tasks: list[ClaimedTask]) -> None:
        for task in tasks:
            await self._back_to_waiting(_RELEASE, {"id": task.id, "lease": self._lease})

    async def _back_to_waiting(self, statement: Any, values: dict[str, Any]) -> None:
        try:
            await self._run(statement, **values)
        except UniqueViolationError:
            # A newer task with the same key waits already and will do this one's work.
            await self._run(_FINISH, ids=[values["id"]], lease=self._lease)

    async def _extend_lease(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                await self._run(_EXTEND, lease=self._lease, seconds=self._lease_seconds)
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
