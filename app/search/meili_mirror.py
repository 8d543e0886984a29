"""Meilisearch as an engine besides PostgreSQL: its indexes are built beside themselves and swapped."""

from hashlib import blake2b

from meilisearch_python_sdk.errors import MeilisearchApiError

from app.search import meili_settings
from app.search.meili_index import MeiliIndex, translated
from app.search.mirror import MirrorState

# To be raised when documents are kept in another way and the settings do not show it.
_FORMAT = 1
_BUILT = "built"


def _fingerprint() -> str:
    settings = [settings.model_dump_json() for settings in (meili_settings.POSTS, meili_settings.JOBS)]
    return blake2b("\n".join([str(_FORMAT), *settings]).encode(), digest_size=8).hexdigest()


class NextIndex(MeiliIndex):
    """The index that will take the other's place."""

    async def begin(self) -> None:
        """Be there, and empty."""
        await self.drop()
        await self.prepare()

    async def drop(self) -> None:
        """Be gone."""
        with translated():
            for index in (self._posts, self._jobs):
                if await self._exists(index):
                    await self._finish(await index.delete())


class MeiliMirror(MeiliIndex):
    """The port of the writer over a Meilisearch server: `<prefix>posts` and `<prefix>jobs`, with `<prefix>next_…`
    beside them while they are built, and `<prefix>meta` to tell what was built."""

    def __init__(self, url: str, key: str | None, prefix: str) -> None:
        """`key` must be allowed all that concerns indexes whose names begin with `prefix`, to build them."""
        super().__init__(url, key, prefix)
        self._meta = self._client.index(f"{prefix}meta")
        self._next = NextIndex(url, key, f"{prefix}next_")

    async def state(self) -> MirrorState:
        """Whether both indexes are there and what built them kept documents as this version does."""
        with translated():
            for index in (self._posts, self._jobs):
                if not await self._exists(index):
                    return "missing"
            try:
                built = await self._meta.get_document(_BUILT)
            except MeilisearchApiError as error:
                if error.status_code != 404:
                    raise
                return "outdated"
        return "ready" if built.get("fingerprint") == _fingerprint() else "outdated"

    async def open_next(self) -> NextIndex:
        """New, empty indexes beside those that are searched."""
        await self._next.begin()
        return self._next

    async def take_next(self) -> None:
        """Swap, note what was built, and drop what was searched until now."""
        pairs = [(self._posts, self._next._posts), (self._jobs, self._next._jobs)]
        with translated():
            for index, _ in pairs:
                # Only what is there can be swapped. Without settings it refuses searches, rather than finding nothing.
                if not await self._exists(index):
                    await self._create(index)
            await self._finish(await self._client.swap_indexes([(index.uid, other.uid) for index, other in pairs]))
            built = {"id": _BUILT, "fingerprint": _fingerprint()}
            await self._finish(await self._meta.add_documents([built], primary_key="id"))
        await self._next.drop()

    async def close(self) -> None:
        """Let connections go."""
        await self._next.close()
        await super().close()
