"""Publishing words alone without the way through the routes: the same checks, rules and answer (ADR 0019)."""

from collections.abc import Iterable
from typing import Any

import orjson
from asyncpg import InterfaceError, PostgresError
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from app.express.answers import Asker
from app.kit import clock
from app.kit.asgi import parse_form
from app.kit.db import Database
from app.kit.errors import NotFound, Unavailable, WeizhiError
from app.kit.rails import nest
from app.kit.site import Site
from app.posts.composing import goes_alone
from app.posts.press import Press, Proof
from app.posts.schemas import PostCreate
from app.reading.published import PublishedAnswers

_OF_THE_STORE = (SQLAlchemyError, PostgresError, InterfaceError, OSError)
# What the routes meet as well, and say what it is.
FAILURES = (WeizhiError, *_OF_THE_STORE)
PATH, SCOPE = "/api/v1/statuses", "write:statuses"
LARGEST_BODY = 100_000
_LONGEST_KEY = 256
# More than any post of words has: what is nested is for the routes to look at.
_BRACKETS = 8


class Posting:
    """What one process posts. `read` and `proof` give None for what the routes are to see, and have changed nothing."""

    def __init__(self, db: Database, site: Site) -> None:
        self._press, self._answers = Press(db, domain=site.domain), PublishedAnswers(site)

    async def proof(self, asker: Asker, request: PostCreate) -> Proof | None:
        """The post, checked; None where the routes will say what is wrong."""
        if asker.viewer_id is None:
            return None
        try:
            return await self._press.proof(request, author_id=asker.viewer_id, app_id=asker.app_id, now=clock.now())
        except FAILURES:
            return None

    async def publish(self, proof: Proof, key: str | None) -> bytes | None:
        """Write the post; the answer. None: this key was used before, or there is no author any more.

        Raises Unavailable: then nobody knows.
        """
        try:
            published = await self._press.print(proof, key=key)
        except NotFound:
            return None
        except _OF_THE_STORE as error:
            raise Unavailable from error
        if published is None:
            return None
        return self._answers.write(published.post, published.author)

    async def close(self) -> None:
        """Wait for what is being written."""
        await self._press.close()


def read(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> tuple[PostCreate, str | None] | None:
    """A post of words alone and its `Idempotency-Key`, from JSON or a form; None for any other request."""
    given = dict(headers)
    key = given.get(b"idempotency-key", b"").decode("latin-1")
    if len(key) > _LONGEST_KEY or body.count(b"[") + body.count(b"{") > _BRACKETS:
        return None
    try:
        request = PostCreate.model_validate(_decoded(given.get(b"content-type", b""), body))
    except (ValueError, ValidationError, WeizhiError):
        return None
    return (request, key or None) if goes_alone(request) else None


def _decoded(kind: bytes, body: bytes) -> Any:
    if kind.startswith(b"application/json"):
        return orjson.loads(body)
    if kind.startswith(b"application/x-www-form-urlencoded"):
        return nest(parse_form(body))
    raise ValueError
