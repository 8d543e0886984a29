"""What was posted lately, as this process heard it: a home timeline is the stored feed and what is news to the reader.

Feeds may be written late, and many posts at a time, as whoever reads looks here as well. A process keeps the posts of
the last minute, and older ones while they are not in every feed yet (ADR 0032).
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, Protocol, TypeAlias

from sqlalchemy import text

from app.kit import log
from app.kit.changes import Changes, new_in
from app.kit.db import Database
from app.kit.generations import Generations
from app.kit.pagination import Page
from app.kit.together import Together
from app.posts.events import PostPublished
from app.reading.viewer import Viewer
from app.timeline.glance import HEAD, Follows, Glance
from app.timeline.skeletons import Reading, fetch_page

logger = log.logger(__name__)

FAN_OUT, FAN_OUT_CHUNK = "timeline.fan_out", "timeline.fan_out_chunk"
# A post, its author, and whether it is a repost.
New: TypeAlias = tuple[int, int, bool]

# Who was told of a change to a feed has heard of it by then.
_KEPT_SECONDS = 60
# So often it is looked up which posts are in every feed by now.
_TRIM_SECONDS = 20.0
# Kept at most, if feeds are not written for long: the newest.
_MOST = 200_000
# Whom readers follow, of readers together.
_MOST_FOLLOWED = 2_000_000
_MOST_TOGETHER = 10_000
# Of all news, what a reader may well be shown next.
_LATEST = 40

# Posts with greater ids may not be in every feed: those of the last minute, and those whose delivery has not ended. An
# event is as old as the transaction that its post was written in, so no younger than the post.
_FLOOR = f"""
    SELECT least(
        (floor(extract(epoch FROM least(
            now() - make_interval(secs => {_KEPT_SECONDS}),
            (SELECT min(created_at) FROM outbox_events WHERE topic = '{PostPublished.topic}'),
            (SELECT min(created_at) FROM tasks WHERE handler = '{FAN_OUT}' AND state <> 'dead')
        )) * 1000)::bigint << 16) - 1,
        (SELECT min((payload->>'post_id')::bigint) FROM tasks WHERE handler = '{FAN_OUT_CHUNK}' AND state <> 'dead') - 1
    )
"""
_FLOOR_NOW = text(_FLOOR)
_POSTED = text(
    f"""
    SELECT id, author_id, kind = 'repost' FROM posts
    WHERE id > ({_FLOOR}) AND visibility <> 'direct' ORDER BY id DESC LIMIT {_MOST}
    """
)
# For whoever cannot keep them: as `home_ids`, but for topics, whose posts are pushed at once, and with those that were
# deleted since, which nobody tells for certain: rules hide them.
_IDS = """
SELECT post.id FROM posts AS post
LEFT JOIN follows ON follows.follower_id = :account_id AND follows.followee_id = post.author_id
WHERE post.id > greatest(({since}), :floor) AND post.id < :max_id AND visibility <> 'direct'
    AND (post.author_id = :account_id OR (follows.id IS NOT NULL AND (post.kind <> 'repost' OR follows.reposts)))
ORDER BY post.id {order} LIMIT :limit
"""
_DOWN, _UP = (text(_IDS.format(since=_FLOOR, order=order)) for order in ("DESC", "ASC"))


class Readers(Protocol):
    """Whom accounts follow, and how."""

    def following(self, id: int) -> Follows | None:
        """If that is at hand."""

    async def viewer(self, id: int, likely: Sequence[int] = ()) -> Viewer:
        """Someone's standing to everyone, and to posts that they will likely be shown."""

    def expect(self, id: int, author_id: int) -> None:
        """There is a new post that readers may soon ask for."""


class News:
    """The posts that one process heard of. It costs nobody anything where nobody posts."""

    def __init__(self, db: Database, changes: Changes, readers: Readers) -> None:
        self._db, self._changes, self._readers = db, changes, readers
        # In the order in which they were told; the first has the place `_first`.
        self._told: list[New] = []
        self._first = 0
        # By author, with their places.
        self._by_author: dict[int, deque[tuple[int, int, bool]]] = defaultdict(deque)
        # Since when all is known.
        self._mark = -1
        self._glances: Generations[int, Glance] = Generations(_MOST_FOLLOWED)
        self._loading: Together[None, None] = Together(self._load, most=_MOST_TOGETHER)
        self._trimming: asyncio.Task[None] | None = None
        # What was in every feed when that was looked up last, so that whoever remembers a feed has heard of it by now.
        self._delivered = 0
        self._trim_at = time.monotonic() + _TRIM_SECONDS
        changes.listen(self._hear)

    def glance(self, account_id: int) -> Glance | None:
        """What is news to a reader whose standing is what it was when they were looked at last; None: not at hand."""
        if not self._is_known():
            return None
        glance = self._glances.get(account_id)
        if glance is None or glance.at < self._first:
            follows = self._readers.following(account_id)
            return None if follows is None else self._look(account_id, follows)
        if glance.at != self.place:
            self._bring_up(account_id, glance)
        return glance

    async def look(self, account_id: int, likely: Sequence[int] = ()) -> Glance | None:
        """What is news to a reader, as they stand now; None where this process knows of no news.

        `likely`: what else they will be shown.
        """
        if not self._changes.trusted:
            return None
        latest = [id for id, _, _ in self._told[-_LATEST:]]
        follows = (await self._readers.viewer(account_id, [*likely, *latest])).follows
        if not self._is_known():
            await self._loading.ask(None)
        glance = self.glance(account_id)
        if glance is None or (glance.follows is follows and glance.born >= self._first):
            return glance
        # Somebody who looked later may know better.
        return self._look(account_id, follows, keep=self._readers.following(account_id) is follows)

    @property
    def place(self) -> int:
        """Where the next post will be told: for `covers`."""
        return self._first + len(self._told)

    def covers(self, place: int) -> bool:
        """Whether all that was told from a place on is news still, so that whoever has read the rest lacks nothing."""
        return self._first <= place and self._is_known()

    def within(self, account_id: int, glance: Glance, page: Page) -> Sequence[int]:
        """A page of what is news, newest first."""
        if page.max_id is None and not page.floor and page.limit <= HEAD:
            return glance.head[: page.limit]
        least, most = page.floor, page.ceiling
        found = [id for id in self._all(account_id, glance.follows) if least < id < most]
        return found[-page.limit :] if page.ascending else found[: page.limit]

    async def page_ids(self, reading: Reading, *, account_id: int, page: Page) -> Sequence[int]:
        """A page of what is news to a reader, from PostgreSQL."""
        return await fetch_page(reading, _DOWN, _UP, account_id=account_id, page=page)

    async def close(self) -> None:
        """Look nothing up any more."""
        if self._trimming:
            self._trimming.cancel()
            await asyncio.gather(self._trimming, return_exceptions=True)

    def _is_known(self) -> bool:
        if not self._changes.fresh(self._mark, ()):
            return False
        self._mark = self._changes.verified
        return True

    def _look(self, account_id: int, follows: Follows, *, keep: bool = True) -> Glance:
        head = self._all(account_id, follows)
        glance = Glance(follows, head, self.place, self._first)
        if keep:
            self._glances.put(account_id, glance, 50 + len(follows))
        return glance

    def _bring_up(self, account_id: int, glance: Glance) -> None:
        """Look at what was told since."""
        new, follows = list[int](), glance.follows
        start, end = glance.at - self._first, len(self._told)
        if end - start <= len(follows):
            for id, author_id, repost in self._told[start:]:
                follow = follows.get(author_id)
                if author_id == account_id or (follow and (not repost or follow.reposts)):
                    new.append(id)
        else:
            new = list(self._of_followed(account_id, follows, since=glance.at))
        glance.at = self._first + end
        # What could not be told in time is told again.
        if new and not glance.grow(new) and not set(new).issubset(glance.head):
            glance.replace(sorted({*new, *glance.head}, reverse=True))

    def _all(self, account_id: int, follows: Follows) -> list[int]:
        """All that is news to a reader, newest first."""
        return sorted(set(self._of_followed(account_id, follows)), reverse=True)

    def _of_followed(self, account_id: int, follows: Follows, since: int = 0) -> Iterator[int]:
        """All that was told from a place on of those whom a reader follows."""
        by_author = self._by_author
        authors = by_author.keys() & follows.keys()
        if account_id in by_author:
            authors.add(account_id)
        for author_id in authors:
            reposts = author_id == account_id or follows[author_id].reposts
            for place, id, repost in reversed(by_author[author_id]):
                if place < since:
                    break
                if reposts or not repost:
                    yield id

    def _hear(self, name: str) -> None:
        id, author_id, repost = new_in(name)
        self._add((id, author_id, repost))
        self._readers.expect(id, author_id)
        if time.monotonic() >= self._trim_at and (self._trimming is None or self._trimming.done()):
            self._trim_at = time.monotonic() + _TRIM_SECONDS
            self._trimming = asyncio.create_task(self._trim())

    def _add(self, new: New) -> None:
        id, author_id, repost = new
        self._by_author[author_id].append((self.place, id, repost))
        self._told.append(new)
        if len(self._told) > 1.1 * _MOST:
            self._drop(len(self._told) - _MOST)

    def _drop(self, count: int) -> None:
        """Let go of the first."""
        for _, author_id, _ in self._told[:count]:
            posts = self._by_author[author_id]
            posts.popleft()
            if not posts:
                del self._by_author[author_id]
        del self._told[:count]
        self._first += count

    async def _load(self, asked: Sequence[None]) -> Sequence[None]:
        if not self._is_known():
            # Whatever is written from now on will be told; what was told before is in PostgreSQL, if it is true.
            mark, place = self._changes.mark(), self.place
            async with self._db.reading() as session:
                posted: Any = (await session.execute(_POSTED)).all()
            since = self._told[max(0, place - self._first) :]
            known = {*since, *((id, author_id, repost) for id, author_id, repost in posted)}
            # From no earlier place all is known: something may not have been told.
            self._first += len(self._told) + 1
            self._told.clear()
            self._by_author.clear()
            for new in sorted(known)[-_MOST:]:
                self._add(new)
            self._mark = mark
        return [None] * len(asked)

    async def _trim(self) -> None:
        """Let go of what is in every feed."""
        # What is told meanwhile may be older than what is found.
        place = self.place
        try:
            async with self._db.reading() as session:
                floor = await session.scalar(_FLOOR_NOW)
        except Exception:
            logger.warning("which posts are in every feed is not known", exc_info=True)
            return
        delivered, self._delivered = self._delivered, floor
        known = self._told[: max(0, place - self._first)]
        self._drop(sum(1 for _ in takewhile(lambda new: new[0] <= delivered, known)))
