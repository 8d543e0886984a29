"""The feeds port: stored ids of each reader's home timeline. A cache: PostgreSQL can rebuild all of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from app.kit.errors import Unavailable
from app.kit.pagination import Page

CAPACITY = 800


class FeedsUnavailable(Unavailable):
    code = "feeds_unavailable"
    message = "Home feeds are not reachable"


class FeedPage(NamedTuple):
    """Ids newest first. `complete`: there is nothing more for this page; otherwise PostgreSQL knows the rest.

    `version`: as for `Feeds.is_still`, of the feed it is from.
    """

    ids: Sequence[int]
    complete: bool
    version: int = -1


class Feeds(Protocol):
    """Every method raises FeedsUnavailable when the store does not answer in time.

    A feed is *missing*, *building* or *ready*. Pushes reach building and ready feeds and skip missing
    ones: a missing feed is rebuilt whole when its reader comes back. Because a feed is opened before
    PostgreSQL is read for it, a post that commits in between is in the read, the push, or both.
    """

    async def read(self, account_id: int, page: Page) -> FeedPage | None:
        """A page of a ready feed; None when the feed is missing or still building."""

    def peek(self, account_id: int, page: Page) -> FeedPage | None:
        """What `read` would answer without asking the store; None when it would have to ask."""

    def begin(self, account_id: int, page: Page, then: Callable[[], None]) -> bool:
        """Begin to ask the store for what `peek` would not find, which it may when `then` is called, later and once.

        False: there is nothing to ask for, or that cannot be done now.
        """

    def version(self, account_id: int) -> int:
        """Which version of a feed is read from now on: for `is_still`, in this process alone."""

    def is_still(self, account_id: int, version: int) -> bool:
        """Whether what was read since `version` is remembered, and known not to have changed."""

    async def open(self, account_id: int) -> str:
        """Make a missing feed *building*: empty, and open for pushes. The token that `fill` needs."""

    async def fill(self, account_id: int, token: str, post_ids: Collection[int], *, whole: bool) -> None:
        """Add what PostgreSQL knew after `open`, and make the feed *ready*; nothing if it vanished since.

        `whole`: there are no older posts than these.
        """

    async def push(self, account_ids: Sequence[int], post_ids: Collection[int]) -> None:
        """Add posts to the feeds that exist; ids below the oldest of a feed that is not whole are left out."""

    async def push_each(self, posts: Mapping[int, Collection[int]], *, rest: float = 0.0) -> None:
        """`push` to each of these accounts posts of its own; each call is followed by a `rest`, times what it took."""

    async def remove(self, account_ids: Sequence[int], post_ids: Collection[int]) -> None:
        """Take posts out of feeds."""

    async def ping(self) -> None:
        """Ask the store for an answer."""

    async def close(self) -> None:
        """Let connections go."""
