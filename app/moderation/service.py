"""Writes of suspensions and badges. The operator's command line calls them: there is no actor."""

from datetime import datetime
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.changes import ALL, of_account
from app.kit.db import touch
from app.kit.errors import NotFound, field_error
from app.moderation.events import (
    AccountRestored,
    AccountSuspended,
    AccountUnsuspended,
    AccountUnverified,
    AccountVerified,
)
from app.moderation.models import Suspension
from app.outbox.publish import publish

LONGEST_REASON = 200


async def suspend(session: AsyncSession, *, username: str, now: datetime) -> None:
    """Hide an account and all it did, at once; its tokens die. Counters follow in the worker. Raises NotFound."""
    account = await _lock(session, username)
    if account.suspended_at is None:
        account.suspended_at = now
    going = insert(Suspension).values(account_id=account.id)
    await session.execute(going.on_conflict_do_update(index_elements=["account_id"], set_={"ending": False}))
    await session.flush()
    touch(session, ALL)
    await publish(session, AccountSuspended(account.id), actor_id=None)


async def unsuspend(session: AsyncSession, *, username: str) -> None:
    """Bring a suspended account back once the worker has put back what it counts for. Raises NotFound."""
    account = await _lock(session, username)
    if account.suspended_at is None:
        return
    # Suspended without a row (by hand, before there were rows): nothing was taken out.
    going = insert(Suspension).values(account_id=account.id, ending=True)
    await session.execute(going.on_conflict_do_update(index_elements=["account_id"], set_={"ending": True}))
    await publish(session, AccountUnsuspended(account.id), actor_id=None)


async def restore(session: AsyncSession, *, account_id: int) -> None:
    """Let an account appear again: everything it did counts. For `moderation.handlers`."""
    account = await session.get_one(Account, account_id, with_for_update=True)
    account.suspended_at = None
    await session.execute(delete(Suspension).where(Suspension.account_id == account_id))
    await session.flush()
    touch(session, ALL)
    await publish(session, AccountRestored(account_id), actor_id=None)


async def verify(
    session: AsyncSession, *, username: str, kind: Literal["person", "organization"], reason: str, now: datetime
) -> None:
    """Give an account its V: whom we checked, and what as. Raises NotFound, and Invalid for an empty or long reason."""
    said = " ".join(reason.split())
    if not said:
        raise field_error("reason", "ERR_BLANK", "can't be blank")
    if len(said) > LONGEST_REASON:
        raise field_error("reason", "ERR_TOO_LONG", f"is too long (maximum is {LONGEST_REASON} characters)")
    account = await _lock(session, username)
    account.verified_kind, account.verified_reason, account.verified_at = kind, said, now
    await session.flush()
    touch(session, of_account(account.id))
    await publish(session, AccountVerified(account.id), actor_id=None)


async def unverify(session: AsyncSession, *, username: str) -> None:
    """Take an account's V away; fine when it has none. Raises NotFound."""
    account = await _lock(session, username)
    if account.verified_kind is None:
        return
    account.verified_kind, account.verified_reason, account.verified_at = None, "", None
    await session.flush()
    touch(session, of_account(account.id))
    await publish(session, AccountUnverified(account.id), actor_id=None)


async def _lock(session: AsyncSession, username: str) -> Account:
    query = select(Account).where(Account.handle == username.removeprefix("@").lower()).with_for_update()
    account = (await session.scalars(query)).first()
    if account is None:
        raise NotFound(f"There is no account named {username}")
    return account
