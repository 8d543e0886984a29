"""Cascades of any size with the shape of real ones, written by COPY: more than a test can do by HTTP."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import asyncpg

from app.kit.dsn import driver_url

_SHAPES = Path(__file__).parent / "data" / "weibo_shapes.txt"
DEEPEST = 8


def parents_of(size: int, seed: int = 1) -> list[int]:
    """For each node the number of its parent, 0 for the root: real cascades, the later ones grafted on the earlier."""
    shapes = [[int(number) for number in line.split()] for line in _SHAPES.read_text().splitlines()]
    rng, parents = Random(seed), list[int]()
    while len(parents) < size:
        first = len(parents)
        graft = int(rng.random() ** 3 * first)
        shape = shapes[rng.randrange(len(shapes))]
        parents += [first + parent if parent else graft for parent in shape]
    return parents[:size]


class Grown:
    """The cascade of one post in one database. `grow` makes it larger; what is there stays."""

    def __init__(self, database_url: str, root_id: int) -> None:
        self._url, self._root = driver_url(database_url), root_id
        self.size = 0

    def id_of(self, number: int) -> int:
        """The id of a node, and of who reposted it there; 0 is the root."""
        return self._root + number

    async def grow(self, size: int) -> None:
        """Reposts until there are `size`; every fifth is for followers only, every thirteenth was taken back."""
        parents, depths = parents_of(size), [0]
        for parent in parents:
            depths.append(min(depths[parent] + 1, DEEPEST))
        new = range(self.size + 1, size + 1)
        connection = await asyncpg.connect(self._url)
        try:
            # Neither foreign keys nor triggers: their checks would take most of the time.
            await connection.execute("SET session_replication_role = replica")
            await self._copy(connection, "accounts", ("id", "username", "handle"), self._people(new))
            await self._copy(connection, "account_stats", ("account_id",), ((self.id_of(n),) for n in new))
            await self._copy(
                connection,
                "posts",
                ("id", "author_id", "kind", "repost_of_id", "visibility"),
                (
                    (self.id_of(n), self.id_of(n), "repost", self._root, "private" if n % 5 == 0 else "public")
                    for n in new
                ),
            )
            await connection.execute(
                "UPDATE posts SET deleted_at = now() WHERE repost_of_id = $1 AND id > $2 AND (id - $1) % 13 = 0",
                self._root,
                self.id_of(self.size),
            )
            columns = ("post_id", "root_id", "parent_id", "account_id", "depth", "inference", "confidence")
            await self._copy(
                connection,
                "cascade_nodes",
                columns,
                (
                    (self.id_of(n), self._root, self.id_of(parents[n - 1]), self.id_of(n), depths[n], "wrapper", 0.95)
                    for n in new
                ),
            )
            for table in ("accounts", "account_stats", "posts", "cascade_nodes"):
                await connection.execute(f"ANALYZE {table}")
        finally:
            await connection.close()
        self.size = size

    async def apply(self, job_id: int, count: int, *, hired: int) -> None:
        """So many of the reposters apply, each through a post before theirs; the first of them are hired."""
        rng = Random(7)
        people = rng.sample(range(2, self.size + 1), count)
        rows = [
            (job_id, self.id_of(n), self.id_of(rng.randrange(1, n)), "hired" if number < hired else "applied")
            for number, n in enumerate(people)
        ]
        connection = await asyncpg.connect(self._url)
        try:
            await connection.executemany(
                "INSERT INTO applications (job_id, applicant_id, via_post_id, stage, inference, confidence)"
                " VALUES ($1, $2, $3, $4, 'explicit', 1)",
                rows,
            )
        finally:
            await connection.close()

    def _people(self, new: range) -> Iterator[tuple[int, str, str]]:
        return ((self.id_of(n), f"grown{n}", f"grown{n}") for n in new)

    @staticmethod
    async def _copy(
        connection: "asyncpg.Connection[asyncpg.Record]", table: str, columns: tuple[str, ...], rows: object
    ) -> None:
        await connection.copy_records_to_table(table, records=rows, columns=columns)  # type: ignore[arg-type]
