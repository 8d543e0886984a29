"""Writes of push subscriptions."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.db import count_changed
from app.kit.errors import Unauthorized, field_error
from app.oauth.models import Token
from app.push.models import PushSubscription
from app.push.queries import find_token_id, get_subscription, living
from app.push.schemas import ALERTS, PushData, SubscriptionCreate
from app.push.sender import Sender
from app.push.vapid import ServerKey

_FORGOTTEN_AT_ONCE = 1000


async def subscribe(
    session: AsyncSession,
    *,
    account_id: int,
    token: str,
    request: SubscriptionCreate,
    key: ServerKey,
    sender: Sender,
    now: datetime,
) -> PushSubscription:
    """Subscribe an access token, in place of its earlier subscription. Raises Invalid for an endpoint we never call."""
    endpoint = request.subscription.endpoint
    if not sender.allows(endpoint):
        raise field_error("subscription.endpoint", "ERR_INVALID", "must be an https address")
    token_id = await find_token_id(session, token=token)
    if token_id is None:
        raise Unauthorized
    values = {
        "endpoint": endpoint,
        "p256dh": request.subscription.keys.p256dh,
        "auth": request.subscription.keys.auth,
        "alerts": _alerts(request.data),
        "policy": request.data.policy or "all",
        "sealed_token": key.seal(token, subscription=endpoint),
        "updated_at": now,
    }
    await session.execute(delete(PushSubscription).where(PushSubscription.token_id == token_id))
    made = insert(PushSubscription).values(token_id=token_id, account_id=account_id, **values)
    # Two requests at once: the last one counts.
    made = made.on_conflict_do_update(index_elements=[PushSubscription.token_id], set_=values)
    return (await session.scalars(made.returning(PushSubscription))).one()


async def change(session: AsyncSession, *, token: str, data: PushData, now: datetime) -> PushSubscription:
    """Change what is sent to a token's subscription. Raises NotFound."""
    subscription = await get_subscription(session, token=token)
    if data.alerts is not None:
        subscription.alerts = _alerts(data)
    subscription.policy = data.policy or subscription.policy
    subscription.updated_at = now
    await session.flush()
    return subscription


async def unsubscribe(session: AsyncSession, *, token: str) -> None:
    """Remove a token's subscription; fine when there is none."""
    token_id = await find_token_id(session, token=token)
    await session.execute(delete(PushSubscription).where(PushSubscription.token_id == token_id))


async def forget(session: AsyncSession) -> int:
    """Drop subscriptions whose token has ended: nothing was sent to them since; how many, some at a time."""
    ended = select(PushSubscription.id).join(Token, Token.id == PushSubscription.token_id).where(~living())
    gone = delete(PushSubscription).where(PushSubscription.id.in_(ended.limit(_FORGOTTEN_AT_ONCE)))
    return await count_changed(session, gone)


def _alerts(data: PushData) -> dict[str, bool]:
    chosen = data.alerts or {}
    return {type: chosen.get(type, False) for type in ALERTS}
