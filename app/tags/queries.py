"""Reads of topics: how much they are used, and who follows them. Topics come and go in folded form."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.ids import at
from app.kit.pagination import Page, bounded, newest_first
from app.tags.models import FeaturedTag, TagFollow

DAYS = 7
_DAY_MS = 86_400_000
# Of the topics that begin as asked, so many uses are looked at: enough to tell which are used more.
_MOST_USES = 20_000


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """One day (UTC, its first second since 1970), the public posts with a topic, and the people who wrote them."""

    day: int
    uses: int
    accounts: int


_HISTORIES = text(
    """
    SELECT post_tags.tag, (post_id >> 16) / :day_ms AS day, count(*) AS uses,
        count(DISTINCT posts.author_id) AS accounts
    FROM post_tags
    JOIN posts ON posts.id = post_id AND posts.author_id = post_tags.author_id
        AND posts.visibility = 'public' AND posts.deleted_at IS NULL
    JOIN accounts ON accounts.id = posts.author_id AND accounts.suspended_at IS NULL
    WHERE post_tags.tag = ANY(CAST(:tags AS text[])) AND post_id >= :floor
    GROUP BY post_tags.tag, day
    """
)


async def load_histories(
    session: AsyncSession, *, tags: Collection[str], now: datetime
) -> dict[str, Sequence[DayOfUse]]:
    """The last seven days of each topic, today first, days without use included."""
    today = int(now.timestamp() * 1000) // _DAY_MS
    floor = at(now - timedelta(days=DAYS))
    rows = await session.execute(_HISTORIES, {"tags": sorted(tags), "day_ms": _DAY_MS, "floor": floor})
    used = {(row.tag, row.day): (row.uses, row.accounts) for row in rows} if tags else {}
    return {
        tag: [
            DayOfUse((today - back) * _DAY_MS // 1000, *used.get((tag, today - back), (0, 0))) for back in range(DAYS)
        ]
        for tag in tags
    }


async def load_followed_tags(session: AsyncSession, *, account_id: int, tags: Collection[str]) -> set[str]:
    """Which of `tags` an account follows."""
    if not tags:
        return set()
    query = select(TagFollow.tag).where(TagFollow.account_id == account_id, TagFollow.tag.in_(tags))
    return set(await session.scalars(query))


_BEGINNING = text(
    """
    SELECT tag FROM (
        SELECT tag, post_id FROM post_tags WHERE tag >= :first AND tag < :past ORDER BY tag LIMIT :most
    ) AS used
    GROUP BY tag ORDER BY tag = :first DESC, count(*) DESC, tag LIMIT :limit OFFSET :offset
    """
)


async def list_tags_beginning(session: AsyncSession, *, start: str, limit: int, offset: int) -> list[str]:
    """Topics that begin with `start`: that itself first, then the most used."""
    parameters = {"first": start, "past": start + "\U0010ffff", "most": _MOST_USES, "limit": limit, "offset": offset}
    return list(await session.scalars(_BEGINNING, parameters))


async def load_featured_tags(session: AsyncSession, *, account_id: int, tags: Collection[str]) -> set[str]:
    """Which of `tags` an account shows on its profile."""
    if not tags:
        return set()
    query = select(FeaturedTag.tag).where(FeaturedTag.account_id == account_id, FeaturedTag.tag.in_(tags))
    return set(await session.scalars(query))


async def page_followed(session: AsyncSession, *, account_id: int, page: Page) -> Sequence[tuple[int, str]]:
    """The topics an account follows, latest first, each after its cursor."""
    query = select(TagFollow.id, TagFollow.tag).where(TagFollow.account_id == account_id)
    rows = (await session.execute(bounded(query, TagFollow.id, page))).all()
    return newest_first([(id, tag) for id, tag in rows], page)


@dataclass(frozen=True, slots=True)
class Featured:
    """A topic on a profile, with how many posts of its owner that all can see hold it, and the last one's time."""

    id: int
    name: str
    tag: str
    uses: int
    last_used_at: datetime | None


_FEATURED = text(
    """
    SELECT featured.id, featured.name, featured.tag, used.uses, used.last_used_at
    FROM featured_tags AS featured
    CROSS JOIN LATERAL (
        SELECT count(*) AS uses, max(posts.created_at) AS last_used_at
        FROM posts JOIN post_tags ON post_tags.post_id = posts.id AND post_tags.author_id = posts.author_id
            AND post_tags.tag = featured.tag
        WHERE posts.author_id = :account AND posts.deleted_at IS NULL AND posts.visibility IN ('public', 'unlisted')
    ) AS used
    WHERE featured.account_id = :account ORDER BY featured.id
    """
)


async def list_featured(session: AsyncSession, *, account_id: int) -> list[Featured]:
    """The topics an account shows on its profile, in the order they were put there: a bounded number."""
    rows = await session.execute(_FEATURED, {"account": account_id})
    return [Featured(**row._mapping) for row in rows]


_USED = text(
    """
    SELECT post_tags.tag FROM (
        SELECT id FROM posts WHERE author_id = :account AND deleted_at IS NULL
            AND visibility IN ('public', 'unlisted') ORDER BY id DESC LIMIT 400
    ) AS recent
    JOIN post_tags ON post_tags.post_id = recent.id AND post_tags.author_id = :account
    WHERE NOT EXISTS (
        SELECT FROM featured_tags WHERE account_id = :account AND featured_tags.tag = post_tags.tag)
    GROUP BY post_tags.tag ORDER BY count(*) DESC, max(recent.id) DESC LIMIT :limit
    """
)


async def list_used(session: AsyncSession, *, account_id: int, limit: int) -> list[str]:
    """The topics an account used most of late and does not show on its profile yet."""
    return list(await session.scalars(_USED, {"account": account_id, "limit": limit}))


_FOLLOWED = text("SELECT DISTINCT tag FROM tag_follows WHERE tag = ANY(CAST((SELECT CAST(:tags AS text[])) AS text[]))")


async def load_followed(session: AsyncSession, *, tags: Collection[str]) -> set[str]:
    """Those of `tags` that somebody follows."""
    return set(await session.scalars(_FOLLOWED, {"tags": list(tags)})) if tags else set()


async def follower_ranges(session: AsyncSession, *, tags: Collection[str], size: int) -> list[tuple[int, int]]:
    """Cut those who follow one of `tags` into ranges of at most `size`, as inclusive (lowest id, highest id) pairs."""
    if not tags:
        return []
    distinct = select(TagFollow.account_id).where(TagFollow.tag.in_(tags)).distinct().subquery()
    numbered = select(
        distinct.c.account_id, func.row_number().over(order_by=distinct.c.account_id).label("number")
    ).subquery()
    rows = await session.execute(
        select(func.min(numbered.c.account_id), func.max(numbered.c.account_id)).group_by(
            (numbered.c.number - 1) // size
        )
    )
    return sorted((low, high) for low, high in rows)


async def follower_ids_between(session: AsyncSession, *, tags: Collection[str], low: int, high: int) -> list[int]:
    """Who follows one of `tags`, of the accounts with low <= id <= high."""
    query = select(TagFollow.account_id).where(TagFollow.tag.in_(tags), TagFollow.account_id.between(low, high))
    return list(await session.scalars(query.distinct()))
