"""Where the card of a job stands in bytes that all readers share, and how each reader's own link gets in there."""

from typing import NamedTuple, Protocol

from app.exposures.noting import Shown
from app.kit.site import Site
from app.reading.hydrate import Hydrated, HydratedPost


class Card(NamedTuple):
    """A job shown by a post: which, and after which bytes of it a link to its page goes on."""

    shown: Shown
    cuts: tuple[int, ...]


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


def with_token(body: bytes, cuts: tuple[int, ...], token: str) -> bytes:
    """`body` with a token in each of its links."""
    query = b"?t=" + token.encode()
    parts: list[bytes] = []
    start = 0
    for cut in cuts:
        parts += (body[start:cut], query)
        start = cut
    parts.append(body[start:])
    return b"".join(parts)


def _ends(body: bytes, words: bytes, before: bytes) -> tuple[int, ...]:
    found: list[int] = []
    place = body.find(words + before)
    while place >= 0:
        found.append(place + len(words))
        place = body.find(words + before, found[-1])
    return tuple(found)
