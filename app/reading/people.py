"""Reads of accounts as they are shown: pages of them, and one's own."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile, load_profiles
from app.graph.queries import count_follow_requests
from app.kit.site import Site
from app.reading.present_account import present_account, present_own_account
from app.reading.schemas import AccountOut, CredentialAccountOut


async def read_accounts(session: AsyncSession, *, ids: Sequence[int], site: Site) -> list[AccountOut]:
    """Those of `ids`, in their order, that exist and are not suspended. One statement."""
    profiles = await load_profiles(session, ids=ids)
    return [present_account(profiles[id], site=site) for id in ids if id in profiles]


async def read_own_account(session: AsyncSession, *, account_id: int, site: Site) -> CredentialAccountOut:
    """One's own account, with how many wait to be let follow it."""
    profile = await get_profile(session, id=account_id)
    waiting = await count_follow_requests(session, account_id=account_id)
    return present_own_account(profile, site=site, follow_requests=waiting)
