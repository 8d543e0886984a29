"""How large and how lively the service is: numbers that cost scans, so each process keeps them for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import ids

WEEKS = 12
_USAGE_SECONDS = 300.0
_ACTIVITY_SECONDS = 3600.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Usage:
    """Accounts, those that posted lately, and living posts."""

    users: int
    active_month: int
    active_halfyear: int
    posts: int


@dataclass(frozen=True, slots=True)
class Week:
    """What happened in the week from `start`, a Monday, 0:00 UTC."""

    start: datetime
    posts: int
    authors: int
    registrations: int


_USAGE = text(
    """
    SELECT count(*), count(*) FILTER (WHERE stats.last_post_at > :month),
        count(*) FILTER (WHERE stats.last_post_at > :halfyear), coalesce(sum(stats.posts_count), 0)
    FROM accounts JOIN account_stats AS stats ON stats.account_id = accounts.id
    WHERE accounts.suspended_at IS NULL
    """
)

# Ids tell when they were made, so both tables are read by their keys.
_ACTIVITY = text(
    """
    SELECT 'posts' AS what, width_bucket(id, CAST(:bounds AS bigint[])) AS week, count(*), count(DISTINCT author_id)
    FROM posts WHERE id >= :first AND deleted_at IS NULL GROUP BY 2
    UNION ALL
    SELECT 'accounts', width_bucket(id, CAST(:bounds AS bigint[])), count(*), 0 FROM accounts
    WHERE id >= :first AND suspended_at IS NULL GROUP BY 2
    """
)


async def get_usage(session: AsyncSession, *, now: datetime) -> Usage:
    """The numbers as they are now."""
    since = {"month": now - timedelta(weeks=4), "halfyear": now - timedelta(days=180)}
    users, month, halfyear, posts = (await session.execute(_USAGE, since)).one()
    return Usage(users, month, halfyear, int(posts))


async def list_activity(session: AsyncSession, *, now: datetime) -> list[Week]:
    """The last WEEKS weeks, this one first."""
    monday = (now.astimezone(UTC) - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    bounds = [ids.at(start) for start in starts]
    rows = await session.execute(_ACTIVITY, {"bounds": bounds, "first": bounds[0]})
    found = {(what, week): (number, people) for what, week, number, people in rows}
    weeks = [
        Week(
            start,
            *found.get(("posts", number), (0, 0)),
            registrations=found.get(("accounts", number), (0, 0))[0],
        )
        for number, start in enumerate(starts, 1)
    ]
    return weeks[::-1]


class Numbers:
    """The same, counted by one request at a time and then kept for minutes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Any]] = {}
        self._counting = asyncio.Lock()

    async def usage(self, session: AsyncSession, *, now: datetime) -> Usage:
        """`get_usage`, at most five minutes old."""
        return await self._keep("usage", _USAGE_SECONDS, lambda: get_usage(session, now=now))

    async def activity(self, session: AsyncSession, *, now: datetime) -> list[Week]:
        """`list_activity`, at most an hour old."""
        return await self._keep("activity", _ACTIVITY_SECONDS, lambda: list_activity(session, now=now))

    async def _keep(self, name: str, seconds: float, count: Callable[[], Awaitable[T]]) -> T:
        async with self._counting:
            counted_at, value = self._kept.get(name, (0.0, None))
            if value is None or time.monotonic() - counted_at > seconds:
                value = await count()
                self._kept[name] = (time.monotonic(), value)
            kept: T = value
            return kept
