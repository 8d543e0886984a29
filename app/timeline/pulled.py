"""Posts of authors with very many followers, as readers fetch them: `app.timeline.pulling` says whose.

Each process keeps who these authors are and what they posted last, while it hears of changes: a page merged from that,
and from what is news since (`app.timeline.news`), asks nothing of anybody (ADR 0016).
"""

import time
from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.changes import Changes, of_posts
from app.kit.db import Database
from app.kit.generations import Generations
from app.kit.pagination import Page
from app.kit.together import Together
from app.timeline.glance import Follows
from app.timeline.news import News
from app.timeline.skeletons import Reading, fetch_page
from app.timeline.stored_feed import StoredFeed

# Whom an account follows, and how, if that is at hand.
Following: TypeAlias = Callable[[int], Follows | None]

# For so long a process may go on knowing whom it looked up, even if nobody could tell it: an author joins for longer.
KNOWN_SECONDS = 20.0
# Posts kept of one author: as many as a page in calm order looks at. Deeper ones are asked for.
_KEPT = 480
# Of authors together, each counting for its posts; and of readers.
_MOST_POSTS, _MOST_READERS = 2_000_000, 50_000
_AT_ONCE = 200

_AUTHORS = text("SELECT account_id FROM pulled_authors")
_NEWEST = text(
    """
    SELECT author.id, post.id, post.kind <> 'repost' FROM unnest(CAST(:authors AS bigint[])) AS author (id)
    CROSS JOIN LATERAL (
        SELECT id, kind FROM posts WHERE author_id = author.id AND deleted_at IS NULL AND visibility <> 'direct'
        ORDER BY id DESC LIMIT :most
    ) AS post
    ORDER BY author.id, post.id DESC
    """
)
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


@dataclass(slots=True)
class _Newest:
    """What one author posted last, with reposts and without, as of `mark`, when the process had been told of all news
    before `place`.
    """

    mark: int
    place: int
    keys: tuple[str, ...]
    all: StoredFeed
    original: StoredFeed


class PulledAuthors:
    """What one process knows about pulled authors; where there are none they cost nothing."""

    def __init__(self, db: Database, changes: Changes, following: Following, news: News) -> None:
        self._db, self._changes, self._following, self._news = db, changes, following, news
        self._authors: frozenset[int] = frozenset()
        self._mark, self._known_until = -1, 0.0
        self._newest: Generations[int, _Newest] = Generations(_MOST_POSTS)
        # Whom a reader pulls, of whom it follows and who is pulled.
        self._chosen: Generations[int, tuple[Follows, frozenset[int], Sequence[int]]] = Generations(_MOST_READERS)
        self._loading = Together(self._load_together, most=_AT_ONCE)

    def at_hand(self, account_id: int, page: Page, *, above: int = 0) -> Sequence[int] | None:
        """What `page_ids` gives but for what is news, where nothing has to be asked for it; else None.

        Nothing below `above` is needed.
        """
        if not self._is_known():
            return None
        if not self._authors:
            return ()
        follows = self._following(account_id)
        if follows is None:
            return None
        found = list[int]()
        for id in self._whom(account_id, follows):
            newest = self._fresh(id)
            if newest is None:
                return None
            posts = newest.all if follows[id].reposts else newest.original
            if posts.ids and posts.ids[0] < above:
                continue
            some = posts.page(page)
            if some is None:
                return None
            found += some.ids
        found.sort(reverse=True)
        return found[-page.limit :] if page.ascending else found[: page.limit]

    async def page_ids(self, reading: Reading, *, account_id: int, page: Page) -> Sequence[int]:
        """A page of the posts that the account pulls, newest first. A session is opened only where one is needed."""
        if (ids := self.at_hand(account_id, page)) is not None:
            return ids
        if self._changes.trusted:
            if not self._is_known():
                await self._loading.ask(())
            if unknown := self._unknown(account_id):
                await self._loading.ask(unknown)
            if (ids := self.at_hand(account_id, page)) is not None:
                return ids
        return await fetch_page(reading, _DOWN, _UP, account_id=account_id, page=page)

    def _is_known(self) -> bool:
        """Whether it is known who is pulled: whoever changes that says that anything may have changed."""
        if not self._changes.fresh(self._mark, ()) or time.monotonic() >= self._known_until:
            return False
        self._mark = self._changes.verified
        return True

    def _whom(self, account_id: int, follows: Follows) -> Sequence[int]:
        chosen = self._chosen.get(account_id)
        if chosen is None or chosen[0] is not follows or chosen[1] is not self._authors:
            chosen = follows, self._authors, list(self._authors & follows.keys())
            self._chosen.put(account_id, chosen)
        return chosen[2]

    def _fresh(self, author_id: int) -> _Newest | None:
        newest = self._newest.get(author_id)
        is_fresh = newest is not None and (self._news.covers(newest.place) or self._changes.holds(newest))
        return newest if is_fresh else None

    def _unknown(self, account_id: int) -> list[int]:
        follows = self._following(account_id)
        return [id for id in self._whom(account_id, follows) if not self._fresh(id)] if follows else []

    async def _load_together(self, wanted: Sequence[Collection[int]]) -> Sequence[None]:
        async with self._db.reading() as session:
            if not self._is_known():
                mark, until = self._changes.mark(), time.monotonic() + KNOWN_SECONDS
                authors = frozenset(await session.scalars(_AUTHORS))
                # Whom each reader pulls is known by this object.
                if authors != self._authors:
                    self._authors = authors
                self._mark, self._known_until = mark, until
            if unknown := [id for id in set().union(*wanted) if not self._fresh(id)]:
                await self._load(session, unknown)
        return [None] * len(wanted)

    async def _load(self, session: AsyncSession, author_ids: Collection[int]) -> None:
        mark, place = self._changes.mark(), self._news.place
        posts: dict[int, list[tuple[int, bool]]] = {id: [] for id in author_ids}
        wanted = {"authors": list(author_ids), "most": _KEPT}
        for author_id, id, is_original in await session.execute(_NEWEST, wanted):
            posts[author_id].append((id, is_original))
        for author_id, found in posts.items():
            whole = len(found) < _KEPT
            everything, original = (
                StoredFeed(array("q", ids), ended=whole, whole=whole)
                for ids in ([id for id, _ in found], [id for id, is_original in found if is_original])
            )
            newest = _Newest(mark, place, (of_posts(author_id),), everything, original)
            self._newest.put(author_id, newest, 10 + len(found))
