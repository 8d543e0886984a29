"""Writes of apps and tokens."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.changes import of_tokens
from app.kit.db import count_changed, touch
from app.kit.errors import Forbidden, Malformed, Unauthorized, field_error
from app.kit.secrets import fingerprint, new_token
from app.oauth import scopes
from app.oauth.models import App, Authorization, BrowserSession, RefreshToken, Token
from app.oauth.queries import find_access_token, find_app, find_refresh_token
from app.oauth.schemas import AppCreate, TokenOut, TokenRevoke

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_URI = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_KEPT_AFTER_END = timedelta(days=7)
_FORGOTTEN_AT_ONCE = 5000


class InvalidClient(Unauthorized):
    code = "invalid_client"
    message = "Client authentication failed due to unknown client, no client authentication included, or unsupported"


class InvalidGrant(Malformed):
    code = "invalid_grant"
    message = "The provided authorization grant is invalid, expired or revoked"


class InvalidRequest(Malformed):
    code = "invalid_request"
    message = "The request is missing a required parameter, includes one twice, or is otherwise malformed"


class NotYourToken(Forbidden):
    code = "unauthorized_client"
    message = "You are not authorized to revoke this token"


async def register_app(session: AsyncSession, *, request: AppCreate) -> tuple[App, str]:
    """Register a client; the app and its secret, which is told this once. Raises Invalid or InvalidScope."""
    uris = list(request.redirect_uris)
    if not all(uri == OUT_OF_BAND or _is_absolute(uri) for uri in uris):
        raise field_error("redirect_uris", "ERR_INVALID", "must be absolute URIs")
    if request.website and not (_is_uri(request.website) and _scheme(request.website) in ("http", "https")):
        raise field_error("website", "ERR_INVALID", "must be an http or https address")
    secret = new_token()
    app = App(
        client_id=new_token(),
        client_secret=fingerprint(secret),
        name=request.client_name.strip(),
        website=request.website or None,
        redirect_uris=uris,
        scopes=scopes.parse(request.scopes),
    )
    session.add(app)
    await session.flush()
    return app, secret


async def authenticate_app(session: AsyncSession, *, client_id: str | None, client_secret: str | None) -> App:
    """The app with these credentials; without a secret any app that names itself. Raises InvalidClient."""
    app = await find_app(session, client_id=client_id) if client_id else None
    if app is None or (client_secret is not None and app.client_secret != fingerprint(client_secret)):
        raise InvalidClient
    return app


async def issue_token(
    session: AsyncSession,
    *,
    app_id: int,
    account_id: int | None,
    scopes: Sequence[str],
    now: datetime,
    authorization_id: int | None = None,
    lifetime: timedelta | None = None,
) -> TokenOut:
    """Make a token for an account (or, with None, the app itself); it ends after `lifetime`, or not at all."""
    token = new_token()
    session.add(
        Token(
            fingerprint=fingerprint(token),
            app_id=app_id,
            account_id=account_id,
            authorization_id=authorization_id,
            scopes=list(scopes),
            created_at=now,
            expires_at=now + lifetime if lifetime else None,
        )
    )
    await session.flush()
    return TokenOut(
        access_token=token,
        scope=" ".join(scopes),
        created_at=int(now.timestamp()),
        expires_in=int(lifetime.total_seconds()) if lifetime else None,
    )


async def revoke(session: AsyncSession, *, request: TokenRevoke, now: datetime) -> None:
    """Revoke an access or refresh token of this client, and with it all that came of the same consent.

    An unknown token is fine (RFC 7009 §2.2). Raises NotYourToken.
    """
    try:
        app = await authenticate_app(session, client_id=request.client_id, client_secret=request.client_secret)
    except InvalidClient:
        raise NotYourToken from None
    if access := await find_access_token(session, token=request.token):
        if access.app_id != app.id:
            raise NotYourToken
        access.revoked_at = access.revoked_at or now
        if access.account_id is not None:
            touch(session, of_tokens(access.account_id))
        if access.authorization_id is not None:
            await revoke_family(session, authorization_id=access.authorization_id, now=now)
    elif refresh := await find_refresh_token(session, token=request.token):
        _, authorization = refresh
        if authorization.app_id != app.id:
            raise NotYourToken
        await revoke_family(session, authorization_id=authorization.id, now=now)


async def revoke_family(session: AsyncSession, *, authorization_id: int, now: datetime) -> None:
    """Revoke every token that came of one consent."""
    for kind in (Token, RefreshToken):
        await session.execute(
            update(kind)
            .where(kind.authorization_id == authorization_id, kind.revoked_at.is_(None))
            .values(revoked_at=now)
        )
    consent = await session.get_one(Authorization, authorization_id)
    touch(session, of_tokens(consent.account_id))


async def revoke_app(session: AsyncSession, *, app_id: int, account_id: int, now: datetime) -> None:
    """Revoke all that an app holds of an account's: tokens, what renews them, and codes that wait. Fine if nothing."""
    consents = select(Authorization.id).where(Authorization.app_id == app_id, Authorization.account_id == account_id)
    unused = update(Authorization).where(Authorization.id.in_(consents), Authorization.used_at.is_(None))
    await session.execute(unused.values(expires_at=now))
    tokens = update(Token).where(Token.app_id == app_id, Token.account_id == account_id, Token.revoked_at.is_(None))
    await session.execute(tokens.values(revoked_at=now))
    renewals = update(RefreshToken).where(
        RefreshToken.authorization_id.in_(consents), RefreshToken.revoked_at.is_(None)
    )
    await session.execute(renewals.values(revoked_at=now))
    touch(session, of_tokens(account_id))


async def forget(session: AsyncSession, *, now: datetime) -> int:
    """Drop what ended a week before `now`: codes nobody used, tokens, browser sessions; how many, some at a time."""
    ended = now - _KEPT_AFTER_END
    gone = 0
    for kind in (BrowserSession, Token, RefreshToken):
        old = select(kind.id).where(kind.expires_at < ended).limit(_FORGOTTEN_AT_ONCE)
        gone += await count_changed(session, delete(kind).where(kind.id.in_(old)))
    family = [
        exists(select(kind.id).where(kind.authorization_id == Authorization.id)) for kind in (Token, RefreshToken)
    ]
    used_up = select(Authorization.id).where(Authorization.expires_at < ended, ~family[0], ~family[1])
    alone = delete(Authorization).where(Authorization.id.in_(used_up.limit(_FORGOTTEN_AT_ONCE)))
    return gone + await count_changed(session, alone)


def _is_absolute(uri: str) -> bool:
    # Native apps come back by schemes of their own; scripts in a URL are no place to send a code.
    return (
        _is_uri(uri)
        and _scheme(uri) not in ("", "javascript", "vbscript", "data", "file", "blob", "about")
        and "#" not in uri
    )


def _is_uri(text: str) -> bool:
    """Whether every character may stand in a URI (RFC 3986 §2): so it is safe in a header."""
    return _URI.fullmatch(text) is not None


def _scheme(uri: str) -> str:
    try:
        return urlsplit(uri).scheme
    except ValueError:
        return ""
