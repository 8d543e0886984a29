"""Locked accounts and requests to follow them, through HTTP."""

import asyncio

import pytest

from app.bootstrap import Resources
from app.graph import handlers
from tests.graph.test_routes import assert_counters_are_counts, unfollow
from tests.people import Person, World

pytestmark = pytest.mark.anyio

UPDATE = "/api/v1/accounts/update_credentials"


async def lock(person: Person, locked: bool = True) -> None:
    await person.request("PATCH", UPDATE, json={"locked": locked}, expect=200)


async def answer(person: Person, verb: str, other: Person, expect: int = 200) -> dict[str, object]:
    answered: dict[str, object] = await person.post(f"/api/v1/follow_requests/{other.id}/{verb}", expect=expect)
    return answered


async def waiting(person: Person) -> list[str]:
    return [account["username"] for account in await person.get("/api/v1/follow_requests")]


@pytest.fixture
async def three(world: World) -> list[Person]:
    """Anna, whose account is locked, and two who want to follow her."""
    people = await world.people("anna", "bo", "chen")
    await lock(people[0])
    return people


class TestRequest:
    async def test_waits_and_is_told_to_both(self, three: list[Person], resources: Resources) -> None:
        anna, bo, _ = three
        asked = await bo.post(f"/api/v1/accounts/{anna.id}/follow", {"reblogs": False, "notify": True})
        assert (asked["following"], asked["requested"]) == (False, True)
        assert (asked["showing_reblogs"], asked["notifying"]) == (False, True)
        (seen,) = await anna.get("/api/v1/accounts/relationships", **{"id[]": bo.id})
        assert (seen["requested_by"], seen["followed_by"]) == (True, False)
        own = await anna.get("/api/v1/accounts/verify_credentials")
        assert (own["locked"], own["source"]["follow_requests_count"], own["followers_count"]) == (True, 1, 0)
        await assert_counters_are_counts(resources)

    async def test_shows_latest_first_and_pages(self, three: list[Person]) -> None:
        anna, bo, chen = three
        await bo.follows(anna)
        await chen.follows(anna)
        assert await waiting(anna) == ["chen", "bo"]
        first = await anna.request("GET", "/api/v1/follow_requests", params={"limit": 1})
        assert [account["username"] for account in first.json()] == ["chen"]
        second = await anna.request("GET", first.links["next"]["url"])
        assert [account["username"] for account in second.json()] == ["bo"]

    async def test_again_changes_how_one_would_follow(self, three: list[Person]) -> None:
        anna, bo, _ = three
        await bo.follows(anna)
        again = await bo.post(f"/api/v1/accounts/{anna.id}/follow", {"reblogs": False, "languages": ["zh"]})
        assert (again["requested"], again["showing_reblogs"], again["languages"]) == (True, False, ["zh"])
        await answer(anna, "authorize", bo)
        (follows,) = await bo.get("/api/v1/accounts/relationships", id=anna.id)
        assert (follows["following"], follows["showing_reblogs"], follows["languages"]) == (True, False, ["zh"])

    async def test_is_taken_back_by_unfollowing(self, three: list[Person]) -> None:
        anna, bo, _ = three
        await bo.follows(anna)
        assert (await unfollow(bo, anna))["requested"] is False
        assert await waiting(anna) == []
        await answer(anna, "authorize", bo, expect=404)

    async def test_lets_nobody_read_followers_only_posts(self, three: list[Person], world: World) -> None:
        anna, bo, _ = three
        status = await anna.says("只给关注者", visibility="private")
        await bo.follows(anna)
        await world.settle()
        await bo.get(f"/api/v1/statuses/{status['id']}", expect=404)
        assert await bo.home() == []


class TestAnswer:
    async def test_authorizing_makes_a_follow(self, three: list[Person], world: World, resources: Resources) -> None:
        anna, bo, _ = three
        status = await anna.says("只给关注者", visibility="private")
        await bo.follows(anna)
        relationship = await answer(anna, "authorize", bo)
        assert (relationship["id"], relationship["followed_by"], relationship["requested_by"]) == (bo.id, True, False)
        assert await waiting(anna) == []
        await world.settle()
        assert [post["id"] for post in await bo.home()] == [status["id"]]
        await assert_counters_are_counts(resources)

    async def test_rejecting_ends_it(self, three: list[Person], resources: Resources) -> None:
        anna, bo, _ = three
        await bo.follows(anna)
        relationship = await answer(anna, "reject", bo)
        assert (relationship["followed_by"], relationship["requested_by"]) == (False, False)
        assert await waiting(anna) == []
        await assert_counters_are_counts(resources)

    async def test_to_nobody_s_request_is_not_found(self, three: list[Person]) -> None:
        anna, bo, chen = three
        await bo.follows(anna)
        for verb in ("authorize", "reject"):
            await answer(anna, verb, chen, expect=404)
            await answer(chen, verb, anna, expect=404)
            await anna.post(f"/api/v1/follow_requests/1/{verb}", expect=404)

    async def test_twice_at_once_follows_once(self, three: list[Person], resources: Resources) -> None:
        anna, bo, _ = three
        await bo.follows(anna)
        path = f"/api/v1/follow_requests/{bo.id}/authorize"
        answers = await asyncio.gather(*(anna.request("POST", path, json={}) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200] + [404] * 4
        await assert_counters_are_counts(resources)

    async def test_and_taking_back_at_once_agree(self, three: list[Person], resources: Resources) -> None:
        anna, bo, _ = three
        for _ in range(10):
            await bo.follows(anna)
            await asyncio.gather(
                anna.request("POST", f"/api/v1/follow_requests/{bo.id}/authorize", json={}),
                bo.request("POST", f"/api/v1/accounts/{anna.id}/unfollow", json={}),
                bo.request("POST", f"/api/v1/accounts/{anna.id}/follow", json={}),
            )
            await assert_counters_are_counts(resources)
            (stands,) = await bo.get("/api/v1/accounts/relationships", id=anna.id)
            assert not (stands["following"] and stands["requested"])
            await unfollow(bo, anna)


class TestUnlocking:
    async def test_lets_all_who_wait_follow(
        self, three: list[Person], world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anna, bo, chen = three
        monkeypatch.setattr(handlers, "_AT_ONCE", 1)
        await bo.post(f"/api/v1/accounts/{anna.id}/follow", {"notify": True})
        await chen.follows(anna)
        await lock(anna, False)
        await world.settle()
        assert await waiting(anna) == []
        (stands,) = await bo.get("/api/v1/accounts/relationships", id=anna.id)
        assert (stands["following"], stands["notifying"]) == (True, True)
        (stands,) = await chen.get("/api/v1/accounts/relationships", id=anna.id)
        assert stands["following"] is True
        await assert_counters_are_counts(resources)

    async def test_and_locking_again_lets_nobody(self, three: list[Person], world: World) -> None:
        anna, bo, _ = three
        await bo.follows(anna)
        await lock(anna, False)
        await lock(anna)
        await world.settle()
        assert await waiting(anna) == ["bo"]
