"""The tables that docs/scale.md says can be split are split: by hash of their owner, and the service runs on that."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.bootstrap import Resources
from app.kit.clock import now
from app.kit.dsn import driver_url
from app.kit.references import find_dangling
from tests.express.test_truth import DEEDS, Town
from tests.people import Person, World
from tests.test_scale import listed

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("split")]

_PARTS = 2
_CONSTRAINTS = """
    SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, contype = 'f' AS foreign,
        pg_get_constraintdef(oid) AS definition
    FROM pg_constraint
    WHERE contype IN ('p', 'u', 'f') AND (conrelid = ANY($1::regclass[]) OR confrelid = ANY($1::regclass[]))
    ORDER BY contype DESC
"""
_INDEXES = """
    SELECT pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = ANY($1::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


async def split(connection: Any, owners: dict[str, str]) -> None:
    """Make each of these tables, all empty, anew in partitions; every constraint and index comes back as it was.

    PostgreSQL refuses a key that lacks the owner, and a foreign key to less than a whole key.
    """
    constraints = await connection.fetch(_CONSTRAINTS, list(owners))
    indexes = [row[0] for row in await connection.fetch(_INDEXES, list(owners))]
    for one in constraints:
        if one["foreign"]:
            await connection.execute(f"ALTER TABLE {one['table']} DROP CONSTRAINT {one['name']}")
    kept = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING IDENTITY"
    for table, owner in owners.items():
        await connection.execute(f"CREATE TABLE split (LIKE {table} {kept}) PARTITION BY HASH ({owner})")
        await connection.execute(f"DROP TABLE {table}")
        await connection.execute(f"ALTER TABLE split RENAME TO {table}")
        for part in range(_PARTS):
            bounds = f"WITH (MODULUS {_PARTS}, REMAINDER {part})"
            await connection.execute(f"CREATE TABLE {table}_{part} PARTITION OF {table} FOR VALUES {bounds}")
    for one in constraints:
        await connection.execute(f"ALTER TABLE {one['table']} ADD CONSTRAINT {one['name']} {one['definition']}")
    for index in indexes:
        await connection.execute(index)


@pytest.fixture(scope="module")
def split_database(new_database: Callable[[str], str], worker_id: str) -> str:
    url = new_database(f"split_{worker_id}")

    async def make() -> None:
        connection = await asyncpg.connect(driver_url(url))
        try:
            async with connection.transaction():
                await split(connection, listed("ready"))
        finally:
            await connection.close()

    asyncio.run(make())
    return url


@pytest.fixture
def db_url(split_database: str) -> str:
    """What everything here runs on."""
    return split_database


async def test_what_is_not_named_as_ready_is_refused(split_database: str) -> None:
    connection = await asyncpg.connect(driver_url(split_database))
    try:
        with pytest.raises(asyncpg.FeatureNotSupportedError, match="must include all partitioning columns"):
            async with connection.transaction():
                await split(connection, {"jobs": listed("not yet")["jobs"]})
    finally:
        await connection.close()


async def test_the_service_runs_on_split_tables(world: World, resources: Resources) -> None:
    anna, bo, _ = people = await world.people("anna", "bo", "cai")
    await anna.follows(bo)
    await bo.follows(anna)
    await keep_things(anna, bo)
    await anna.publishes_job()
    town = Town(world, resources, people)
    for turn in range(2):
        for number, deed in enumerate(DEEDS):
            await town.do(deed, 100 * turn + number)
        await town.read()
    await world.settle()
    async with resources.db.reading() as session:
        assert await find_dangling(session) == {}


async def keep_things(anna: Person, bo: Person) -> None:
    """What people keep for themselves: made, read and deleted."""
    world = anna.world
    made = await anna.post("/api/v1/lists", {"title": "同行"})
    await anna.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [bo.id]})
    listed_post = await bo.says("列表里 #微职#")
    hidden = await anna.post("/api/v2/filters", {"title": "词", "context": ["home"]})
    await anna.post(f"/api/v2/filters/{hidden['id']}/statuses", {"status_id": listed_post["id"]})
    await anna.post(f"/api/v2/filters/{hidden['id']}/keywords", {"keyword": "词"})
    waiting = await bo.says("招聘 #微职#", scheduled_at=(now() + timedelta(days=1)).isoformat())
    direct = await anna.says("@bo 你好", visibility="direct")
    featured = await bo.post("/api/v1/featured_tags", {"name": "微职"})
    search = await bo.post("/api/weizhi/v1/saved_searches", {"name": "后端", "q": "后端"})
    await world.settle()
    assert [one["id"] for one in await anna.get(f"/api/v1/timelines/list/{made['id']}")] == [listed_post["id"]]
    (status,) = [one for one in await anna.home() if one["id"] == listed_post["id"]]
    assert status["filtered"][0]["filter"]["id"] == hidden["id"]
    assert [one["last_status"]["id"] for one in await bo.get("/api/v1/conversations")] == [direct["id"]]
    told = await bo.get("/api/v1/notifications")
    assert direct["id"] in {one["status"]["id"] for one in told if one["status"]}
    assert [one["id"] for one in await bo.get("/api/v1/scheduled_statuses")] == [waiting["id"]]
    await anna.request("DELETE", f"/api/v1/statuses/{direct['id']}", expect=200)
    await anna.request("DELETE", f"/api/v1/lists/{made['id']}", expect=200)
    await anna.request("DELETE", f"/api/v2/filters/{hidden['id']}", expect=200)
    await bo.request("DELETE", f"/api/v1/scheduled_statuses/{waiting['id']}", expect=200)
    await bo.request("DELETE", f"/api/v1/featured_tags/{featured['id']}", expect=200)
    await bo.request("DELETE", f"/api/weizhi/v1/saved_searches/{search['id']}")
    await world.settle()
    assert await bo.get("/api/v1/conversations") == []
