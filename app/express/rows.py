"""What one reader is shown of one post: a page that changed is mostly made of posts that did not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from app.express.cards import Card, card_of
from app.kit.changes import Changes, of_post
from app.kit.generations import Generations
from app.reading.fragments import Fragments
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.rules import Rule
from app.reading.shelf import Shelf, keys_of

# Of those that readers share.
_MOST_ROWS = 20_000


@dataclass(slots=True, eq=False)
class Row:
    """One post as JSON; `body` None where the rule does not welcome it.

    True as of `mark` for a reader whose standing is what it was then, until one of `keys` changes or `until` has come.
    """

    mark: int
    keys: Sequence[str]
    until: datetime | None
    body: bytes | None
    card: Card | None = None


_mark, _body = attrgetter("mark"), attrgetter("body")


class Rows:
    """What one process makes rows of. Readers whom a post says the same, word for word, are given the same row."""

    def __init__(self, shelf: Shelf, fragments: Fragments, changes: Changes) -> None:
        self.shelf, self.fragments, self.changes = shelf, fragments, changes
        self._shared: Generations[int, Row] = Generations(_MOST_ROWS)

    def stale(self, rows: Mapping[int, Row]) -> list[int]:
        """The posts of rows of which something has changed: what one reader finds so is so for all."""
        verified, fresh = self.changes.verified(), self.changes.fresh
        # Mostly all were looked at since the last change, for another reader: then none is looked at by itself.
        if list(map(_mark, rows.values())).count(verified) == len(rows):
            return []
        stale: list[int] = []
        for id, row in rows.items():
            if row.mark != verified:
                if fresh(row.mark, row.keys):
                    row.mark = verified
                else:
                    stale.append(id)
        return stale

    def make(self, id: int, hydrated: Hydrated, rule: Rule, mark: int) -> Row:
        """Steps three and four, of one post that was hydrated for a reader; `mark` from before that."""
        item = hydrated.posts.get(id)
        if item is None:
            return Row(mark, (of_post(id),), None, None)
        body = self.fragments.status(item, hydrated) if rule(item, hydrated) else None
        until = hydrated.until
        card = card_of(body, item, hydrated, self.fragments.site) if body and hydrated.viewer.id is not None else None
        if body is None or until or card:
            return Row(mark, _keys(item, hydrated), until, body, card)
        row = self._shared.get(id)
        if row is None or row.body is not body:
            self._shared.put(id, row := Row(mark, _keys(item, hydrated), None, body))
        # The same bytes are made of the same objects, and these were found to be true just now.
        row.mark = max(row.mark, mark)
        return row


@dataclass(slots=True)
class Looking:
    """Steps two to four of one reader's page, done again only for posts that `earlier` rows do not tell truly.

    Since `earlier` rows were made the reader's standing has not changed, and no row's time has come.
    """

    source: Rows
    rule: Rule
    viewer_id: int | None
    earlier: Mapping[int, Row]
    # Of all that was looked at: of what is refused too, for it may be welcome one day.
    rows: dict[int, Row] = field(default_factory=dict)

    async def __call__(self, ids: Sequence[int]) -> Sequence["Row | None"]:
        """The row of each of `ids`, or None where it is not welcome."""
        new = set(ids).difference(self.earlier)
        known = set(ids).difference(new) if new else ids
        rows = dict(zip(known, map(self.earlier.__getitem__, known), strict=True))
        if rest := [*new, *self.source.stale(rows)]:
            await self._make(rest, rows)
        self.rows.update(rows)
        found = list(map(rows.__getitem__, ids))
        return found if all(map(_body, found)) else [row if row.body is not None else None for row in found]

    async def _make(self, ids: Sequence[int], rows: dict[int, Row]) -> None:
        source, mark, missing = self.source, self.source.changes.mark(), list[int]()
        for id in ids:
            if hydrated := source.shelf.at_hand(id, self.viewer_id):
                rows[id] = source.make(id, hydrated, self.rule, mark)
            else:
                missing.append(id)
        if missing:
            hydrated = await source.shelf.hydrate(missing, self.viewer_id)
            for id in missing:
                rows[id] = source.make(id, hydrated, self.rule, mark)


def _keys(item: HydratedPost, hydrated: Hydrated) -> list[str]:
    """What a post and what it shows besides itself depend on, step by step: a repost's original, what that quotes."""
    keys: list[str] = []
    step: HydratedPost | None = item
    for _ in range(4):
        if step is None:
            break
        keys += keys_of(step)
        id = step.repost_of_id or step.quote_of_id
        if not id:
            break
        step = hydrated.posts.get(id)
        if step is None:
            keys.append(of_post(id))
    return keys
