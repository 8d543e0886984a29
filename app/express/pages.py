"""Answers kept whole, and made from what is kept in parts: skeleton, hydrate, rules, present, as everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.express.requests import Asked, Kind
from app.express.rows import Rows
from app.kit import clock
from app.kit.changes import Changes, of_account, of_tokens
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.generations import Generations
from app.kit.pagination import page_links
from app.kit.site import Site
from app.lists.queries import get_own_list
from app.reading.fragments import Fragments
from app.reading.hydrate import Hydrated
from app.reading.rules import visible
from app.reading.shelf import Shelf
from app.tags.rules import topic_of
from app.timeline import sources
from app.timeline.calm import Orders
from app.timeline.feeds import Feeds
from app.timeline.origins import KnownOrigins
from app.timeline.pulled import PulledAuthors
from app.timeline.read import read_source
from app.timeline.skeletons import Tagged
from app.timeline.sources import Source


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: an account by a token, or (None) anyone. `home_order`: how it wants its home timeline."""

    viewer_id: int | None
    expires_at: datetime | None = None
    home_order: str | None = None
    app_id: int | None = None


@dataclass(slots=True)
class Answer:
    """A body with its headers, for whom, and how long it is right: until one of `keys` changes or `until` has come."""

    kind: Kind
    viewer_id: int | None
    body: bytes
    headers: list[tuple[bytes, bytes]]
    mark: int
    keys: Sequence[str]
    until: datetime | None


class Pages:
    """The answers of one process. `answer` gives the same as the route does, or None where that has to."""

    def __init__(
        self,
        db: Database,
        feeds: Feeds,
        pulled: PulledAuthors,
        site: Site,
        changes: Changes,
        orders: Orders,
        *,
        most_bytes: int,
    ) -> None:
        self._db, self._feeds, self._pulled, self._site, self._changes = db, feeds, pulled, site, changes
        self._orders, self._origins = orders, KnownOrigins(db)
        self._shelf, self._fragments = Shelf(db, changes), Fragments(site)
        self._rows = Rows(self._fragments, most_bytes=most_bytes)
        self._kept: Generations[tuple[bytes | None, str, bytes], Answer] = Generations(most_bytes)

    def find(self, authorization: bytes | None, path: str, query: bytes) -> Answer | None:
        """An answer given before to the same header, if it is still right."""
        kept = self._kept.get((authorization, path, query))
        if kept is None or not self._changes.fresh(kept.mark, kept.keys):
            return None
        kept.mark = self._changes.verified()
        return kept if kept.until is None or kept.until > clock.now() else None

    async def make(
        self, authorization: bytes | None, asker: Asker, path: str, query: bytes, asked: Asked
    ) -> Answer | None:
        """A new answer; None when there is nothing to show under this address."""
        made = await (self._status(asker, asked) if asked.kind == "status" else self._timeline(asker, path, asked))
        if made is None:
            return None
        # A feed that is not remembered was not read from the store, so the store will not tell of its changes.
        viewer_id = asker.viewer_id
        if asked.kind != "home" or (viewer_id and self._feeds.peek(viewer_id, asked.page) is not None):
            self._kept.put((authorization, path, query), made, 500 + len(made.body))
        return made

    async def _status(self, asker: Asker, asked: Asked) -> Answer | None:
        mark, id = self._changes.mark(), int(asked.name)
        hydrated = await self._shelf.hydrate([id], asker.viewer_id)
        item = hydrated.posts.get(id)
        if item is None or not visible(item, hydrated) or item.post.quote_of_id:
            # A quote is told with the chain it came by.
            return None
        return self._answer(asker, asked, self._fragments.status(item, hydrated), "", mark, (), [hydrated])

    async def _timeline(self, asker: Asker, path: str, asked: Asked) -> Answer | None:
        mark, viewer_id = self._changes.mark(), asker.viewer_id
        try:
            source = await self._source(asker, asked)
        except NotFound:
            return None
        timeline = await read_source(
            source,
            self._shelf.hydrate,
            reading=self._db.reading,
            origins=self._origins,
            page=asked.page,
            viewer_id=viewer_id,
            rule=self._rows.rule(source.rule),
        )
        links = page_links(
            self._site, path, asked.query, older_than=timeline.older_than, newer_than=timeline.newer_than
        )
        keys = list(source.keys)
        if asked.kind == "home":
            follows = timeline.read[-1].viewer.follows
            keys += [of_account(id) for id in self._pulled.authors if id in follows]
        body = self._rows.page(source.rule, timeline.items, timeline.held)
        return self._answer(asker, asked, body, links, mark, keys, timeline.read)

    def _answer(
        self,
        asker: Asker,
        asked: Asked,
        body: bytes,
        links: str,
        mark: int,
        keys: Sequence[str],
        read: Sequence[Hydrated],
    ) -> Answer:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        if links:
            headers.append((b"link", links.encode("ascii")))
        all_keys = [*keys, *(key for hydrated in read for key in hydrated.keys)]
        ends = [hydrated.until for hydrated in read if hydrated.until]
        if asker.viewer_id is not None:
            all_keys.append(of_tokens(asker.viewer_id))
            ends += [asker.expires_at] if asker.expires_at else []
        until = min(ends, default=None)
        return Answer(asked.kind, asker.viewer_id, body, headers, mark, all_keys, until)

    async def _source(self, asker: Asker, asked: Asked) -> Source:
        """The timeline asked for; raises NotFound, and what is no topic."""
        viewer_id = asker.viewer_id
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
            calm = self._orders.calm(asked.order, asker.home_order)
            return sources.home(self._feeds, self._pulled, viewer_id, calm)
        async with self._db.reading() as session:
            return sources.listed(await get_own_list(session, id=int(asked.name), account_id=viewer_id))
