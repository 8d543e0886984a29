"""The token endpoint: codes, refresh tokens, an app's own credentials and (where allowed) passwords become tokens."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import Malformed, WeizhiError
from app.kit.secrets import fingerprint, new_token
from app.limits.limits import Limits
from app.oauth import scopes
from app.oauth.models import App, Authorization, RefreshToken
from app.oauth.queries import find_authorization_of_code, find_refresh_token, is_active
from app.oauth.schemas import TokenCreate, TokenOut
from app.oauth.service import InvalidClient, InvalidGrant, InvalidRequest, authenticate_app, issue_token, revoke_family
from app.oauth.sessions import check_password

# Only of tokens that can be renewed; all others last until they are revoked: docs/decisions/0010.
ACCESS_LIFETIME = timedelta(hours=2)
REFRESH_LIFETIME = timedelta(days=90)


class UnsupportedGrantType(Malformed):
    code = "unsupported_grant_type"
    message = "The authorization grant type is not supported by the authorization server"


@dataclass(frozen=True, slots=True)
class PasswordGrant:
    """What the password grant needs beside the request; `address` is whom attempts are counted for."""

    limits: Limits
    address: str


async def grant(
    session: AsyncSession, *, request: TokenCreate, now: datetime, password: PasswordGrant | None
) -> TokenOut | WeizhiError:
    """Answer a token request. Raises InvalidClient, InvalidGrant, InvalidRequest, InvalidScope, UnsupportedGrantType.

    An error that is *returned* comes with changes that must be committed: what was misused is revoked.
    `password` is None where that grant is off.
    """
    app = await authenticate_app(session, client_id=request.client_id, client_secret=request.client_secret)
    if request.grant_type == "authorization_code":
        return await _by_code(session, app, request, now)
    if request.grant_type == "refresh_token":
        return await _by_refresh_token(session, app, request, now)
    if request.grant_type not in ("client_credentials", "password") or (
        request.grant_type == "password" and password is None
    ):
        raise UnsupportedGrantType
    if request.client_secret is None:
        raise InvalidClient
    asked = scopes.parse(request.scope) if request.scope else app.scopes
    granted = scopes.narrow(asked, within=app.scopes)
    account_id = None
    if request.grant_type == "password" and password is not None:
        account = await check_password(
            session,
            name=request.username or "",
            password=request.password or "",
            limits=password.limits,
            address=password.address,
        )
        if account is None:
            raise InvalidGrant
        account_id = account.id
    return await issue_token(session, app_id=app.id, account_id=account_id, scopes=granted, now=now)


async def _by_code(session: AsyncSession, app: App, request: TokenCreate, now: datetime) -> TokenOut | WeizhiError:
    if not request.code:
        raise InvalidRequest("The code is missing")
    consent = await find_authorization_of_code(session, code=request.code)
    if consent is None or consent.app_id != app.id:
        raise InvalidGrant
    _require_proof(consent, request)
    if consent.used_at is not None:
        # Two parties hold this code, and one of them is a thief (RFC 6749 §4.1.2).
        await revoke_family(session, authorization_id=consent.id, now=now)
        return InvalidGrant()
    if consent.expires_at <= now or not await is_active(session, account_id=consent.account_id):
        raise InvalidGrant
    consent.used_at = now
    return await _issue(session, consent, confidential=request.client_secret is not None, now=now)


def _require_proof(consent: Authorization, request: TokenCreate) -> None:
    """Raise unless whoever brings the code is who asked for it: same address, and the secret or PKCE's verifier."""
    if request.redirect_uri != consent.redirect_uri:
        raise InvalidGrant
    if consent.code_challenge is None:
        if request.client_secret is None:
            raise InvalidClient
        if request.code_verifier:
            raise InvalidGrant
    elif not hmac.compare_digest(challenge_of(request.code_verifier or ""), consent.code_challenge):
        raise InvalidGrant


def challenge_of(verifier: str) -> str:
    """PKCE's S256 (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def _by_refresh_token(
    session: AsyncSession, app: App, request: TokenCreate, now: datetime
) -> TokenOut | WeizhiError:
    if not request.refresh_token:
        raise InvalidRequest("The refresh token is missing")
    found = await find_refresh_token(session, token=request.refresh_token)
    if found is None:
        raise InvalidGrant
    refresh, consent = found
    if consent.app_id != app.id:
        raise InvalidGrant
    if refresh.confidential and request.client_secret is None:
        raise InvalidClient
    if refresh.used_at is not None and refresh.revoked_at is None:
        # Each is good for one use: whoever uses it again, or used it before, stole it (RFC 9700 §4.14).
        await revoke_family(session, authorization_id=consent.id, now=now)
        return InvalidGrant()
    ended = refresh.revoked_at is not None or refresh.expires_at <= now
    if ended or not await is_active(session, account_id=consent.account_id):
        raise InvalidGrant
    granted = consent.scopes
    if request.scope:
        granted = scopes.narrow(scopes.parse(request.scope), within=consent.scopes)
    refresh.used_at = now
    return await _issue(session, consent, confidential=refresh.confidential, now=now, granted=granted)


async def _issue(
    session: AsyncSession,
    consent: Authorization,
    *,
    confidential: bool,
    now: datetime,
    granted: list[str] | None = None,
) -> TokenOut:
    renewable = scopes.OFFLINE_ACCESS in consent.scopes
    token = await issue_token(
        session,
        app_id=consent.app_id,
        account_id=consent.account_id,
        scopes=granted or consent.scopes,
        now=now,
        authorization_id=consent.id,
        lifetime=ACCESS_LIFETIME if renewable else None,
    )
    if not renewable:
        return token
    secret = new_token()
    session.add(
        RefreshToken(
            fingerprint=fingerprint(secret),
            authorization_id=consent.id,
            confidential=confidential,
            created_at=now,
            expires_at=now + REFRESH_LIFETIME,
        )
    )
    await session.flush()
    return token.model_copy(update={"refresh_token": secret})
