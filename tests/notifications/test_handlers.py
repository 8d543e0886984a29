"""Who is told of what, and who is not."""

from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.notifications.handlers import tell_of_follow, tell_of_post, withdraw_deleted
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def told(person: Person, **params: Any) -> list[tuple[str, str, str | None]]:
    """(type, from whom, with which post), newest first."""
    await person.world.settle()
    answer = await person.get("/api/v1/notifications", **params)
    return [(one["type"], one["account"]["username"], (one["status"] or {}).get("id")) for one in answer]


class TestMention:
    async def test_tells_whom_a_post_names(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("@bo 看看这个职位")

        assert await told(bo) == [("mention", "anna", post["id"])]
        assert await told(anna) == []

    async def test_tells_whom_a_comment_answers_though_it_names_nobody(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("招聘")
        comment = await bo.says("还招吗", in_reply_to_id=post["id"])

        assert await told(anna) == [("mention", "bo", comment["id"])]

    async def test_never_tells_oneself(self, world: World) -> None:
        anna = await world.person("anna")
        post = await anna.says("@anna 备忘")
        await anna.says("续", in_reply_to_id=post["id"])

        assert await told(anna) == []

    async def test_goes_with_its_post(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("@bo 看看")
        await world.settle()
        await anna.request("DELETE", f"/api/v1/statuses/{post['id']}", expect=200)

        # At once, before any handler ran; and for good.
        assert await bo.get("/api/v1/notifications") == []
        assert await told(bo) == []


class TestRepost:
    async def test_tells_the_author_with_the_original(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("招聘")
        await bo.reposts(post)

        assert await told(anna) == [("reblog", "bo", post["id"])]

    async def test_that_is_taken_back_is_told_no_more(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("招聘")
        await bo.reposts(post)
        await world.settle()
        await bo.post(f"/api/v1/statuses/{post['id']}/unreblog")
        assert await told(anna) == []

        await bo.reposts(post)
        assert await told(anna) == [("reblog", "bo", post["id"])]


class TestLike:
    async def test_tells_the_author_until_it_is_taken_back(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("招聘")
        await bo.post(f"/api/v1/statuses/{post['id']}/favourite")
        await anna.post(f"/api/v1/statuses/{post['id']}/favourite")
        assert await told(anna) == [("favourite", "bo", post["id"])]

        await bo.post(f"/api/v1/statuses/{post['id']}/unfavourite")
        assert await told(anna) == []


class TestPoll:
    async def test_that_ended_is_told_to_who_asked_and_who_voted(self, world: World, resources: Resources) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        post = await anna.says("去哪", poll={"options": ["南京", "杭州"], "expires_in": 3600})
        await bo.post(f"/api/v1/polls/{post['poll']['id']}/votes", {"choices": [0]})
        assert await told(bo) == []
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE polls SET expires_at = now() - interval '1 second'"))
            await session.execute(text("UPDATE tasks SET run_at = now()"))

        assert await told(bo) == [("poll", "anna", post["id"])]
        assert await told(anna) == [("poll", "anna", post["id"])]
        assert await told(cy) == []


class TestEdit:
    async def test_is_told_to_those_who_reposted_or_quoted(self, world: World) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        post = await anna.says("招聘")
        await bo.reposts(post)
        quote = await cy.says("转", quoted_status_id=post["id"])
        await world.settle()
        for words in ("招聘，改了", "招聘，又改了"):
            await anna.request("PUT", f"/api/v1/statuses/{post['id']}", json={"status": words}, expect=200)
            # Told again, with a new id, in place of the last time.
            assert await told(bo) == [("update", "anna", post["id"])]
            assert await told(cy) == [("quoted_update", "anna", quote["id"])]

    async def test_is_new_each_time(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("招聘")
        await bo.reposts(post)
        ids = []
        for words in ("一", "二"):
            await anna.request("PUT", f"/api/v1/statuses/{post['id']}", json={"status": words}, expect=200)
            await world.settle()
            ids.append(int((await bo.get("/api/v1/notifications"))[0]["id"]))

        assert ids[1] > ids[0]

    async def test_tells_whom_it_mentions_now(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("招聘")
        await anna.request("PUT", f"/api/v1/statuses/{post['id']}", json={"status": "招聘 @bo"}, expect=200)

        assert await told(bo) == [("mention", "anna", post["id"])]


class TestQuote:
    async def test_tells_the_quoted_author_once_with_the_quote(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("招聘")
        quote = await bo.says("@anna 转给朋友", quoted_status_id=post["id"])

        assert await told(anna) == [("quote", "bo", quote["id"])]


class TestFollow:
    async def test_tells_the_followed_until_it_ends(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await bo.follows(anna)
        assert await told(anna) == [("follow", "bo", None)]

        await bo.post(f"/api/v1/accounts/{anna.id}/unfollow")
        assert await told(anna) == []

    async def test_of_a_locked_account_is_told_as_a_request_then_as_a_follow(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.request("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True}, expect=200)
        await bo.follows(anna)
        assert await told(anna) == [("follow_request", "bo", None)]

        await anna.post(f"/api/v1/follow_requests/{bo.id}/authorize")
        assert await told(anna) == [("follow", "bo", None)]

    async def test_request_that_is_taken_back_is_told_no_more(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.request("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True}, expect=200)
        await bo.follows(anna)
        await world.settle()
        await bo.post(f"/api/v1/accounts/{anna.id}/unfollow")

        assert await told(anna) == []

    async def test_with_notify_tells_of_each_post_but_reposts_and_answers(self, world: World) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        await bo.post(f"/api/v1/accounts/{anna.id}/follow", {"notify": True})
        others = await cy.says("别人的")
        post = await anna.says("招聘", visibility="private")
        await anna.reposts(others)
        await anna.says("答", in_reply_to_id=others["id"])
        await anna.says("私信", visibility="direct")

        assert await told(bo) == [("status", "anna", post["id"])]


class TestRepeating:
    async def test_tells_each_fact_once(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("@bo 看看")
        await anna.follows(bo)
        await anna.reposts(await bo.says("招聘"))
        before = await told(bo)
        assert len(before) == 3

        async with resources.db.transaction() as session:
            await tell_of_post(session, [{"post_id": int(post["id"])}])
            await tell_of_follow(session, [{"follower_id": int(anna.id), "followee_id": int(bo.id)}])
            await withdraw_deleted(session, [{"post_id": int(post["id"])}])

        assert await told(bo) == before
