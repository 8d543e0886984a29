"""Reads of webhooks and deliveries, among them the gates `get_webhook_for_editing` and `get_delivery_for_editing`."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.kit.pagination import Page, bounded, newest_first
from app.organizations.models import Seat
from app.organizations.queries import EDITORS
from app.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery, WebhookMessage

MOST_ATTEMPTS = 100


async def get_webhook_for_editing(session: AsyncSession, *, id: int, account_id: int, lock: bool = False) -> Webhook:
    """A webhook of an organisation in which the account may edit, else NotFound; with `lock`, held to the commit."""
    query = (
        select(Webhook)
        .join(Seat, Seat.organization_id == Webhook.organization_id)
        .where(Webhook.id == id, Seat.account_id == account_id, Seat.role.in_(EDITORS))
    )
    if lock:
        query = query.with_for_update(of=Webhook, key_share=True)
    webhook = (await session.scalars(query.execution_options(populate_existing=True))).first()
    if webhook is None:
        raise NotFound
    return webhook


async def list_webhooks(
    session: AsyncSession, *, account_id: int, organization_id: int | None, limit: int
) -> Sequence[Webhook]:
    """Webhooks of the organisations (or of one) in which the account may edit, newest first."""
    query = (
        select(Webhook)
        .join(Seat, Seat.organization_id == Webhook.organization_id)
        .where(Seat.account_id == account_id, Seat.role.in_(EDITORS))
        .order_by(Webhook.id.desc())
        .limit(limit)
    )
    if organization_id is not None:
        query = query.where(Webhook.organization_id == organization_id)
    return (await session.scalars(query)).all()


async def get_delivery_for_editing(
    session: AsyncSession, *, id: int, account_id: int
) -> tuple[WebhookDelivery, WebhookMessage]:
    """A delivery of a webhook which the account may edit, with its message; else NotFound."""
    query = (
        select(WebhookDelivery, WebhookMessage)
        .join(WebhookMessage, WebhookMessage.id == WebhookDelivery.message_id)
        .join(Seat, Seat.organization_id == WebhookMessage.organization_id)
        .where(WebhookDelivery.id == id, Seat.account_id == account_id, Seat.role.in_(EDITORS))
    )
    row = (await session.execute(query.execution_options(populate_existing=True))).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def page_deliveries(
    session: AsyncSession, *, webhook_id: int, state: str | None, event_type: str | None, page: Page
) -> Sequence[tuple[WebhookDelivery, WebhookMessage]]:
    """Deliveries of a webhook with their messages, newest first; of one state or event type, if asked."""
    query = (
        select(WebhookDelivery, WebhookMessage)
        .join(WebhookMessage, WebhookMessage.id == WebhookDelivery.message_id)
        .where(WebhookDelivery.webhook_id == webhook_id)
    )
    if state is not None:
        query = query.where(WebhookDelivery.state == state)
    if event_type is not None:
        query = query.where(WebhookMessage.event_type == event_type)
    rows = (await session.execute(bounded(query, WebhookDelivery.id, page))).all()
    return [(delivery, message) for delivery, message in newest_first(rows, page)]


async def list_attempts(session: AsyncSession, *, delivery_id: int) -> Sequence[WebhookAttempt]:
    """Attempts of a delivery, the last one first, a hundred at most."""
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
    return (await session.scalars(query.order_by(WebhookAttempt.id.desc()).limit(MOST_ATTEMPTS))).all()
