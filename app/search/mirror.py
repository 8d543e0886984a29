"""The port of an engine besides PostgreSQL: what its one writer asks of it."""

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

from app.search.index import JobDocument, PostDocument, SearchIndex

MOST_PAGED = 10_000

# `missing`: nobody built it, or its data was lost. `outdated`: built by a version that kept documents differently.
MirrorState = Literal["ready", "missing", "outdated"]


class Contents(SearchIndex, Protocol):
    """A search engine that tells what it holds, for a check against PostgreSQL."""

    def digest(self, document: PostDocument | JobDocument) -> str:
        """What tells whether a document is held as it should be."""

    async def page_posts(self, *, after: int, until: int) -> Sequence[tuple[int, str | None]]:
        """Ids and digests of the posts held with after < id <= until, in order: the first `MOST_PAGED`."""

    async def page_jobs(self, *, after: int, until: int) -> Sequence[tuple[int, str | None]]:
        """The same, of jobs."""

    async def count(self) -> tuple[int, int]:
        """How many posts and jobs are held."""


@runtime_checkable
class Mirror(Contents, Protocol):
    """A search engine that is built beside itself: searches go on in the old index until the new one takes its place.

    Only `take_next` makes an index that is searched, so that one that is not complete never answers.
    """

    async def state(self) -> MirrorState:
        """Whether what is searched is complete and of this version."""

    async def open_next(self) -> Contents:
        """An index beside the one that is searched, new and empty; what an earlier attempt left is dropped."""

    async def take_next(self) -> None:
        """Put the next index in place of the one that is searched, at once, and drop that."""
