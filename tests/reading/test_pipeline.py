"""Reading posts: statements bounded whatever a page holds, and rules that decide last."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from app.bootstrap import Resources
from app.kit.changes import ALL
from app.kit.db import touch
from app.reading.hydrate import hydrate
from tests.people import World

pytestmark = pytest.mark.anyio


@contextmanager
def counted(resources: Resources) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = resources.db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


class TestHydrate:
    async def test_takes_at_most_four_statements_whatever_the_page_holds(
        self, world: World, resources: Resources
    ) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        await cy.follows(anna)
        ids = []
        for number in range(3):
            post = await anna.says(f"帖 {number} @bo")
            quote = await bo.says("引", quoted_status_id=post["id"])
            repost = await cy.reposts(quote)
            job = await anna.publishes_job()
            ids += [int(id) for id in (post["id"], quote["id"], repost["id"], job["status_id"])]
        for page in (ids[:1], ids):
            with counted(resources) as statements:
                async with resources.db.reading() as session:
                    found = await hydrate(session, ids=page, viewer_id=int(cy.id))
            assert set(page) <= set(found.posts)
            assert len(statements) <= 4, statements

    async def test_of_nothing_asks_nothing(self, resources: Resources) -> None:
        with counted(resources) as statements:
            async with resources.db.reading() as session:
                assert (await hydrate(session, ids=[], viewer_id=1)).posts == {}
        assert statements == []


class TestRules:
    async def test_hide_a_suspended_authors_posts_also_as_reposts_and_quotes(
        self, world: World, resources: Resources
    ) -> None:
        author, fan, reader = await world.people("author", "fan", "reader")
        await reader.follows(fan)
        post = await author.says("有问题的话")
        await fan.reposts(post)
        quote = await fan.says("引", quoted_status_id=post["id"])
        await world.settle()
        assert len(await reader.home()) == 2
        async with resources.db.transaction() as session:
            touch(session, ALL)
            await session.execute(
                text("UPDATE accounts SET suspended_at = now() WHERE id = :id"), {"id": int(author.id)}
            )
        (left,) = await reader.home()
        assert (left["id"], left["quote"]["quoted_status"]) == (quote["id"], None)
        assert "有问题的话" not in str(left)
        await reader.get(f"/api/v1/statuses/{post['id']}", expect=404)
        await reader.get(f"/api/v1/accounts/{author.id}", expect=404)
        refused = await author.request("GET", "/api/v1/accounts/verify_credentials")
        assert refused.status_code == 401
        assert await reader.get("/api/v1/accounts/relationships", **{"id[]": author.id}) == []

    async def test_show_a_quote_of_a_private_post_to_whom_the_post_is_shown(self, world: World) -> None:
        author, reader = await world.people("author", "reader")
        secret = await author.says("密", visibility="private")
        quote = await author.says("公开", quoted_status_id=secret["id"])
        path = f"/api/v1/statuses/{quote['id']}"
        assert quote["visibility"] == "private"
        assert (await reader.get(path, expect=404))["code"] == "not_found"
        assert (await world.client.get(path)).status_code == 404
        await reader.follows(author)
        shown = await reader.get(path)
        assert (shown["quote"]["state"], shown["quote_approval"]["current_user"]) == ("accepted", "denied")
