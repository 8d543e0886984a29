"""Blocks and mutes, through HTTP."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.graph.keeping_away import forget_expired_mutes
from app.kit.clock import now
from tests.graph.test_locked import lock
from tests.graph.test_routes import assert_counters_are_counts
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def does(person: Person, verb: str, other: Person, body: dict[str, Any] | None = None, **kw: Any) -> Any:
    return await person.post(f"/api/v1/accounts/{other.id}/{verb}", body, **kw)


async def names(person: Person, path: str) -> list[str]:
    return [account["username"] for account in await person.get(path)]


class TestBlock:
    async def test_is_told_and_ends_follows_both_ways(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.follows(bo)
        await bo.follows(anna)
        await does(anna, "pin", bo)
        await does(bo, "pin", anna)
        blocked = await does(anna, "block", bo)
        assert (blocked["blocking"], blocked["following"], blocked["followed_by"]) == (True, False, False)
        assert blocked["endorsed"] is False
        (seen,) = await bo.get("/api/v1/accounts/relationships", id=anna.id)
        assert (seen["blocked_by"], seen["blocking"], seen["following"], seen["endorsed"]) == (
            True,
            False,
            False,
            False,
        )
        assert await names(anna, "/api/v1/blocks") == ["bo"]
        assert await names(bo, "/api/v1/blocks") == []
        await assert_counters_are_counts(resources)

    async def test_ends_requests_both_ways(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await lock(anna)
        await lock(bo)
        await anna.follows(bo)
        await bo.follows(anna)
        blocked = await does(anna, "block", bo)
        assert (blocked["requested"], blocked["requested_by"]) == (False, False)
        assert await names(bo, "/api/v1/follow_requests") == []

    async def test_refuses_follows_both_ways(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await does(anna, "block", bo)
        for one, other in ((anna, bo), (bo, anna)):
            refused = await does(one, "follow", other, expect=403)
            assert (refused["error"], refused["code"]) == ("This action is not allowed", "forbidden")

    async def test_hides_posts_at_home_before_any_task_runs(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await bo.follows(anna)
        await anna.says("你好")
        await world.settle()
        assert len(await bo.home()) == 1
        await does(anna, "block", bo)
        assert await bo.home() == []
        await world.settle()
        assert await bo.home() == []

    async def test_still_shows_the_profile_but_empty_lists(self, world: World) -> None:
        anna, bo, chen = await world.people("anna", "bo", "chen")
        await anna.follows(chen)
        await chen.follows(anna)
        await does(anna, "pin", chen)
        await anna.says("你好")
        await does(anna, "block", bo)
        assert (await bo.get(f"/api/v1/accounts/{anna.id}"))["username"] == "anna"
        assert (await bo.get("/api/v1/accounts/lookup", acct="anna"))["id"] == anna.id
        for path in ("followers", "following", "endorsements", "statuses"):
            assert await bo.get(f"/api/v1/accounts/{anna.id}/{path}") == [], path
            assert len(await chen.get(f"/api/v1/accounts/{anna.id}/{path}")) == 1, path

    async def test_hides_the_blocked_and_the_blocking_in_others_lists(self, world: World) -> None:
        anna, bo, chen = await world.people("anna", "bo", "chen")
        await anna.follows(chen)
        await bo.follows(chen)
        followers = f"/api/v1/accounts/{chen.id}/followers"
        await does(anna, "block", bo)
        assert await names(anna, followers) == ["anna"]
        assert await names(bo, followers) == ["bo"]
        assert await names(chen, followers) == ["bo", "anna"]

    async def test_twice_is_once_and_of_oneself_nothing(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        for _ in range(2):
            assert (await does(anna, "block", bo))["blocking"] is True
        assert (await does(anna, "block", anna))["blocking"] is False
        assert await names(anna, "/api/v1/blocks") == ["bo"]
        async with resources.db.reading() as session:
            told = text("SELECT count(*) FROM audit_log WHERE action = 'block.created'")
            assert await session.scalar(told) == 1

    async def test_of_nobody_is_not_found(self, world: World) -> None:
        anna = await world.person("anna")
        for verb in ("block", "unblock", "mute", "unmute", "note", "pin", "unpin", "remove_from_followers"):
            await anna.post(f"/api/v1/accounts/1/{verb}", expect=404)

    async def test_and_follow_at_once_never_leave_both(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        for _ in range(10):
            answers = await asyncio.gather(
                *(bo.request("POST", f"/api/v1/accounts/{anna.id}/follow", json={}) for _ in range(2)),
                anna.request("POST", f"/api/v1/accounts/{bo.id}/block", json={}),
                bo.request("POST", f"/api/v1/accounts/{anna.id}/follow", json={}),
            )
            assert {answer.status_code for answer in answers} <= {200, 403}
            (stands,) = await anna.get("/api/v1/accounts/relationships", id=bo.id)
            assert (stands["blocking"], stands["followed_by"]) == (True, False)
            await assert_counters_are_counts(resources)
            await does(anna, "unblock", bo)

    async def test_of_each_other_at_once_never_deadlocks(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        for _ in range(10):
            for verb in ("block", "unblock", "follow"):
                answers = await asyncio.gather(
                    *(
                        one.request("POST", f"/api/v1/accounts/{other.id}/{verb}", json={})
                        for one, other in ((anna, bo), (bo, anna)) * 2
                    )
                )
                assert [answer.status_code for answer in answers] == [200] * 4, [a.text for a in answers]
        await assert_counters_are_counts(resources)


class TestUnblock:
    async def test_lets_follow_again(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await does(anna, "block", bo)
        assert (await does(anna, "unblock", bo))["blocking"] is False
        assert (await does(bo, "follow", anna))["following"] is True
        await does(anna, "unblock", bo)


class TestMute:
    async def test_hides_posts_and_ends_nothing(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.follows(bo)
        await bo.says("你好")
        await world.settle()
        muted = await does(anna, "mute", bo)
        assert (muted["muting"], muted["muting_notifications"], muted["following"]) == (True, True, True)
        assert muted["muting_expires_at"] is None
        assert await anna.home() == []
        (shown,) = await anna.get("/api/v1/mutes")
        assert (shown["username"], shown["mute_expires_at"]) == ("bo", None)
        (seen,) = await bo.get("/api/v1/accounts/relationships", id=anna.id)
        assert (seen["blocked_by"], seen["muting"]) == (False, False)

    async def test_again_changes_how(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await does(anna, "mute", bo)
        changed = await does(anna, "mute", bo, {"notifications": False, "duration": "3600"})
        assert (changed["muting"], changed["muting_notifications"]) == (True, False)
        assert changed["muting_expires_at"] is not None
        (shown,) = await anna.get("/api/v1/mutes")
        assert shown["mute_expires_at"] == changed["muting_expires_at"]

    async def test_counts_for_nothing_once_over(self, world: World, resources: Resources) -> None:
        anna, bo, chen = await world.people("anna", "bo", "chen")
        await anna.follows(bo)
        await bo.says("你好")
        await world.settle()
        await does(anna, "mute", bo, {"duration": 60})
        await does(anna, "mute", chen, {"duration": 0})
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE mutes SET expires_at = expires_at - interval '61 seconds'"))
        (stands,) = await anna.get("/api/v1/accounts/relationships", id=bo.id)
        assert (stands["muting"], stands["muting_notifications"], stands["muting_expires_at"]) == (False, False, None)
        assert len(await anna.home()) == 1
        assert await names(anna, "/api/v1/mutes") == ["chen"]
        async with resources.db.transaction() as session:
            await forget_expired_mutes(session, now=now())
            assert await session.scalar(text("SELECT count(*) FROM mutes")) == 1
        assert await names(anna, "/api/v1/mutes") == ["chen"]

    async def test_ends_with_unmute(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await does(anna, "mute", bo)
        assert (await does(anna, "unmute", bo))["muting"] is False
        await does(anna, "unmute", bo)
        assert await names(anna, "/api/v1/mutes") == []

    @pytest.mark.parametrize("duration", [-1, 2**31, "soon"])
    async def test_refuses_senseless_durations(self, world: World, duration: object) -> None:
        anna, bo = await world.people("anna", "bo")
        refused = await does(anna, "mute", bo, {"duration": duration}, expect=422)
        assert list(refused["details"]) == ["duration"]
