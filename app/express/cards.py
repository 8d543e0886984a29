"""Where the card of a job stands in bytes that all readers share, and how each reader's own link gets in there."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from app.exposures.noting import Shown
from app.exposures.seals import Seals
from app.kit.site import Site
from app.reading.hydrate import Hydrated, HydratedPost


@dataclass(slots=True)
class Card:
    """A job shown by a post: which, and after which bytes of it a link to its page goes on, that of `day` by `query`.

    It is one reader's, like the row that has it.
    """

    shown: Shown
    cuts: tuple[int, ...]
    day: date | None = None
    query: bytes = b""

    def sign(self, seals: Seals, day: date, viewer_id: int) -> None:
        """Make the reader's link, once a day."""
        if self.day != day:
            root_id, via_id, _ = self.shown
            token = seals.seal(day, viewer_id=viewer_id, root_id=root_id, via_id=via_id)
            self.day, self.query = day, b"?t=" + token.encode() if token else b""

    def cut(self, body: bytes) -> list[bytes]:
        """The pieces of `body` with the link in each of its places."""
        pieces: list[bytes] = []
        start = 0
        for cut in self.cuts:
            pieces += (body[start:cut], self.query)
            start = cut
        pieces.append(body[start:])
        return pieces


class Piece(Protocol):
    """A post as bytes, and the card in them."""

    @property
    def body(self) -> bytes | None: ...
    @property
    def card(self) -> Card | None: ...


class Bare(NamedTuple):
    """The plainest `Piece`."""

    body: bytes | None
    card: Card | None


def card_of(body: bytes, item: HydratedPost, hydrated: Hydrated, site: Site) -> Card | None:
    """The card that `body`, made of `item`, shows to the viewer; None where it shows no job."""
    if not hydrated.jobs:
        return None
    job = hydrated.job_shown_by(item)
    if job is None or job.post_id is None:
        return None
    # No words of people can hold this: quotation marks in them are escaped.
    cuts = _ends(body, b'"card":{"url":"%b' % site.job_url(job.id).encode(), b'"')
    return Card(Shown(job.post_id, item.id, item.author_id == hydrated.viewer.id), cuts) if cuts else None


def _ends(body: bytes, words: bytes, before: bytes) -> tuple[int, ...]:
    found: list[int] = []
    place = body.find(words + before)
    while place >= 0:
        found.append(place + len(words))
        place = body.find(words + before, found[-1])
    return tuple(found)
