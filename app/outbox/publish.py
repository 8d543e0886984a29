"""Write events and tasks inside the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import log
from app.kit.changes import of_viewer
from app.kit.db import notify_after_commit, touch
from app.kit.work import Plain, work_of

# Says that there are events, and that there are tasks that no event made.
CHANNEL = "weizhi_outbox"
TASKS_CHANNEL = "weizhi_tasks"


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in the past tense. Subclasses name the `topic` and carry ids only: handlers re-read state."""

    topic: ClassVar[str]

    @property
    def key(self) -> str:
        """What tells this fact from others of its topic: events with the same key coalesce while they wait."""
        return ":".join(str(value) for value in self.fields().values())

    @property
    def object_id(self) -> int:
        """Id of the thing the fact is about: the first field."""
        value: int = next(iter(self.fields().values()))
        return value

    def fields(self) -> dict[str, Any]:
        """The fact itself."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


# The parts of a statement's WITH that record events and their audit rows, from the rows of `new`, which have these
# columns besides others. `recorded` gives them, and whoever writes them calls `work.notify_after_commit(CHANNEL)`.
RECORDED = """event_topic text, event_key text, event_payload jsonb, event_request text,
    event_actor bigint, event_object bigint"""
RECORDING = """
    event AS (
        INSERT INTO outbox_events (topic, key, payload, request_id)
        SELECT event_topic, event_key, event_payload, event_request FROM new
    ), audit AS (
        INSERT INTO audit_log (actor_id, action, object_id, request_id)
        SELECT event_actor, event_topic, event_object, event_request FROM new
    )"""


def recorded(event: Event, *, actor_id: int | None) -> dict[str, Any]:
    """The columns of `RECORDED`, for a row of `new` that comes as JSON."""
    return {
        "event_topic": event.topic,
        "event_key": event.key,
        "event_payload": event.fields(),
        "event_request": log.request_id.get(),
        "event_actor": actor_id,
        "event_object": event.object_id,
    }


def recording(event: type[Event], *, object_id: str, actor_id: str) -> str:
    """The columns of `RECORDED`, but `event_request`, for an event of one id that the statement itself makes.

    `object_id` and `actor_id` are what SQL calls them.
    """
    [field] = fields(event)
    return f"""'{event.topic}' AS event_topic, {object_id}::text AS event_key,
        jsonb_build_object('{field.name}', {object_id}) AS event_payload,
        {actor_id} AS event_actor, {object_id} AS event_object"""


_PUBLISH = Plain(
    f"""
    WITH new AS (SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS row ({RECORDED})), {RECORDING}
    SELECT 1
    """
)


async def publish(session: AsyncSession, event: Event, *, actor_id: int | None) -> None:
    """Record `event` and its audit row in `session`'s transaction, in one statement.

    Nothing happens if the transaction rolls back; once it commits, every handler of the topic runs
    at least once. `actor_id` is the account that caused it, None for the system itself.
    """
    work = await work_of(session)
    await work.row(_PUBLISH, rows=orjson.dumps([recorded(event, actor_id=actor_id)]).decode())
    _after(session, actor_id)


async def publish_all(session: AsyncSession, events: Sequence[Event], *, actor_id: int | None) -> None:
    """`publish` many events of one type in one statement."""
    if not events:
        return
    work = await work_of(session)
    rows = [recorded(event, actor_id=actor_id) for event in events]
    await work.row(_PUBLISH, rows=orjson.dumps(rows).decode())
    _after(session, actor_id)


def _after(session: AsyncSession, actor_id: int | None) -> None:
    notify_after_commit(session, CHANNEL)
    if actor_id is not None:
        # Whatever somebody does may change how they see things.
        touch(session, of_viewer(actor_id))


_ENQUEUE = text(
    """
    INSERT INTO tasks (handler, key, payload, request_id, run_at, created_at)
    SELECT :handler, item->>'key', item->'payload', :request_id, due, due
    FROM jsonb_array_elements(CAST(:items AS jsonb)) AS item,
        coalesce(CAST(:run_at AS timestamptz), now()) AS due
    ON CONFLICT (handler, key) WHERE state = 'waiting' DO UPDATE SET
        run_at = least(tasks.run_at, excluded.run_at), created_at = least(tasks.created_at, excluded.created_at)
    """
)


async def enqueue(
    session: AsyncSession,
    handler: str,
    payloads: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    run_at: datetime | None = None,
) -> None:
    """Add tasks for one handler, as (key, payload) pairs with distinct keys, in `session`'s transaction.

    For handlers that split their work, and with `run_at` for what is to be done at its time, not now: such a task
    counts as no older than that. A waiting task with the same key absorbs the new one and runs at the earlier of
    their times, so whoever moves a time back must have the handler look whether it is due, and enqueue again.
    """
    await session.execute(
        _ENQUEUE,
        {
            "handler": handler,
            "items": orjson.dumps([{"key": key, "payload": payload} for key, payload in payloads]).decode(),
            "run_at": run_at,
            "request_id": log.request_id.get(),
        },
    )
    if run_at is None:
        notify_after_commit(session, TASKS_CHANNEL)
