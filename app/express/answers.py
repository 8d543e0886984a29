"""What one asker was answered, and how long that is right."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from app.exposures.noting import Shown
from app.express.requests import Asked
from app.express.rows import Looked
from app.kit.changes import of_tokens, of_viewer
from app.timeline.home import Seen

# Where an answer is found: by the header of who asks, a path and a query.
Address: TypeAlias = tuple[bytes | None, str, bytes]

# Of memory, as measured: what an answer takes with its headers and the address it is kept under, and for each post.
_ANSWER_BYTES, _ENTRY_BYTES = 3000, 64
# A name and a value.
HEADER_LINE = b"%b: %b\r\n"
_TYPE, _LENGTH, _LINK = (b"content-type", b"application/json"), b"content-length", b"link"
# What `Answer.headers` says, as it is sent.
_LINES, _LINK_LINE = HEADER_LINE % _TYPE + HEADER_LINE % (_LENGTH, b"%d"), HEADER_LINE % (_LINK, b"%b")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as known at `mark`: an account by a token, or (None) anyone.

    `subject` is whose uses of the service theirs count among; None: their network's. `home_order`: how it wants its
    home timeline.
    """

    viewer_id: int | None
    mark: int = 0
    expires_at: datetime | None = None
    subject: str | None = None
    home_order: str | None = None
    app_id: int | None = None
    log_exposures: bool = True
    # What every answer to them depends on: how they stand to others, and which tokens are theirs.
    keys: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        keys = () if self.viewer_id is None else (of_viewer(self.viewer_id), of_tokens(self.viewer_id))
        object.__setattr__(self, "keys", keys)


@dataclass(slots=True)
class Answer:
    """A body with its headers, and how long it is right: while the rows `looked` at are true and none of `keys` (what
    else it is made of) or the asker's changes, until `until`.

    The body's pieces, of `length` bytes together, are mostly those that all readers share, and are sent as they are;
    `own` bytes of them no row counts.
    """

    asker: Asker
    asked: Asked
    body: Sequence[bytes]
    length: int
    links: bytes
    mark: int
    keys: Sequence[str]
    until: datetime | None
    looked: Looked
    # Of the reader's home feed, if that is what it was made of.
    feed: Seen | None = None
    # The jobs in it, of which it is noted that they were shown; and whether it was.
    shown: Sequence[Shown] = ()
    noted: bool = False
    own: int = 0
    # When its rows were found true, like `mark`.
    seen: int = 0
    # The headers as they are sent.
    lines: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.lines = _LINES % self.length + (_LINK_LINE % self.links if self.links else b"")

    def renew(self, body: Sequence[bytes], links: str, mark: int, looked: Looked, feed: Seen) -> None:
        """Go on as another body of the same weight, whose rows were found true at `mark`."""
        self.body, self.length, self.links = body, sum(map(len, body)), links.encode("ascii")
        self.mark = self.seen = mark
        self.looked, self.feed = looked, feed
        self.lines = _LINES % self.length + _LINK_LINE % self.links

    @property
    def weight(self) -> int:
        """How many bytes of memory it takes that it shares with nothing, roughly."""
        return _ANSWER_BYTES + _ENTRY_BYTES * len(self.looked.rows) + self.own

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What it says of its body, and where the pages around it are."""
        return json_headers(self.length) + ([(_LINK, self.links)] if self.links else [])


def json_headers(length: int) -> list[tuple[bytes, bytes]]:
    """What every answer says of its body, of so many bytes."""
    return [_TYPE, (_LENGTH, b"%d" % length)]
