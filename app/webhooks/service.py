"""Writes of webhooks."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.db import count_changed
from app.kit.errors import Conflict, Invalid, field_error
from app.kit.outward import Outward
from app.organizations.models import Organization
from app.organizations.queries import require_seat
from app.outbox.publish import publish
from app.webhooks.events import WebhookChanged, WebhookCreated, WebhookDeleted
from app.webhooks.messages import tell
from app.webhooks.models import Webhook, WebhookDelivery, WebhookMessage
from app.webhooks.payloads import PingData
from app.webhooks.queries import get_delivery_for_editing, get_webhook_for_editing
from app.webhooks.rules import OVERLAP
from app.webhooks.schemas import Replay, WebhookCreate, WebhookUpdate
from app.webhooks.signing import new_secret

MOST_WEBHOOKS = 20
MOST_REPLAYED = 10_000
# Each goes with its deliveries, and their attempts.
_FORGOTTEN_AT_ONCE = 500


class TooManyWebhooks(Invalid):
    code = "too_many_webhooks"
    message = f"An organization can have {MOST_WEBHOOKS} webhooks at most"


class WebhookIsDisabled(Conflict):
    code = "webhook_disabled"
    message = "This webhook is turned off; turn it on first"


class DeliveryIsWaiting(Conflict):
    code = "delivery_waiting"
    message = "This delivery is on its way already"


async def create(session: AsyncSession, outward: Outward, *, actor_id: int, request: WebhookCreate) -> Webhook:
    """Create a webhook with a fresh secret. Raises Invalid, NotFound, NotSeatMember, TooManyWebhooks."""
    await require_seat(session, organization_id=request.organization_id, account_id=actor_id)
    _require_outside(outward, request.url)
    # Two requests at once must not both find room.
    await session.execute(select(Organization.id).where(Organization.id == request.organization_id).with_for_update())
    others = select(Webhook.id).where(Webhook.organization_id == request.organization_id).limit(MOST_WEBHOOKS)
    if len((await session.scalars(others)).all()) >= MOST_WEBHOOKS:
        raise TooManyWebhooks
    webhook = Webhook(**request.model_dump(), created_by=actor_id, secret=new_secret())
    session.add(webhook)
    await session.flush()
    await session.refresh(webhook)
    await publish(session, WebhookCreated(webhook.id), actor_id=actor_id)
    return webhook


async def change(
    session: AsyncSession, outward: Outward, *, id: int, actor_id: int, request: WebhookUpdate, now: datetime
) -> Webhook:
    """Change a webhook; turning it off cancels what waits, turning it on forgets that it failed. Raises Invalid."""
    webhook = await get_webhook_for_editing(session, id=id, account_id=actor_id, lock=True)
    if request.url is not None:
        _require_outside(outward, request.url)
    for name in request.model_fields_set - {"enabled"}:
        value: Any = getattr(request, name)
        if value is not None or name == "event_types":
            setattr(webhook, name, value)
    if request.enabled is False and webhook.disabled_at is None:
        webhook.disabled_at, webhook.disabled_reason = now, "manual"
        cancelled = {"state": "cancelled", "finished_at": now}
        waiting = (WebhookDelivery.webhook_id == id) & (WebhookDelivery.state == "waiting")
        await session.execute(update(WebhookDelivery).where(waiting).values(cancelled))
    if request.enabled:
        webhook.disabled_at = webhook.disabled_reason = webhook.failing_since = webhook.rests_until = None
        webhook.failures = 0
    webhook.updated_at = now
    await session.flush()
    await publish(session, WebhookChanged(id), actor_id=actor_id)
    return webhook


async def remove(session: AsyncSession, *, id: int, actor_id: int) -> None:
    """Delete a webhook with its deliveries. Raises NotFound."""
    await get_webhook_for_editing(session, id=id, account_id=actor_id, lock=True)
    await session.execute(delete(Webhook).where(Webhook.id == id))
    await publish(session, WebhookDeleted(id), actor_id=actor_id)


async def rotate(session: AsyncSession, *, id: int, actor_id: int, now: datetime) -> Webhook:
    """Give a webhook a fresh secret; the one before signs beside it for a day. Raises NotFound."""
    webhook = await get_webhook_for_editing(session, id=id, account_id=actor_id, lock=True)
    webhook.previous_secret, webhook.secret = webhook.secret, new_secret()
    webhook.previous_secret_until = now + OVERLAP
    webhook.updated_at = now
    await session.flush()
    await publish(session, WebhookChanged(id), actor_id=actor_id)
    return webhook


async def ping(
    session: AsyncSession, *, id: int, actor_id: int, now: datetime
) -> tuple[WebhookDelivery, WebhookMessage]:
    """Send a webhook.ping to one webhook, whatever events it wants. Raises NotFound, WebhookIsDisabled."""
    webhook = await get_webhook_for_editing(session, id=id, account_id=actor_id, lock=True)
    _require_enabled(webhook)
    data = PingData(organization_id=webhook.organization_id, webhook_id=id)
    await tell(session, "webhook.ping", [(webhook.organization_id, data)], now=now, only=id)
    await _due_now(session, webhook)
    newest = select(WebhookDelivery.id).where(WebhookDelivery.webhook_id == id).order_by(WebhookDelivery.id.desc())
    delivery_id = (await session.scalars(newest.limit(1))).one()
    return await get_delivery_for_editing(session, id=delivery_id, account_id=actor_id)


_REPLAY = text(
    """
    WITH message AS (
        SELECT message.id FROM webhook_messages AS message
        LEFT JOIN webhook_deliveries AS known ON known.message_id = message.id AND known.webhook_id = :id
        WHERE message.organization_id = :organization_id AND message.event_type <> 'webhook.ping'
          AND message.created_at >= :since AND message.created_at < :until
          AND (CAST(:event_types AS text[]) IS NULL OR message.event_type = ANY(CAST(:event_types AS text[])))
          AND (known.id IS NULL OR known.state IN ('exhausted', 'cancelled') OR (:all AND known.state = 'succeeded'))
        ORDER BY message.created_at, message.id LIMIT :limit
    ), delivery AS (
        INSERT INTO webhook_deliveries (message_id, webhook_id) SELECT id, :id FROM message ORDER BY id
        ON CONFLICT (message_id, webhook_id)
            DO UPDATE SET state = 'waiting', tries = 0, due_at = now(), finished_at = NULL
        RETURNING id
    )
    SELECT count(*) FROM delivery
    """
)


async def replay(session: AsyncSession, *, id: int, actor_id: int, request: Replay, now: datetime) -> int:
    """Deliver messages of a period (again), the oldest MOST_REPLAYED at most; how many. As its webhook filters now."""
    webhook = await get_webhook_for_editing(session, id=id, account_id=actor_id, lock=True)
    _require_enabled(webhook)
    wanted = request.event_types or webhook.event_types
    if request.event_types and webhook.event_types:
        wanted = [one for one in request.event_types if one in webhook.event_types]
    found = await session.scalar(
        _REPLAY,
        {
            "id": id,
            "organization_id": webhook.organization_id,
            "since": request.since,
            "until": request.until or now,
            "event_types": wanted,
            "all": request.all,
            "limit": MOST_REPLAYED,
        },
    )
    await _due_now(session, webhook)
    return int(found or 0)


async def retry(
    session: AsyncSession, *, id: int, actor_id: int, now: datetime
) -> tuple[WebhookDelivery, WebhookMessage]:
    """Deliver one message again, on a schedule anew. Raises NotFound, WebhookIsDisabled, DeliveryIsWaiting."""
    delivery, _ = await get_delivery_for_editing(session, id=id, account_id=actor_id)
    webhook = await get_webhook_for_editing(session, id=delivery.webhook_id, account_id=actor_id, lock=True)
    _require_enabled(webhook)
    # The lock is held now: read again what it guards.
    delivery, message = await get_delivery_for_editing(session, id=id, account_id=actor_id)
    if delivery.state == "waiting" and delivery.due_at <= now:
        raise DeliveryIsWaiting
    delivery.state, delivery.tries, delivery.due_at, delivery.finished_at = "waiting", 0, now, None
    await session.flush()
    await _due_now(session, webhook)
    return delivery, message


async def forget(session: AsyncSession, *, now: datetime, days: int) -> int:
    """Drop messages older than `days` with their deliveries, unless one still waits; how many, some at a time."""
    old = select(WebhookMessage.id).where(WebhookMessage.created_at < now - timedelta(days=days))
    waiting = select(WebhookDelivery.id).where(
        WebhookDelivery.message_id == WebhookMessage.id, WebhookDelivery.state == "waiting"
    )
    ids = old.where(~waiting.exists()).limit(_FORGOTTEN_AT_ONCE)
    return await count_changed(session, delete(WebhookMessage).where(WebhookMessage.id.in_(ids)))


async def _due_now(session: AsyncSession, webhook: Webhook) -> None:
    # Somebody asks for it: that ends a rest, too.
    due = text("UPDATE webhooks SET due_at = least(due_at, now()), rests_until = NULL WHERE id = :id")
    await session.execute(due, {"id": webhook.id})


def _require_outside(outward: Outward, url: str) -> None:
    try:
        outward.parse(url)
    except ValueError as error:
        raise field_error("url", "ERR_INVALID", str(error)) from None


def _require_enabled(webhook: Webhook) -> None:
    if webhook.disabled_at is not None:
        raise WebhookIsDisabled
