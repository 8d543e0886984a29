"""POST /api/v1/apps, /oauth/token, /oauth/revoke, /oauth/userinfo, /.well-known/oauth-authorization-server."""

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile
from app.kit.clock import now
from app.kit.errors import WeizhiError
from app.kit.http import CurrentSite, Reading, Transaction, problem
from app.limits.rules import network_of
from app.oauth import exchange, scopes, service
from app.oauth.actor import Actor, AppActor, requires, requires_app
from app.oauth.exchange import PasswordGrant
from app.oauth.models import App
from app.oauth.schemas import (
    AppCreate,
    ApplicationOut,
    CredentialApplicationOut,
    NothingOut,
    ServerMetadataOut,
    TokenCreate,
    TokenOut,
    TokenRevoke,
    UserInfoOut,
)
from app.reading.present_account import present_account

router = APIRouter(tags=["oauth"])


@router.post("/api/v1/apps", response_model=CredentialApplicationOut)
async def create_app(body: AppCreate, session: Transaction, request: Request) -> CredentialApplicationOut:
    """Register a client application."""
    app, secret = await service.register_app(session, request=body)
    shown = _shown(app, await _vapid_key(request, session)).model_dump()
    return CredentialApplicationOut(**shown, client_id=app.client_id, client_secret=secret)


@router.get("/api/v1/apps/verify_credentials", response_model=ApplicationOut)
async def verify_app(
    actor: Annotated[Actor | AppActor, requires_app()], session: Reading, request: Request
) -> ApplicationOut:
    """The app that the token belongs to."""
    app = (await session.scalars(select(App).where(App.id == actor.app_id))).one()
    return _shown(app, await _vapid_key(request, session))


def _basic_credentials(request: Request) -> dict[str, str]:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        # Not base64, not UTF-8: then there are none.
        return {}
    return {"client_id": client_id, "client_secret": secret}


async def _token_request(body: TokenCreate, request: Request) -> TokenCreate:
    if body.client_id or not (basic := _basic_credentials(request)):
        return body
    try:
        return TokenCreate.model_validate({**body.model_dump(), **basic})
    except ValueError:
        # Nothing that could be credentials.
        return body


async def _revocation(body: TokenRevoke, request: Request) -> TokenRevoke:
    if body.client_id or not (basic := _basic_credentials(request)):
        return body
    try:
        return TokenRevoke.model_validate({**body.model_dump(), **basic})
    except ValueError:
        return body


@router.post("/oauth/token", response_model=TokenOut)
async def create_token(
    body: Annotated[TokenCreate, Depends(_token_request)],
    session: Transaction,
    request: Request,
    response: Response,
) -> TokenOut | Response:
    """Get an access token.

    Grant types: authorization_code, refresh_token, client_credentials; password only where the setting allows it.
    An app without a secret must have used PKCE.
    """
    resources = request.app.state.resources
    address = network_of(request.client.host if request.client else None)
    password = PasswordGrant(resources.limits, address) if resources.settings.oauth_password_grant else None
    outcome = await exchange.grant(session, request=body, now=now(), password=password)
    if isinstance(outcome, WeizhiError):
        # Returned, not raised: what was misused is revoked, and that is kept.
        return problem(outcome, request.url.path)
    response.headers["Cache-Control"] = "no-store"
    return outcome


@router.post("/oauth/revoke", response_model=NothingOut)
async def revoke_token(body: Annotated[TokenRevoke, Depends(_revocation)], session: Transaction) -> NothingOut:
    """Revoke an access or refresh token, and what came of the same consent. Unknown tokens are fine."""
    await service.revoke(session, request=body, now=now())
    return NothingOut()


@router.get("/oauth/userinfo", response_model=UserInfoOut)
async def get_userinfo(
    actor: Annotated[Actor, requires("profile")], session: Reading, site: CurrentSite
) -> UserInfoOut:
    """Your basic profile, as OpenID Connect's claims."""
    account = present_account(await get_profile(session, id=actor.account_id), site=site)
    return UserInfoOut(
        iss=site.url,
        sub=account.uri,
        name=account.display_name,
        preferred_username=account.username,
        profile=account.url,
        picture=account.avatar,
    )


@router.get("/.well-known/oauth-authorization-server", response_model=ServerMetadataOut)
async def get_server_metadata(site: CurrentSite, request: Request) -> ServerMetadataOut:
    """What this authorization server can do, and where (RFC 8414)."""
    grants = ["authorization_code", "refresh_token", "client_credentials"]
    if request.app.state.resources.settings.oauth_password_grant:
        grants.append("password")
    return ServerMetadataOut(
        issuer=site.url,
        service_documentation=f"{site.url}/",
        authorization_endpoint=f"{site.url}/oauth/authorize",
        token_endpoint=f"{site.url}/oauth/token",
        app_registration_endpoint=f"{site.url}/api/v1/apps",
        revocation_endpoint=f"{site.url}/oauth/revoke",
        userinfo_endpoint=f"{site.url}/oauth/userinfo",
        scopes_supported=[*scopes.GRANTABLE],
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=grants,
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post", "none"],
        code_challenge_methods_supported=["S256"],
        authorization_response_iss_parameter_supported=True,
    )


async def _vapid_key(request: Request, session: AsyncSession) -> str:
    # What pushes will be signed with; who makes them ranks above.
    key: str = await request.app.state.resources.push_keys.public_key(session)
    return key


def _shown(app: App, vapid_key: str) -> ApplicationOut:
    return ApplicationOut(
        id=app.id,
        name=app.name,
        website=app.website,
        scopes=app.scopes,
        redirect_uri="\n".join(app.redirect_uris),
        redirect_uris=app.redirect_uris,
        vapid_key=vapid_key,
    )
