"""Posts of authors with very many followers, as readers fetch them: `app.timeline.pulling` says whose."""

import time
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.pagination import Page

# For so long a process may go on knowing whom it looked up: an author joins for longer than that.
KNOWN_SECONDS = 5.0

_AUTHORS = text("SELECT account_id FROM pulled_authors")
# Each author's newest, by their index.
_IDS = """
SELECT post.id FROM pulled_authors AS author
JOIN follows ON follows.followee_id = author.account_id AND follows.follower_id = :account_id
CROSS JOIN LATERAL (
    SELECT id FROM posts
    WHERE author_id = author.account_id AND deleted_at IS NULL AND visibility <> 'direct'
        AND (kind <> 'repost' OR follows.reposts) AND id > :floor AND id < :max_id
    ORDER BY id {order} LIMIT :limit
) AS post
ORDER BY post.id {order} LIMIT :limit
"""
_DOWN, _UP = text(_IDS.format(order="DESC")), text(_IDS.format(order="ASC"))
_NO_BOUND = 2**63 - 1


class PulledAuthors:
    """What one process knows about pulled authors: who they are, for where there are none it costs nothing."""

    def __init__(self) -> None:
        self.authors: frozenset[int] = frozenset()
        self._known_until = 0.0

    async def page_ids(self, session: AsyncSession, *, account_id: int, page: Page) -> Sequence[int]:
        """A page of the posts that the account pulls, newest first."""
        if not await self._anybody(session):
            return []
        bounds = {"floor": page.floor, "max_id": _NO_BOUND if page.max_id is None else page.max_id}
        rows = await session.scalars(
            _UP if page.ascending else _DOWN, {"account_id": account_id, "limit": page.limit, **bounds}
        )
        ids = rows.all()
        return ids[::-1] if page.ascending else ids

    @property
    def nobody(self) -> bool:
        """Whether it is known without asking that nobody is pulled."""
        return not self.authors and time.monotonic() < self._known_until

    async def _anybody(self, session: AsyncSession) -> bool:
        started = time.monotonic()
        if started >= self._known_until:
            self.authors = frozenset(await session.scalars(_AUTHORS))
            self._known_until = started + KNOWN_SECONDS
        return bool(self.authors)
