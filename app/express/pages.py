"""Answers kept whole, and made from what is kept in parts: skeleton, hydrate, rules, present, as everywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from app.exposures.days import day_of, end_of
from app.exposures.noting import Shown
from app.exposures.seals import Seals
from app.express.answers import Answer, Asker, json_headers
from app.express.cards import Bare, Piece, card_of
from app.express.requests import Asked
from app.express.rows import Looking, Row, Rows
from app.kit import clock
from app.kit.changes import Changes, of_account, of_tokens, of_viewer
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.generations import Generations
from app.kit.pagination import page_links
from app.kit.site import Site
from app.lists.queries import get_own_list
from app.reading.fragments import Fragments
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.pipeline import Entries, fill
from app.reading.rules import Rule, visible
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


@dataclass(slots=True)
class _Made(Entries[Piece]):
    """A page, and all that it comes to depend on."""

    keys: list[str] = field(default_factory=list)
    ends: list[datetime] = field(default_factory=list)
    rows: Mapping[int, Row] = field(default_factory=dict)

    def depends_on(self, looking: Looking) -> None:
        """Note what was looked at."""
        self.rows = looking.rows
        self.ends += filter(None, map(_until, looking.rows.values()))


class Pages:
    """The answers of one process. `make` gives the same as the route does, or None where that has to."""

    def __init__(
        self,
        db: Database,
        feeds: Feeds,
        pulled: PulledAuthors,
        site: Site,
        changes: Changes,
        orders: Orders,
        seals: Seals,
        *,
        most_bytes: int,
    ) -> None:
        self._db, self._feeds, self._pulled, self._site, self._changes = db, feeds, pulled, site, changes
        self._orders, self._origins, self._seals = orders, KnownOrigins(db), seals
        self._shelf, self._fragments = Shelf(db, changes), Fragments(site)
        self._rows = Rows(self._shelf, self._fragments, changes)
        self._kept: Generations[tuple[bytes | None, str, bytes], Answer] = Generations(most_bytes)

    def find(self, authorization: bytes | None, path: str, query: bytes) -> Answer | None:
        """The answer given before to the same header: see `is_right`."""
        return self._kept.get((authorization, path, query))

    def is_right(self, answer: Answer) -> bool:
        """Whether an answer may be given again."""
        verified = self._changes.verified()
        if answer.mark != verified:
            if not self._changes.fresh(answer.mark, answer.keys):
                return False
            answer.mark = verified
        if answer.feed is not None and not self._feeds.is_still(answer.asker.viewer_id or 0, answer.feed):
            return False
        if answer.seen != verified:
            if self._rows.stale(answer.rows):
                return False
            answer.seen = verified
        return answer.until is None or answer.until > clock.now()

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
        rows = self._rows_of(earlier, asker) if earlier else {}
        if asked.kind == "status":
            made = await self._status(asker, asked, rows)
        else:
            made = await self._timeline(asker, path, asked, rows)
        if made is None:
            return None
        # A feed that is not remembered was not read from the store, so the store will not tell of its changes.
        if made.feed is None or self._feeds.is_still(asker.viewer_id or 0, made.feed):
            # As if nobody else had these rows: then it is never more.
            weight = 1000 + sum(map(len, made.body)) + 100 * len(made.rows)
            self._kept.put((authorization, path, query), made, weight)
        return made

    def _rows_of(self, earlier: Answer, asker: Asker) -> Mapping[int, Row]:
        """What may still be true of an earlier answer: nothing if the asker's standing to anyone is another by now."""
        if earlier.until and earlier.until <= clock.now():
            return {}
        if asker.viewer_id is None or self._changes.fresh(earlier.mark, (of_viewer(asker.viewer_id),)):
            return earlier.rows
        return {}

    async def _status(self, asker: Asker, asked: Asked, rows: Mapping[int, Row]) -> Answer | None:
        mark, looking = self._changes.mark(), self._looking(alone, asker, rows)
        (row,) = await looking((int(asked.name),))
        if row is None:
            return None
        made = _Made([row])
        made.depends_on(looking)
        return await self._answer(asker, asked, "", mark, made)

    async def _timeline(self, asker: Asker, path: str, asked: Asked, rows: Mapping[int, Row]) -> Answer | None:
        mark, viewer_id = self._changes.mark(), asker.viewer_id
        feed = self._feeds.version(viewer_id) if asked.kind == "home" and viewer_id is not None else None
        try:
            source = await self._source(asker, asked)
        except NotFound:
            return None
        read = self._calmly if source.calm else self._plainly
        made = await read(source, asker, asked, rows)
        made.keys += source.keys
        if feed is not None and viewer_id is not None and (authors := self._pulled.authors):
            follows = (await self._shelf.viewer(viewer_id)).follows
            made.keys += [of_account(id) for id in authors if id in follows]
        links = page_links(self._site, path, asked.query, older_than=made.older_than, newer_than=made.newer_than)
        return await self._answer(asker, asked, links, mark, made, feed)

    async def _plainly(self, source: Source, asker: Asker, asked: Asked, rows: Mapping[int, Row]) -> _Made:
        looking, made = self._looking(source.rule, asker, rows), _Made()
        await fill(made, looking, skeleton=source.skeleton(self._db.reading), page=asked.page)
        made.depends_on(looking)
        return made

    async def _calmly(self, source: Source, asker: Asker, asked: Asked, rows: Mapping[int, Row]) -> _Made:
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
        made = _Made(
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

    def _looking(self, rule: Rule, asker: Asker, rows: Mapping[int, Row]) -> Looking:
        return Looking(self._rows, rule, asker.viewer_id, rows)

    async def _answer(
        self, asker: Asker, asked: Asked, links: str, mark: int, made: _Made, feed: int | None = None
    ) -> Answer:
        single, shown = asked.kind == "status", list[Shown]()
        bodies = list(map(_body, made.items))
        body = bodies if single else _array(bodies)
        if asker.log_exposures and any(map(_card, made.items)):
            shown = [piece.card.shown for piece in made.items if piece.card]
            await self._sign(asker, made)
            # From the end: what comes before keeps its place.
            for at in range(len(bodies) - 1, -1, -1):
                if card := made.items[at].card:
                    place = at if single else 2 * at + 1
                    body[place : place + 1] = card.cut(bodies[at])
        headers = json_headers(sum(map(len, body)))
        if links:
            headers.append((b"link", links.encode("ascii")))
        keys, ends = made.keys, made.ends
        if asker.viewer_id is not None:
            keys += (of_viewer(asker.viewer_id), of_tokens(asker.viewer_id))
        if asker.expires_at:
            ends.append(asker.expires_at)
        until = min(ends) if ends else None
        return Answer(asker, asked, body, headers, mark, keys, until, made.rows, feed, shown)

    async def _sign(self, asker: Asker, made: _Made) -> None:
        """Give the cards of a page the reader's own links: where posts are copied into the answer, these go between."""
        await self._seals.load(self._db)
        today = day_of(clock.now())
        made.ends.append(end_of(today))
        for piece in made.items:
            if piece.card:
                piece.card.sign(self._seals, today, asker.viewer_id or 0)

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


_body, _card, _until = attrgetter("body"), attrgetter("card"), attrgetter("until")


def alone(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether a post shown alone is told from here: a quote is told with the chain it came by."""
    return not item.post.quote_of_id and visible(item, hydrated)


def _array(items: Sequence[bytes]) -> list[bytes]:
    """The pieces of a JSON array, which its items are among."""
    if not items:
        return [b"[]"]
    pieces = [b","] * (2 * len(items) + 1)
    pieces[0], pieces[1::2], pieces[-1] = b"[", items, b"]"
    return pieces
