"""Reads of lists."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.graph.models import Follow, FollowRequest
from app.graph.queries import Entry
from app.kit.errors import NotFound
from app.kit.pagination import Page, bounded, newest_first
from app.lists.models import AccountList, ListMember


async def get_own_list(session: AsyncSession, *, id: int, account_id: int, lock: bool = False) -> AccountList:
    """A list of this account, `lock`ed for a change if asked; raises NotFound for any other."""
    query = select(AccountList).where(AccountList.id == id, AccountList.account_id == account_id)
    found = (await session.scalars(query.with_for_update() if lock else query)).first()
    if found is None:
        raise NotFound
    return found


async def list_own(session: AsyncSession, *, account_id: int) -> Sequence[AccountList]:
    """The lists of an account, in the order they were made: a bounded number."""
    query = select(AccountList).where(AccountList.account_id == account_id).order_by(AccountList.id)
    return (await session.scalars(query)).all()


async def list_own_with(session: AsyncSession, *, account_id: int, member_id: int) -> Sequence[AccountList]:
    """The lists of an account that someone is on."""
    query = (
        select(AccountList)
        .join(ListMember, (ListMember.list_id == AccountList.id) & (ListMember.owner_id == AccountList.account_id))
        .where(AccountList.account_id == account_id, ListMember.account_id == member_id, may_be_on(account_id))
        .order_by(AccountList.id)
    )
    return (await session.scalars(query)).all()


async def page_members(session: AsyncSession, *, found: AccountList, page: Page) -> Sequence[Entry]:
    """Who is on a list, latest first."""
    query = (
        select(ListMember.id, ListMember.account_id)
        .join(Account, Account.id == ListMember.account_id)
        .where(*_on(found), Account.suspended_at.is_(None), may_be_on(found.account_id))
    )
    rows = (await session.execute(bounded(query, ListMember.id, page))).all()
    return newest_first([(id, person) for id, person in rows], page)


async def list_member_ids(session: AsyncSession, *, found: AccountList, limit: int) -> list[int]:
    """Who is on a list, latest first, at most `limit`."""
    query = select(ListMember.account_id).where(*_on(found), may_be_on(found.account_id))
    return [*await session.scalars(query.order_by(ListMember.id.desc()).limit(limit))]


def _on(found: AccountList) -> tuple[ColumnElement[bool], ...]:
    return ListMember.list_id == found.id, ListMember.owner_id == found.account_id


def may_be_on(owner_id: int, person: ColumnElement[int] | None = None) -> ColumnElement[bool]:
    """Whether someone (a member, if nobody is named) may be on a list of this owner: the owner, and whom they follow
    or asked to.

    Rows of people followed no longer stay until a handler drops them; nobody is shown them meanwhile.
    """
    who = ListMember.account_id if person is None else person
    return or_(
        who == owner_id,
        select(Follow.id).where(Follow.follower_id == owner_id, Follow.followee_id == who).exists(),
        select(FollowRequest.id)
        .where(FollowRequest.follower_id == owner_id, FollowRequest.followee_id == who)
        .exists(),
    )
