"""Reads of likes, bookmarks and pins, each as pages of (cursor, id)."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.graph.models import Block, Mute
from app.interactions.models import Bookmark, Like, Pin
from app.kit.pagination import Page, bounded, newest_first
from app.posts.models import Post

Entries: TypeAlias = Sequence[tuple[int, int]]


async def page_likes(session: AsyncSession, *, account_id: int, page: Page) -> Entries:
    """Posts an account likes, the last liked first."""
    return await _page(session, select(Like.id, Like.post_id).where(Like.account_id == account_id), Like.id, page)


async def page_bookmarks(session: AsyncSession, *, account_id: int, page: Page) -> Entries:
    """Posts an account keeps, the last kept first."""
    query = select(Bookmark.id, Bookmark.post_id).where(Bookmark.account_id == account_id)
    return await _page(session, query, Bookmark.id, page)


async def list_pinned_ids(session: AsyncSession, *, account_id: int, limit: int) -> list[int]:
    """Posts an account pinned, the last pinned first."""
    query = select(Pin.post_id).where(Pin.account_id == account_id).order_by(Pin.id.desc()).limit(limit)
    return list(await session.scalars(query))


async def page_likers(session: AsyncSession, *, post_id: int, viewer_id: int | None, page: Page) -> Entries:
    """Accounts that like a post, the latest first, without those kept apart from the viewer."""
    query = select(Like.id, Like.account_id).join(Account, Account.id == Like.account_id).where(Like.post_id == post_id)
    return await _page(session, query.where(*_shown(viewer_id)), Like.id, page)


async def page_reposters(session: AsyncSession, *, post_id: int, viewer_id: int | None, page: Page) -> Entries:
    """Accounts that reposted a post for everyone to see, the latest first, without those kept apart from the viewer."""
    query = (
        select(Post.id, Post.author_id)
        .join(Account, Account.id == Post.author_id)
        .where(Post.repost_of_id == post_id, Post.deleted_at.is_(None), Post.visibility.in_(("public", "unlisted")))
    )
    return await _page(session, query.where(*_shown(viewer_id)), Post.id, page)


def _shown(viewer_id: int | None) -> list[ColumnElement[bool]]:
    """That the joined account is not suspended, and that neither blocks the other nor the viewer mutes it."""
    living = Account.suspended_at.is_(None)
    if viewer_id is None:
        return [living]
    block = select(Block.id).where(
        or_(
            (Block.account_id == viewer_id) & (Block.target_id == Account.id),
            (Block.account_id == Account.id) & (Block.target_id == viewer_id),
        )
    )
    mute = select(Mute.id).where(
        Mute.account_id == viewer_id,
        Mute.target_id == Account.id,
        or_(Mute.expires_at.is_(None), Mute.expires_at > func.now()),
    )
    return [living, ~block.exists(), ~mute.exists()]


async def _page(session: AsyncSession, query: Select[*tuple[Any, ...]], cursor: Any, page: Page) -> Entries:
    rows = (await session.execute(bounded(query, cursor, page))).all()
    return [(row[0], row[1]) for row in newest_first(rows, page)]
