"""Fan-out in chunks of followers."""

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.pagination import Page
from app.timeline import handlers
from tests.people import World

pytestmark = pytest.mark.anyio


async def test_many_posts_reach_everyone_some_at_a_time(
    world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "_DELIVERIES_AT_ONCE", 3)
    *authors, reader, other = await world.people("a", "b", "c", "reader", "other")
    for author in authors:
        await reader.follows(author)
    await other.follows(authors[0])
    await world.settle()
    for one in (reader, other):
        await one.home()
    posts = [(int((await author.says("大家好"))["id"]), author) for author in authors * 3]
    await world.settle()
    for one, followed in ((reader, authors), (other, authors[:1])):
        page = await resources.feeds.read(int(one.id), Page(limit=40))
        assert page is not None
        assert list(page.ids) == [id for id, author in posts if author in followed][::-1]


async def test_cuts_many_followers_into_few_chunks_that_reach_everyone(
    world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "_FOLLOWERS_PER_CHUNK", 10)
    author = await world.person("author")
    async with resources.db.transaction() as session:
        rows = await session.execute(
            text(
                "WITH made AS (INSERT INTO accounts (username, handle) SELECT 'f' || n, 'f' || n"
                " FROM generate_series(1, 35) AS n RETURNING id)"
                " INSERT INTO follows (follower_id, followee_id) SELECT id, :followee FROM made RETURNING follower_id"
            ),
            {"followee": int(author.id)},
        )
        followers = [row[0] for row in rows]
        counted = text("UPDATE account_stats SET followers_count = 35 WHERE account_id = :id")
        await session.execute(counted, {"id": int(author.id)})
    for follower in followers:
        token = await resources.feeds.open(follower)
        await resources.feeds.fill(follower, token, [], whole=True)
    post = await author.says("大家好")

    await world.relay._expand(0)
    fan_out = await world.relay._claim(10)
    async with resources.db.transaction() as session:
        await handlers.fan_out(
            session,
            resources.feeds,
            [payload for task in fan_out if task.handler == "timeline.fan_out" for payload in task.payloads],
            pull_followers=100,
        )
    async with resources.db.reading() as session:
        chunks = await session.scalar(text("SELECT count(*) FROM tasks WHERE handler = 'timeline.fan_out_chunk'"))
    assert chunks == 4

    await world.settle()
    for follower in followers:
        page = await resources.feeds.read(follower, Page(limit=5))
        assert page is not None
        assert list(page.ids) == [int(post["id"])]
