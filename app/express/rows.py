"""What one reader is shown of one post: a page that changed is mostly made of posts that did not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.express.cards import Card, card_of
from app.kit import clock
from app.kit.changes import Changes, of_post, of_viewer
from app.reading.fragments import Fragments
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.rules import Rule
from app.reading.shelf import Shelf, keys_of


@dataclass(slots=True)
class Row:
    """One post as JSON; `body` None where the rule does not welcome it.

    True as of `mark`, until one of `keys` changes or `until` has come.
    """

    mark: int
    keys: Sequence[str]
    until: datetime | None
    body: bytes | None
    card: Card | None = None


@dataclass(slots=True)
class Looking:
    """Steps two to four of one reader's page, done again only for posts that `earlier` rows do not tell truly."""

    shelf: Shelf
    fragments: Fragments
    changes: Changes
    rule: Rule
    viewer_id: int | None
    earlier: Mapping[int, Row]
    # Of all that was looked at: of what is refused too, for it may be welcome one day.
    rows: dict[int, Row] = field(default_factory=dict)

    async def __call__(self, ids: Sequence[int]) -> Sequence["Row | None"]:
        """The row of each of `ids`, or None where it is not welcome."""
        earlier, rows = self.earlier, self.rows
        fresh, verified = self.changes.fresh, self.changes.verified()
        stale: list[int] = []
        for id in ids:
            row = earlier.get(id)
            if row is None or not fresh(row.mark, row.keys) or (row.until and row.until <= clock.now()):
                stale.append(id)
            else:
                row.mark = verified
                rows[id] = row
        if stale:
            mark = self.changes.mark()
            hydrated = await self.shelf.hydrate(stale, self.viewer_id)
            for id in stale:
                rows[id] = self._row(id, hydrated, mark)
        return [row if (row := rows[id]).body is not None else None for id in ids]

    def _row(self, id: int, hydrated: Hydrated, mark: int) -> Row:
        keys = [] if self.viewer_id is None else [of_viewer(self.viewer_id)]
        item = hydrated.posts.get(id)
        if item is None:
            return Row(mark, [*keys, of_post(id)], None, None)
        keys += _keys(item, hydrated)
        body = self.fragments.status(item, hydrated) if self.rule(item, hydrated) else None
        card = card_of(body, item, hydrated, self.fragments.site) if body and self.viewer_id is not None else None
        return Row(mark, keys, hydrated.until, body, card)


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
