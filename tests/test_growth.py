"""How costs grow: everything a hundredfold, and each hot endpoint asks as often and touches as many rows.

Counted, not timed: SQL statements, Valkey round trips, and what PostgreSQL read and wrote (its own counters).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.by_index import going_by_index
from tests.meter import Meter
from tests.people import Person, World

pytestmark = [pytest.mark.anyio, pytest.mark.asks_once]

SIZES = (10, 100, 1000)
# What is remembered of a long feed is its head, so all of it is read once; where it ends, PostgreSQL goes on.
STEPS = {"home deep": (3, 1)}
# A list holds so many people that each is asked for its newest post: their number is bounded (500), not their posts'.
PER_MEMBER = 4


@pytest.fixture
async def db_url(db_url: str, anyio_backend: object) -> AsyncIterator[str]:
    """A database that goes by its indexes although its tables are small: as it will when they are large."""
    async with going_by_index(db_url):
        yield db_url


class Cost(NamedTuple):
    """What one request costs."""

    statements: int
    round_trips: int
    rows: int


# From the last number on there is one more of everything for each number: someone who follows the author and is
# followed by the reader, stands on the reader's list, posted, with a topic, reposted and liked the famous post, which
# the reader was told of; and one more post by the author, who writes an eighth of all.
_GROW = (
    "INSERT INTO accounts (username, handle) SELECT 'p' || n, 'p' || n FROM generate_series({first}, {last}) AS n",
    "INSERT INTO account_stats (account_id) SELECT id FROM accounts ON CONFLICT DO NOTHING",
    "CREATE TEMP TABLE grown ON COMMIT DROP AS SELECT id FROM accounts"
    " WHERE handle IN (SELECT 'p' || n FROM generate_series({first}, {last}) AS n)",
    "INSERT INTO follows (follower_id, followee_id) SELECT {reader}, id FROM grown",
    "INSERT INTO follows (follower_id, followee_id) SELECT id, {author} FROM grown",
    "INSERT INTO list_members (list_id, account_id, owner_id) SELECT {list}, id, {reader} FROM grown",
    "INSERT INTO posts (author_id, text, tags) SELECT id, 'x', ARRAY['微职'] FROM grown, generate_series(1, 5)",
    "INSERT INTO posts (author_id, text, tags) SELECT {author}, 'x', ARRAY['微职'] FROM grown",
    "INSERT INTO posts (author_id, kind, repost_of_id) SELECT id, 'repost', {famous} FROM grown",
    "INSERT INTO posts (author_id, text) SELECT id, 'later' FROM grown",
    "INSERT INTO post_stats (post_id, author_id) SELECT id, author_id FROM posts ON CONFLICT DO NOTHING",
    "INSERT INTO post_tags (tag, post_id, author_id) SELECT '微职', id, author_id FROM posts"
    " WHERE cardinality(tags) > 0 ON CONFLICT DO NOTHING",
    "INSERT INTO likes (account_id, post_id) SELECT id, {famous} FROM grown",
    "INSERT INTO notifications (account_id, from_id, kind, post_id, created_at)"
    " SELECT {reader}, id, 'like', {famous}, now() FROM grown",
)


class Town:
    """A reader, who reads an author and a friend; and more and more people."""

    def __init__(self, world: World, resources: Resources, meter: Meter, people: list[Person]) -> None:
        self.world, self.resources, self.meter = world, resources, meter
        self.reader, self.author, self.friend = people
        self.size = 0
        self.names: dict[str, int] = {}

    async def found(self) -> None:
        for other in (self.author, self.friend):
            await self.reader.follows(other)
        made = await self.reader.post("/api/v1/lists", {"title": "分组"})
        await self.reader.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [self.friend.id]})
        famous = await self.reader.says("招人")
        await self.world.settle()
        self.names = {
            "reader": int(self.reader.id),
            "author": int(self.author.id),
            "list": int(made["id"]),
            "famous": int(famous["id"]),
        }

    async def grow(self, size: int) -> None:
        """So many of everything; and no cache knows anything."""
        async with self.resources.db.transaction() as session:
            for statement in _GROW:
                await session.execute(text(statement.format(first=self.size + 1, last=size, **self.names)))
        async with self.resources.db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text("ANALYZE"))
        self.size = size
        await self.resources.feeds.flush()  # type: ignore[attr-defined]
        self.resources.changes.doubt()
        self.resources.changes.trust()
        await self.reader.home()

    async def middle(self) -> int:
        """A post that half of all posts are older than."""
        async with self.resources.db.reading() as session:
            query = text("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY id) FROM posts")
            return int(await session.scalar(query) or 0)

    async def news(self) -> None:
        """Something new for everybody, so that no page is kept."""
        await self.author.says("新的 #微职#")
        await self.friend.says("新的 #微职#")
        await self.world.settle()

    async def cost(self, deed: Callable[[], Awaitable[Any]]) -> Cost:
        before = await self.meter.rows()
        self.meter.reset()
        await deed()
        statements, round_trips = self.meter.cost
        return Cost(statements, round_trips, await self.meter.rows() - before)


@pytest.fixture
async def town(world: World, resources: Resources, meter: Meter) -> Town:
    found = Town(world, resources, meter, await world.people("reader", "author", "friend"))
    await found.found()
    return found


async def measure(town: Town) -> dict[str, Cost]:
    """What each hot endpoint costs in a town."""
    reader, author, friend, cost = town.reader, town.author, town.friend, town.cost
    middle, famous = await town.middle(), town.names["famous"]
    found: dict[str, Cost] = {}

    async def get(name: str, path: str, person: Person = reader, **params: Any) -> None:
        """A page that changed, after this process has met the reader."""
        await person.get(path, **params)
        await town.news()
        found[name] = await cost(lambda: person.get(path, **params))

    await get("home changed", "/api/v1/timelines/home")
    found["home warm"] = await cost(reader.home)
    await get("calm home changed", "/api/v1/timelines/home", order="calm")
    found["home deep"] = await cost(lambda: reader.home(max_id=middle))
    for name, path in {
        "public": "timelines/public",
        "tag": "timelines/tag/微职",
        "list": f"timelines/list/{town.names['list']}",
        "account": f"accounts/{author.id}/statuses",
    }.items():
        await get(name, f"/api/v1/{path}")
        await get(f"{name} deep", f"/api/v1/{path}", max_id=middle)
    await get("notifications", "/api/v1/notifications")
    await get("grouped notifications", "/api/v2/notifications")
    await friend.post(f"/api/v1/statuses/{famous}/favourite")
    found["status"] = await cost(lambda: reader.get(f"/api/v1/statuses/{famous}"))
    await friend.post(f"/api/v1/statuses/{famous}/unfavourite")
    found["account itself"] = await cost(lambda: reader.get(f"/api/v1/accounts/{author.id}"))
    found["publish"] = await cost(lambda: author.says("话 #微职#"))
    found["repost"] = await cost(lambda: friend.reposts({"id": str(famous)}))
    await friend.post(f"/api/v1/statuses/{famous}/unreblog")
    found["follow"] = await cost(lambda: friend.follows(author))
    await friend.post(f"/api/v1/accounts/{author.id}/unfollow")
    await town.world.settle()
    return found


async def test_costs_do_not_grow(town: Town) -> None:
    costs: dict[int, dict[str, Cost]] = {}
    for size in SIZES:
        await town.grow(size)
        costs[size] = await measure(town)
    small, middle, large = (costs[size] for size in SIZES)
    for name, cost in large.items():
        told = f"{name}: {small[name]}, {middle[name]}, {cost}"
        assert cost[:2] <= STEPS.get(name, middle[name][:2]), told
        if name == "grouped notifications":
            # A group is counted, up to a thousand; beyond the page's own 200 rows that is all there is.
            assert cost.rows <= 200 + 1000, told
            continue
        # Logarithmic at most, and a page that was not full is now.
        most = SIZES[-1] * PER_MEMBER if name.startswith("list") else 1.5 * middle[name].rows + 60
        assert cost.rows <= most, told
