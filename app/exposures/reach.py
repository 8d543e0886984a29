"""How many different readers a job was shown to: HyperLogLogs in Valkey, which PostgreSQL can make again.

One sketch for each depth of the tree, all of a job in one slot, so that the whole is counted by one call. Readers
whose exposures are still kept are in PostgreSQL one by one; of the others it keeps the sketch as Valkey wrote it. What
Valkey lost, wholly or in part, is made anew from both before it is added to or counted.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.exposures.writing import Written
from app.kit.db import Database
from app.kit.valkey import Script, open_valkey, run
from app.kit.work import Plain, Work, working

# As deep as a tree can be: see `posts.rules`.
DEPTHS = 9
_AT_ONCE = 1_000
# The sign that nothing is missing goes before anything does.
_SIGN_SECONDS, _SKETCH_SECONDS = 30 * 86_400, 40 * 86_400

# KEYS: the sign, then the sketches by depth. ARGV: the two times, then depth and reader in turn. -1: make it anew;
# else how many there are now, or -2 where none was new.
_ADD = Script(
    """
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local new = 0
for i = 3, #ARGV, 2 do new = new + redis.call('PFADD', KEYS[ARGV[i] + 2], ARGV[i + 1]) end
for i = 2, #KEYS do redis.call('EXPIRE', KEYS[i], ARGV[2]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
if new == 0 then return -2 end
return redis.call('PFCOUNT', unpack(KEYS, 2))
"""
)
# How many there are at each depth, and then in all.
_COUNT = Script(
    """
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local counts = {}
for i = 2, #KEYS do counts[i - 1] = redis.call('PFCOUNT', KEYS[i]) end
counts[#KEYS] = redis.call('PFCOUNT', unpack(KEYS, 2))
return counts
"""
)
_SKETCHES = Plain("SELECT depth, sketch FROM reach_sketches WHERE root_id = :root_id")
_READERS = Plain(
    """
    SELECT DISTINCT least(coalesce(node.depth, 0), 8), exposure.viewer_id
    FROM exposures AS exposure
    LEFT JOIN cascade_nodes AS node ON node.post_id = exposure.via_id AND node.root_id = exposure.root_id
    WHERE exposure.root_id = :root_id
    """
)
_KEEP = Plain(
    """
    INSERT INTO reach_sketches (root_id, depth, sketch) VALUES (:root_id, :depth, :sketch)
    ON CONFLICT (root_id, depth) DO UPDATE SET sketch = excluded.sketch
    """
)


class Readers(NamedTuple):
    """About how many different readers came by posts of each depth, and in all."""

    by_depth: Sequence[int]
    total: int


class Reach:
    """Counts readers. Every call raises Unavailable when Valkey does not answer."""

    def __init__(self, db: Database, url: str) -> None:
        self._db, self._valkey = db, open_valkey(url)

    async def add(self, written: Sequence[Written]) -> Mapping[int, int]:
        """Count readers in; how many there are now of each root that has new ones."""
        by_root: dict[int, list[int]] = {}
        for row in written:
            by_root.setdefault(row.root_id, []).extend((min(row.depth, DEPTHS - 1), row.viewer_id))
        counts = {}
        for root_id, readers in by_root.items():
            for start in range(0, len(readers), 2 * _AT_ONCE):
                count = await self._add(root_id, readers[start : start + 2 * _AT_ONCE])
                if count >= 0:
                    counts[root_id] = count
        return counts

    async def count(self, root_id: int) -> Readers:
        """The readers of one job."""
        counts = await run(self._valkey, _COUNT, _keys(root_id), ())
        if counts == -1:
            await self._rebuild(root_id)
            counts = await run(self._valkey, _COUNT, _keys(root_id), ())
        return Readers(counts[:-1], counts[-1]) if counts != -1 else Readers([0] * DEPTHS, 0)

    async def forget(self, root_id: int) -> None:
        """Let a job's sketches be made anew when they are needed next."""
        sign = _keys(root_id)[0]
        await self._valkey.call(sign, "DEL", sign)

    async def keep(self, work: Work, root_id: int, readers: Sequence[tuple[int, int]]) -> None:
        """Put (depth, reader) into what PostgreSQL keeps, in `work`'s transaction, before their rows go."""
        kept = dict(await work.rows(_SKETCHES, root_id=root_id))
        by_depth: dict[int, list[int]] = {}
        for depth, reader in readers:
            by_depth.setdefault(depth, []).append(reader)
        for depth, added in by_depth.items():
            # In a place of its own: what others count meanwhile is as it was.
            key = f"{{reach:{root_id}}}:made:{secrets.token_hex(8)}"
            await self._put(key, kept.get(depth), added)
            sketch = await self._valkey.call(key, "GET", key)
            await self._valkey.call(key, "DEL", key)
            await work.rows(_KEEP, root_id=root_id, depth=depth, sketch=sketch)

    async def close(self) -> None:
        """Let the connection go."""
        await self._valkey.close()

    async def _add(self, root_id: int, readers: Sequence[int]) -> int:
        arguments = (_SIGN_SECONDS, _SKETCH_SECONDS, *readers)
        count: int = await run(self._valkey, _ADD, _keys(root_id), arguments)
        if count == -1:
            # They are in PostgreSQL already, and so come with the others.
            await self._rebuild(root_id)
            count = await run(self._valkey, _ADD, _keys(root_id), arguments)
            if count == -2:
                count = (await self.count(root_id)).total
        return count

    async def _rebuild(self, root_id: int) -> None:
        sign, *sketches = _keys(root_id)
        async with working(self._db) as work:
            kept = dict(await work.rows(_SKETCHES, root_id=root_id))
            readers: dict[int, list[int]] = {}
            for depth, viewer_id in await work.rows(_READERS, root_id=root_id):
                readers.setdefault(depth, []).append(viewer_id)
        for depth in kept.keys() | readers.keys():
            key = f"{{reach:{root_id}}}:made:{secrets.token_hex(8)}"
            await self._put(key, kept.get(depth), readers.get(depth, ()))
            await self._valkey.call(key, "RENAME", key, sketches[depth])
            await self._valkey.call(sketches[depth], "EXPIRE", sketches[depth], _SKETCH_SECONDS)
        await self._valkey.call(sign, "SET", sign, "1", "EX", _SIGN_SECONDS)

    async def _put(self, key: str, sketch: bytes | None, readers: Sequence[int]) -> None:
        """Make a sketch under a new key, which goes by itself should nobody come back for it."""
        if sketch is not None:
            await self._valkey.call(key, "SET", key, sketch)
        for start in range(0, max(1, len(readers)), _AT_ONCE):
            await self._valkey.call(key, "PFADD", key, *readers[start : start + _AT_ONCE])
        await self._valkey.call(key, "EXPIRE", key, 600)


def _keys(root_id: int) -> list[str]:
    tag = f"{{reach:{root_id}}}"
    return [f"{tag}:whole", *(f"{tag}:{depth}" for depth in range(DEPTHS))]


def milestones(count: int) -> list[int]:
    """The numbers of readers worth telling of that `count` has passed: 100, 1,000 and so on."""
    passed: list[int] = []
    number = 100
    while number <= count:
        passed.append(number)
        number *= 10
    return passed
