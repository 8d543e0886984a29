"""Reads of push subscriptions."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.kit.secrets import fingerprint
from app.oauth.models import Token
from app.push.models import PushSubscription


async def get_subscription(session: AsyncSession, *, token: str) -> PushSubscription:
    """The subscription of an access token; raises NotFound."""
    query = select(PushSubscription).join(Token, Token.id == PushSubscription.token_id)
    found = (await session.scalars(query.where(Token.fingerprint == fingerprint(token)))).first()
    if found is None:
        raise NotFound
    return found


async def find_token_id(session: AsyncSession, *, token: str) -> int | None:
    """The id of an access token."""
    return await session.scalar(select(Token.id).where(Token.fingerprint == fingerprint(token)))


async def list_subscriptions(session: AsyncSession, *, account_id: int, limit: int) -> Sequence[PushSubscription]:
    """An account's subscriptions under living tokens, the newest, at most `limit`."""
    query = select(PushSubscription).join(Token, Token.id == PushSubscription.token_id).where(living())
    query = query.where(PushSubscription.account_id == account_id).order_by(PushSubscription.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def find_living(session: AsyncSession, *, id: int) -> PushSubscription | None:
    """A subscription, if its token still lives."""
    query = select(PushSubscription).join(Token, Token.id == PushSubscription.token_id)
    return (await session.scalars(query.where(PushSubscription.id == id, living()))).first()


def living() -> ColumnElement[bool]:
    """What makes a token one that may still be used."""
    return Token.revoked_at.is_(None) & or_(Token.expires_at.is_(None), Token.expires_at > func.now())
