"""The steps of a task's life, one statement each, by which any number of relays share the tables."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.kit.work import Plain, any_of, listed

# A crash that undoes one of these statements undoes nothing that was told to anybody, and what is committed after them
# never outlives them: they need not wait for the disk.
_LATER = "set_config('synchronous_commit', 'off', true)"
# What `ClaimedTask` has, in this order.
_CLAIMED = "id, handler, payload, request_id, starts, error, created_at"
# Rows to take are asked for in an array: once, whatever the plan. A join may ask again for each row, and then what it
# took is skipped as locked and the next is taken, past every limit.

# Expanded and claimed at once, as far as the relay has room: the rest waits for whoever claims it.
EXPAND = Plain(
    f"""
    WITH event AS (
        DELETE FROM outbox_events
        WHERE id = ANY(ARRAY(
            SELECT id FROM outbox_events WHERE topic {any_of("known", "text")}
            ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        ))
        RETURNING id, topic, key, payload, request_id, created_at
    ), route AS (
        SELECT * FROM unnest({listed("topics", "text")}, {listed("handlers", "text")}, {listed("batches", "int")})
            AS route (topic, handler, batch)
    ), placed AS (
        -- What happened to one thing several times is one event of a topic.
        SELECT *, row_number() OVER (PARTITION BY topic ORDER BY id) - 1 AS place
        FROM (SELECT DISTINCT ON (topic, key) * FROM event ORDER BY topic, key, id) AS one
    ), pack AS (
        -- Packed once for all handlers that take as many. A task that is alone keeps its key, and its payload as it is.
        SELECT topic, batch, min(id) AS first, CASE count(*) WHEN 1 THEN min(key) END AS key,
            CASE count(*) WHEN 1 THEN jsonb_agg(payload) -> 0 ELSE jsonb_agg(payload ORDER BY id) END AS payload,
            (array_agg(request_id ORDER BY id))[1] AS request_id, min(created_at) AS created_at
        FROM placed JOIN (SELECT DISTINCT topic, batch FROM route) AS size USING (topic)
        GROUP BY topic, batch, place / batch
    ), made AS (
        SELECT *, row_number() OVER (ORDER BY full_up, first) <= :most AND NOT full_up AS taken
        FROM (
            SELECT pack.*, handler, handler = ANY({listed("but", "text")}) AS full_up,
                row_number() OVER (PARTITION BY handler, key ORDER BY first) AS place
            FROM pack JOIN route USING (topic, batch)
        ) AS task
        -- One task for a handler and key, whatever happened to the thing.
        WHERE key IS NULL OR place = 1
        ORDER BY first
    ), task AS (
        INSERT INTO tasks (handler, key, payload, request_id, created_at, state, lease, run_at)
        SELECT handler, key, payload, request_id, created_at, CASE WHEN taken THEN 'leased' ELSE 'waiting' END,
            CASE WHEN taken THEN :lease END, now() + make_interval(secs => CASE WHEN taken THEN :seconds ELSE 0 END)
        FROM made
        ON CONFLICT (handler, key) WHERE state = 'waiting' DO UPDATE SET run_at = least(tasks.run_at, excluded.run_at)
        RETURNING {_CLAIMED}, state
    ), counted AS (
        SELECT (SELECT count(*) FROM event) AS events, (
            SELECT count(*) FROM task WHERE state = 'waiting' AND handler <> ALL({listed("but", "text")})
        ) AS left_over
    )
    SELECT events, left_over, {_CLAIMED}, {_LATER}
    FROM counted LEFT JOIN task ON state = 'leased'
    """
)
CLAIM = Plain(
    f"""
    UPDATE tasks
    SET state = 'leased', lease = :lease, run_at = now() + make_interval(secs => :seconds)
    WHERE id = ANY(ARRAY(
        SELECT id FROM tasks WHERE state <> 'dead' AND run_at <= now() AND handler <> ALL({listed("but", "text")})
        ORDER BY run_at, id LIMIT :most FOR UPDATE SKIP LOCKED
    ))
    RETURNING {_CLAIMED}, {_LATER}
    """
)
# Counted when a task really starts, in a commit of its own: a worker that dies may have held many others.
START = Plain(
    f"UPDATE tasks SET starts = starts + 1, error = NULL WHERE id {any_of('ids')} AND lease = :lease "
    f"RETURNING id, {_LATER}"
)
EXTEND = Plain(
    f"UPDATE tasks SET run_at = now() + make_interval(secs => :seconds) WHERE id {any_of('ids')} AND lease = :lease"
)
FINISH = Plain(f"DELETE FROM tasks WHERE id {any_of('ids')} AND lease = :lease RETURNING id")
RETRY = Plain(
    """
    UPDATE tasks SET state = 'waiting', lease = NULL, error = :error, starts = starts - :forgiven,
        run_at = now() + make_interval(secs => :seconds)
    WHERE id = :id AND lease = :lease
    """
)
# A task of many payloads that failed becomes one for each, so that one of them cannot spoil the others again.
SPLIT = Plain(
    """
    WITH task AS (DELETE FROM tasks WHERE id = :id AND lease = :lease RETURNING *)
    INSERT INTO tasks (handler, payload, request_id, starts, error, created_at, run_at)
    SELECT handler, one, request_id, starts, CAST(:error AS text), created_at, now() + make_interval(secs => :seconds)
    FROM task, jsonb_array_elements(payload) AS one
    """
)
DIE = Plain(
    "UPDATE tasks SET state = 'dead', lease = NULL, error = :error, died_at = now() WHERE id = :id AND lease = :lease"
)
RELEASE = Plain("UPDATE tasks SET state = 'waiting', lease = NULL, run_at = now() WHERE id = :id AND lease = :lease")


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """A task this relay holds under its lease: one payload, or as many as its handler takes at a time."""

    id: int
    handler: str
    payloads: Sequence[Mapping[str, Any]]
    request_id: str | None
    starts: int
    error: str | None
    created_at: datetime

    @property
    def vanished(self) -> bool:
        """Whether it started before and nothing was heard of it since: it may have killed its worker."""
        return self.starts > 0 and self.error is None


def claimed(id: int, handler: str, payload: Any, *rest: Any) -> ClaimedTask:
    """A row of CLAIM, or what follows the counts in one of EXPAND."""
    return ClaimedTask(id, handler, payload if isinstance(payload, list) else [payload], *rest[:-1])


class Held:
    """Tasks of one handler that wait for its next run, of `batch` payloads together."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.tasks: deque[ClaimedTask] = deque()
        self.payloads = 0
        self.served = False
        self.begun = float("-inf")
        # Set while a run would be full: it has nothing to wait for.
        self.ready = asyncio.Event()

    def add(self, task: ClaimedTask) -> None:
        """Keep one more."""
        self.tasks.append(task)
        self.payloads += len(task.payloads)
        if self.payloads >= self.batch:
            self.ready.set()

    def take(self) -> list[ClaimedTask]:
        """The first ones, a batch at most; one at least."""
        taken = [self.tasks.popleft()]
        count = len(taken[0].payloads)
        while self.tasks and count + len(self.tasks[0].payloads) <= self.batch:
            count += len(self.tasks[0].payloads)
            taken.append(self.tasks.popleft())
        self.payloads -= count
        if self.payloads < self.batch:
            self.ready.clear()
        return taken
