"""Threads: /statuses/:id/context."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.bootstrap import Resources
from app.timeline.thread import _ANCESTORS, _DESCENDANTS
from tests.interactions.test_routes import block
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def context(person: Person, post: dict[str, Any]) -> tuple[list[str], list[str]]:
    answer = await person.get(f"/api/v1/statuses/{post['id']}/context")
    return [one["id"] for one in answer["ancestors"]], [one["id"] for one in answer["descendants"]]


async def reply(person: Person, to: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return await person.says("答", in_reply_to_id=to["id"], **fields)


class TestContext:
    async def test_has_what_is_above_from_the_root_and_what_is_below_depth_first(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        root = await anna.says("根")
        first, second = await reply(bo, root), await reply(bo, root)
        under_second, under_first = await reply(anna, second), await reply(anna, first)
        deepest = await reply(bo, under_first)
        assert await context(bo, root) == (
            [],
            [one["id"] for one in (first, under_first, deepest, second, under_second)],
        )
        assert await context(bo, deepest) == ([one["id"] for one in (root, first, under_first)], [])
        assert await context(bo, await bo.reposts(first)) == ([root["id"]], [under_first["id"], deepest["id"]])

    async def test_has_what_people_add_to_their_own_words_first(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        root = await anna.says("一")
        answer = await reply(bo, root)
        more = await reply(anna, root)
        assert (await context(bo, root))[1] == [more["id"], answer["id"]]

    async def test_goes_on_beyond_what_is_hidden_or_deleted(self, world: World, resources: Resources) -> None:
        anna, bo, cy, reader = await world.people("anna", "bo", "cy", "reader")
        root = await anna.says("根")
        private = await reply(bo, root, visibility="private")
        await bo.follows(anna)
        await cy.follows(bo)
        beyond = await reply(cy, private)
        lost = await reply(bo, beyond)
        last = await reply(cy, lost)
        await bo.request("DELETE", f"/api/v1/statuses/{lost['id']}", expect=200)
        assert await context(reader, root) == ([], [beyond["id"], last["id"]])
        assert await context(reader, last) == ([root["id"], beyond["id"]], [])
        assert await context(cy, last) == ([root["id"], private["id"], beyond["id"]], [])
        await block(resources, reader, cy)
        assert await context(reader, root) == ([], [])
        async with resources.db.transaction() as session:
            await session.execute(
                text("INSERT INTO mutes (account_id, target_id) VALUES (:me, :other)"),
                {"me": int(bo.id), "other": int(anna.id)},
            )
        assert (await context(bo, last))[0] == [private["id"], beyond["id"]]
        assert await context(bo, private) == ([], [beyond["id"], last["id"]])

    async def test_of_what_one_may_not_see_is_not_there(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        hidden = await anna.says("密", visibility="private")
        await bo.get(f"/api/v1/statuses/{hidden['id']}/context", expect=404)
        await bo.get("/api/v1/statuses/1/context", expect=404)

    async def test_is_shorter_for_those_who_are_not_signed_in(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        ids = await chain(resources, anna, 1, 50)
        top, middle, bottom = ids[0], ids[25], ids[-1]
        assert await context(anna, {"id": bottom}) == (ids[:-1], [])

        async def anonymous(id: str) -> tuple[list[str], list[str]]:
            answer = (await world.client.get(f"/api/v1/statuses/{id}/context")).json()
            return [one["id"] for one in answer["ancestors"]], [one["id"] for one in answer["descendants"]]

        assert await anonymous(bottom) == (ids[9:49], [])
        assert await anonymous(top) == ([], ids[1:21])
        assert await anonymous(middle) == (ids[:25], ids[26:46])
        broad = (await anna.says("根"))["id"]
        async with resources.db.transaction() as session:
            for _ in range(80):
                await insert(session, int(anna.id), above=int(broad), root=int(broad))
        assert len((await anonymous(broad))[1]) == 60
        assert len((await context(anna, {"id": broad}))[1]) == 80

    async def test_of_a_thousand_replies_goes_by_the_index(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        ids = await chain(resources, anna, 20, 50)
        for _ in range(20):
            await chain(resources, anna, 1, 50)
        async with resources.db.transaction() as session:
            await session.execute(text("ANALYZE posts"))
            for statement, id in ((_DESCENDANTS, ids[0]), (_ANCESTORS, ids[-1])):
                plan = "\n".join(
                    await session.scalars(
                        text(f"EXPLAIN {statement.text}"), {"id": int(id), "most": 20_000, "depth": 4096}
                    )
                )
                assert "Index" in plan, plan
                assert "Seq Scan on posts" not in plan, plan
        assert len((await context(anna, {"id": ids[0]}))[1]) == 20 * 50 - 1


async def chain(resources: Resources, author: Person, chains: int, length: int) -> list[str]:
    """Chains of replies below one root, as rows: ids in the order they were made, the root first."""
    ids: list[int] = []
    async with resources.db.transaction() as session:
        for _ in range(chains):
            above = ids[0] if ids else None
            for _ in range(length):
                above = await insert(session, int(author.id), above=above, root=ids[0] if ids else None)
                ids.append(above)
    return [str(id) for id in ids]


_INSERT = text(
    """
    INSERT INTO posts (author_id, text, in_reply_to_id, in_reply_to_account_id, conversation_id)
    SELECT id, '答', CAST(:above AS bigint), CASE WHEN CAST(:above AS bigint) > 0 THEN id END, CAST(:root AS bigint)
    FROM accounts WHERE id = :author RETURNING id
    """
)


async def insert(session: AsyncSession, author: int, *, above: int | None, root: int | None) -> int:
    return (await session.execute(_INSERT, {"author": author, "above": above, "root": root})).scalar_one()
