"""Answers kept whole, and made from what is kept in parts: skeleton, hydrate, rules, present, as everywhere."""

import asyncio
from collections.abc import Callable

from app.exposures.seals import Seals
from app.express.answers import Answer, Asker
from app.express.cards import Bare, card_of
from app.express.composing import Made, compose, compose_plain
from app.express.requests import Asked
from app.express.rows import Looked, Looking, Rows
from app.kit import clock
from app.kit.changes import Changes, of_tokens, of_viewer
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.generations import Generations
from app.kit.pagination import page_links
from app.kit.site import Site
from app.lists.queries import get_own_list
from app.reading.fragments import Fragments
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.pipeline import fill
from app.reading.rules import Rule, at_home, visible
from app.reading.shelf import Shelf
from app.tags.rules import topic_of
from app.timeline import sources
from app.timeline.calm import Orders
from app.timeline.feeds import Feeds
from app.timeline.home import home_at_hand
from app.timeline.origins import KnownOrigins
from app.timeline.pulled import PulledAuthors
from app.timeline.read import read_source
from app.timeline.skeletons import Tagged
from app.timeline.sources import Source


class Pages:
    """The answers of one process. `make` gives the same as the route does, or None where that has to."""

    def __init__(
        self,
        db: Database,
        feeds: Feeds,
        pulled: PulledAuthors,
        shelf: Shelf,
        site: Site,
        changes: Changes,
        orders: Orders,
        seals: Seals,
        *,
        most_bytes: int,
    ) -> None:
        """`most_bytes`: half for answers, half for the rows they share."""
        self._db, self._feeds, self._pulled, self._site, self._changes = db, feeds, pulled, site, changes
        self._orders, self._origins, self._seals = orders, KnownOrigins(db), seals
        self._shelf, self._fragments = shelf, Fragments(site)
        self._most = most_bytes // 2
        self._rows = Rows(self._shelf, self._fragments, changes, most_bytes=self._most // 2)
        self._kept: Generations[tuple[bytes | None, str, bytes], Answer] = Generations(self._most)

    def find(self, authorization: bytes | None, path: str, query: bytes) -> Answer | None:
        """The answer given before to the same header: see `is_right`."""
        return self._kept.get((authorization, path, query))

    def is_right(self, answer: Answer) -> bool:
        """Whether an answer may be given again."""
        # What changes most, first.
        if answer.feed is not None and not self._feeds.is_still(answer.asker.viewer_id or 0, answer.feed):
            return False
        if not self._holds(answer):
            return False
        if answer.seen != answer.mark:
            if self._rows.stale(answer.looked.rows):
                return False
            answer.seen = answer.mark
        return True

    def is_asker(self, asker: Asker) -> bool:
        """Whether who asked before may still ask."""
        return asker.viewer_id is None or (
            self._changes.fresh(asker.mark, (of_tokens(asker.viewer_id),))
            and (asker.expires_at is None or asker.expires_at > clock.now())
        )

    async def make(
        self, authorization: bytes | None, asker: Asker, path: str, query: bytes, asked: Asked, earlier: Answer | None
    ) -> Answer | None:
        """A new answer; None when there is nothing to show under this address. `earlier` is what `find` found."""
        if earlier is not None:
            begun = asyncio.Event()
            if self.begin(earlier, begun.set):
                await begun.wait()
            if made := self.at_hand(authorization, path, query, earlier):
                return made
        return await self.make_anew(authorization, asker, path, query, asked, earlier)

    async def make_anew(
        self, authorization: bytes | None, asker: Asker, path: str, query: bytes, asked: Asked, earlier: Answer | None
    ) -> Answer | None:
        """`make` where `at_hand` gave nothing."""
        looked = self._looked(earlier, asker) if earlier else Looked()
        # What signs cards is there when a page needs it.
        await self._seals.load(self._db)
        # Now, as the answer is right from now on: the asker may have been sent away while something was waited for.
        if not self.is_asker(asker):
            return None
        if asked.kind == "status":
            made = await self._status(asker, asked, looked)
        else:
            made = await self._timeline(asker, path, asked, looked)
        if made is not None:
            self._keep(authorization, path, query, made)
        return made

    def begin(self, earlier: Answer, then: Callable[[], None]) -> bool:
        """Begin to ask for what `at_hand` is without, if that is a feed that changed: `then` is called when it is here.

        False where that would not help.
        """
        asker, asked = earlier.asker, earlier.asked
        if earlier.feed is None or asker.viewer_id is None or not earlier.looked.ids:
            return False
        return self._feeds.begin(asker.viewer_id, asked.page, then)

    def at_hand(self, authorization: bytes | None, path: str, query: bytes, earlier: Answer) -> Answer | None:
        """What `make` would give, if it is a home timeline for which nothing has to be waited for; else None.

        Only where neither who asks nor how they stand to others has changed since `earlier`.
        """
        asker, asked, viewer_id = earlier.asker, earlier.asked, earlier.asker.viewer_id
        # Of a page in calm order no rows are kept.
        if earlier.feed is None or viewer_id is None or not earlier.looked.ids or self._seals.key is None:
            return None
        if not self._is_same(earlier):
            return None
        mark = self._changes.mark()
        feed = home_at_hand(self._feeds, self._pulled, account_id=viewer_id, page=asked.page)
        looked = self._rows.at_hand(feed.ids, earlier.looked, at_home, viewer_id) if feed and feed.ids else None
        if looked is None or not feed:
            return None
        links = self._links(path, asked, feed.ids[-1], feed.ids[0])
        if looked.plain:
            answer = compose_plain(asker, asked, links, mark, looked.rows, looked, earlier.keys, feed.version)
        else:
            made = Made([*looked.rows], keys=[*earlier.keys])
            made.depends_on(looked)
            answer = compose(self._seals, asker, asked, links, mark, made, feed.version)
        self._put(authorization, path, query, answer)
        return answer

    def _holds(self, answer: Answer) -> bool:
        """Whether all is as it was that an answer is made of, but for its feed and its rows."""
        if answer.mark != self._changes.verified:
            fresh = self._changes.fresh
            if not fresh(answer.mark, answer.asker.keys) or (answer.keys and not fresh(answer.mark, answer.keys)):
                return False
            answer.mark = self._changes.verified
        return answer.until is None or answer.until > clock.now()

    def _is_same(self, answer: Answer) -> bool:
        """Whether who asks is who asked, stands to others as then, and no time has come."""
        if not self._changes.fresh(answer.mark, answer.asker.keys):
            return False
        return answer.until is None or answer.until > clock.now()

    def _keep(self, authorization: bytes | None, path: str, query: bytes, answer: Answer) -> None:
        # A feed that is not remembered was not read from the store, so the store will not tell of its changes.
        if answer.feed is None or self._feeds.is_still(answer.asker.viewer_id or 0, answer.feed):
            self._put(authorization, path, query, answer)

    def _put(self, authorization: bytes | None, path: str, query: bytes, answer: Answer) -> None:
        self._kept.put((authorization, path, query), answer, answer.weight)
        if self._rows.living.bytes > self._most:
            # Rows that only old answers hold go with these.
            self._kept.shrink()

    def _links(self, path: str, asked: Asked, older_than: int | None, newer_than: int | None) -> str:
        return page_links(self._site, path, asked.query, older_than=older_than, newer_than=newer_than)

    def _looked(self, earlier: Answer, asker: Asker) -> Looked:
        """What may still be true of an earlier answer: nothing if the asker's standing to anyone is another by now."""
        if earlier.until and earlier.until <= clock.now():
            return Looked()
        if asker.viewer_id is None or self._changes.fresh(earlier.mark, (of_viewer(asker.viewer_id),)):
            return earlier.looked
        return Looked()

    async def _status(self, asker: Asker, asked: Asked, looked: Looked) -> Answer | None:
        mark, looking = self._changes.mark(), self._looking(alone, asker, looked)
        (row,) = await looking((int(asked.name),))
        if row is None:
            return None
        made = Made([row])
        made.depends_on(looking.looked())
        return compose(self._seals, asker, asked, "", mark, made)

    async def _timeline(self, asker: Asker, path: str, asked: Asked, looked: Looked) -> Answer | None:
        mark, viewer_id = self._changes.mark(), asker.viewer_id
        feed = self._feeds.version(viewer_id) if asked.kind == "home" and viewer_id is not None else None
        try:
            source = await self._source(asker, asked)
        except NotFound:
            return None
        read = self._calmly if source.calm else self._plainly
        made = await read(source, asker, asked, looked)
        made.keys += source.keys
        if feed is not None and viewer_id is not None and self._pulled.anybody:
            made.keys += self._pulled.keys(viewer_id, (await self._shelf.viewer(viewer_id)).follows)
        links = self._links(path, asked, made.older_than, made.newer_than)
        return compose(self._seals, asker, asked, links, mark, made, feed)

    async def _plainly(self, source: Source, asker: Asker, asked: Asked, looked: Looked) -> Made:
        looking, made = self._looking(source.rule, asker, looked), Made()
        await fill(made, looking, skeleton=source.skeleton(self._db.reading), page=asked.page)
        made.depends_on(looking.looked())
        return made

    async def _calmly(self, source: Source, asker: Asker, asked: Asked, _looked: Looked) -> Made:
        """A page in whose order each post depends on the others, so that no row is true by itself."""
        timeline = await read_source(
            source,
            self._shelf.hydrate,
            reading=self._db.reading,
            origins=self._origins,
            page=asked.page,
            viewer_id=asker.viewer_id,
        )
        status, held = self._fragments.status, timeline.held
        made = Made(
            [
                Bare(body := status(item, hydrated, held.get(item.id)), card_of(body, item, hydrated, self._site))
                for item, hydrated in timeline.items
            ],
            timeline.older_than,
            timeline.newer_than,
        )
        for hydrated in timeline.read:
            made.keys += hydrated.keys
            made.ends += [hydrated.until] if hydrated.until else []
        return made

    def _looking(self, rule: Rule, asker: Asker, looked: Looked) -> Looking:
        return Looking(self._rows, rule, asker.viewer_id, looked)

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


def alone(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether a post shown alone is told from here: a quote is told with the chain it came by."""
    return not item.post.quote_of_id and visible(item, hydrated)
