"""/api/weizhi/v1/webhooks and /deliveries."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from app.kit.clock import now
from app.kit.http import Links, PathId, Reading, Transaction, page_of
from app.kit.outward import Outward
from app.kit.pagination import Page
from app.kit.wire import IdIn
from app.oauth.actor import Actor, requires
from app.webhooks import queries, service
from app.webhooks.models import Webhook, WebhookDelivery, WebhookMessage
from app.webhooks.payloads import EVENT_TYPES, EventType, example
from app.webhooks.schemas import (
    AttemptOut,
    DeletedOut,
    DeliveryOut,
    EventTypeOut,
    Replay,
    ReplayedOut,
    SecretOut,
    State,
    WebhookCreate,
    WebhookOut,
    WebhookUpdate,
    WebhookWithSecretOut,
)
from app.webhooks.signing import message_key

router = APIRouter(prefix="/api/weizhi/v1", tags=["webhooks"])

Recruiter = Annotated[Actor, requires("write:webhooks")]


def _outward(request: Request) -> Outward:
    outward: Outward = request.app.state.resources.outward
    return outward


Way = Annotated[Outward, Depends(_outward)]


@router.post("/webhooks", response_model=WebhookWithSecretOut)
async def create_webhook(
    body: WebhookCreate, actor: Recruiter, outward: Way, session: Transaction
) -> WebhookWithSecretOut:
    """Have an organisation's system told what happens, by Standard Webhooks. The secret is told this once."""
    webhook = await service.create(session, outward, actor_id=actor.account_id, request=body)
    return WebhookWithSecretOut(**_shown(webhook).model_dump(), secret=webhook.secret)


@router.get("/webhooks", response_model=list[WebhookOut])
async def list_webhooks(
    actor: Recruiter,
    session: Reading,
    organization_id: Annotated[IdIn | None, Query(description="Of this organisation alone.")] = None,
) -> list[WebhookOut]:
    """The webhooks of your organisations, newest first (400 at most)."""
    found = await queries.list_webhooks(
        session, account_id=actor.account_id, organization_id=organization_id, limit=400
    )
    return [_shown(webhook) for webhook in found]


@router.get("/webhooks/event_types", response_model=list[EventTypeOut])
async def list_webhook_event_types() -> list[EventTypeOut]:
    """What can be told: every type of event, with the JSON Schema of its data and a whole message."""
    return [
        EventTypeOut(type=name, description=about, data_schema=data.model_json_schema(), example=example(name))
        for name, (about, data) in EVENT_TYPES.items()
    ]


@router.get("/webhooks/{id}", response_model=WebhookOut)
async def get_webhook(id: PathId, actor: Recruiter, session: Reading) -> WebhookOut:
    """One webhook of your organisations."""
    return _shown(await queries.get_webhook_for_editing(session, id=id, account_id=actor.account_id))


@router.patch("/webhooks/{id}", response_model=WebhookOut)
async def change_webhook(
    id: PathId, body: WebhookUpdate, actor: Recruiter, outward: Way, session: Transaction
) -> WebhookOut:
    """Change a webhook, or turn it off and on. Turned off it keeps nothing waiting; `replay` recovers that."""
    webhook = await service.change(session, outward, id=id, actor_id=actor.account_id, request=body, now=now())
    return _shown(webhook)


@router.delete("/webhooks/{id}", response_model=DeletedOut)
async def delete_webhook(id: PathId, actor: Recruiter, session: Transaction) -> DeletedOut:
    """Delete a webhook and all that is known of its deliveries."""
    await service.remove(session, id=id, actor_id=actor.account_id)
    return DeletedOut()


@router.post("/webhooks/{id}/test", response_model=DeliveryOut)
async def test_webhook(id: PathId, actor: Recruiter, session: Transaction) -> DeliveryOut:
    """Send a `webhook.ping`; its attempts tell how it went."""
    return _delivery(*await service.ping(session, id=id, actor_id=actor.account_id, now=now()))


@router.post("/webhooks/{id}/rotate", response_model=SecretOut)
async def rotate_webhook_secret(id: PathId, actor: Recruiter, session: Transaction) -> SecretOut:
    """Make a new secret. For a day messages are signed by the one before as well, so that nothing is refused."""
    webhook = await service.rotate(session, id=id, actor_id=actor.account_id, now=now())
    assert webhook.previous_secret_until is not None
    return SecretOut(secret=webhook.secret, previous_until=webhook.previous_secret_until)


@router.post("/webhooks/{id}/replay", response_model=ReplayedOut)
async def replay_webhook(id: PathId, body: Replay, actor: Recruiter, session: Transaction) -> ReplayedOut:
    """Recover a period: deliver what happened in it and was not taken, also from before the webhook was made."""
    found = await service.replay(session, id=id, actor_id=actor.account_id, request=body, now=now())
    return ReplayedOut(deliveries=found, more=found >= service.MOST_REPLAYED)


@router.get("/webhooks/{id}/deliveries", response_model=list[DeliveryOut])
async def list_deliveries(
    id: PathId,
    actor: Recruiter,
    session: Reading,
    links: Links,
    page: Annotated[Page, page_of(default=20, most=100)],
    state: Annotated[State | None, Query(description="In this state alone.")] = None,
    event_type: Annotated[EventType | None, Query(description="Of this type alone.")] = None,
) -> list[DeliveryOut]:
    """What was sent to a webhook, or waits to be, newest first. Kept for 30 days, unless the service says otherwise."""
    webhook = await queries.get_webhook_for_editing(session, id=id, account_id=actor.account_id)
    found = await queries.page_deliveries(session, webhook_id=webhook.id, state=state, event_type=event_type, page=page)
    links.tell([delivery.id for delivery, _ in found], page)
    return [_delivery(delivery, message) for delivery, message in found]


@router.get("/deliveries/{id}/attempts", response_model=list[AttemptOut])
async def list_delivery_attempts(id: PathId, actor: Recruiter, session: Reading) -> list[AttemptOut]:
    """How the attempts of a delivery went, the last one first (100 at most)."""
    delivery, _ = await queries.get_delivery_for_editing(session, id=id, account_id=actor.account_id)
    return [
        AttemptOut(
            number=attempt.number,
            milliseconds=attempt.milliseconds,
            status=attempt.status,
            error=attempt.error,
            excerpt=attempt.excerpt,
            created_at=attempt.created_at,
        )
        for attempt in await queries.list_attempts(session, delivery_id=delivery.id)
    ]


@router.post("/deliveries/{id}/retry", response_model=DeliveryOut)
async def retry_delivery(id: PathId, actor: Recruiter, session: Transaction) -> DeliveryOut:
    """Send a message again now, whatever became of it, and from the start of the schedule if that fails."""
    return _delivery(*await service.retry(session, id=id, actor_id=actor.account_id, now=now()))


def _shown(webhook: Webhook) -> WebhookOut:
    return WebhookOut(
        id=webhook.id,
        organization_id=webhook.organization_id,
        url=webhook.url,
        description=webhook.description,
        event_types=webhook.event_types,
        rate=webhook.rate,
        cloudevents=webhook.cloudevents,
        enabled=webhook.disabled_at is None,
        disabled_reason=webhook.disabled_reason,
        disabled_at=webhook.disabled_at,
        failing_since=webhook.failing_since,
        created_at=webhook.created_at,
        updated_at=webhook.updated_at,
    )


def _delivery(delivery: WebhookDelivery, message: WebhookMessage) -> DeliveryOut:
    return DeliveryOut(
        id=delivery.id,
        webhook_id=delivery.webhook_id,
        message_id=message_key(message.id),
        event_type=message.event_type,
        state=delivery.state,
        attempts=delivery.attempts,
        last_status=delivery.last_status,
        last_error=delivery.last_error,
        next_attempt_at=delivery.due_at if delivery.state == "waiting" else None,
        created_at=delivery.created_at,
        finished_at=delivery.finished_at,
    )
