"""Writes of lists."""

from collections.abc import Collection

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.queries import lock_account
from app.kit.errors import Invalid, NotFound, field_error
from app.lists.events import ListChanged, ListCreated, ListDeleted
from app.lists.models import AccountList, ListMember
from app.lists.queries import get_own_list, may_be_on
from app.lists.schemas import ListCreate, ListUpdate
from app.outbox.publish import publish

MOST_LISTS = 100
MOST_MEMBERS = 500


class TooManyLists(Invalid):
    code = "too_many_lists"
    message = f"Validation failed: an account can have {MOST_LISTS} lists at most"


class TooManyMembers(Invalid):
    code = "too_many_list_members"
    message = f"Validation failed: a list can hold {MOST_MEMBERS} accounts at most"


async def create(session: AsyncSession, *, account_id: int, request: ListCreate) -> AccountList:
    """A new list of an account. Raises TooManyLists."""
    await lock_account(session, id=account_id)
    owned = select(func.count()).select_from(AccountList).where(AccountList.account_id == account_id)
    if (await session.scalar(owned) or 0) >= MOST_LISTS:
        raise TooManyLists
    made = AccountList(
        account_id=account_id,
        title=request.title.strip(),
        replies_policy=request.replies_policy,
        exclusive=request.exclusive,
    )
    session.add(made)
    await session.flush()
    await publish(session, ListCreated(made.id), actor_id=account_id)
    return made


async def update(session: AsyncSession, *, id: int, account_id: int, request: ListUpdate) -> AccountList:
    """Change a list of an account. Raises NotFound."""
    found = await get_own_list(session, id=id, account_id=account_id, lock=True)
    for name, value in request.model_dump(exclude_none=True).items():
        setattr(found, name, value.strip() if name == "title" else value)
    await session.flush()
    await publish(session, ListChanged(id), actor_id=account_id)
    return found


async def delete(session: AsyncSession, *, id: int, account_id: int) -> None:
    """Delete a list of an account with all who are on it. Raises NotFound."""
    found = await get_own_list(session, id=id, account_id=account_id, lock=True)
    await session.delete(found)
    await session.flush()
    await publish(session, ListDeleted(id), actor_id=account_id)


async def add(session: AsyncSession, *, id: int, account_id: int, member_ids: Collection[int]) -> None:
    """Put people on a list: all of them or, raising, none.

    Raises NotFound for a list or person that is not there, or whom the owner neither follows nor asked to; Invalid
    for who is on it already; TooManyMembers.
    """
    await get_own_list(session, id=id, account_id=account_id, lock=True)
    wanted = list(dict.fromkeys(member_ids))
    followed = select(Account.id).where(
        Account.id.in_(wanted), Account.suspended_at.is_(None), may_be_on(account_id, Account.id.expression)
    )
    if set(await session.scalars(followed)) != set(wanted):
        raise NotFound
    if not wanted:
        return
    rows = [{"list_id": id, "account_id": member_id, "owner_id": account_id} for member_id in wanted]
    new = insert(ListMember).values(rows).on_conflict_do_nothing().returning(ListMember.account_id)
    if len((await session.scalars(new)).all()) < len(wanted):
        raise field_error("account", "ERR_TAKEN", "has already been taken")
    held = (
        select(func.count()).select_from(ListMember).where(ListMember.list_id == id, ListMember.owner_id == account_id)
    )
    if (await session.scalar(held) or 0) > MOST_MEMBERS:
        raise TooManyMembers
    await publish(session, ListChanged(id), actor_id=account_id)


async def remove(session: AsyncSession, *, id: int, account_id: int, member_ids: Collection[int]) -> None:
    """Take people off a list; fine for who is not on it. Raises NotFound for another's list."""
    await get_own_list(session, id=id, account_id=account_id, lock=True)
    on_it = (ListMember.list_id == id, ListMember.owner_id == account_id)
    gone = sql_delete(ListMember).where(*on_it, ListMember.account_id.in_(set(member_ids)))
    if (await session.scalars(gone.returning(ListMember.account_id))).all():
        await publish(session, ListChanged(id), actor_id=account_id)
