"""From notifications to pushes: one task for each subscription that wants to know, retried by the relay for an hour."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.graph.models import Follow
from app.kit import log
from app.kit.clock import now
from app.kit.errors import NotFound
from app.kit.site import Site
from app.notifications.models import Notification
from app.notifications.reader import read_one
from app.notifications.rules import TYPES
from app.notifications.schemas import NotificationOut
from app.outbox.publish import enqueue
from app.posts.models import Post
from app.push.models import PushSubscription
from app.push.payload import payload
from app.push.queries import find_living, list_subscriptions
from app.push.sender import Sender, Unreachable
from app.push.vapid import ServerKey, ServerKeys
from app.push.words import language_of

logger = log.logger(__name__)

SEND = "push.send"
_MOST_SUBSCRIPTIONS = 100
_TTL = timedelta(days=2)
_GIVE_UP = timedelta(hours=1)
_GONE = (404, 410)
_LATER = (408, 425, 429)
_URGENT = ("mention", "quote", "follow_request")


class NotTaken(Exception):
    """The push service did not take the message now; the relay tries again."""


async def plan(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Enqueue a push of a new notification to each of the account's subscriptions that want it."""
    for told in payloads:
        notification = await session.get(Notification, told["notification_id"])
        if notification is None or notification.filtered:
            continue
        found = await list_subscriptions(session, account_id=notification.account_id, limit=_MOST_SUBSCRIPTIONS)
        wanting = [one for one in found if await _wants(session, one, notification)]
        if wanting:
            tasks = [(f"{one.id}:{notification.id}", _task(one, notification)) for one in wanting]
            await enqueue(session, SEND, tasks)


async def send(
    session: AsyncSession,
    sender: Sender,
    keys: ServerKeys,
    site: Site,
    payloads: Sequence[Mapping[str, Any]],
) -> None:
    """Push one notification to one subscription, as both are now. Raises NotTaken to be run again."""
    for task in payloads:
        subscription = await find_living(session, id=task["subscription_id"])
        notification = await session.get(Notification, task["notification_id"])
        if subscription is None or notification is None:
            continue
        try:
            told = await read_one(session, id=notification.id, account_id=subscription.account_id, site=site)
        except NotFound:
            # The reader may not see it any more.
            continue
        key = await keys.get(session)
        headers, body = key.message(
            await _payload(session, subscription, notification, told, key),
            endpoint=subscription.endpoint,
            p256dh=subscription.p256dh,
            auth=subscription.auth,
        )
        urgency = "high" if told.type in _URGENT else "normal"
        headers |= {"ttl": str(int(_TTL.total_seconds())), "urgency": urgency}
        headers |= {"content-type": "application/octet-stream"}
        await _deliver(session, sender, subscription, notification, headers, body)


async def _deliver(
    session: AsyncSession,
    sender: Sender,
    subscription: PushSubscription,
    notification: Notification,
    headers: Mapping[str, str],
    body: bytes,
) -> None:
    try:
        status = await sender.post(subscription.endpoint, headers=headers, body=body)
    except Unreachable as error:
        status, reason = 0, str(error)
    else:
        reason = f"status {status}"
    if status in _GONE:
        await session.execute(delete(PushSubscription).where(PushSubscription.id == subscription.id))
    elif status == 0 or status >= 500 or status in _LATER:
        if notification.created_at < now() - _GIVE_UP:
            logger.info("gave up a push", subscription=subscription.id, reason=reason)
        else:
            raise NotTaken(reason)
    elif status >= 300:
        # Refused for good, this message at least.
        logger.warning("a push was refused", subscription=subscription.id, reason=reason)


async def _payload(
    session: AsyncSession,
    subscription: PushSubscription,
    notification: Notification,
    told: NotificationOut,
    key: ServerKey,
) -> bytes:
    reader = await session.get_one(Account, subscription.account_id)
    post = await session.get(Post, notification.post_id) if notification.post_id else None
    return payload(
        told,
        text=(post.spoiler_text or post.text) if post else "",
        access_token=key.unseal(subscription.sealed_token, subscription=subscription.endpoint),
        language=language_of(reader.language),
    )


async def _wants(session: AsyncSession, subscription: PushSubscription, notification: Notification) -> bool:
    if not subscription.alerts.get(TYPES[notification.kind]) or subscription.policy == "none":
        return False
    reader, sender = notification.account_id, notification.from_id
    pairs = {"followed": (reader, sender), "follower": (sender, reader)}
    pair = pairs.get(subscription.policy)
    return pair is None or await session.get(Follow, pair) is not None


def _task(subscription: PushSubscription, notification: Notification) -> dict[str, int]:
    return {"subscription_id": subscription.id, "notification_id": notification.id}
