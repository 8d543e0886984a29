"""What foreign keys no longer see to is found."""

from io import StringIO

import asyncpg
import pytest
from rich.console import Console
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.dsn import driver_url
from app.kit.references import find_dangling
from app.operating import check_rows
from tests.people import World

pytestmark = pytest.mark.anyio


class TestFindDangling:
    async def test_finds_nothing_in_what_people_did(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("招人 #微职#")
        await bo.reposts(post)
        await bo.post(f"/api/v1/statuses/{post['id']}/favourite")
        await world.settle()
        await anna.request("DELETE", f"/api/v1/statuses/{post['id']}", expect=200)
        await world.settle()
        async with resources.db.reading() as session:
            assert await find_dangling(session) == {}

    async def test_is_told_to_operators(self, db_url: str) -> None:
        said = StringIO()
        assert await check_rows(db_url, Console(file=said))
        connection = await asyncpg.connect(driver_url(db_url))
        await connection.execute("INSERT INTO post_tags (tag, post_id, author_id) VALUES ('x', 1, 1)")
        await connection.close()
        assert not await check_rows(db_url, Console(file=said))
        assert said.getvalue() == "post_tags.post_id: 1\n"

    @pytest.mark.parametrize(
        ("deed", "found"),
        [
            ("DELETE FROM posts WHERE kind = 'post'", {"post_stats.post_id", "posts.repost_of_id", "likes.post_id"}),
            ("UPDATE post_stats SET author_id = author_id + 1", {"post_stats.post_id"}),
            ("INSERT INTO posts (id, author_id) SELECT id, author_id + 1 FROM posts LIMIT 1", {"posts"}),
        ],
    )
    async def test_finds_what_no_foreign_key_refuses(
        self, world: World, resources: Resources, deed: str, found: set[str]
    ) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("招人")
        await bo.reposts(post)
        await bo.post(f"/api/v1/statuses/{post['id']}/favourite")
        async with resources.db.transaction() as session:
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            await session.execute(text(deed))
            assert found <= set(await find_dangling(session))
            await session.rollback()
