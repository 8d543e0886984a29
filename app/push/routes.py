"""/api/v1/push/subscription."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.kit.http import Reading, Transaction
from app.oauth.actor import Actor, requires
from app.push import queries, service
from app.push.models import PushSubscription
from app.push.schemas import NothingOut, PushSubscriptionOut, SubscriptionCreate, SubscriptionUpdate
from app.push.sender import Sender
from app.push.vapid import ServerKeys

router = APIRouter(prefix="/api/v1/push/subscription", tags=["push"])

Subscriber = Annotated[Actor, requires("push")]


def _token(request: Request) -> str:
    return request.headers["authorization"].partition(" ")[2].strip()


def _keys(request: Request) -> ServerKeys:
    keys: ServerKeys = request.app.state.resources.push_keys
    return keys


def _sender(request: Request) -> Sender:
    sender: Sender = request.app.state.resources.sender
    return sender


Token = Annotated[str, Depends(_token)]
Keys = Annotated[ServerKeys, Depends(_keys)]


@router.post("", response_model=PushSubscriptionOut)
async def create_push_subscription(
    body: SubscriptionCreate,
    actor: Subscriber,
    token: Token,
    keys: Keys,
    sender: Annotated[Sender, Depends(_sender)],
    session: Transaction,
) -> PushSubscriptionOut:
    """Have notifications pushed to a browser or phone: one subscription a token, the last one counts."""
    subscription = await service.subscribe(
        session,
        account_id=actor.account_id,
        token=token,
        request=body,
        key=await keys.get(session),
        sender=sender,
        now=now(),
    )
    return await _shown(subscription, keys, session)


@router.get("", response_model=PushSubscriptionOut)
async def get_push_subscription(_actor: Subscriber, token: Token, keys: Keys, session: Reading) -> PushSubscriptionOut:
    """The subscription of the token you call with."""
    return await _shown(await queries.get_subscription(session, token=token), keys, session)


@router.put("", response_model=PushSubscriptionOut)
async def change_push_subscription(
    body: SubscriptionUpdate, _actor: Subscriber, token: Token, keys: Keys, session: Transaction
) -> PushSubscriptionOut:
    """Change what is pushed; where to, only a new subscription changes."""
    subscription = await service.change(session, token=token, data=body.data, now=now())
    return await _shown(subscription, keys, session)


@router.delete("", response_model=NothingOut)
async def delete_push_subscription(_actor: Subscriber, token: Token, session: Transaction) -> NothingOut:
    """Have nothing pushed any more."""
    await service.unsubscribe(session, token=token)
    return NothingOut()


async def _shown(subscription: PushSubscription, keys: ServerKeys, session: AsyncSession) -> PushSubscriptionOut:
    return PushSubscriptionOut(
        id=subscription.id,
        endpoint=subscription.endpoint,
        alerts=subscription.alerts,
        policy=subscription.policy,
        server_key=await keys.public_key(session),
    )
