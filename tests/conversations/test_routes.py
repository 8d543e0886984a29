"""Direct messages as threads: who has which, what is unread, and whose words are never shown."""

from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.conversations.handlers import keep
from tests.meter import Meter
from tests.people import Person, World

pytestmark = pytest.mark.anyio

_PATH = "/api/v1/conversations"


@pytest.fixture
async def people(world: World) -> list[Person]:
    """Three who follow each other: strangers' words wait in requests."""
    three = await world.people("anna", "bo", "cy")
    for one in three:
        for other in three:
            if one is not other:
                await one.follows(other)
    await world.settle()
    return three


async def listed(person: Person, **params: Any) -> list[dict[str, Any]]:
    await person.world.settle()
    found: list[dict[str, Any]] = await person.get(_PATH, **params)
    return found


def told(conversation: dict[str, Any]) -> tuple[list[str], bool, str]:
    """(the others, whether it is unread, the last post)."""
    others = sorted(account["username"] for account in conversation["accounts"])
    return others, conversation["unread"], conversation["last_status"]["id"]


class TestList:
    async def test_holds_a_thread_for_each_participant(self, people: list[Person]) -> None:
        anna, bo, cy = people
        post = await anna.says("@bo 周三面试方便吗", visibility="direct")
        assert [told(one) for one in await listed(anna)] == [(["bo"], False, post["id"])]
        assert [told(one) for one in await listed(bo)] == [(["anna"], True, post["id"])]
        assert await listed(cy) == []

        answer = await bo.says("@anna 方便", visibility="direct", in_reply_to_id=post["id"])
        assert [told(one) for one in await listed(anna)] == [(["bo"], True, answer["id"])]
        # Who answers has read it.
        assert [told(one) for one in await listed(bo)] == [(["anna"], False, answer["id"])]

    async def test_keeps_other_circles_and_other_threads_apart(self, people: list[Person]) -> None:
        anna, bo, _ = people
        first = await anna.says("@bo 一", visibility="direct")
        await anna.says("@bo @cy 二", visibility="direct", in_reply_to_id=first["id"])
        await anna.says("@bo 三", visibility="direct")

        assert [told(one)[0] for one in await listed(bo)] == [["anna"], ["anna", "cy"], ["anna"]]

    async def test_holds_direct_posts_only(self, people: list[Person]) -> None:
        anna, bo, _ = people
        await anna.says("@bo 公开", visibility="public")
        await anna.says("@bo 关注者", visibility="private")

        assert await listed(bo) == []

    async def test_holds_notes_to_oneself(self, people: list[Person]) -> None:
        anna = people[0]
        post = await anna.says("备忘", visibility="direct")

        assert [told(one) for one in await listed(anna)] == [(["anna"], False, post["id"])]

    async def test_pages_by_the_last_post(self, world: World, people: list[Person]) -> None:
        anna, bo, _ = people
        posts = [await anna.says(f"@bo {number}", visibility="direct") for number in range(5)]
        await world.settle()
        first = await bo.request("GET", _PATH, params={"limit": 2})
        assert f"max_id={posts[3]['id']}" in first.headers["link"]

        second = await bo.get(_PATH, limit=2, max_id=posts[3]["id"])
        assert [told(one)[2] for one in second] == [posts[2]["id"], posts[1]["id"]]
        assert [told(one)[2] for one in await bo.get(_PATH, limit=1, min_id=posts[0]["id"])] == [posts[1]["id"]]

    @pytest.mark.parametrize("count", [1, 6])
    async def test_costs_the_same_for_any_page(
        self, world: World, people: list[Person], meter: Meter, count: int
    ) -> None:
        anna, bo, _ = people
        for number in range(count):
            await anna.says(f"@bo {number}", visibility="direct")
        await listed(bo)
        meter.reset()
        await bo.get(_PATH)
        # The rows; their last posts' ids; these posts; the reader's standing; the others.
        assert meter.cost[0] == 5, "\n\n".join(meter.statements)


class TestGate:
    @pytest.mark.parametrize("who", ["anna blocks bo", "bo blocks anna", "anna mutes bo", "bo is suspended"])
    async def test_never_shows_what_may_not_be_seen(self, people: list[Person], resources: Resources, who: str) -> None:
        anna, bo, cy = people
        post = await anna.says("@bo @cy 一起", visibility="direct")
        answer = await cy.says("@anna @bo 好", visibility="direct", in_reply_to_id=post["id"])
        await bo.says("@anna @cy 不好", visibility="direct", in_reply_to_id=answer["id"])
        assert len(await listed(anna)) == 1
        ids = {"anna": int(anna.id), "bo": int(bo.id)}
        statement = {
            "anna blocks bo": "INSERT INTO blocks (account_id, target_id) VALUES (:anna, :bo)",
            "bo blocks anna": "INSERT INTO blocks (account_id, target_id) VALUES (:bo, :anna)",
            "anna mutes bo": "INSERT INTO mutes (account_id, target_id) VALUES (:anna, :bo)",
            "bo is suspended": "UPDATE accounts SET suspended_at = now() WHERE id = :bo AND id <> :anna",
        }[who]
        async with resources.db.transaction() as session:
            await session.execute(text(statement), ids)

        # What was said before is the last that shows.
        assert [told(one)[2] for one in await listed(anna)] == [answer["id"]]
        assert [one["id"] for one in await anna.get("/api/v1/timelines/direct")] == [answer["id"], post["id"]]

    async def test_a_block_keeps_it_from_being_unread(self, people: list[Person], resources: Resources) -> None:
        anna, bo, _ = people
        await anna.says("@bo 你好", visibility="direct")
        async with resources.db.transaction() as session:
            await session.execute(
                text("INSERT INTO blocks (account_id, target_id) VALUES (:bo, :anna)"),
                {"anna": int(anna.id), "bo": int(bo.id)},
            )
        await anna.world.settle()

        assert await listed(bo) == []
        async with resources.db.transaction() as session:
            await session.execute(text("DELETE FROM blocks"))
        assert [told(one)[1] for one in await listed(bo)] == [False]


class TestRequests:
    async def test_hold_what_strangers_write_until_they_are_accepted(self, world: World, people: list[Person]) -> None:
        anna, bo, _ = people
        di = await world.person("di")
        first = await di.says("@anna @bo 有个机会", visibility="direct")
        assert await listed(anna) == []
        assert [told(one) for one in await listed(di)] == [(["anna", "bo"], False, first["id"])]
        (request,) = await anna.get("/api/v1/notifications/requests")
        await anna.post(f"/api/v1/notifications/requests/{request['id']}/accept")

        assert [told(one) for one in await listed(anna)] == [(["bo", "di"], True, first["id"])]
        assert await listed(bo) == []
        second = await di.says("@anna @bo 还有一个", visibility="direct", in_reply_to_id=first["id"])
        assert [told(one)[2] for one in await listed(anna)] == [second["id"]]

    async def test_dismissed_leave_no_trace(self, world: World, people: list[Person]) -> None:
        anna = people[0]
        di = await world.person("di")
        await di.says("@anna 有个机会", visibility="direct")
        await world.settle()
        (request,) = await anna.get("/api/v1/notifications/requests")
        await anna.post(f"/api/v1/notifications/requests/{request['id']}/dismiss")
        assert await listed(anna) == []

    async def test_are_not_for_answers(self, world: World, people: list[Person]) -> None:
        anna = people[0]
        di = await world.person("di")
        asked = await anna.says("@di 在吗", visibility="direct")
        answer = await di.says("@anna 在", visibility="direct", in_reply_to_id=asked["id"])
        assert [told(one) for one in await listed(anna)] == [(["di"], True, answer["id"])]


class TestDelete:
    async def test_of_a_post_brings_the_one_before_back(self, people: list[Person]) -> None:
        anna, bo, _ = people
        first = await anna.says("@bo 一", visibility="direct")
        second = await anna.says("@bo 二", visibility="direct", in_reply_to_id=first["id"])
        await listed(bo)
        await anna.request("DELETE", f"/api/v1/statuses/{second['id']}", expect=200)

        # At once, and once the worker was there.
        assert [told(one)[2] for one in await bo.get(_PATH)] == [first["id"]]
        assert [told(one)[2] for one in await listed(bo)] == [first["id"]]
        await anna.request("DELETE", f"/api/v1/statuses/{first['id']}", expect=200)
        assert await listed(bo) == []

    async def test_of_a_conversation_lasts_until_somebody_writes(
        self, people: list[Person], resources: Resources
    ) -> None:
        anna, bo, cy = people
        post = await anna.says("@bo 一", visibility="direct")
        (one,) = await listed(bo)
        await cy.request("DELETE", f"{_PATH}/{one['id']}", expect=404)
        await bo.request("DELETE", f"{_PATH}/{one['id']}", expect=200)
        async with resources.db.transaction() as session:
            await keep(session, [{"post_id": int(post["id"])}])
        assert await listed(bo) == []
        assert len(await listed(anna)) == 1

        await anna.says("@bo 二", visibility="direct", in_reply_to_id=post["id"])
        assert [again["id"] for again in await listed(bo)] == [one["id"]]


class TestRead:
    async def test_marks_and_unmarks(self, people: list[Person], resources: Resources) -> None:
        anna, bo, _ = people
        post = await anna.says("@bo 一", visibility="direct")
        (one,) = await listed(bo)
        await anna.post(f"{_PATH}/{one['id']}/read", expect=404)

        assert (await bo.post(f"{_PATH}/{one['id']}/read"))["unread"] is False
        # A handler that runs again makes nothing unread.
        async with resources.db.transaction() as session:
            await keep(session, [{"post_id": int(post["id"])}])
        assert [again["unread"] for again in await listed(bo)] == [False]
        assert (await bo.post(f"{_PATH}/{one['id']}/unread"))["unread"] is True


class TestDirectTimeline:
    async def test_holds_what_one_wrote_and_was_written(self, people: list[Person]) -> None:
        anna, bo, cy = people
        first = await anna.says("@bo 一", visibility="direct")
        second = await bo.says("@anna 二", visibility="direct")
        await anna.says("公开")
        await anna.world.settle()

        for person in (anna, bo):
            assert [one["id"] for one in await person.get("/api/v1/timelines/direct")] == [second["id"], first["id"]]
        assert await cy.get("/api/v1/timelines/direct") == []
