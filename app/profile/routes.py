"""/api/v1/preferences, /api/v1/profile."""

from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.pictures import take_pictures
from app.accounts.queries import get_profile
from app.accounts.schemas import ProfileUpdate
from app.accounts.service import update_profile
from app.kit.http import CurrentSite, Files, Reading, Transaction
from app.kit.site import Site
from app.kit.uploads import describe_files
from app.oauth.actor import Actor, requires
from app.profile.schemas import PreferencesOut, ProfileOut
from app.reading.present_account import present_own_account

router = APIRouter(tags=["accounts"])

_PICTURES = describe_files(avatar="Cropped to 400 by 400.", header="Cropped to 1500 by 500.")


@router.get("/api/v1/preferences", response_model=PreferencesOut)
async def show_preferences(actor: Annotated[Actor, requires("read:accounts")], session: Reading) -> PreferencesOut:
    """How you post unless you say otherwise; change it with `source` in update_credentials."""
    account = (await get_profile(session, id=actor.account_id)).account
    return PreferencesOut.model_validate(
        {
            "visibility": account.default_visibility,
            "sensitive": account.default_sensitive,
            "language": account.default_language or account.language,
            "quote_policy": account.default_quote_policy,
            "home_order": account.home_order,
            "show_referrals": account.show_referrals,
            "log_exposures": account.log_exposures,
        }
    )


@router.get("/api/v1/profile", response_model=ProfileOut)
async def show_profile(
    actor: Annotated[Actor, requires("read:accounts", "profile")], session: Reading, site: CurrentSite
) -> ProfileOut:
    """Your own profile as you typed it."""
    return await _own(session, actor.account_id, site)


@router.patch("/api/v1/profile", response_model=ProfileOut, openapi_extra=_PICTURES)
async def change_profile(
    body: ProfileUpdate,
    files: Files,
    actor: Annotated[Actor, requires("write:accounts")],
    session: Transaction,
    site: CurrentSite,
    request: Request,
) -> ProfileOut:
    """Change your profile, as update_credentials does; what is absent stays."""
    pictures = await take_pictures(request.app.state.resources.media, body, files)
    await update_profile(session, account_id=actor.account_id, request=body, pictures=pictures)
    return await _own(session, actor.account_id, site)


async def _own(session: AsyncSession, account_id: int, site: Site) -> ProfileOut:
    profile = await get_profile(session, id=account_id)
    shown = present_own_account(profile, site=site)
    account = profile.account
    return ProfileOut(
        note=account.note,
        fields=shown.source.fields,
        avatar=shown.avatar if account.avatar else None,
        avatar_static=shown.avatar_static if account.avatar else None,
        header=shown.header if account.header else None,
        header_static=shown.header_static if account.header else None,
        display_name=account.display_name,
        **shown.model_dump(include=set(_SAME)),
    )


_SAME = (
    *("id", "avatar_description", "header_description", "locked", "bot"),
    *("hide_collections", "discoverable", "indexable"),
)
