"""All connections of one process: hears the broadcast, and hands each message to those it concerns."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

from app.exposures.noting import Exposures
from app.kit import log, metrics
from app.kit.db import Database
from app.kit.site import Site
from app.oauth.queries import list_dead_tokens
from app.streaming.broadcast import Broadcast, BroadcastUnavailable, Message
from app.streaming.channels import TooManyStreams
from app.streaming.delivery import deliver_conversation, deliver_deletion, deliver_notification, deliver_post
from app.streaming.reader import Event, Reader

logger = log.logger(__name__)

MOST_READERS = 10_000
MOST_PER_ACCOUNT = 32
_READY_SECONDS = 6.0
# A token that was revoked keeps its open streams for this long at most.
_CHECK_SECONDS = 10.0


class Hub:
    """Attach a `Reader`, send what its `events` give, detach it. Listening starts with the first one."""

    def __init__(self, db: Database, broadcast: Broadcast, site: Site, exposures: Exposures | None = None) -> None:
        self._db, self._broadcast, self._site, self._exposures = db, broadcast, site, exposures
        self._readers: set[Reader] = set()
        self._ready = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []

    async def attach(self, reader: Reader) -> None:
        """Let `reader` hear what is published from now on. Raises TooManyStreams or BroadcastUnavailable."""
        same = Counter(other.account_id for other in self._readers)[reader.account_id] if reader.account_id else 0
        if len(self._readers) >= MOST_READERS or same >= MOST_PER_ACCOUNT:
            raise TooManyStreams
        self._readers.add(reader)
        metrics.STREAMS.set(len(self._readers))
        if not self._keepers:
            self._keepers = [asyncio.create_task(self._listen()), asyncio.create_task(self._check_tokens())]
        try:
            await asyncio.wait_for(self._ready.wait(), _READY_SECONDS)
        except TimeoutError:
            self.detach(reader)
            raise BroadcastUnavailable from None

    def detach(self, reader: Reader) -> None:
        """Forget `reader`; nothing more is put into its queue."""
        reader.close()
        self._readers.discard(reader)
        metrics.STREAMS.set(len(self._readers))

    async def close(self) -> None:
        """End every connection and stop listening."""
        for reader in tuple(self._readers):
            self.detach(reader)
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers = []

    async def _listen(self) -> None:
        async for message in self._broadcast.listen():
            if message is None:
                self._ready.set()
                continue
            try:
                await self._deliver(message)
            except Exception:
                # Streams are a courtesy: whoever missed something finds it in the timeline.
                logger.exception("could not deliver to open streams", topic=message.topic, id=message.id)

    async def _deliver(self, message: Message) -> None:
        readers = tuple(self._readers)
        if message.topic == "filters":
            _tell(readers, message.account_id, "filters_changed")
            return
        everyone: dict[str, Any] = {"readers": readers, "site": self._site}
        async with self._db.reading() as session:
            if message.topic == "published":
                noting = {**everyone, "exposures": self._exposures}
                await deliver_post(session, post_id=message.id, event="update", **noting)
            elif message.topic == "edited":
                await deliver_post(session, post_id=message.id, event="status.update", **everyone)
            elif message.topic == "deleted":
                await deliver_deletion(session, post_id=message.id, readers=readers)
            elif message.account_id is not None:
                deliver = deliver_notification if message.topic == "notification" else deliver_conversation
                await deliver(session, id=message.id, account_id=message.account_id, **everyone)

    async def _check_tokens(self) -> None:
        """Close the streams of tokens that are no longer good, and of suspended accounts."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            with suppress(Exception):
                await self.close_dead()

    async def close_dead(self) -> None:
        """Close every reader whose token was revoked, or whose account was suspended, since it came."""
        tokens = {reader.token for reader in self._readers if reader.token is not None}
        async with self._db.reading() as session:
            dead = set(await list_dead_tokens(session, fingerprints=tokens))
        for reader in tuple(self._readers):
            if reader.token in dead:
                reader.close()


def _tell(readers: tuple[Reader, ...], account_id: int | None, name: str) -> None:
    for reader in readers:
        if reader.account_id == account_id:
            for stream in reader.named("user"):
                reader.offer(Event(stream, name, None))
