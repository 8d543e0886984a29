"""Posts of words alone that come at the same time are written by one statement, in one transaction.

What one post costs besides its rows is shared: the round trips, the commit, the word to other processes' caches. Who
posts again is known here; that nothing about them changed meanwhile is for the statement to find.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import DataError, IntegrityConstraintViolationError, TransactionRollbackError

from app.kit import idempotency
from app.kit.db import Database
from app.kit.errors import NotFound, Unavailable
from app.kit.generations import Generations
from app.kit.together import Together
from app.kit.work import OneByOne, working
from app.posts.authors import Author, find_authors
from app.posts.composing import compose
from app.posts.models import Post
from app.posts.schemas import PostCreate
from app.posts.service import PUBLISH, Published
from app.posts.writing import Outcome, Written, new_row, write_all

_AT_ONCE = 64
# While PostgreSQL writes some, the answers to others are made.
_LANES = 2
# Kilobytes each.
_MOST_AUTHORS = 5_000
# An account that changes between each reading and the writing after it is somebody's attack, or a fault.
_TRIES = 5
# What says for certain that nothing was written: each of several may be written alone then.
_REFUSALS = (DataError, IntegrityConstraintViolationError, TransactionRollbackError)


@dataclass(frozen=True, slots=True)
class Proof:
    """A post that may be written as it is, and what was asked for."""

    post: Post
    author: Author
    request: PostCreate


class Press:
    """The posts of one process. `proof` and `print` do together what `service.publish` does."""

    def __init__(self, db: Database, *, domain: str) -> None:
        """`domain` is our own, for mentions with one."""
        self._work = OneByOne(db)
        self._db, self._domain = db, domain
        self._known: Generations[tuple[int, int | None], Author] = Generations(_MOST_AUTHORS)
        self._authors: Together[tuple[int, int | None], Author | None] = Together(self._find_authors, most=_AT_ONCE)
        self._prints: Together[tuple[Post, dict[str, Any]], Outcome] = Together(
            self._print_all, most=_AT_ONCE, apart=_REFUSALS, lanes=_LANES
        )

    async def proof(self, request: PostCreate, *, author_id: int, app_id: int | None, now: datetime) -> Proof:
        """Check everything, and write nothing. `request` must be one that `goes_alone`. Raises what `compose` does."""
        author = self._known.get((author_id, app_id)) or await self._author(author_id, app_id)
        draft = await compose(self._work, author=author, request=request, now=now, app_id=app_id, domain=self._domain)
        return Proof(draft.post, author, request)

    async def print(self, proof: Proof, *, key: str | None) -> Published | None:
        """Write it; None when the `Idempotency-Key` was used before, and nothing is written.

        Raises what `proof` does where the author changed since, and Unavailable where that does not end.
        """
        for _ in range(_TRIES):
            post, author = proof.post, proof.author
            row = new_row(post)
            row["author_version"] = author.version
            if key:
                row |= idempotency.claim(PUBLISH, key, proof.request)
            match await self._prints.ask((post, row)):
                case Written(stats=None):
                    # What only some may see is not counted, and what is known here of counters is of some time ago.
                    return Published(post, await self._author(post.author_id, post.app_id))
                case Written(stats=stats):
                    author = author.with_counters(stats)
                    self._known.put((post.author_id, post.app_id), author)
                    return Published(post, author)
                case "key":
                    return None
            await self._author(post.author_id, post.app_id)
            proof = await self.proof(proof.request, author_id=post.author_id, app_id=post.app_id, now=post.created_at)
        raise Unavailable

    async def close(self) -> None:
        """Wait for what is being written."""
        await self._prints.close()

    async def _author(self, id: int, app_id: int | None) -> Author:
        author = await self._authors.ask((id, app_id))
        if author is None:
            raise NotFound
        self._known.put((id, app_id), author)
        return author

    async def _find_authors(self, asked: Sequence[tuple[int, int | None]]) -> list[Author | None]:
        return await find_authors(self._work.rows, asked)

    async def _print_all(self, posts: Sequence[tuple[Post, dict[str, Any]]]) -> list[Outcome]:
        async with working(self._db) as work:
            return await write_all(work, posts)
