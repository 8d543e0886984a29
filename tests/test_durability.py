"""Nothing acknowledged is ever lost: real worker processes are killed, Valkey is emptied, and every post is counted."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from copy import copy
from pathlib import Path

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.pagination import Page
from app.posts import writing
from tests.people import Person, World

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("durability")]

FOLLOWERS = 3000
POSTS = 12


@pytest.fixture
def worker_env(resources: Resources, tmp_path: Path) -> dict[str, str]:
    settings = resources.settings
    assert settings.database_url
    assert settings.redis_url
    return {
        **os.environ,
        "WEIZHI_DATABASE_URL": settings.database_url.get_secret_value(),
        "WEIZHI_REDIS_URL": settings.redis_url.get_secret_value(),
        "WEIZHI_DATA": str(tmp_path),
        "WEIZHI_TASK_LEASE_SECONDS": "1",
    }


@asynccontextmanager
async def worker(env: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", "worker", env=env, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 45) -> None:
    """Wait until `condition` holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.005)


async def crowd(resources: Resources, followee: Person) -> list[int]:
    """Followers who have all read their home timelines: each has a stored feed."""
    async with resources.db.transaction() as session:
        rows = await session.execute(
            text(
                """
                WITH made AS (
                    INSERT INTO accounts (username, handle)
                    SELECT 'f' || n, 'f' || n FROM generate_series(1, :count) AS n
                    RETURNING id
                ), stats AS (INSERT INTO account_stats (account_id, following_count) SELECT id, 1 FROM made)
                INSERT INTO follows (follower_id, followee_id) SELECT id, :followee FROM made RETURNING follower_id
                """
            ),
            {"count": FOLLOWERS, "followee": int(followee.id)},
        )
        followers = [row[0] for row in rows]
        await session.execute(
            text("UPDATE account_stats SET followers_count = :count WHERE account_id = :id"),
            {"count": FOLLOWERS, "id": int(followee.id)},
        )
    for follower in followers:
        token = await resources.feeds.open(follower)
        await resources.feeds.fill(follower, token, [], whole=True)
    return followers


async def lacking(resources: Resources, followers: list[int], acknowledged: list[int]) -> list[int]:
    """Followers whose stored feed exists and lacks an acknowledged post. Missing feeds are rebuilt when read."""
    wanted, found = set(acknowledged), []
    for follower in followers:
        page = await resources.feeds.read(follower, Page(limit=100))
        if page is not None and not wanted <= set(page.ids):
            found.append(follower)
    return found


async def delivered(resources: Resources, follower: int) -> int:
    page = await resources.feeds.read(follower, Page(limit=100))
    return len(page.ids) if page else 0


async def idle(resources: Resources) -> bool:
    async with resources.db.reading() as session:
        return not await session.scalar(
            text("SELECT (SELECT count(*) FROM outbox_events) + (SELECT count(*) FROM tasks WHERE state <> 'dead')")
        )


async def test_a_worker_killed_in_the_middle_of_fan_out_loses_nothing(
    world: World, resources: Resources, worker_env: dict[str, str]
) -> None:
    author = await world.person("author")
    followers = await crowd(resources, author)
    acknowledged = [int((await author.says(f"第 {number} 条"))["id"]) for number in range(POSTS)]

    async with worker(worker_env) as killed:

        async def in_the_middle() -> bool:
            return await delivered(resources, followers[0]) > 0

        await until(in_the_middle)
        killed.send_signal(signal.SIGKILL)
        await killed.wait()
    assert not await idle(resources), "the worker was done before it was killed: nothing is shown"

    async with worker(worker_env):
        await until(lambda: idle(resources))

    assert await lacking(resources, followers, acknowledged) == []


async def test_flushall_in_the_middle_of_fan_out_loses_nothing(
    world: World, resources: Resources, worker_env: dict[str, str]
) -> None:
    author, *readers = await world.people("author", "r1", "r2", "r3")
    for reader in readers:
        await reader.follows(author)
        await reader.home()
    followers = await crowd(resources, author)
    acknowledged = [int((await author.says(f"第 {number} 条"))["id"]) for number in range(POSTS)]

    async with worker(worker_env):

        async def in_the_middle() -> bool:
            return await delivered(resources, followers[0]) > 0

        await until(in_the_middle)
        await resources.feeds.flush()  # type: ignore[attr-defined]
        await readers[0].home()
        await until(lambda: idle(resources))

    for reader in readers:
        shown = [int(status["id"]) for status in await reader.home(limit=40)]
        assert shown == acknowledged[::-1]
    assert await lacking(resources, followers, acknowledged) == []


async def test_the_checker_sees_a_post_whose_outbox_row_was_skipped(
    world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    author = await world.person("author")
    followers = await crowd(resources, author)

    without = copy(writing._INSERT)
    without.sql = re.sub(r"INSERT INTO outbox_events \([^)]*\)", "", without.sql)
    assert without.sql != writing._INSERT.sql
    monkeypatch.setattr(writing, "_INSERT", without)
    acknowledged = [int((await author.says("没有出箱行"))["id"])]
    await world.settle()

    assert await lacking(resources, followers, acknowledged) == followers


async def test_home_answers_from_postgresql_while_valkey_is_away(
    world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, author = await world.people("reader", "author")
    await reader.follows(author)
    post = await author.says("还在")
    feeds = type(resources.feeds)("redis://127.0.0.1:1/0", days=1)  # type: ignore[call-arg]
    monkeypatch.setattr(type(resources), "feeds", property(lambda self: feeds))
    try:
        assert [status["id"] for status in await reader.home()] == [post["id"]]
    finally:
        await feeds.close()
