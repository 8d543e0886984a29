"""Reads of filters, each reached through the account that owns it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.filters.models import Filter, FilterKeyword, FilterPost
from app.kit.errors import NotFound


@dataclass(frozen=True, slots=True)
class WholeFilter:
    """A filter with all that is in it."""

    filter: Filter
    keywords: Sequence[FilterKeyword]
    posts: Sequence[FilterPost]


async def list_filters(session: AsyncSession, *, account_id: int) -> list[WholeFilter]:
    """An account's filters in the order they were made: a bounded number. Three statements."""
    query = select(Filter).where(Filter.account_id == account_id).order_by(Filter.id)
    return await _whole(session, (await session.scalars(query)).all())


async def get_whole_filter(session: AsyncSession, *, id: int, account_id: int) -> WholeFilter:
    """An account's filter with all that is in it; raises NotFound."""
    return (await _whole(session, [await get_own_filter(session, id=id, account_id=account_id)]))[0]


async def get_own_filter(session: AsyncSession, *, id: int, account_id: int) -> Filter:
    """An account's filter; raises NotFound for any other."""
    query = select(Filter).where(Filter.id == id, Filter.account_id == account_id)
    found = (await session.scalars(query)).first()
    if found is None:
        raise NotFound
    return found


async def get_own_keyword(session: AsyncSession, *, id: int, account_id: int) -> tuple[FilterKeyword, Filter]:
    """A keyword of an account's filters, and its filter; raises NotFound for any other."""
    query = select(FilterKeyword, Filter).join(
        Filter, (Filter.id == FilterKeyword.filter_id) & (Filter.account_id == FilterKeyword.account_id)
    )
    row = (await session.execute(query.where(FilterKeyword.id == id, Filter.account_id == account_id))).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def get_own_filter_post(session: AsyncSession, *, id: int, account_id: int) -> FilterPost:
    """A post in one of an account's filters; raises NotFound for any other."""
    query = select(FilterPost).where(FilterPost.id == id, FilterPost.account_id == account_id)
    found = (await session.scalars(query)).first()
    if found is None:
        raise NotFound
    return found


async def _whole(session: AsyncSession, filters: Sequence[Filter]) -> list[WholeFilter]:
    ids = [each.id for each in filters]
    if not ids:
        return []
    owner_id = filters[0].account_id
    words_of = select(FilterKeyword).where(FilterKeyword.filter_id.in_(ids), FilterKeyword.account_id == owner_id)
    posts_of = select(FilterPost).where(FilterPost.filter_id.in_(ids), FilterPost.account_id == owner_id)
    words = await session.scalars(words_of.order_by(FilterKeyword.id))
    posts = await session.scalars(posts_of.order_by(FilterPost.id))
    by_filter: dict[int, tuple[list[FilterKeyword], list[FilterPost]]] = {id: ([], []) for id in ids}
    for word in words:
        by_filter[word.filter_id][0].append(word)
    for post in posts:
        by_filter[post.filter_id][1].append(post)
    return [WholeFilter(each, *by_filter[each.id]) for each in filters]
