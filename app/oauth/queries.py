"""Reads of apps, tokens and browser sessions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.secrets import fingerprint
from app.oauth.models import App, Authorization, BrowserSession, RefreshToken, Token


class FoundToken(NamedTuple):
    """What a living token allows: an app to act for an account, or (None) for itself; and how that account reads."""

    app_id: int
    account_id: int | None
    scopes: tuple[str, ...]
    expires_at: datetime | None
    home_order: str | None = None
    log_exposures: bool = True


async def find_actor(session: AsyncSession, *, token: str) -> FoundToken | None:
    """A living token; None for any other, or a suspended account's."""
    row = (
        await session.execute(
            select(
                Token.app_id,
                Token.account_id,
                Token.scopes,
                Token.expires_at,
                Account.home_order,
                Account.log_exposures,
            )
            .outerjoin(Account, Account.id == Token.account_id)
            .where(
                Token.fingerprint == fingerprint(token),
                Token.revoked_at.is_(None),
                or_(Token.expires_at.is_(None), Token.expires_at > func.now()),
                or_(Token.account_id.is_(None), Account.suspended_at.is_(None)),
            )
        )
    ).first()
    if row is None:
        return None
    read = (row.home_order, bool(row.log_exposures))
    return FoundToken(row.app_id, row.account_id, tuple(row.scopes), row.expires_at, *read)


async def find_app(session: AsyncSession, *, client_id: str) -> App | None:
    """The app with this public id."""
    return (await session.scalars(select(App).where(App.client_id == client_id))).first()


async def find_authorization_of_code(session: AsyncSession, *, code: str) -> Authorization | None:
    """The consent a code stands for, locked until the transaction ends: of two uses one comes first."""
    query = select(Authorization).where(Authorization.code == fingerprint(code)).with_for_update()
    return (await session.scalars(query)).first()


async def find_refresh_token(session: AsyncSession, *, token: str) -> tuple[RefreshToken, Authorization] | None:
    """A refresh token and the consent it comes from, both locked until the transaction ends."""
    row = (
        await session.execute(
            select(RefreshToken, Authorization)
            .join(Authorization, Authorization.id == RefreshToken.authorization_id)
            .where(RefreshToken.fingerprint == fingerprint(token))
            .with_for_update()
        )
    ).first()
    return (row[0], row[1]) if row else None


async def find_access_token(session: AsyncSession, *, token: str) -> Token | None:
    """An access token's row, whether it is still good or not."""
    return (await session.scalars(select(Token).where(Token.fingerprint == fingerprint(token)))).first()


async def find_signed_in(session: AsyncSession, *, cookie: str, now: datetime) -> Account | None:
    """Whose browser session `cookie` is; None when it ended, or its account is suspended."""
    query = (
        select(Account)
        .join(BrowserSession, BrowserSession.account_id == Account.id)
        .where(
            BrowserSession.fingerprint == fingerprint(cookie),
            BrowserSession.expires_at > now,
            Account.suspended_at.is_(None),
        )
    )
    return (await session.scalars(query)).first()


@dataclass(frozen=True, slots=True)
class AuthorizedApp:
    """An app that may use an account: what it may do, and since when."""

    app: App
    scopes: list[str]
    since: datetime


_MOST_GRANTS = 1000


async def list_authorized_apps(session: AsyncSession, *, account_id: int, now: datetime) -> list[AuthorizedApp]:
    """The apps that hold a living token of an account's, or can renew one (of its last 1,000 tokens); by name."""
    token = (
        select(Token.app_id, Token.scopes, Token.created_at)
        .where(Token.account_id == account_id, Token.revoked_at.is_(None))
        .where(or_(Token.expires_at.is_(None), Token.expires_at > now))
    )
    renewal = (
        select(Authorization.app_id, Authorization.scopes, Authorization.created_at)
        .join(RefreshToken, RefreshToken.authorization_id == Authorization.id)
        .where(Authorization.account_id == account_id, RefreshToken.expires_at > now)
        .where(RefreshToken.revoked_at.is_(None), RefreshToken.used_at.is_(None))
    )
    held = token.union_all(renewal).order_by("created_at").limit(_MOST_GRANTS).subquery()
    rows = await session.execute(select(App, held.c.scopes, held.c.created_at).join(held, held.c.app_id == App.id))
    found: dict[int, AuthorizedApp] = {}
    for app, scopes, since in rows:
        known = found.get(app.id, AuthorizedApp(app, [], since))
        found[app.id] = AuthorizedApp(app, sorted({*known.scopes, *scopes}), min(since, known.since))
    return sorted(found.values(), key=lambda one: (one.app.name, one.app.id))


async def is_active(session: AsyncSession, *, account_id: int) -> bool:
    """Whether the account may act: it is not suspended."""
    query = select(Account.id).where(Account.id == account_id, Account.suspended_at.is_(None))
    return await session.scalar(query) is not None


async def list_dead_tokens(session: AsyncSession, *, fingerprints: Collection[bytes]) -> list[bytes]:
    """Those of `fingerprints` that no living token has any more: revoked, or their accounts suspended."""
    if not fingerprints:
        return []
    living = await session.scalars(
        select(Token.fingerprint)
        .outerjoin(Account, Account.id == Token.account_id)
        .where(
            Token.fingerprint.in_(fingerprints),
            Token.revoked_at.is_(None),
            or_(Token.account_id.is_(None), Account.suspended_at.is_(None)),
        )
    )
    return list(set(fingerprints) - set(living))
