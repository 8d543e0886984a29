"""Writes of confirmations."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.confirmations.events import ConfirmationRequested, EmailConfirmed
from app.confirmations.models import Confirmation
from app.kit.errors import Forbidden, NotFound, field_error
from app.kit.secrets import fingerprint
from app.limits.limits import Limits, Rule, require_within
from app.outbox.publish import publish

VALID = timedelta(days=7)
AGAIN = Rule("confirmation mail", 5, 3600)


class AlreadyConfirmed(Forbidden):
    code = "already_confirmed"
    message = "This method is only available while the e-mail is awaiting confirmation"


async def ask_again(session: AsyncSession, limits: Limits, *, account_id: int, email: str | None) -> None:
    """Have the link mailed again. Raises AlreadyConfirmed, RateLimited, and Invalid for another address."""
    account = await session.get_one(Account, account_id)
    if account.email_confirmed_at or account.email is None:
        raise AlreadyConfirmed
    if email is not None and email.strip().lower() != account.email:
        raise field_error("email", "ERR_INVALID", "is not the address this account registered with")
    await require_within(limits, [(AGAIN, str(account_id))])
    await publish(session, ConfirmationRequested(account_id), actor_id=account_id)


async def confirm(session: AsyncSession, *, token: str, now: datetime) -> None:
    """Follow a link. Raises NotFound for one that is unknown, old, used up, or went to an address given up since."""
    query = select(Confirmation).where(
        Confirmation.fingerprint == fingerprint(token), Confirmation.created_at > now - VALID
    )
    found = (await session.scalars(query)).first()
    if found is None:
        raise NotFound
    account = (await session.scalars(select(Account).where(Account.id == found.account_id).with_for_update())).one()
    if account.email != found.email or account.suspended_at:
        raise NotFound
    await session.execute(delete(Confirmation).where(Confirmation.account_id == account.id))
    if account.email_confirmed_at is None:
        account.email_confirmed_at = now
        await session.flush()
        await publish(session, EmailConfirmed(account.id), actor_id=account.id)
