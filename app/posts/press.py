"""Posts of words alone that come at the same time are written by one statement, in one transaction.

What one post costs besides its rows is shared: the round trips, the commit, the word to other processes' caches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import PostgresError

from app.accounts.models import AccountStats
from app.kit import idempotency
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.together import Together
from app.kit.work import OneByOne, working
from app.posts.authors import Author, find_authors
from app.posts.composing import compose
from app.posts.models import Post
from app.posts.schemas import PostCreate
from app.posts.service import PUBLISH, Published
from app.posts.writing import new_row, write_all

_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Proof:
    """A post that may be written as it is, and what was asked for."""

    post: Post
    author: Author
    request: PostCreate


class Press:
    """The posts of one process. `proof` and `print` do together what `service.publish` does."""

    def __init__(self, db: Database) -> None:
        self._work = OneByOne(db)
        self._db = db
        self._authors: Together[tuple[int, int | None], Author | None] = Together(self._find_authors, most=_AT_ONCE)
        self._prints: Together[tuple[Post, dict[str, Any]], dict[int, AccountStats | None]] = Together(
            self._print_all, most=_AT_ONCE, apart=(PostgresError,)
        )

    async def proof(
        self, request: PostCreate, *, author_id: int, app_id: int | None, now: datetime, domain: str
    ) -> Proof:
        """Check everything, and write nothing. `request` must be one that `goes_alone`. Raises what `compose` does."""
        author = await self._authors.ask((author_id, app_id))
        if author is None:
            raise NotFound
        draft = await compose(self._work, author=author, request=request, now=now, app_id=app_id, domain=domain)
        return Proof(draft.post, author, request)

    async def print(self, proof: Proof, *, key: str | None) -> Published | None:
        """Write it; None when the `Idempotency-Key` was used before, and nothing is written."""
        row = new_row(proof.post)
        if key:
            row |= idempotency.claim(PUBLISH, key, proof.request)
        written = await self._prints.ask((proof.post, row))
        if proof.post.id not in written:
            return None
        return Published(proof.post, proof.author.with_counters(written[proof.post.id]))

    async def close(self) -> None:
        """Wait for what is being written."""
        await self._prints.close()

    async def _find_authors(self, asked: Sequence[tuple[int, int | None]]) -> list[Author | None]:
        return await find_authors(self._work.rows, asked)

    async def _print_all(self, posts: Sequence[tuple[Post, dict[str, Any]]]) -> list[dict[int, AccountStats | None]]:
        async with working(self._db) as work:
            written = await write_all(work, posts)
        return [written] * len(posts)
