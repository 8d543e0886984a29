"""Following, through HTTP."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def assert_counters_are_counts(resources: Resources) -> None:
    """Every account's counters equal what they count."""
    async with resources.db.reading() as session:
        wrong = await session.execute(
            text(
                """
                SELECT account_id, followers_count, following_count, posts_count FROM account_stats AS stats
                WHERE followers_count <> (SELECT count(*) FROM follows WHERE followee_id = account_id)
                   OR following_count <> (SELECT count(*) FROM follows WHERE follower_id = account_id)
                   OR posts_count <> (SELECT count(*) FROM posts WHERE author_id = account_id AND deleted_at IS NULL)
                """
            )
        )
        assert wrong.all() == []


async def unfollow(person: Person, other: Person) -> dict[str, Any]:
    return await person.post(f"/api/v1/accounts/{other.id}/unfollow")


class TestFollow:
    async def test_tells_the_relationship_and_counts(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        answer = await anna.post(f"/api/v1/accounts/{bo.id}/follow")
        assert (answer["id"], answer["following"], answer["followed_by"]) == (bo.id, True, False)
        assert (answer["showing_reblogs"], answer["notifying"], answer["requested"]) == (True, False, False)
        assert (await bo.get(f"/api/v1/accounts/{bo.id}"))["followers_count"] == 1
        assert (await bo.get(f"/api/v1/accounts/{anna.id}"))["following_count"] == 1
        await assert_counters_are_counts(resources)

    async def test_again_changes_nothing_but_the_options(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        for _ in range(3):
            await anna.follows(bo)
        changed = await anna.post(f"/api/v1/accounts/{bo.id}/follow", {"reblogs": False, "notify": True})
        assert (changed["showing_reblogs"], changed["notifying"]) == (False, True)
        kept = await anna.post(f"/api/v1/accounts/{bo.id}/follow")
        assert (kept["showing_reblogs"], kept["notifying"]) == (False, True)
        assert (await anna.get(f"/api/v1/accounts/{bo.id}"))["followers_count"] == 1
        await assert_counters_are_counts(resources)
        async with resources.db.reading() as session:
            followed = text("SELECT count(*) FROM audit_log WHERE action = 'follow.created'")
            assert await session.scalar(followed) == 1

    async def test_of_oneself_is_refused(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        refused = await anna.post(f"/api/v1/accounts/{anna.id}/follow", expect=403)
        assert refused["code"] == "cannot_follow_yourself"
        await assert_counters_are_counts(resources)

    async def test_of_nobody_is_not_found(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.post("/api/v1/accounts/1/follow", expect=404)
        await anna.post("/api/v1/accounts/1/unfollow", expect=404)

    async def test_of_each_other_at_once_never_deadlocks(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        for _ in range(20):
            for verb in ("follow", "unfollow"):
                answers = await asyncio.gather(
                    *(
                        one.request("POST", f"/api/v1/accounts/{other.id}/{verb}", json={})
                        for one, other in ((anna, bo), (bo, anna)) * 2
                    )
                )
                assert [answer.status_code for answer in answers] == [200] * 4, [a.text for a in answers]
        await assert_counters_are_counts(resources)

    async def test_of_each_other_locks_both_counters_in_one_order(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        low, high = sorted((int(anna.id), int(bo.id)))
        lock = text("SELECT 1 FROM account_stats WHERE account_id = :id FOR UPDATE NOWAIT")
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with resources.db.transaction() as session:
            await session.execute(lock, {"id": low})
            both = asyncio.gather(anna.follows(bo), bo.follows(anna))
            async with resources.db.reading() as watcher, asyncio.timeout(10):
                while await watcher.scalar(waiting) < 2:
                    pass
            # Both wait for the lower one. Had either taken the higher one first, the two could wait for each other.
            await session.execute(lock, {"id": high})
        await both
        await assert_counters_are_counts(resources)

    async def test_of_one_by_many_at_once_counts_each(self, world: World, resources: Resources) -> None:
        star, *fans = await world.people("star", *(f"fan{number}" for number in range(8)))
        await asyncio.gather(*(fan.follows(star) for fan in fans * 2))
        assert (await star.get(f"/api/v1/accounts/{star.id}"))["followers_count"] == 8
        await asyncio.gather(*(unfollow(fan, star) for fan in fans * 2))
        assert (await star.get(f"/api/v1/accounts/{star.id}"))["followers_count"] == 0
        await assert_counters_are_counts(resources)


class TestUnfollow:
    async def test_is_fine_twice_and_without_a_follow(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        assert (await unfollow(anna, bo))["following"] is False
        await anna.follows(bo)
        for _ in range(3):
            assert (await unfollow(anna, bo))["following"] is False
        assert (await anna.get(f"/api/v1/accounts/{bo.id}"))["followers_count"] == 0
        await assert_counters_are_counts(resources)


class TestRelationships:
    async def test_tells_each_side_in_the_order_asked(self, world: World) -> None:
        anna, bo, cy, di = await world.people("anna", "bo", "cy", "di")
        await anna.follows(bo)
        await cy.follows(anna)
        await anna.follows(di)
        await di.follows(anna)
        for params in ({"id[]": [cy.id, bo.id, di.id, bo.id, "1"]}, {"id": [cy.id, bo.id, di.id]}):
            found = (await anna.request("GET", "/api/v1/accounts/relationships", params=params, expect=200)).json()
            assert [(r["id"], r["following"], r["followed_by"]) for r in found] == [
                (cy.id, False, True),
                (bo.id, True, False),
                (di.id, True, True),
            ]

    async def test_of_nobody_is_empty_and_of_nonsense_refused(self, world: World) -> None:
        anna = await world.person("anna")
        assert await anna.get("/api/v1/accounts/relationships") == []
        await anna.request("GET", "/api/v1/accounts/relationships?id[]=x", expect=422)
        await anna.request("GET", "/api/v1/accounts/relationships?" + "&".join(["id[]=1"] * 81), expect=422)


class TestLists:
    async def test_of_followers_and_followed_page_by_link_without_gap_or_repeat(self, world: World) -> None:
        star, *fans = await world.people("star", *(f"fan{number}" for number in range(11)))
        for fan in fans:
            await fan.follows(star)
            await star.follows(fan)
        newest_first = [fan.id for fan in fans][::-1]
        for kind in ("followers", "following"):
            found, url, prev = [], f"/api/v1/accounts/{star.id}/{kind}?limit=3", None
            while True:
                response = await world.client.get(url)
                assert response.status_code == 200, response.text
                if not response.json():
                    break
                assert len(response.json()) <= 3
                found += [account["id"] for account in response.json()]
                assert len(found) <= len(fans), "the same people again"
                prev = response.links["prev"]["url"]
                if "next" not in response.links:
                    break
                url = response.links["next"]["url"]
            assert found == newest_first
            # One page back from the last page is the three just above it.
            back = (await world.client.get(str(prev))).json()
            assert [account["id"] for account in back] == newest_first[6:9]

    async def test_of_nobody_is_not_found(self, world: World) -> None:
        assert (await world.client.get("/api/v1/accounts/1/followers")).status_code == 404
        assert (await world.client.get("/api/v1/accounts/x/following")).status_code == 404

    async def test_holds_forty_unless_asked_and_eighty_at_most(self, world: World, resources: Resources) -> None:
        star = await world.person("star")
        async with resources.db.transaction() as session:
            await session.execute(
                text(
                    """
                    WITH made AS (INSERT INTO accounts (username, handle) SELECT 'f' || n, 'f' || n
                                  FROM generate_series(1, 90) AS n RETURNING id),
                    stats AS (INSERT INTO account_stats (account_id) SELECT id FROM made)
                    INSERT INTO follows (follower_id, followee_id) SELECT id, :star FROM made
                    """
                ),
                {"star": int(star.id)},
            )
        path = f"/api/v1/accounts/{star.id}/followers"
        assert len(await star.get(path)) == 40
        assert len(await star.get(path, limit=1000)) == 80
