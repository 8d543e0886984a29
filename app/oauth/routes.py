"""POST /api/v1/apps, /oauth/token, /oauth/revoke."""

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select

from app.kit.clock import now
from app.kit.http import Reading, Transaction
from app.oauth import service
from app.oauth.actor import Actor, AppActor, requires_app
from app.oauth.models import App
from app.oauth.schemas import (
    AppCreate,
    ApplicationOut,
    CredentialApplicationOut,
    NothingOut,
    TokenCreate,
    TokenOut,
    TokenRevoke,
)

router = APIRouter(tags=["oauth"])


@router.post("/api/v1/apps", response_model=CredentialApplicationOut)
async def create_app(body: AppCreate, session: Transaction) -> CredentialApplicationOut:
    """Register a client application."""
    app, secret = await service.register_app(session, request=body)
    return CredentialApplicationOut(**_shown(app).model_dump(), client_id=app.client_id, client_secret=secret)


@router.get("/api/v1/apps/verify_credentials", response_model=ApplicationOut)
async def verify_app(actor: Annotated[Actor | AppActor, requires_app("read")], session: Reading) -> ApplicationOut:
    """The app that the token belongs to."""
    return _shown((await session.scalars(select(App).where(App.id == actor.app_id))).one())


async def _with_basic_credentials(body: TokenCreate, request: Request) -> TokenCreate:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic" or body.client_id:
        return body
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        return TokenCreate.model_validate({**body.model_dump(), "client_id": client_id, "client_secret": secret})
    except ValueError:
        # Not base64, not UTF-8, or nothing that could be credentials: then there are none.
        return body


@router.post("/oauth/token", response_model=TokenOut)
async def create_token(
    body: Annotated[TokenCreate, Depends(_with_basic_credentials)], session: Transaction, request: Request
) -> TokenOut:
    """Get an access token (grant types: client_credentials; password only where the setting allows it)."""
    allowed: bool = request.app.state.resources.settings.oauth_password_grant
    return await service.grant(session, request=body, now=now(), password_grant=allowed)


@router.post("/oauth/revoke", response_model=NothingOut)
async def revoke_token(body: TokenRevoke, session: Transaction) -> NothingOut:
    """Revoke a token."""
    await service.revoke(session, request=body, now=now())
    return NothingOut()


def _shown(app: App) -> ApplicationOut:
    return ApplicationOut(
        id=app.id,
        name=app.name,
        website=app.website,
        scopes=app.scopes,
        redirect_uri="\n".join(app.redirect_uris),
        redirect_uris=app.redirect_uris,
    )
