"""Reads of lists."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.lists.models import AccountList


async def get_own_list(session: AsyncSession, *, id: int, account_id: int) -> AccountList:
    """A list of this account; raises NotFound for any other."""
    query = select(AccountList).where(AccountList.id == id, AccountList.account_id == account_id)
    found = (await session.scalars(query)).first()
    if found is None:
        raise NotFound
    return found
