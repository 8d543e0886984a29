"""Answers kept whole, and made from what is kept in parts: skeleton, hydrate, rules, present, as everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.express.requests import Asked
from app.express.rows import Rows
from app.kit import clock
from app.kit.changes import Changes, of_account
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.generations import Generations
from app.kit.pagination import page_links
from app.kit.site import Site
from app.lists.queries import get_own_list
from app.reading.fragments import Fragments
from app.reading.pipeline import read_timeline
from app.reading.rules import visible
from app.reading.shelf import Shelf
from app.tags.rules import topic_of
from app.timeline import sources
from app.timeline.feeds import Feeds
from app.timeline.pulled import PulledAuthors
from app.timeline.skeletons import Tagged
from app.timeline.sources import Source


@dataclass(slots=True)
class Answer:
    """A body, its Link header, and how long both are right: until one of `keys` changes or `until` has come."""

    body: bytes
    links: bytes
    mark: int
    keys: Sequence[str]
    until: datetime | None


class Pages:
    """The answers of one process. `answer` gives the same as the route does, or None where that has to."""

    def __init__(
        self, db: Database, feeds: Feeds, pulled: PulledAuthors, site: Site, changes: Changes, *, most_bytes: int
    ) -> None:
        self._db, self._feeds, self._pulled, self._site, self._changes = db, feeds, pulled, site, changes
        self._shelf, self._fragments = Shelf(db, changes), Fragments(site)
        self._rows = Rows(self._fragments, most_bytes=most_bytes)
        self._kept: Generations[tuple[int | None, str, bytes], Answer] = Generations(most_bytes)

    def find(self, viewer_id: int | None, path: str, query: bytes) -> Answer | None:
        """An answer given before, if it is still right."""
        kept = self._kept.get((viewer_id, path, query))
        if kept is None or not self._changes.fresh(kept.mark, kept.keys):
            return None
        kept.mark = self._changes.verified()
        return kept if kept.until is None or kept.until > clock.now() else None

    async def make(self, viewer_id: int | None, path: str, query: bytes, asked: Asked) -> Answer | None:
        """A new answer; None when there is nothing to show under this address."""
        mark = self._changes.mark()
        if asked.kind == "status":
            answer = await self._status(viewer_id, int(asked.name), mark)
        else:
            answer = await self._timeline(viewer_id, path, asked, mark)
        # A feed that is not remembered was not read from the store, so the store will not tell of its changes.
        known = asked.kind != "home" or (viewer_id and self._feeds.peek(viewer_id, asked.page) is not None)
        if answer is not None and known:
            self._kept.put((viewer_id, path, query), answer, 500 + len(answer.body))
        return answer

    async def _status(self, viewer_id: int | None, id: int, mark: int) -> Answer | None:
        hydrated = await self._shelf.hydrate([id], viewer_id)
        item = hydrated.posts.get(id)
        if item is None or not visible(item, hydrated) or item.post.quote_of_id:
            # A quote is told with the chain it came by.
            return None
        return Answer(self._fragments.status(item, hydrated), b"", mark, hydrated.keys, hydrated.until)

    async def _timeline(self, viewer_id: int | None, path: str, asked: Asked, mark: int) -> Answer | None:
        try:
            source = await self._source(viewer_id, asked)
        except NotFound:
            return None
        timeline = await read_timeline(
            self._shelf.hydrate,
            skeleton=source.skeleton(self._db.reading),
            page=asked.page,
            rule=self._rows.rule(source.rule),
            viewer_id=viewer_id,
        )
        links = page_links(
            self._site, path, asked.query, older_than=timeline.older_than, newer_than=timeline.newer_than
        )
        keys = [*source.keys, *(key for hydrated in timeline.read for key in hydrated.keys)]
        if asked.kind == "home":
            follows = timeline.read[-1].viewer.follows
            keys += [of_account(id) for id in self._pulled.authors if id in follows]
        ends = [hydrated.until for hydrated in timeline.read if hydrated.until]
        body = self._rows.page(source.rule, timeline.items)
        return Answer(body, links.encode("ascii"), mark, keys, min(ends, default=None))

    async def _source(self, viewer_id: int | None, asked: Asked) -> Source:
        """The timeline asked for; raises NotFound, and what is no topic."""
        if asked.kind == "public":
            return sources.public(only_media="only_media" in asked.flags)
        if asked.kind == "tag":
            return sources.tagged(Tagged((topic_of(asked.name),), only_media="only_media" in asked.flags))
        if asked.kind == "account":
            if await self._shelf.profile(int(asked.name)) is None:
                raise NotFound
            return sources.of_author(
                int(asked.name),
                viewer_id,
                exclude_replies="exclude_replies" in asked.flags,
                exclude_reblogs="exclude_reblogs" in asked.flags,
                only_media="only_media" in asked.flags,
            )
        if viewer_id is None:
            raise NotFound
        if asked.kind == "home":
            return sources.home(self._feeds, self._pulled, viewer_id)
        async with self._db.reading() as session:
            return sources.listed(await get_own_list(session, id=int(asked.name), account_id=viewer_id))
