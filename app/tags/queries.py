"""Reads of topics: how much they are used, and who follows them. Topics come and go in folded form."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.ids import at
from app.tags.models import TagFollow

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
    JOIN posts ON posts.id = post_id AND posts.visibility = 'public' AND posts.deleted_at IS NULL
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
