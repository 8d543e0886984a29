"""What one reader is shown of one post: a page that changed is mostly made of posts that did not."""

from collections.abc import Sequence
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
    # Whether it is shown, as to anyone, until one of `keys` changes: as most are.
    plain: bool = field(init=False)

    def __post_init__(self) -> None:
        self.plain = self.body is not None and self.until is None and self.card is None


_mark, _plain = attrgetter("mark"), attrgetter("plain")
# True at no time.
_UNKNOWN = Row(-2, (), None, None)


@dataclass(slots=True)
class Looked:
    """Posts with their rows: all that was looked at for a page, also what is refused, for that may change."""

    ids: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def of(self, ids: Sequence[int]) -> list[Row]:
        """The rows of `ids`; of those that were not looked at, one that is true at no time."""
        mine = self.ids
        # A page grows at its head: then the others follow in the order in which they were.
        if mine and mine[0] in ids:
            new = ids.index(mine[0])
            rest = len(ids) - new
            if mine[:rest] == ids[new:]:
                return [_UNKNOWN] * new + self.rows[:rest]
        known = dict(zip(mine, self.rows, strict=True))
        return [known.get(id, _UNKNOWN) for id in ids]


class Rows:
    """What one process makes rows of. Readers whom a post says the same, word for word, are given the same row."""

    def __init__(self, shelf: Shelf, fragments: Fragments, changes: Changes) -> None:
        self.shelf, self.fragments, self.changes = shelf, fragments, changes
        self._shared: Generations[int, Row] = Generations(_MOST_ROWS)

    def stale(self, rows: Sequence[Row]) -> list[int]:
        """Where rows stand of which something has changed: what one reader finds so is so for all."""
        marks, verified = list(map(_mark, rows)), self.changes.verified()
        # Mostly all were looked at since the last change, for another reader: then none is looked at by itself.
        if marks.count(verified) == len(rows):
            return []
        return [at for at, mark in enumerate(marks) if mark != verified and not self._is_true(rows[at], verified)]

    def _is_true(self, row: Row, verified: int) -> bool:
        if not self.changes.fresh(row.mark, row.keys):
            return False
        row.mark = verified
        return True

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
    earlier: Looked
    looked: Looked = field(default_factory=Looked)
    # Whether all rows are.
    plain: bool = True

    async def __call__(self, ids: Sequence[int]) -> Sequence["Row | None"]:
        """The row of each of `ids`, or None where it is not welcome."""
        mark = self.source.changes.mark()
        rows, missing = self._look(ids, mark)
        if missing:
            hydrated = await self.source.shelf.hydrate([ids[at] for at in missing], self.viewer_id)
            for at in missing:
                rows[at] = self.source.make(ids[at], hydrated, self.rule, mark)
        return rows if self._note(ids, rows) else [row if row.body is not None else None for row in rows]

    def at_hand(self, ids: Sequence[int]) -> list[Row] | None:
        """The rows of `ids`, where nothing has to be waited for and all are welcome; else None."""
        rows, missing = self._look(ids, self.source.changes.mark())
        if missing:
            return None
        return rows if self._note(ids, rows) or all(row.body is not None for row in rows) else None

    def _look(self, ids: Sequence[int], mark: int) -> tuple[list[Row], list[int]]:
        """The rows of `ids`, found or made of what is in memory, and where there is none yet."""
        rows, missing = self.earlier.of(ids), list[int]()
        for at in self.source.stale(rows):
            if hydrated := self.source.shelf.at_hand(ids[at], self.viewer_id):
                rows[at] = self.source.make(ids[at], hydrated, self.rule, mark)
            else:
                missing.append(at)
        return rows, missing

    def _note(self, ids: Sequence[int], rows: Sequence[Row]) -> bool:
        """Note what was looked at; whether all of it is plain."""
        self.looked.ids += ids
        self.looked.rows += rows
        plain = all(map(_plain, rows))
        self.plain = self.plain and plain
        return plain


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
