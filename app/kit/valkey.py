"""Valkey or Redis for what is hot: one server or a cluster behind the same few calls, over lean links.

Commands name the key that decides which node of a cluster they go to; a script's keys must all be of one slot, so
`together` cuts many keys into groups that may go in one call.
"""

import asyncio
import hashlib
from binascii import crc_hqx
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from app.kit.valkey_address import Address, parse
from app.kit.valkey_link import Link
from app.kit.valkey_wire import Argument, Refused, Waiter, Watch

SLOTS = 16_384


class Script:
    """A Lua script, sent by its hash once a server knows it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Valkey(Protocol):
    """Every call raises Unavailable when there is no answer in time, and Refused with the server's reason."""

    def call(self, key: str, *command: Argument) -> Awaitable[Any]:
        """The answer to a command on `key`; texts are bytes."""

    def begin(self, waiter: Waiter, key: str, *command: Argument) -> bool:
        """Send a command on `key` whose answer `waiter` is told. False: it is not sent now, though `call` may do it."""

    def tell(self, key: str, *command: Argument) -> bool:
        """Send a command whose answer does not matter, before the next call on `key`. False: it cannot be sent now."""

    async def everywhere(self, *command: Argument) -> list[Any]:
        """The answers of every node that owns data."""

    def together(self, keys: Sequence[str]) -> list[list[str]]:
        """`keys` in groups that one script may touch at once."""

    async def copied(self, keys: Sequence[str]) -> None:
        """Wait, a moment at most, until what was written to `keys` would survive the death of the node that has it."""

    async def where(self, key: str) -> Address:
        """The node that has `key` and answers now."""

    def sure(self, key: str) -> bool:
        """Whether a change of `key` since it was read here would have been told."""

    async def close(self) -> None:
        """Let connections go."""


class Server:
    """`Valkey` on one server."""

    def __init__(self, address: Address, *, watch: Watch | None = None, seconds: float = 2.0) -> None:
        self._address = address
        self._link = Link(address, watch=watch, seconds=seconds)

    def call(self, key: str, *command: Argument) -> Awaitable[Any]:
        return self._link.call(*command)

    def begin(self, waiter: Waiter, key: str, *command: Argument) -> bool:
        return self._link.begin(waiter, *command)

    def tell(self, key: str, *command: Argument) -> bool:
        return self._link.tell(*command)

    async def everywhere(self, *command: Argument) -> list[Any]:
        return [await self._link.call(*command)]

    def together(self, keys: Sequence[str]) -> list[list[str]]:
        return [list(keys)] if keys else []

    async def copied(self, keys: Sequence[str]) -> None:
        """There is nobody to take over from one server."""

    async def where(self, key: str) -> Address:
        return self._address

    def sure(self, key: str) -> bool:
        return self._link.sure

    async def close(self) -> None:
        await self._link.close()


async def run(valkey: Valkey, script: Script, keys: Sequence[str], args: Sequence[Argument]) -> Any:
    """What a script answers. `keys` are of one slot. Raises Unavailable and Refused."""
    rest = (len(keys), *keys, *args)
    try:
        return await valkey.call(keys[0], "EVALSHA", script.sha, *rest)
    except Refused as error:
        if not str(error).startswith("NOSCRIPT"):
            raise
        return await valkey.call(keys[0], "EVAL", script.text, *rest)


async def run_all(valkey: Valkey, script: Script, keys: Sequence[str], args: Sequence[Argument]) -> list[Any]:
    """What a script answers for each group of `keys` that may go together, all asked at once."""
    groups = valkey.together(keys)
    if len(groups) == 1:
        return [await run(valkey, script, groups[0], args)]
    return await asyncio.gather(*(run(valkey, script, group, args) for group in groups))


def slot_of(key: str) -> int:
    """The slot of a cluster that a key belongs to, by its {hash tag} if it has one."""
    start = key.find("{")
    if start >= 0 and (end := key.find("}", start)) > start + 1:
        key = key[start + 1 : end]
    return crc_hqx(key.encode(), 0) % SLOTS


def by_slot(keys: Sequence[str]) -> list[list[str]]:
    """Keys in groups of one slot each."""
    groups: dict[int, list[str]] = {}
    for key in keys:
        groups.setdefault(slot_of(key), []).append(key)
    return list(groups.values())


def open_valkey(url: str, *, watch: Watch | None = None, seconds: float = 2.0) -> Valkey:
    """What `url` names: a server, or with `?cluster=true` the cluster one of whose nodes it names. Connects later."""
    from app.kit.valkey_cluster import Cluster  # needs this module

    address = parse(url)
    kind = Cluster if address.cluster else Server
    return kind(address, watch=watch, seconds=seconds)
