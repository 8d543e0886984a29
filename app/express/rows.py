"""What one reader is shown of one post: a page that changed is mostly made of posts that did not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress, count, repeat
from operator import attrgetter, ne

from app.express.cards import Card, card_of
from app.kit.changes import Changes, of_post
from app.kit.generations import Generations
from app.reading.fragments import Fragments
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.rules import Likeness, Rule, at_home, likeness_of, visible
from app.reading.shelf import Reader, Shelf, keys_of

# What a row takes besides its bytes.
_ROW_BYTES = 600


@dataclass(slots=True, eq=False)
class Living:
    """How many bytes living rows take."""

    bytes: int = 0


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
    # Where its bytes count while it lives; None where they count elsewhere.
    living: Living | None = None
    # Which of two forms it is, where readers share it: with leave to quote, or without.
    quotable: bool | None = None
    # Whether it is shown, as to anyone, until one of `keys` changes: as most are.
    plain: bool = field(init=False)

    def __post_init__(self) -> None:
        self.plain = self.body is not None and self.until is None and self.card is None
        if self.living:
            self.living.bytes += self.weight

    def __del__(self) -> None:
        if self.living:
            self.living.bytes -= self.weight

    @property
    def weight(self) -> int:
        """In bytes."""
        return _ROW_BYTES + len(self.body or b"")


@dataclass(slots=True)
class _Shared:
    """The rows of one post that readers share: of those who may quote it, and of those who may not."""

    likeness: Likeness | None
    forms: dict[bool | None, Row] = field(default_factory=dict)


_mark, _plain = attrgetter("mark"), attrgetter("plain")
# True at no time, and never again.
_NEVER = -2
UNKNOWN = Row(_NEVER, (), None, None)


@dataclass(slots=True)
class Looked:
    """Posts with their rows: all that was looked at for a page, also what is refused, for that may change."""

    ids: Sequence[int] = ()
    rows: Sequence[Row] = ()
    # Whether all rows are.
    plain: bool = False

    def of(self, ids: Sequence[int]) -> list[Row]:
        """The rows of `ids`; of those that were not looked at, one that is true at no time."""
        mine = self.ids
        # A page grows at its head: then the others follow in the order in which they were.
        new = ids.index(mine[0]) if mine and mine[0] in ids else 0
        rest = len(ids) - new
        if mine[:rest] == ids[new:]:
            return [*[UNKNOWN] * new, *self.rows[:rest]]
        known = dict(zip(mine, self.rows, strict=True))
        return [known.get(id, UNKNOWN) for id in ids]

    def ends(self) -> list[datetime]:
        """When time alone makes another of a row."""
        return [] if self.plain else [row.until for row in self.rows if row.until]


class Rows:
    """What one process makes rows of. Readers whom a post says the same, word for word, are given the same row."""

    def __init__(self, shelf: Shelf, fragments: Fragments, changes: Changes, *, most_bytes: int) -> None:
        """`most_bytes`: of the rows that are kept here for the next reader."""
        self.shelf, self.fragments, self.changes = shelf, fragments, changes
        self._shared: Generations[int, _Shared] = Generations(most_bytes)
        # Those that pages have, too.
        self.living = Living()

    def stale(self, rows: Sequence[Row]) -> list[int]:
        """Where rows stand of which something has changed: what one reader finds so is so for all."""
        verified = self.changes.verified
        # Mostly all but the new ones were looked at since the last change, for another reader.
        unsure = compress(count(), map(ne, map(_mark, rows), repeat(verified)))
        return [at for at in unsure if rows[at].mark == _NEVER or not self._is_true(rows[at])]

    def _is_true(self, row: Row) -> bool:
        if self.changes.holds(row):
            return True
        if self.changes.trusted:
            # What has changed once will not be what it was: the next reader need not look.
            row.mark = _NEVER
        return False

    def at_hand(self, ids: Sequence[int], rows: list[Row], rule: Rule, viewer_id: int) -> Looked | Sequence[int] | None:
        """The rows of `ids`, where nothing has to be waited for and all are welcome; the ids that are to be loaded
        first; or None.

        Since earlier `rows` were made the reader's standing has not changed, and no row's time has come.
        """
        if missing := self.look(ids, rows, rule, viewer_id):
            lacking = [ids[at] for at in missing]
            return None if any(map(self.shelf.post, lacking)) else lacking
        looked = Looked(ids, rows, all(map(_plain, rows)))
        return looked if looked.plain or all(row.body is not None for row in rows) else None

    def look(self, ids: Sequence[int], rows: list[Row], rule: Rule, viewer_id: int | None) -> list[int]:
        """Replace those of the `rows` of `ids` that are not true by others, made of what is in memory.

        Where that is not enough.
        """
        missing = list[int]()
        if stale := self.stale(rows):
            reader = self.shelf.reader(viewer_id)
            for at in stale:
                id = ids[at]
                row = (self._like_others(id, reader, rule) or self._at_hand(id, reader, rule)) if reader else None
                if row is None:
                    missing.append(at)
                else:
                    rows[at] = row
        return missing

    def _like_others(self, id: int, reader: Reader, rule: Rule) -> Row | None:
        """The row of a post like one that was welcome, if the reader did nothing with this one and it is here."""
        shared = self._shared.get(id)
        if shared is None or id <= reader.horizon or rule is not at_home:
            return None
        row = shared.forms.get(reader.welcome.get(shared.likeness))
        return row if row is not None and (row.mark == self.changes.verified or self._is_true(row)) else None

    def _at_hand(self, id: int, reader: Reader, rule: Rule) -> Row | None:
        post = self.shelf.post(id)
        if post is None or post.alone is None or not reader.knows(id):
            return None
        hydrated = post.alone.read_by(reader.viewer)
        row = self.make(id, hydrated, rule, self.changes.mark())
        if row.quotable is not None and rule is at_home:
            item = hydrated.posts[id]
            if (likeness := likeness_of(item)) and item.author_id in reader.viewer.follows:
                reader.welcome[likeness] = row.quotable
        return row

    def make(self, id: int, hydrated: Hydrated, rule: Rule, mark: int) -> Row:
        """Steps three and four, of one post that was hydrated for a reader; `mark` from before that."""
        item = hydrated.posts.get(id)
        if item is None:
            return Row(mark, (of_post(id),), None, None)
        body, quotable = self.fragments.form(item, hydrated) if rule(item, hydrated) else (None, None)
        until = hydrated.until
        card = card_of(body, item, hydrated, self.fragments.site) if body and hydrated.viewer.id is not None else None
        if body is None or until or card:
            # The pieces that a card cuts are the reader's own and count with the page.
            return Row(mark, _keys(item, hydrated), until, body, card, None if card else self.living)
        if quotable is None:
            return Row(mark, _keys(item, hydrated), None, body, living=self.living)
        shared = self._shared.get(id)
        row = shared.forms.get(quotable) if shared else None
        if row is None or row.body is not body:
            row = Row(mark, _keys(item, hydrated), None, body, living=self.living, quotable=quotable)
            forms = (shared.forms if shared else {}) | {quotable: row}
            self._shared.put(id, _Shared(likeness_of(item), forms), sum(form.weight for form in forms.values()))
        # The same bytes are made of the same objects, and these were found to be true just now.
        row.mark = max(row.mark, mark)
        return row


class Looking:
    """Steps two to four of one reader's page, done again only for posts that `earlier` rows do not tell truly."""

    def __init__(self, rows: Rows, rule: Rule, viewer_id: int | None, earlier: Looked) -> None:
        """Since `earlier` rows were made the reader's standing has not changed, and no row's time has come."""
        self._rows, self._rule, self._viewer_id, self._earlier = rows, rule, viewer_id, earlier
        self._ids: list[int] = []
        self._looked: list[Row] = []

    async def __call__(self, ids: Sequence[int]) -> Sequence[Row | None]:
        """The row of each of `ids`, or None where it is not welcome."""
        rows = self._earlier.of(ids)
        if missing := self._rows.look(ids, rows, self._rule, self._viewer_id):
            await self._rows.shelf.settled(ids[at] for at in missing)
            mark = self._rows.changes.mark()
            hydrated = await self._rows.shelf.hydrate([ids[at] for at in missing], self._viewer_id)
            for at in missing:
                rows[at] = self._rows.make(ids[at], hydrated, self._rule, mark)
        self._ids += ids
        self._looked += rows
        return [row if row.body is not None else None for row in rows]

    def looked(self) -> Looked:
        """All that was looked at."""
        return Looked(self._ids, self._looked, all(map(_plain, self._looked)))


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


def alone(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether a post shown alone is told from here: a quote is told with the chain it came by."""
    return not item.post.quote_of_id and visible(item, hydrated)
