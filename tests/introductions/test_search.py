"""The search finds what a plain one does where nothing is cut off, and touches as many rows however large the graph."""

import asyncio
from itertools import combinations, pairwise, permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.bootstrap import Resources
from app.introductions.paths import MOST_PATHS, find_ways, get_target
from app.kit.clock import now
from app.kit.db import Database
from app.kit.errors import NotFound
from tests.meter import Meter
from tests.people import World
from tests.test_growth import db_url

pytestmark = [pytest.mark.anyio, pytest.mark.asks_once]
__all__ = ["db_url"]

SIZE = 6
IDS = range(1, SIZE + 1)
ASKER, TARGET = 1, 2
PAIRS = [(a, b) for a in IDS for b in IDS if a != b]
some_pairs = st.sets(st.sampled_from(PAIRS), max_size=3)


class Graph:
    """A small graph, and who is left out of it."""

    def __init__(self, follows: set[Any], blocks: set[Any], mutes: set[Any], hidden: set[int], may: dict[int, str]):
        self.follows, self.hidden, self.may = follows - blocks - {(b, a) for a, b in blocks}, hidden, may
        self.blocks, self.mutes = blocks, mutes
        self.apart = {frozenset(pair) for pair in (*blocks, *mutes)}

    def leads(self, chain: tuple[int, ...]) -> bool:
        """Whether everyone on a chain may be named and asked, from the words of decision 0027."""
        if any(frozenset(pair) in self.apart for pair in combinations(chain, 2)):
            return False
        if len(chain) == 2:
            return chain[::-1] in self.follows
        first = chain[1]
        if any(self.may.get(id) == "nobody" for id in chain[1:-1]) or set(chain[1:]) & self.hidden:
            return False
        if self.may.get(first) == "followed" and (first, chain[0]) not in self.follows:
            return False
        return (chain[0], first) in self.follows and all(
            (later, earlier) in self.follows for earlier, later in pairwise(chain[1:])
        )

    def ways(self) -> set[tuple[int, ...]]:
        """All ways; through two introducers only where neither could do alone."""
        between = [id for id in IDS if id not in (ASKER, TARGET)]
        alone = {id for id in between if self.leads((ASKER, id, TARGET))}
        found = {(TARGET,)} if self.leads((ASKER, TARGET)) else set()
        found |= {(id, TARGET) for id in alone}
        return found | {
            (*pair, TARGET)
            for pair in permutations(between, 2)
            if not alone & set(pair) and self.leads((ASKER, *pair, TARGET))
        }


graphs = st.builds(
    Graph,
    st.sets(st.sampled_from(PAIRS), min_size=12),
    some_pairs,
    some_pairs,
    st.sets(st.sampled_from(IDS[1:]), max_size=1),
    st.dictionaries(st.sampled_from(IDS[2:]), st.sampled_from(["followed", "nobody"]), max_size=2),
)


async def draw(connection: AsyncConnection, graph: Graph) -> None:
    """Write a graph down."""
    await connection.execute(
        text("INSERT INTO accounts (id, username, handle) SELECT n, n, n FROM generate_series(1, :size) AS n"),
        {"size": SIZE},
    )
    if graph.hidden:
        hide = text("UPDATE accounts SET hide_collections = true WHERE id = ANY(:ids)")
        await connection.execute(hide, {"ids": list(graph.hidden)})
    for table, columns, pairs in (
        ("follows", "follower_id, followee_id", graph.follows),
        ("blocks", "account_id, target_id", graph.blocks),
        ("mutes", "account_id, target_id", graph.mutes),
        ("introduction_preferences", "account_id, may_ask", graph.may.items()),
    ):
        if pairs:
            insert = text(f"INSERT INTO {table} ({columns}) VALUES (:a, :b)")
            await connection.execute(insert, [{"a": a, "b": b} for a, b in pairs])


async def check(db: Database, graph: Graph) -> None:
    """Hold the search against the plain one, in a transaction that is rolled back."""
    async with db.engine.connect() as connection:
        await draw(connection, graph)
        async with AsyncSession(bind=connection) as session:
            found = await find_ways(session, asker_id=ASKER, target_ids=[TARGET], now=now())
            assert {way.people for way in found} == graph.ways()
            # Asking along a way is let where it is shown, or a shorter one, and nowhere else.
            for chain in ((3,), (3, 4)):
                assert await leads(session, chain) == graph.leads((ASKER, *chain, TARGET)), chain


async def leads(session: AsyncSession, chain: tuple[int, ...]) -> bool:
    try:
        await get_target(session, asker_id=ASKER, introducer_ids=chain, target_ids=[TARGET])
    except NotFound:
        return False
    return True


class TestSearch:
    def test_finds_what_a_plain_search_finds(self, db_url: str) -> None:
        with asyncio.Runner() as runner:
            db = Database(db_url, pool_size=1)

            @settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
            @given(graphs)
            def agree(graph: Graph) -> None:
                # Of six people there are no more than 20 ways: nothing is cut off.
                assert len(graph.ways()) <= MOST_PATHS
                runner.run(check(db, graph))

            agree()
            runner.run(db.close())


# So many people: the asker and the target follow all but the hub, which all follow, and who follows the next nine. The
# asker and the target have liked and answered what each of the latest said.
_GROW = (
    "SET LOCAL enable_hashjoin = on",
    "SET LOCAL enable_seqscan = on",
    "INSERT INTO accounts (id, username, handle) SELECT n, 'p' || n, 'p' || n FROM generate_series({first}, {last}) n",
    "CREATE TEMP TABLE grown ON COMMIT DROP AS SELECT n AS id FROM generate_series({first}, {last}) n",
    "INSERT INTO follows (follower_id, followee_id) SELECT id, {hub} FROM grown",
    "INSERT INTO follows (follower_id, followee_id) SELECT id, id + away FROM grown, unnest(ARRAY[-5, -3, -1, 1]) away"
    " WHERE id + away BETWEEN 1 AND {last}",
    "INSERT INTO follows (follower_id, followee_id) SELECT one, id FROM grown,"
    " unnest(ARRAY[{asker}, {hub}]) one WHERE id % 2 = 0",
    "INSERT INTO follows (follower_id, followee_id) SELECT {target}, id FROM grown WHERE id % 2 = 1",
    "INSERT INTO posts (author_id, text) SELECT id, 'x' FROM grown",
    "INSERT INTO likes (account_id, post_id) SELECT one, posts.id FROM posts JOIN grown ON grown.id = author_id,"
    " unnest(ARRAY[{asker}, {target}]) one",
    "INSERT INTO posts (author_id, text, in_reply_to_account_id) SELECT {asker}, 'y', id FROM grown",
)


async def test_costs_do_not_grow(resources: Resources, meter: Meter, world: World) -> None:
    asker, target, hub = (int(one.id) for one in await world.people("asker", "target", "hub"))
    costs, size = [], 0
    for last in (2200, 6600):
        async with resources.db.transaction() as session:
            for statement in _GROW:
                names = {"asker": asker, "target": target, "hub": hub, "first": size + 1, "last": last}
                await session.execute(text(statement.format(**names)))
        async with resources.db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            # What earlier tests left dead in the indexes would be counted as read.
            await connection.execute(text("VACUUM ANALYZE"))
        size = last
        async with resources.db.reading() as session:
            before = await meter.rows()
            meter.reset()
            found = await find_ways(session, asker_id=asker, target_ids=[target], now=now())
            statements = meter.cost[0]
        costs.append((statements, await meter.rows() - before))
        assert {len(way.steps) for way in found} == {3}
    (few, small), (many, large) = costs
    assert (few, many) == (8, 8), costs
    assert large <= 1.1 * small + 60, costs
    assert large < 10_000, costs
