"""`Valkey` on a cluster: a lean link to each node, and the table of which node owns which slot."""

import asyncio
from collections.abc import Sequence
from typing import Any

from app.kit import log
from app.kit.errors import Unavailable
from app.kit.valkey import SLOTS, by_slot, slot_of
from app.kit.valkey_address import Address
from app.kit.valkey_link import Link
from app.kit.valkey_wire import Argument, Refused, Waiter, Watch

logger = log.logger(__name__)

# A command may be sent on this often; then something is wrong with the cluster.
_MOVES = 4
_REFRESH_SECONDS = 0.2
_COPY_MILLISECONDS = 100
_SECOND_THOUGHTS = ("TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "READONLY")


class Cluster:
    """Which node owns what is asked of any node that answers: first of the one that is named, then of all known."""

    def __init__(self, address: Address, *, watch: Watch | None = None, seconds: float = 2.0) -> None:
        self._named, self._watch, self._seconds = address, watch, seconds
        self._links: dict[Address, Link] = {}
        self._owners: list[Address] = []
        # Replicas too: the one that is named may be the one that died.
        self._known: list[Address] = [address]
        self._refreshing: asyncio.Task[None] | None = None
        self._refreshed = float("-inf")

    async def call(self, key: str, *command: Argument) -> Any:
        slot = slot_of(key)
        if not self._owners:
            await self._refresh()
        for _ in range(_MOVES):
            owner = self._owners[slot]
            try:
                return await self._link(owner).call(*command)
            except Unavailable:
                await self._refresh()
                if self._owners[slot] == owner:
                    raise
            except Refused as refused:
                reason, *rest = str(refused).split()
                if reason == "ASK":
                    return await self._ask(self._node(rest[1], owner), command)
                if reason == "MOVED":
                    await self._moved(slot, self._node(rest[1], owner))
                elif reason in _SECOND_THOUGHTS:
                    await self._refresh()
                    raise Unavailable(f"The cluster cannot answer: {reason}") from refused
                else:
                    raise
        raise Unavailable("The cluster does not know who owns this")

    def begin(self, waiter: Waiter, key: str, *command: Argument) -> bool:
        # An answer that sends elsewhere is a refusal here: `call` goes where it is sent.
        return bool(self._owners) and self._link(self._owners[slot_of(key)]).begin(waiter, *command)

    def tell(self, key: str, *command: Argument) -> bool:
        return bool(self._owners) and self._link(self._owners[slot_of(key)]).tell(*command)

    async def everywhere(self, *command: Argument) -> list[Any]:
        if not self._owners:
            await self._refresh()
        return await asyncio.gather(*(self._link(owner).call(*command) for owner in set(self._owners)))

    def together(self, keys: Sequence[str]) -> list[list[str]]:
        return by_slot(keys)

    async def copied(self, keys: Sequence[str]) -> None:
        owners = {self._owners[slot_of(key)] for key in keys} if self._owners else set()
        waits = (self._link(owner).call("WAIT", 1, _COPY_MILLISECONDS) for owner in owners)
        # Without any replica there is nobody to take over: nothing would be won by failing.
        await asyncio.gather(*waits)

    async def where(self, key: str) -> Address:
        await self.call(key, "PING")
        return self._owners[slot_of(key)]

    def sure(self, key: str) -> bool:
        return bool(self._owners) and self._link(self._owners[slot_of(key)]).sure

    async def close(self) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
        for link in self._links.values():
            await link.close()

    def _link(self, address: Address) -> Link:
        link = self._links.get(address)
        if link is None:
            link = self._links[address] = Link(address, watch=self._watch, seconds=self._seconds)
        return link

    def _node(self, place: str, teller: Address) -> Address:
        host, _, port = place.rpartition(":")
        return self._named.at(host or teller.host, int(port))

    async def _ask(self, node: Address, command: tuple[Argument, ...]) -> Any:
        """While a slot moves, its new owner answers who says they were sent."""
        link = self._link(node)
        await link.ready()
        link.tell("ASKING")
        return await link.call(*command)

    async def _moved(self, slot: int, owner: Address) -> None:
        if self._owners[slot] != owner:
            self._owners[slot] = owner
            self._doubt()
        await self._refresh()

    def _doubt(self) -> None:
        """What was read of a slot's former owner: nobody tells us of its changes any more."""
        if self._watch is not None:
            self._watch.changed(None)

    async def _refresh(self) -> None:
        """Learn the owners: one asks for all, and not again at once. Raises Unavailable if none is known."""
        loop = asyncio.get_running_loop()
        if self._refreshing is None and (not self._owners or loop.time() - self._refreshed > _REFRESH_SECONDS):
            self._refreshing = loop.create_task(self._learn())
        if (task := self._refreshing) is not None:
            try:
                await asyncio.shield(task)
            finally:
                if task.done() and self._refreshing is task:
                    self._refreshing = None
        if not self._owners:
            raise Unavailable("No node of the cluster answers")

    async def _learn(self) -> None:
        for address in dict.fromkeys([*self._known, self._named]):
            # Not over the links in use: their calls would wait for one that hangs.
            link = Link(address, seconds=self._seconds / 2)
            try:
                ranges = await link.call("CLUSTER", "SLOTS")
            except (Unavailable, Refused):
                continue
            finally:
                await link.close()
            self._take(ranges, address)
            return
        self._refreshed = asyncio.get_running_loop().time()

    def _take(self, ranges: Sequence[Any], teller: Address) -> None:
        owners, known = list(self._owners) or [self._named] * SLOTS, []
        for first, last, *nodes in ranges:
            places = [self._named.at((host or b"").decode() or teller.host, port) for host, port, *_ in nodes]
            known += places
            owners[first : last + 1] = [places[0]] * (last + 1 - first)
        if owners != self._owners:
            logger.info("the cluster's owners changed", nodes=len(set(owners)))
            self._owners = owners
            self._doubt()
        self._known = [address for address in dict.fromkeys(known) if address != teller] + [teller]
        self._refreshed = asyncio.get_running_loop().time()
