"""Reads of apps and tokens."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.secrets import fingerprint
from app.oauth.models import App, Token


async def find_actor(session: AsyncSession, *, token: str) -> tuple[int, int | None, tuple[str, ...]] | None:
    """(app id, account id or None, scopes) of a living token; None for any other, or a suspended account's."""
    row = (
        await session.execute(
            select(Token.app_id, Token.account_id, Token.scopes)
            .outerjoin(Account, Account.id == Token.account_id)
            .where(
                Token.fingerprint == fingerprint(token),
                Token.revoked_at.is_(None),
                or_(Token.account_id.is_(None), Account.suspended_at.is_(None)),
            )
        )
    ).first()
    return (row.app_id, row.account_id, tuple(row.scopes)) if row else None


async def find_app(session: AsyncSession, *, client_id: str, client_secret: str) -> App | None:
    """The app with these credentials."""
    query = select(App).where(App.client_id == client_id, App.client_secret == fingerprint(client_secret))
    return (await session.scalars(query)).first()
