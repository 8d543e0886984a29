"""The lean way to a cluster: slots that move, and what survives a node."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from app.kit.valkey import slot_of
from app.kit.valkey_address import Address, parse
from app.kit.valkey_cluster import Cluster
from app.kit.valkey_link import Link
from app.kit.valkey_wire import Watch
from tests.valkey_cluster import LocalCluster

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("valkey_cluster")]


class Told(Watch):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.keys: list[Sequence[bytes] | None] = []

    def wanted(self) -> bool:
        return True

    def changed(self, keys: Sequence[bytes] | None) -> None:
        self.keys.append(keys)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def cluster(valkey_cluster: LocalCluster, told: Told) -> AsyncIterator[Cluster]:
    opened = Cluster(parse(valkey_cluster.url), watch=told)
    await opened.everywhere("FLUSHDB")
    told.keys.clear()
    yield opened
    await opened.close()


def another(cluster: Cluster, owner: Address) -> Address:
    return next(address for address in cluster._owners if address != owner)


async def test_knows_slots_as_the_server_does(cluster: Cluster) -> None:
    for key in ("a", "{b}c", "a{b}c", "{}a", "a{}{b}", "{{a}}", "职位{微职}"):
        assert await cluster.call(key, "CLUSTER", "KEYSLOT", key) == slot_of(key)


async def test_follows_a_slot_that_moved_and_trusts_no_memory_of_it(cluster: Cluster, told: Told) -> None:
    await cluster.call("a", "SET", "a", 1)
    right = cluster._owners[slot_of("a")]
    cluster._owners[slot_of("a")] = another(cluster, right)
    assert await cluster.call("a", "GET", "a") == b"1"
    assert cluster._owners[slot_of("a")] == right
    assert None in told.keys


async def test_asks_where_it_is_sent_while_a_slot_moves(cluster: Cluster) -> None:
    await cluster.call("a", "SET", "a", 1)
    slot, owner = slot_of("a"), cluster._owners[slot_of("a")]
    new = another(cluster, owner)
    names = {address: (await cluster._link(address).call("CLUSTER", "MYID")).decode() for address in (owner, new)}
    try:
        await cluster._link(new).call("CLUSTER", "SETSLOT", slot, "IMPORTING", names[owner])
        await cluster._link(owner).call("CLUSTER", "SETSLOT", slot, "MIGRATING", names[new])
        moved = "{a}new"
        assert await cluster.call(moved, "SET", moved, 2) == b"OK"
        assert await cluster.call("a", "GET", "a") == b"1"
        await cluster._link(new).ready()
        assert cluster._link(new).tell("ASKING")
        assert await cluster._link(new).call("GET", moved) == b"2"
        cluster._link(new).tell("ASKING")
        await cluster._link(new).call("DEL", moved)
    finally:
        for address in (owner, new):
            await cluster._link(address).call("CLUSTER", "SETSLOT", slot, "STABLE")


async def test_hears_of_changes_on_every_node(cluster: Cluster, told: Told) -> None:
    keys = [str(number) for number in range(20)]
    for key in keys:
        await cluster.call(key, "GET", key)
        assert cluster.sure(key)
    other = Cluster(cluster._named)
    for key in keys:
        await other.call(key, "SET", key, 1)
    await other.close()
    await cluster.everywhere("PING")
    assert sorted(key for heard in told.keys for key in heard or ()) == sorted(key.encode() for key in keys)
    assert len(cluster._links) == 3


async def test_waits_until_a_replica_has_what_was_written(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[Any] = []
    call = Link.call

    async def noting(self: Link, *args: Any) -> Any:
        answer = await call(self, *args)
        if args[0] == "WAIT":
            waited.append((self, answer))
        return answer

    monkeypatch.setattr(Link, "call", noting)
    keys = ["a", "b", "c", "{a}1"]
    for key in keys:
        await cluster.call(key, "SET", key, 1)
    await cluster.copied(keys)
    assert {link for link, _ in waited} == {cluster._link(cluster._owners[slot_of(key)]) for key in keys}
    assert [answer for _, answer in waited] == [1] * len(waited)
