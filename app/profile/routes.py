"""/api/v1/preferences, /api/v1/profile."""

from typing import Annotated

from fastapi import APIRouter

from app.accounts.queries import get_profile
from app.kit.http import CurrentSite, Reading
from app.oauth.actor import Actor, requires
from app.profile.schemas import PreferencesOut, ProfileOut
from app.reading.present_account import present_own_account

router = APIRouter(tags=["accounts"])


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
        }
    )


@router.get("/api/v1/profile", response_model=ProfileOut)
async def show_profile(
    actor: Annotated[Actor, requires("read:accounts", "profile")], session: Reading, site: CurrentSite
) -> ProfileOut:
    """Your own profile as you typed it."""
    profile = await get_profile(session, id=actor.account_id)
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
