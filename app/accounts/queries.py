"""Reads of accounts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountStats
from app.kit.errors import NotFound
from app.kit.work import Fetch, Plain, any_of, columns, unattached


@dataclass(frozen=True, slots=True)
class Profile:
    """An account with its counters: what showing it takes."""

    account: Account
    stats: AccountStats


_ACCOUNT, _STATS = columns(Account, but=("password_hash",)), columns(AccountStats)
# What a profile is made of, of `account` and `account_stats`; `profile_of` takes them in this order, `stats_of` those
# of the counters alone.
STATS = ", ".join(f"account_stats.{name}" for name in _STATS)
PROFILE = ", ".join([*(f"account.{name}" for name in _ACCOUNT), STATS])
PROFILE_WIDTH = len(_ACCOUNT) + len(_STATS)


def profile_of(values: Sequence[Any]) -> Profile:
    """The profile that the columns of `PROFILE` hold. It belongs to no session."""
    return Profile(
        unattached(Account, dict(zip(_ACCOUNT, values, strict=False))),
        unattached(AccountStats, dict(zip(_STATS, values[len(_ACCOUNT) :], strict=True))),
    )


def stats_of(values: Sequence[Any]) -> AccountStats | None:
    """The counters that the columns of `STATS` hold; None where an outer join found none."""
    return unattached(AccountStats, dict(zip(_STATS, values, strict=True))) if values[0] is not None else None


_PROFILES = Plain(
    f"""
    SELECT {PROFILE} FROM accounts AS account JOIN account_stats ON account_stats.account_id = account.id
    WHERE account.id {any_of("ids")} AND account.suspended_at IS NULL
    """
)


async def fetch_profiles(fetch: Fetch, *, ids: Collection[int]) -> dict[int, Profile]:
    """`load_profiles` for reading alone, which costs a tenth."""
    if not ids:
        return {}
    found = [profile_of(row) for row in await fetch(_PROFILES, ids=list(ids))]
    return {profile.account.id: profile for profile in found}


@dataclass(frozen=True, slots=True)
class Defaults:
    """How an account's posts are where it does not say otherwise."""

    visibility: str
    sensitive: bool
    language: str | None
    quote_policy: str


async def load_profiles(session: AsyncSession, *, ids: Collection[int]) -> dict[int, Profile]:
    """Profiles by id, of those that exist and are not suspended."""
    if not ids:
        return {}
    rows = await session.execute(
        select(Account, AccountStats)
        .join(AccountStats, AccountStats.account_id == Account.id)
        .where(Account.id.in_(ids), Account.suspended_at.is_(None))
    )
    return {account.id: Profile(account, stats) for account, stats in rows}


async def get_profile(session: AsyncSession, *, id: int) -> Profile:
    """One profile; raises NotFound when there is none, or it is suspended."""
    profiles = await load_profiles(session, ids=[id])
    if id not in profiles:
        raise NotFound
    return profiles[id]


async def lock_account(session: AsyncSession, *, id: int) -> None:
    """Let nobody else change what this account owns until the transaction ends: lists, filters and the like,
    whose numbers are bounded."""
    await session.execute(select(Account.id).where(Account.id == id).with_for_update(key_share=True))


async def get_profile_by_username(session: AsyncSession, *, username: str) -> Profile:
    """One profile by its username in any case; raises NotFound."""
    account_id = await session.scalar(select(Account.id).where(Account.handle == username.lower()))
    if account_id is None:
        raise NotFound
    return await get_profile(session, id=account_id)


async def load_ids_by_username(session: AsyncSession, *, usernames: Collection[str]) -> dict[str, int]:
    """Ids of accounts by their usernames in lower case, of those that exist."""
    rows = await session.execute(select(Account.handle, Account.id).where(Account.handle.in_(usernames)))
    return {row.handle: row.id for row in rows}


async def get_defaults(session: AsyncSession, *, id: int) -> Defaults:
    """How an account wants to post; raises NotFound."""
    row = (
        await session.execute(
            select(
                Account.default_visibility,
                Account.default_sensitive,
                Account.default_language,
                Account.default_quote_policy,
            ).where(Account.id == id)
        )
    ).first()
    if row is None:
        raise NotFound
    return Defaults(*row)


async def load_used_keys(session: AsyncSession, *, keys: Collection[str]) -> set[str]:
    """Those of `keys` that some account's picture is kept under."""
    columns = (Account.avatar, Account.avatar_static, Account.header, Account.header_static)
    rows = await session.execute(select(*columns).where(or_(*(column.in_(keys) for column in columns))))
    return {key for row in rows for key in row if key is not None}


async def find_login(session: AsyncSession, *, name: str) -> Account | None:
    """The account that logs in under `name`, a username or an e-mail address."""
    query = select(Account).where(
        or_(Account.handle == name.lower(), Account.email == name.lower()), Account.suspended_at.is_(None)
    )
    return (await session.scalars(query.limit(1))).first()
