"""What reposts carry: it never changes, so whoever has read it may keep it."""

from collections.abc import Collection, Mapping

from sqlalchemy import ARRAY, BigInteger, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.db import Database
from app.kit.generations import Generations
from app.posts.models import Post

_MOST = 400_000


async def load_origins(session: AsyncSession, *, ids: Collection[int]) -> dict[int, int]:
    """The original of each repost among `ids`, deleted or not; of any other post the post itself."""
    found = {id: id for id in ids}
    if found:
        wanted = func.any(literal(list(ids), ARRAY(BigInteger)))
        rows = await session.execute(select(Post.id, Post.repost_of_id).where(Post.id == wanted, Post.kind == "repost"))
        found.update((id, original) for id, original in rows if original)
    return found


class LoadedOrigins:
    """`Origins` straight from PostgreSQL."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def load(self, ids: Collection[int]) -> dict[int, int]:
        """`load_origins`."""
        return await load_origins(self._session, ids=ids)

    def learn(self, origins: Mapping[int, int]) -> None:
        """Nothing is kept."""


class KnownOrigins:
    """`Origins` of what one process met lately."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: Generations[int, int] = Generations(_MOST)

    async def load(self, ids: Collection[int]) -> dict[int, int]:
        """`load_origins`, with a statement for those not met before."""
        found, unknown, get = {}, [], self._kept.get
        for id in ids:
            if original := get(id):
                found[id] = original
            else:
                unknown.append(id)
        if unknown:
            async with self._db.reading() as session:
                loaded = await load_origins(session, ids=unknown)
            self.learn(loaded)
            found.update(loaded)
        return found

    def learn(self, origins: Mapping[int, int]) -> None:
        """Keep what somebody else found out."""
        for id, original in origins.items():
            self._kept.put(id, original)
