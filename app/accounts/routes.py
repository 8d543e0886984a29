"""/api/v1/accounts: register, show, look up, change one's profile."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.accounts import queries, service
from app.accounts.passwords import hash_password_aside
from app.accounts.pictures import NAMES, take_pictures
from app.accounts.schemas import AccountCreate, ProfileUpdate
from app.kit.clock import now
from app.kit.errors import NotFound
from app.kit.http import CurrentSite, Files, PathId, Reading, Transaction
from app.kit.uploads import UploadRule, describe_files
from app.media import limits
from app.media.store import MediaStore
from app.oauth.actor import Actor, AppActor, requires, requires_app
from app.oauth.schemas import TokenOut
from app.oauth.service import issue_token
from app.reading.people import read_own_account
from app.reading.present_account import present_account
from app.reading.schemas import AccountOut, CredentialAccountOut

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])
profile_router = APIRouter(prefix="/api/v1/profile", tags=["accounts"])

UPLOADS = (
    UploadRule(
        "PATCH",
        re.compile("/api/v1/(accounts/update_credentials|profile)"),
        frozenset(NAMES),
        2 * limits.LONGEST_DATA_URI + 64 * 1024,
        most_field_bytes=limits.LONGEST_DATA_URI,
    ),
)
_PICTURES = describe_files(avatar="Cropped to 400 by 400.", header="Cropped to 1500 by 500.")


@router.post("", response_model=TokenOut)
async def register_account(
    body: AccountCreate,
    caller: Annotated[Actor | AppActor, requires_app("write:accounts")],
    session: Transaction,
    request: Request,
) -> TokenOut:
    """Register an account with an app's own token; the answer is a token for the account."""
    if not request.app.state.resources.settings.registrations:
        raise service.RegistrationsClosed
    service.check_registration(body)
    password_hash = await hash_password_aside(body.password)
    account = await service.register(session, request=body, password_hash=password_hash, now=now())
    return await issue_token(session, app_id=caller.app_id, account_id=account.id, scopes=caller.scopes, now=now())


@router.get("/verify_credentials", response_model=CredentialAccountOut)
async def verify_credentials(
    actor: Annotated[Actor, requires("read:accounts", "profile")], session: Reading, site: CurrentSite
) -> CredentialAccountOut:
    """Your own account."""
    return await read_own_account(session, account_id=actor.account_id, site=site)


@router.patch("/update_credentials", response_model=CredentialAccountOut, openapi_extra=_PICTURES)
async def update_credentials(
    body: ProfileUpdate,
    files: Files,
    actor: Annotated[Actor, requires("write:accounts")],
    session: Transaction,
    site: CurrentSite,
    request: Request,
) -> CredentialAccountOut:
    """Change your profile; `headline` is your professional headline. Pictures come as files or as data URIs."""
    store: MediaStore = request.app.state.resources.media
    pictures = await take_pictures(store, body, files)
    await service.update_profile(session, account_id=actor.account_id, request=body, pictures=pictures)
    return await read_own_account(session, account_id=actor.account_id, site=site)


@router.get("/lookup", response_model=AccountOut)
async def lookup_account(
    acct: Annotated[str, Query(min_length=1, max_length=300)], session: Reading, site: CurrentSite
) -> AccountOut:
    """An account by its username, with or without `@` and our own domain."""
    username, _, domain = acct.removeprefix("@").partition("@")
    if domain and domain.lower() != site.domain.lower():
        raise NotFound
    return present_account(await queries.get_profile_by_username(session, username=username), site=site)


@router.get("/{id}", response_model=AccountOut)
async def get_account(id: PathId, session: Reading, site: CurrentSite) -> AccountOut:
    """One account."""
    return present_account(await queries.get_profile(session, id=id), site=site)


@profile_router.delete("/avatar", response_model=CredentialAccountOut)
async def delete_avatar(
    actor: Annotated[Actor, requires("write:accounts")], session: Transaction, site: CurrentSite
) -> CredentialAccountOut:
    """Have no avatar of your own any more."""
    await service.update_profile(
        session, account_id=actor.account_id, request=ProfileUpdate(), pictures={"avatar": None}
    )
    return await read_own_account(session, account_id=actor.account_id, site=site)


@profile_router.delete("/header", response_model=CredentialAccountOut)
async def delete_header(
    actor: Annotated[Actor, requires("write:accounts")], session: Transaction, site: CurrentSite
) -> CredentialAccountOut:
    """Have no header of your own any more."""
    await service.update_profile(
        session, account_id=actor.account_id, request=ProfileUpdate(), pictures={"header": None}
    )
    return await read_own_account(session, account_id=actor.account_id, site=site)
