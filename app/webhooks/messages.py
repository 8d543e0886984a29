"""Writing messages: one for a fact and organisation, and a delivery to each webhook that wants it."""

from collections.abc import Collection, Sequence
from datetime import datetime

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.wire import WireModel, mastodon_time
from app.webhooks.models import Webhook, WebhookMessage
from app.webhooks.payloads import EventType

LARGEST = 20_000

_DELIVER = text(
    """
    WITH wanting AS (
        SELECT id FROM webhooks
        WHERE organization_id = :organization_id AND disabled_at IS NULL
          AND CASE WHEN CAST(:only AS bigint) IS NULL
              THEN event_types IS NULL OR :event_type = ANY(event_types) ELSE id = :only END
        -- Always in one order, and before deliveries are written: lanes.py counts on both.
        ORDER BY id FOR NO KEY UPDATE
    ), due AS (
        UPDATE webhooks SET due_at = least(webhooks.due_at, now()) FROM wanting WHERE webhooks.id = wanting.id
    )
    INSERT INTO webhook_deliveries (message_id, webhook_id, due_at) SELECT :message_id, id, now() FROM wanting
    """
)


class MessageTooLarge(AssertionError):
    """A bound on something a message holds was forgotten."""


async def find_listening(session: AsyncSession, *, organization_ids: Collection[int]) -> set[int]:
    """Those of the organisations that have webhooks at all: only for them is anything kept."""
    if not organization_ids:
        return set()
    query = select(Webhook.organization_id).where(Webhook.organization_id.in_(organization_ids)).distinct()
    return set(await session.scalars(query))


async def tell(
    session: AsyncSession,
    event_type: EventType,
    facts: Sequence[tuple[int, WireModel]],
    *,
    now: datetime,
    only: int | None = None,
) -> None:
    """Write what happened, as (organisation, data) pairs, and deliveries to the webhooks that want it.

    With `only`, to that webhook alone, whatever it wants. All in the caller's transaction, which locks the webhooks.
    """
    for organization_id, data in sorted(facts, key=lambda fact: fact[0]):
        said = {"type": event_type, "timestamp": mastodon_time(now), "data": data.model_dump(mode="json")}
        body = orjson.dumps(said).decode()
        if len(body.encode()) > LARGEST:
            raise MessageTooLarge(event_type)
        message = WebhookMessage(organization_id=organization_id, event_type=event_type, body=body, created_at=now)
        session.add(message)
        await session.flush()
        await session.execute(
            _DELIVER,
            {"organization_id": organization_id, "event_type": event_type, "message_id": message.id, "only": only},
        )
