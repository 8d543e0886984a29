"""Rows become an answer: its pieces, its headers, and all that it depends on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from app.exposures.days import day_of, end_of
from app.exposures.noting import Shown
from app.exposures.seals import Seals
from app.express.answers import Answer, Asker
from app.express.cards import Piece
from app.express.requests import Asked
from app.express.rows import Looked
from app.kit import clock
from app.reading.pipeline import Entries
from app.timeline.home import Seen

_body, _card = attrgetter("body"), attrgetter("card")


@dataclass(slots=True)
class Made(Entries[Piece]):
    """A page, and all that it comes to depend on."""

    keys: list[str] = field(default_factory=list)
    ends: list[datetime] = field(default_factory=list)
    looked: Looked = field(default_factory=Looked)

    def depends_on(self, looked: Looked) -> None:
        """Note what was looked at."""
        self.looked = looked
        self.ends += looked.ends()


def compose(
    seals: Seals, asker: Asker, asked: Asked, links: str, mark: int, made: Made, feed: Seen | None = None
) -> Answer:
    """The answer that shows a page: true since `mark`, and of which versions of the reader's `feed`."""
    bodies = list(map(_body, made.items))
    body = bodies if asked.kind == "status" else _array(bodies)
    shown = list[Shown]()
    if asker.log_exposures and any(map(_card, made.items)):
        shown = [piece.card.shown for piece in made.items if piece.card]
        _sign(seals, asker, made)
        # From the end: what comes before keeps its place.
        for at in range(len(bodies) - 1, -1, -1):
            if card := made.items[at].card:
                place = at if asked.kind == "status" else 2 * at + 1
                body[place : place + 1] = card.cut(bodies[at])
    length = sum(map(len, body))
    until = min((*made.ends, *([asker.expires_at] if asker.expires_at else ())), default=None)
    own = _own(made, length)
    link = links.encode("ascii")
    return Answer(asker, asked, body, length, link, mark, made.keys, until, made.looked, feed, shown, own=own)


def _own(made: Made, length: int) -> int:
    """How many bytes of a page no row counts: all where none is kept, else those that cards are cut into."""
    return sum(len(piece.body or b"") for piece in made.items if piece.card) if made.looked.rows else length


def _sign(seals: Seals, asker: Asker, made: Made) -> None:
    """Give the cards of a page the reader's own links: where posts are copied into the answer, these go between."""
    today = day_of(clock.now())
    made.ends.append(end_of(today))
    for piece in made.items:
        if piece.card:
            piece.card.sign(seals, today, asker.viewer_id or 0)


def array(rows: Sequence[Piece]) -> list[bytes]:
    """The pieces of a JSON array of posts."""
    return _array(list(map(_body, rows)))


def _array(items: Sequence[bytes]) -> list[bytes]:
    """The pieces of a JSON array, which its items are among."""
    if not items:
        return [b"[]"]
    pieces = [b","] * (2 * len(items) + 1)
    pieces[0], pieces[1::2], pieces[-1] = b"[", items, b"]"
    return pieces
