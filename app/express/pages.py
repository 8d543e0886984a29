"""Answers kept whole, and made from what is kept in parts: skeleton, hydrate, rules, present, as everywhere."""

import asyncio
from collections.abc import Callable, Sequence

from app.exposures.seals import Seals
from app.express.answers import Address, Answer, Asker
from app.express.cards import Bare, card_of
from app.express.composing import Made, array, compose
from app.express.requests import Asked
from app.express.rows import UNKNOWN, Looked, Looking, Rows, alone
from app.kit import clock
from app.kit.changes import Changes, of_tokens, of_viewer
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.generations import Generations
from app.kit.pagination import page_links
from app.kit.site import Site
from app.lists.queries import get_own_list
from app.reading.fragments import Fragments
from app.reading.pipeline import fill
from app.reading.rules import Rule, at_home
from app.reading.shelf import Shelf
from app.tags.rules import topic_of
from app.timeline import sources
from app.timeline.calm import Orders
from app.timeline.home import Home, Seen
from app.timeline.origins import KnownOrigins
from app.timeline.read import read_source
from app.timeline.skeletons import Tagged
from app.timeline.sources import Source


class Pages:
    """The answers of one process. `make` gives the same as the route does, or None where that has to."""

    def __init__(
        self,
        db: Database,
        home: Home,
        shelf: Shelf,
        site: Site,
        changes: Changes,
        orders: Orders,
        seals: Seals,
        *,
        most_bytes: int,
    ) -> None:
        """`most_bytes`: half for answers, half for the rows they share."""
        self._db, self._home, self._site, self._changes = db, home, site, changes
        self._orders, self._origins, self._seals = orders, KnownOrigins(db), seals
        self._shelf, self._fragments = shelf, Fragments(site)
        self._most = most_bytes // 2
        self._rows = Rows(self._shelf, self._fragments, changes, most_bytes=self._most // 2)
        self._kept: Generations[Address, Answer] = Generations(self._most)

    def find(self, address: Address) -> Answer | None:
        """What was answered there before: see `again`."""
        return self._kept.get(address)

    def again(self, address: Address, answer: Answer) -> Answer | Sequence[int] | None:
        """What to say where this was answered before: the same, if it is still right. If not, what `make` would give
        for a home timeline for which nothing has to be waited for; else posts that are to be loaded for it, or None.
        """
        # What changes most, first.
        if answer.feed is None:
            return answer if self._is_right(answer) else None
        grown = self._home.grown(answer.asker.viewer_id or 0, answer.feed)
        if grown is not None and not grown[0] and self._is_right(answer):
            return answer
        return self._at_hand(address, answer, grown)

    def _is_right(self, answer: Answer) -> bool:
        """Whether an answer may be given again, if its feed is as it was."""
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
        self, address: Address, asker: Asker, asked: Asked, earlier: Answer | None, lacking: Sequence[int] | None = None
    ) -> Answer | None:
        """A new answer; None when there is nothing to show there. `earlier` is what `find` found, and `lacking` what
        `again` said of it.
        """
        if earlier is not None:
            begun = asyncio.Event()
            if self.begin(earlier, lacking, begun.set):
                await begun.wait()
                made = self.again(address, earlier)
                if isinstance(made, Answer):
                    return made
        return await self.make_anew(address, asker, asked, earlier)

    async def make_anew(self, address: Address, asker: Asker, asked: Asked, earlier: Answer | None) -> Answer | None:
        """`make` where `again` gave nothing."""
        looked = self._looked(earlier, asker) if earlier else Looked()
        # What signs cards is there when a page needs it.
        await self._seals.load(self._db)
        # Now, as the answer is right from now on: the asker may have been sent away while something was waited for.
        if not self.is_asker(asker):
            return None
        if asked.kind == "status":
            made = await self._status(asker, asked, looked)
        else:
            made = await self._timeline(address, asker, asked, looked, earlier.looked.ids if earlier else ())
        if made is not None:
            self._keep(address, made)
        return made

    def begin(self, earlier: Answer, lacking: Sequence[int] | None, then: Callable[[], None]) -> bool:
        """Begin to ask for what `again` was without: `lacking` posts, or a feed that changed. `then` is called when
        it is here.

        False where that would not help.
        """
        if lacking:
            self._shelf.arrivals.begin(lacking, then)
            return True
        asker, asked = earlier.asker, earlier.asked
        if earlier.feed is None or asker.viewer_id is None or not earlier.looked.ids:
            return False
        return self._home.begin(asker.viewer_id, asked.page, then)

    def _at_hand(
        self, address: Address, earlier: Answer, grown: tuple[Sequence[int], Seen] | None
    ) -> Answer | Sequence[int] | None:
        """Where neither who asks nor how they stand to others has changed since `earlier`, of which `grown` is told."""
        asker, asked, viewer_id = earlier.asker, earlier.asked, earlier.asker.viewer_id
        # Of a page in calm order no rows are kept.
        if earlier.feed is None or viewer_id is None or not earlier.looked.ids or self._seals.key is None:
            return None
        if not self._is_same(earlier):
            return None
        # Nothing changes while this is made, and all that it takes is found to be true.
        mark, page, before = self._changes.verified, asked.page, earlier.looked
        if grown and asked.at_top:
            new, seen = grown
            if new and self._shelf.arrivals.expects(new[0]):
                return new
            # One that came late, or that the page had before it was told of.
            if new and new[-1] <= before.ids[0]:
                return self._at_hand(address, earlier, None)
            ids: Sequence[int] = [*new, *before.ids][: page.limit]
            rows = [*[UNKNOWN] * len(new), *before.rows][: page.limit]
        elif found := self._home.at_hand(viewer_id, page):
            ids, seen = found
            rows = before.of(ids)
        else:
            return None
        looked = self._rows.at_hand(ids, rows, at_home, viewer_id) if ids else None
        if not isinstance(looked, Looked):
            return looked
        links = self._links(address, asked, ids[-1], ids[0])
        if looked.plain and before.plain and len(rows) == len(before.rows):
            # It takes as much memory as before, and nothing of its own.
            earlier.renew(array(looked.rows), links, mark, looked, seen)
            self._bound()
            return earlier
        made = Made([*looked.rows], keys=[*earlier.keys])
        made.depends_on(looked)
        answer = compose(self._seals, asker, asked, links, mark, made, seen)
        self._put(address, answer)
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

    def _keep(self, address: Address, answer: Answer) -> None:
        # A feed that is not remembered was not read from the store, so the store will not tell of its changes.
        seen, viewer_id = answer.feed, answer.asker.viewer_id or 0
        if answer.asked.kind != "home" or (seen is not None and self._home.is_still(viewer_id, seen)):
            self._put(address, answer)

    def _put(self, address: Address, answer: Answer) -> None:
        self._kept.put(address, answer, answer.weight)
        self._bound()

    def _bound(self) -> None:
        if self._rows.living.bytes > self._most:
            # Rows that only old answers hold go with these.
            self._kept.shrink()

    def _links(self, address: Address, asked: Asked, older_than: int | None, newer_than: int | None) -> str:
        return page_links(self._site, address[1], asked.query, older_than=older_than, newer_than=newer_than)

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

    async def _timeline(
        self, address: Address, asker: Asker, asked: Asked, looked: Looked, likely: Sequence[int]
    ) -> Answer | None:
        mark, viewer_id, seen = self._changes.mark(), asker.viewer_id, None
        if asked.kind == "home" and viewer_id is not None:
            seen = await self._home.look(viewer_id, asked.page, likely)
        try:
            source = await self._source(asker, asked)
        except NotFound:
            return None
        read = self._calmly if source.calm else self._plainly
        made = await read(source, asker, asked, looked)
        made.keys += source.keys
        links = self._links(address, asked, made.older_than, made.newer_than)
        return compose(self._seals, asker, asked, links, mark, made, seen)

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
            return sources.home(self._home, viewer_id, calm)
        async with self._db.reading() as session:
            return sources.listed(await get_own_list(session, id=int(asked.name), account_id=viewer_id))
