"""Lanes in PostgreSQL: taking them, what is due in them, and what came of it. Times are the database's own.

Whoever changes deliveries of a webhook locks its row first, so that `due_at` is never later than what waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.outbox.publish import publish
from app.webhooks.events import WebhookDisabled
from app.webhooks.rules import Outcome, gives_up, next_pause, rest


class LaneLost(Exception):
    """The lane is another courier's by now, or the webhook is gone: what came of the attempt is not ours to say."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery, ready to be sent."""

    id: int
    webhook_id: int
    organization_id: int
    message_id: int
    tries: int
    attempts: int
    event_type: str
    body: str
    happened_at: datetime
    url: str
    secrets: tuple[str, ...]
    rate: int
    cloudevents: bool


_NOW = "(now() + make_interval(secs => :ahead))"
# In an array, which is asked once: a join may ask again for each row and take others, past the limit.
_CLAIM = text(
    f"""
    UPDATE webhooks SET lease = :lease, leased_until = {_NOW} + make_interval(secs => :seconds)
    WHERE id = ANY(ARRAY(
        SELECT id FROM webhooks
        WHERE due_at <= {_NOW} AND disabled_at IS NULL AND (failures > 0) = CAST(:failing AS boolean)
          AND (rests_until IS NULL OR rests_until <= {_NOW})
          AND (leased_until IS NULL OR leased_until < {_NOW})
          AND id <> ALL(CAST(:held AS bigint[]))
        ORDER BY due_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    ))
    RETURNING id
    """
)
_EXTEND = text(f"UPDATE webhooks SET leased_until = {_NOW} + make_interval(secs => :seconds) WHERE lease = :lease")
_FIND_DUE = text(
    f"""
    SELECT delivery.id, webhook.id AS webhook_id, webhook.organization_id, message.id AS message_id, delivery.tries,
        delivery.attempts, message.event_type, message.body, message.created_at AS happened_at, webhook.url,
        webhook.secret, CASE WHEN webhook.previous_secret_until > {_NOW} THEN webhook.previous_secret END AS previous,
        webhook.rate, webhook.cloudevents
    FROM webhooks AS webhook
    JOIN webhook_deliveries AS delivery ON delivery.webhook_id = webhook.id
    JOIN webhook_messages AS message ON message.id = delivery.message_id
    WHERE webhook.id = :id AND webhook.lease = :lease AND webhook.disabled_at IS NULL
      AND delivery.state = 'waiting' AND delivery.due_at <= {_NOW}
    ORDER BY delivery.due_at, delivery.id LIMIT 1
    """
)
_LOCK = text(
    f"""
    SELECT disabled_at IS NOT NULL AS disabled, failures, failing_since, {_NOW} AS now
    FROM webhooks WHERE id = :id AND lease = :lease FOR NO KEY UPDATE
    """
)
_KEEP_ATTEMPT = text(
    f"""
    INSERT INTO webhook_attempts (delivery_id, number, milliseconds, status, error, excerpt, created_at)
    VALUES (:delivery_id, :number, :milliseconds, :status, :error, :excerpt, {_NOW})
    """
)
_KEEP_DELIVERY = text(
    f"""
    UPDATE webhook_deliveries SET
        state = CASE WHEN over THEN state ELSE came END, tries = tries + 1, attempts = attempts + 1,
        last_status = :status, last_error = :error,
        due_at = {_NOW} + make_interval(secs => :pause),
        finished_at = CASE WHEN over THEN finished_at WHEN came <> 'waiting' THEN {_NOW} END
    -- Cancelled while it was being sent, it stays so, unless it was taken.
    FROM (SELECT id AS of_id, CAST(:state AS text) AS came, state <> 'waiting' AND :state <> 'succeeded' AS over
          FROM webhook_deliveries WHERE id = :id) AS outcome
    WHERE id = of_id AND attempts = :attempts
    """
)
_KEEP_WEBHOOK = text(
    f"""
    UPDATE webhooks SET failures = :failures,
        failing_since = CASE WHEN CAST(:succeeded AS boolean) THEN NULL ELSE coalesce(failing_since, {_NOW}) END
    WHERE id = :id
    """
)
_DISABLE = text(f"UPDATE webhooks SET disabled_at = {_NOW}, disabled_reason = :reason WHERE id = :id")
CANCEL = text(
    """
    UPDATE webhook_deliveries SET state = 'cancelled', finished_at = now()
    WHERE webhook_id = :id AND state = 'waiting'
    """
)
_GIVE_BACK = text(
    f"""
    UPDATE webhooks SET lease = NULL, leased_until = NULL,
        due_at = (SELECT min(due_at) FROM webhook_deliveries WHERE webhook_id = :id AND state = 'waiting'),
        rests_until = CASE WHEN CAST(:rest AS float) > 0 THEN {_NOW} + make_interval(secs => CAST(:rest AS float)) END
    WHERE id = :id
    """
)


async def claim(
    session: AsyncSession,
    *,
    lease: str,
    seconds: float,
    ahead: float,
    held: Sequence[int],
    failing: bool,
    limit: int,
) -> Sequence[int]:
    """Take lanes in which something is due, the longest due first: `failing` ones, or the others."""
    values = {"lease": lease, "seconds": seconds, "ahead": ahead, "held": list(held), "failing": failing}
    return (await session.scalars(_CLAIM, values | {"limit": limit})).all()


async def extend(session: AsyncSession, *, lease: str, seconds: float, ahead: float) -> None:
    """Hold the lanes under `lease` for longer."""
    await session.execute(_EXTEND, {"lease": lease, "seconds": seconds, "ahead": ahead})


async def count_waiting(session: AsyncSession) -> int:
    """How many deliveries wait, for now or for another attempt."""
    return await session.scalar(text("SELECT count(*) FROM webhook_deliveries WHERE state = 'waiting'")) or 0


async def find_due(session: AsyncSession, webhook_id: int, *, lease: str, ahead: float) -> Parcel | None:
    """What is to be sent next in a lane."""
    row = (await session.execute(_FIND_DUE, {"id": webhook_id, "lease": lease, "ahead": ahead})).mappings().first()
    if row is None:
        return None
    values: dict[str, Any] = dict(row)
    keys = (values.pop("secret"), values.pop("previous"))
    return Parcel(**values, secrets=tuple(key for key in keys if key))


async def record(
    session: AsyncSession, parcel: Parcel, outcome: Outcome, *, lease: str, ahead: float, chance: float
) -> float:
    """Keep what came of an attempt; the seconds the webhook is to rest. Raises LaneLost, and keeps nothing then."""
    here = {"ahead": ahead, "id": parcel.webhook_id}
    lane = (await session.execute(_LOCK, here | {"lease": lease})).first()
    if lane is None:
        raise LaneLost
    pause = None if outcome.succeeded or outcome.gone else next_pause(parcel.tries + 1, outcome, chance=chance)
    state = "succeeded" if outcome.succeeded else "exhausted" if pause is None else "waiting"
    came = {"status": outcome.status, "error": outcome.error}
    delivery = {"id": parcel.id, "state": state, "pause": pause or 0.0, "attempts": parcel.attempts, "ahead": ahead}
    await session.execute(_KEEP_DELIVERY, delivery | came)
    attempt = {"delivery_id": parcel.id, "number": parcel.attempts + 1, "excerpt": outcome.excerpt, "ahead": ahead}
    await session.execute(_KEEP_ATTEMPT, attempt | came | {"milliseconds": outcome.milliseconds})
    failures = lane.failures + 1 if outcome.troubled else 0
    await session.execute(_KEEP_WEBHOOK, here | {"failures": failures, "succeeded": outcome.succeeded})
    failing = not outcome.succeeded and gives_up(parcel.tries + 1, failing_since=lane.failing_since, now=lane.now)
    if (outcome.gone or failing) and not lane.disabled:
        await _disable(session, parcel.webhook_id, "gone" if outcome.gone else "failing", ahead=ahead)
    return rest(failures, outcome)


async def give_back(session: AsyncSession, webhook_id: int, *, lease: str, rest: float, ahead: float) -> None:
    """Let others have a lane, when something is due in it and its rest is over."""
    here = {"id": webhook_id, "ahead": ahead}
    # The lock comes first: whoever adds a delivery holds it until its commit, and the next statement sees that.
    if (await session.execute(_LOCK, here | {"lease": lease})).first() is not None:
        await session.execute(_GIVE_BACK, here | {"rest": rest})


async def _disable(session: AsyncSession, webhook_id: int, reason: str, *, ahead: float) -> None:
    await session.execute(_DISABLE, {"id": webhook_id, "reason": reason, "ahead": ahead})
    await session.execute(CANCEL, {"id": webhook_id})
    await publish(session, WebhookDisabled(webhook_id), actor_id=None)
