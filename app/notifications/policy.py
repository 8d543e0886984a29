"""What an account wants to hear of strangers, and how much of it waits in requests."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.notifications.models import NotificationPolicy
from app.notifications.requests import pending
from app.notifications.schemas import OldPolicyOut, PolicyOut, PolicyUpdate

_COLUMNS = ("not_following", "not_followers", "new_accounts", "private_mentions", "limited_accounts")
_DEFAULT = {"private_mentions": "filter", "limited_accounts": "filter"}


async def show(session: AsyncSession, *, account_id: int) -> PolicyOut:
    """An account's policy with what waits because of it."""
    row = await session.get(NotificationPolicy, account_id)
    chosen = {f"for_{name}": getattr(row, name) if row else _DEFAULT.get(name, "accept") for name in _COLUMNS}
    return PolicyOut(**chosen, summary=await pending(session, account_id=account_id))


async def change(session: AsyncSession, *, account_id: int, update: PolicyUpdate) -> None:
    """Change an account's policy, for what comes from now on."""
    chosen = {name.removeprefix("for_"): value for name, value in update.model_dump(exclude_none=True).items()}
    statement = insert(NotificationPolicy).values(account_id=account_id, **chosen)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[NotificationPolicy.account_id], set_=chosen)
        if chosen
        else statement.on_conflict_do_nothing()
    )


def in_old_words(policy: PolicyOut) -> OldPolicyOut:
    """A policy as the first version of its form tells it."""
    return OldPolicyOut(
        filter_not_following=policy.for_not_following != "accept",
        filter_not_followers=policy.for_not_followers != "accept",
        filter_new_accounts=policy.for_new_accounts != "accept",
        filter_private_mentions=policy.for_private_mentions != "accept",
        summary=policy.summary,
    )
