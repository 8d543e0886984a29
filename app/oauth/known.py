"""Tokens that this process knows: who is calling, without a statement, as long as nothing about the account changed."""

from datetime import datetime

from app.kit import clock
from app.kit.changes import Changes, of_tokens
from app.kit.db import Database
from app.kit.generations import Generations
from app.kit.secrets import fingerprint
from app.oauth.queries import FoundToken, find_actor

_MOST_TOKENS = 100_000


class KnownTokens:
    """Looks tokens up. Those of accounts are kept; an app's own are not, since nothing tells of their end."""

    def __init__(self, db: Database, changes: Changes) -> None:
        self._db, self._changes = db, changes
        self._kept: Generations[bytes, tuple[int, FoundToken]] = Generations(_MOST_TOKENS)

    async def find(self, token: str) -> FoundToken | None:
        """The living token with this text; None for any other, or a suspended account's."""
        key = fingerprint(token)
        if kept := self._kept.get(key):
            mark, found = kept
            if self._changes.fresh(mark, (_key(found),)) and not _over(found.expires_at):
                return found
        mark = self._changes.mark()
        # The connection goes back to the pool before the route asks for one of its own: a request that held
        # two could wait for itself.
        async with self._db.reading() as session:
            read = await find_actor(session, token=token)
        if read is not None and read.account_id is not None:
            self._kept.put(key, (mark, read))
        return read


def _key(found: FoundToken) -> str:
    return of_tokens(found.account_id or 0)


def _over(expires_at: datetime | None) -> bool:
    return expires_at is not None and expires_at <= clock.now()
