"""Writes of apps and tokens."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.passwords import verify_password
from app.accounts.queries import find_login
from app.kit.errors import Forbidden, Malformed, Unauthorized, field_error
from app.kit.secrets import fingerprint, new_token
from app.oauth import scopes
from app.oauth.models import App, Token
from app.oauth.queries import find_app
from app.oauth.schemas import AppCreate, TokenCreate, TokenOut, TokenRevoke

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class InvalidClient(Unauthorized):
    code = "invalid_client"
    message = "Client authentication failed due to unknown client, no client authentication included, or unsupported"


class InvalidGrant(Malformed):
    code = "invalid_grant"
    message = "The provided authorization grant is invalid, expired or revoked"


class UnsupportedGrantType(Malformed):
    code = "unsupported_grant_type"
    message = "The authorization grant type is not supported by the authorization server"


class NotYourToken(Forbidden):
    code = "unauthorized_client"
    message = "You are not authorized to revoke this token"


async def register_app(session: AsyncSession, *, request: AppCreate) -> tuple[App, str]:
    """Register a client; the app and its secret, which is told this once. Raises Invalid or InvalidScope."""
    uris = list(request.redirect_uris)
    if not all(uri == OUT_OF_BAND or _is_absolute(uri) for uri in uris):
        raise field_error("redirect_uris", "ERR_INVALID", "must be absolute URIs")
    if request.website and _scheme(request.website) not in ("http", "https"):
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


async def grant(session: AsyncSession, *, request: TokenCreate, now: datetime, password_grant: bool) -> TokenOut:
    """Answer a token request. Raises InvalidClient, InvalidGrant, InvalidScope or UnsupportedGrantType."""
    app = await find_app(session, client_id=request.client_id or "", client_secret=request.client_secret or "")
    if app is None:
        raise InvalidClient
    asked = scopes.narrow(scopes.parse(request.scope), within=app.scopes) if request.scope else app.scopes
    if request.grant_type == "client_credentials":
        return await issue_token(session, app_id=app.id, account_id=None, scopes=asked, now=now)
    if request.grant_type == "password" and password_grant:
        account = await find_login(session, name=request.username or "")
        if not await verify_password(request.password or "", account.password_hash if account else None) or not account:
            raise InvalidGrant
        return await issue_token(session, app_id=app.id, account_id=account.id, scopes=asked, now=now)
    raise UnsupportedGrantType


async def issue_token(
    session: AsyncSession, *, app_id: int, account_id: int | None, scopes: Sequence[str], now: datetime
) -> TokenOut:
    """Make a token for an account (or, with None, the app itself)."""
    token = new_token()
    session.add(
        Token(fingerprint=fingerprint(token), app_id=app_id, account_id=account_id, scopes=list(scopes), created_at=now)
    )
    await session.flush()
    return TokenOut(access_token=token, scope=" ".join(scopes), created_at=int(now.timestamp()))


async def revoke(session: AsyncSession, *, request: TokenRevoke, now: datetime) -> None:
    """Revoke a token of this client; an unknown token is fine (RFC 7009 §2.2). Raises NotYourToken."""
    app = await find_app(session, client_id=request.client_id, client_secret=request.client_secret)
    if app is None:
        raise NotYourToken
    await session.execute(
        update(Token)
        .where(Token.fingerprint == fingerprint(request.token), Token.app_id == app.id, Token.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _is_absolute(uri: str) -> bool:
    # Native apps come back by schemes of their own; scripts in a URL are no place to send a code.
    return _scheme(uri) not in ("", "javascript", "data", "file") and "#" not in uri


def _scheme(uri: str) -> str:
    try:
        return urlsplit(uri).scheme
    except ValueError:
        return ""
