"""Suspension and badges: what an operator does on the command line, and what people see of it."""

import asyncio
import contextlib
from typing import Any

import pytest
from sqlalchemy import text

import app.moderation.counting as counting
from app.bootstrap import Resources
from app.graph import service as graph
from app.graph.schemas import FollowOptions
from app.interactions import service as interactions
from app.kit.clock import now
from app.kit.errors import Invalid, NotFound
from app.moderation.service import suspend, unsuspend, unverify, verify
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def counters(resources: Resources) -> dict[str, Any]:
    """Every counter of every account and post, by id."""
    async with resources.db.reading() as session:
        accounts = await session.execute(text("SELECT account_id, followers_count, following_count FROM account_stats"))
        posts = await session.execute(
            text("SELECT post_id, replies_count, reposts_count, quotes_count, likes_count FROM post_stats")
        )
        return {str(id): tuple(counts) for id, *counts in [*accounts, *posts]}


async def assert_counters_leave_the_suspended_out(resources: Resources) -> None:
    async with resources.db.reading() as session:
        wrong = await session.execute(
            text(
                """
                WITH said AS (
                    SELECT posts.* FROM posts JOIN accounts ON accounts.id = author_id AND suspended_at IS NULL
                    WHERE deleted_at IS NULL AND visibility IN ('public', 'unlisted')
                )
                SELECT post_id FROM post_stats AS stats
                WHERE reposts_count <> (SELECT count(*) FROM said WHERE repost_of_id = post_id)
                   OR quotes_count <> (SELECT count(*) FROM said WHERE quote_of_id = post_id)
                   OR replies_count <> (SELECT count(*) FROM said WHERE in_reply_to_id = post_id)
                   OR likes_count <> (SELECT count(*) FROM likes JOIN accounts ON accounts.id = likes.account_id
                        WHERE likes.post_id = stats.post_id AND suspended_at IS NULL)
                UNION ALL
                SELECT account_id FROM account_stats AS stats
                WHERE followers_count <> (SELECT count(*) FROM follows JOIN accounts ON accounts.id = follower_id
                        WHERE followee_id = stats.account_id AND suspended_at IS NULL)
                   OR following_count <> (SELECT count(*) FROM follows JOIN accounts ON accounts.id = followee_id
                        WHERE follower_id = stats.account_id AND suspended_at IS NULL)
                """
            )
        )
        assert wrong.all() == []


async def lives(world: World) -> tuple[Person, Person, list[dict[str, Any]]]:
    """A spammer who did all there is to do, with someone else's post in the middle of it."""
    anna, spam, cy = await world.people("anna", "spam", "cy")
    await spam.follows(anna)
    await cy.follows(spam)
    await anna.follows(cy)
    posts = [await anna.says(f"好帖 {number}") for number in range(5)]
    for post in posts:
        await spam.reposts(post)
        await spam.post(f"/api/v1/statuses/{post['id']}/favourite")
        await spam.says("广告", in_reply_to_id=post["id"])
        await spam.says("广告", quoted_status_id=post["id"], in_reply_to_id=posts[0]["id"])
        await cy.post(f"/api/v1/statuses/{post['id']}/favourite")
    await spam.says("密", in_reply_to_id=posts[0]["id"], visibility="private")
    await world.settle()
    return anna, spam, posts


async def do(resources: Resources, action: Any, **arguments: Any) -> None:
    async with resources.db.transaction() as session:
        await action(session, username="spam", **arguments)


class TestSuspend:
    async def test_takes_out_what_counted_and_puts_it_back_exactly(
        self, world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anna, spam, posts = await lives(world)
        before = await counters(resources)
        await do(resources, suspend, now=now())
        await world.settle()
        shown = await anna.get(f"/api/v1/statuses/{posts[0]['id']}")
        assert [shown[f"{name}_count"] for name in ("favourites", "reblogs", "replies", "quotes")] == [1, 0, 0, 0]
        assert (await anna.get(f"/api/v1/accounts/{anna.id}"))["followers_count"] == 0
        await assert_counters_leave_the_suspended_out(resources)
        await do(resources, suspend, now=now())
        await world.settle()
        await assert_counters_leave_the_suspended_out(resources)
        await do(resources, unsuspend)
        await spam.get("/api/v1/accounts/verify_credentials", expect=401)
        await world.settle()
        await spam.get("/api/v1/accounts/verify_credentials")
        assert await counters(resources) == before

    @pytest.mark.parametrize("turns", [1, 3, 6, 9, 20])
    async def test_is_exact_wherever_it_is_turned_round(self, world: World, resources: Resources, turns: int) -> None:
        _, spam, _ = await lives(world)
        before = await counters(resources)
        small = {
            step: text(statement.text.replace("LIMIT 1000", "LIMIT 2")) for step, statement in counting._FORTH.items()
        }
        back = {
            step: text(statement.text.replace("LIMIT 1000", "LIMIT 2")) for step, statement in counting._BACK.items()
        }
        patch = pytest.MonkeyPatch()
        for name, value in (("_FORTH", small), ("_BACK", back), ("AT_ONCE", 2)):
            patch.setattr(counting, name, value)
        try:
            await do(resources, suspend, now=now())
            await walk(resources, spam, turns)
            await do(resources, unsuspend)
            await walk(resources, spam, turns // 2)
            await do(resources, suspend, now=now())
            await world.settle()
            await assert_counters_leave_the_suspended_out(resources)
            await do(resources, unsuspend)
            await world.settle()
        finally:
            patch.undo()
        assert await counters(resources) == before

    async def test_hides_everything_at_once_and_finds_it_again(self, world: World, resources: Resources) -> None:
        anna, spam, posts = await lives(world)
        said = await spam.says("独一无二的广告")
        await world.settle()

        async def found() -> int:
            answer = await anna.get("/api/weizhi/v1/search/timeline", q="独一无二")
            return len(answer["statuses"])

        async def indexed() -> int:
            async with resources.db.reading() as session:
                return (
                    await session.execute(
                        text("SELECT count(*) FROM search_posts WHERE author_id = :id"), {"id": int(spam.id)}
                    )
                ).scalar_one()

        assert await found() == 1
        many = await indexed()
        await do(resources, suspend, now=now())
        assert await found() == 0
        await anna.get(f"/api/v1/statuses/{said['id']}", expect=404)
        await anna.get(f"/api/v1/accounts/{spam.id}", expect=404)
        await spam.get("/api/v1/accounts/verify_credentials", expect=401)
        for path in (f"statuses/{posts[0]['id']}/favourited_by", f"statuses/{posts[0]['id']}/reblogged_by"):
            assert spam.id not in str(await anna.get(f"/api/v1/{path}"))
        assert await anna.get(f"/api/v1/accounts/{anna.id}/followers") == []
        assert "广告" not in str(await anna.get(f"/api/v1/statuses/{posts[0]['id']}/context"))
        await world.settle()
        assert await indexed() == 0
        await do(resources, unsuspend)
        await world.settle()
        assert (await found(), await indexed()) == (1, many)

    async def test_of_nobody_is_refused(self, resources: Resources) -> None:
        for action, arguments in ((suspend, {"now": now()}), (unsuspend, {}), (unverify, {})):
            with pytest.raises(NotFound):
                await do(resources, action, **arguments)


class TestVerify:
    async def test_shows_a_badge_with_its_reason_until_it_is_taken_away(
        self, world: World, resources: Resources
    ) -> None:
        anna, spam = await world.people("anna", "spam")
        await do(resources, verify, kind="person", reason=" 知名  后端工程师 ", now=now())
        shown = await anna.get(f"/api/v1/accounts/{spam.id}")
        assert (shown["weizhi"]["verified"]["kind"], shown["weizhi"]["verified"]["reason"]) == (
            "person",
            "知名 后端工程师",
        )
        assert shown["fields"][0]["verified_at"] is not None
        await do(resources, unverify)
        shown = await anna.get(f"/api/v1/accounts/{spam.id}")
        assert (shown["weizhi"]["verified"], shown["fields"]) == (None, [])
        async with resources.db.reading() as session:
            actions = list(
                await session.scalars(text("SELECT action FROM audit_log WHERE action LIKE '%verified' ORDER BY id"))
            )
        assert actions == ["account.verified", "account.unverified"]

    @pytest.mark.parametrize("reason", ["", "  ", "长" * 201])
    async def test_needs_a_reason_of_some_length(self, world: World, resources: Resources, reason: str) -> None:
        await world.person("spam")
        with pytest.raises(Invalid):
            await do(resources, verify, kind="organization", reason=reason, now=now())


async def walk(resources: Resources, spam: Person, pages: int) -> None:
    """Some pages of the worker's walk, one after the other, without the worker."""
    from app.moderation.models import Suspension

    for _ in range(pages):
        async with resources.db.transaction() as session:
            suspension = await session.get(Suspension, int(spam.id), with_for_update=True)
            if suspension is None or await counting.go_on(session, suspension):
                return


class TestRace:
    """What was begun before a suspension and ends after it began."""

    VERBS = ("unlike", "like", "unfollow", "follow")

    async def act(self, session: Any, verb: str, spam: Person, anna: Person, post: dict[str, Any]) -> None:
        ids = {"account_id": int(spam.id), "post_id": int(post["id"])}
        pair = {"follower_id": int(spam.id), "followee_id": int(anna.id)}
        if verb == "like":
            await interactions.like(session, **ids)
        elif verb == "unlike":
            await interactions.unlike(session, **ids)
        elif verb == "follow":
            await graph.follow(session, **pair, options=FollowOptions())
        else:
            await graph.unfollow(session, **pair, actor_id=int(spam.id))

    async def stage(self, world: World, verb: str) -> tuple[Person, Person, dict[str, Any]]:
        anna, spam = await world.people("anna", "spam")
        post = await anna.says("好帖")
        if verb == "unlike":
            await spam.post(f"/api/v1/statuses/{post['id']}/favourite")
        elif verb == "unfollow":
            await spam.follows(anna)
        await world.settle()
        return anna, spam, post

    @pytest.mark.parametrize("verb", VERBS)
    async def test_with_what_is_not_committed_counts_right(self, world: World, resources: Resources, verb: str) -> None:
        anna, spam, post = await self.stage(world, verb)

        async def suspends() -> None:
            await do(resources, suspend, now=now())
            await world.settle()

        async with resources.db.transaction() as session:
            await self.act(session, verb, spam, anna, post)
            suspending = asyncio.create_task(suspends())
            await somebody_waits(resources)
        await suspending
        await assert_counters_leave_the_suspended_out(resources)
        await do(resources, unsuspend)
        await world.settle()
        await assert_counters_leave_the_suspended_out(resources)

    @pytest.mark.parametrize("verb", VERBS)
    async def test_with_a_request_let_in_before_counts_right(
        self, world: World, resources: Resources, verb: str
    ) -> None:
        anna, spam, post = await self.stage(world, verb)
        await do(resources, suspend, now=now())
        await world.settle()
        async with resources.db.transaction() as session:
            with contextlib.suppress(NotFound):
                await self.act(session, verb, spam, anna, post)
        await assert_counters_leave_the_suspended_out(resources)
        await do(resources, unsuspend)
        await world.settle()
        await assert_counters_leave_the_suspended_out(resources)


async def somebody_waits(resources: Resources) -> None:
    """Until a transaction waits for another's lock."""
    async with asyncio.timeout(20):
        while True:
            async with resources.db.reading() as session:
                if await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                    return
            await asyncio.sleep(0.01)
