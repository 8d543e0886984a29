"""Who can introduce whom over the follow graph: the shortest and strongest ways, nobody who should not be named."""

from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.bootstrap import Resources
from app.introductions.paths import find_ways
from app.kit.clock import now
from tests.people import Person, World

pytestmark = pytest.mark.anyio

INTRODUCTIONS = "/api/weizhi/v1/introductions"
PATHS = f"{INTRODUCTIONS}/paths"


async def ways(asker: Person, target: Person) -> list[list[str]]:
    """The people on each way from one to another, by name."""
    found = await asker.get(PATHS, account_id=target.id)
    return [[step["account"]["username"] for step in way["steps"]] for way in found]


async def chain(*people: Person) -> None:
    """The first follows the second; each one after that follows the one before."""
    await people[0].follows(people[1])
    for earlier, later in pairwise(people[1:]):
        await later.follows(earlier)


async def prefers(person: Person, **said: str) -> dict[str, Any]:
    answer = await person.request("PATCH", f"{INTRODUCTIONS}/preferences", json=said, expect=200)
    shown: dict[str, Any] = answer.json()
    return shown


class TestPaths:
    async def test_lead_through_one_whom_the_target_follows(self, world: World) -> None:
        asker, friend, target, other = await world.people("asker", "friend", "target", "other")
        await chain(asker, friend, target)
        # Whom the target does not follow is no introducer.
        await asker.follows(other)
        await other.follows(target)

        (way,) = await asker.get(PATHS, account_id=target.id)
        assert (way["hops"], way["to"]["id"]) == (2, target.id)
        first, second = way["steps"]
        assert (first["account"]["id"], first["relation"], first["why"]) == (friend.id, "follows", ["follows"])
        assert (second["account"]["id"], second["relation"]) == (target.id, "followed_by")
        assert way["strength"] == pytest.approx(0.09)
        assert await ways(other, target) == []

    async def test_lead_through_two_where_neither_could_alone(self, world: World) -> None:
        asker, first, second, target, short = await world.people("asker", "first", "second", "target", "short")
        await chain(asker, first, second, target)
        assert await ways(asker, target) == [["first", "second", "target"]]

        # Once the asker may ask the second, nobody needs the first.
        await asker.follows(second)
        assert await ways(asker, target) == [["second", "target"]]
        await chain(asker, short, target)
        assert sorted(await ways(asker, target)) == [["second", "target"], ["short", "target"]]

    async def test_put_the_shortest_first_then_the_strongest(self, world: World) -> None:
        asker, target, mutual, lively, plain, far = await world.people(
            "asker", "target", "mutual", "lively", "plain", "far"
        )
        for one in (plain, lively, mutual):
            await chain(asker, one, target)
        await mutual.follows(asker)
        await asker.follows(far)
        between = await world.person("between")
        await chain(asker, far, between, target)
        said = await lively.says("招人")
        await asker.post(f"/api/v1/statuses/{said['id']}/favourite")
        await lively.says("@asker 来聊聊", in_reply_to_id=(await asker.says("找工作"))["id"])
        await world.settle()

        assert await ways(asker, target) == [
            ["mutual", "target"],
            ["lively", "target"],
            ["plain", "target"],
            ["far", "between", "target"],
        ]
        found = await asker.get(PATHS, account_id=target.id)
        assert found[1]["steps"][0]["interactions"] == 2
        assert found[1]["steps"][0]["why"] == ["follows", "interactions"]

    async def test_a_private_word_is_no_sign_of_strength(self, world: World) -> None:
        asker, friend, target = await world.people("asker", "friend", "target")
        await chain(asker, friend, target)
        await friend.says("@target 私下说", visibility="direct")
        told = await target.says("只给关注者", visibility="private")
        await target.says("@friend 好", in_reply_to_id=told["id"], visibility="private")

        (way,) = await asker.get(PATHS, account_id=target.id)
        assert [step["interactions"] for step in way["steps"]] == [0, 0]

    async def test_tell_of_a_follower_that_nobody_need_introduce(self, world: World) -> None:
        asker, target = await world.people("asker", "target")
        await target.follows(asker)

        (way,) = await asker.get(PATHS, account_id=target.id)
        assert (way["hops"], way["steps"][0]["relation"]) == (1, "followed_by")

    async def test_lead_to_who_publishes_an_organisation_s_open_jobs(self, world: World) -> None:
        asker, friend, recruiter = await world.people("asker", "friend", "recruiter")
        await chain(asker, friend, recruiter)
        company = await recruiter.organization()
        assert await asker.get(PATHS, organization_id=company["id"]) == []

        job = await recruiter.publishes_job(company)
        for asked in ({"organization_id": company["id"]}, {"job_id": job["id"]}):
            (way,) = await asker.get(PATHS, **asked)
            assert [step["account"]["id"] for step in way["steps"]] == [friend.id, recruiter.id]
        await recruiter.post(f"/api/weizhi/v1/jobs/{job['id']}/close")
        assert await asker.get(PATHS, organization_id=company["id"]) == []

    async def test_want_one_thing_to_look_for(self, world: World) -> None:
        asker = await world.person("asker")
        for asked in ({}, {"account_id": asker.id}, {"account_id": "1", "job_id": "2"}):
            answer = await asker.request("GET", PATHS, params=asked, expect=422)
            assert answer.json()["details"].keys() == {"account_id"}
        for asked in ({"account_id": "1"}, {"organization_id": "1"}, {"job_id": "1"}):
            await asker.get(PATHS, expect=404, **asked)


# What is done to a chain asker → first → second → target, after which nobody is named any more.
HIDES = "UPDATE accounts SET hide_collections = true WHERE id = :{}"
GONE = "UPDATE accounts SET suspended_at = now() WHERE id = :{}"
MACHINE = "UPDATE accounts SET bot = true WHERE id = :{}"
PREFERS = "INSERT INTO introduction_preferences (account_id, {1}) VALUES (:{0}, 'nobody')"
BLOCKS = "INSERT INTO blocks (account_id, target_id) VALUES (:{}, :{})"
MUTES = "INSERT INTO mutes (account_id, target_id) VALUES (:{}, :{})"
PEOPLE = ("asker", "first", "second", "target")
BARRED = {
    **{f"{one} hides whom it follows": HIDES.format(one) for one in PEOPLE[1:]},
    **{f"{one} is suspended": GONE.format(one) for one in ("first", "second")},
    **{f"{one} is a machine": MACHINE.format(one) for one in ("first", "second")},
    **{f"{one} introduces nobody": PREFERS.format(one, "may_ask") for one in ("first", "second")},
    "the target wants nobody introduced": PREFERS.format("target", "may_reach"),
    **{f"{a} blocks {b}": BLOCKS.format(a, b) for a in PEOPLE for b in PEOPLE if a != b},
    **{f"{a} mutes {b}": MUTES.format(a, b) for a in PEOPLE for b in PEOPLE if a != b},
}


class TestPathsAreSilent:
    async def test_where_somebody_should_not_be_named(self, world: World, resources: Resources) -> None:
        people = dict(zip(PEOPLE, await world.people(*PEOPLE), strict=True))
        asker, target = people["asker"], people["target"]
        await chain(*people.values())
        expected = [["first", "second", "target"]]
        for why, deed in BARRED.items():
            ids = {name: int(one.id) for name, one in people.items() if f":{name}" in deed}
            async with resources.db.engine.connect() as connection:
                # Nothing of it is left for the next.
                await connection.execute(text(deed), ids)
                found = await silently(connection, asker, target)
                await connection.rollback()
            assert found == [], why
        assert await ways(asker, target) == expected

    async def test_a_mute_that_is_over_counts_for_nothing(self, world: World, resources: Resources) -> None:
        asker, friend, target = await world.people("asker", "friend", "target")
        await chain(asker, friend, target)
        async with resources.db.transaction() as session:
            over = "INSERT INTO mutes (account_id, target_id, expires_at) VALUES (:a, :b, now() - interval '1 s')"
            await session.execute(text(over), {"a": int(friend.id), "b": int(asker.id)})
        assert await ways(asker, target) == [["friend", "target"]]

    async def test_who_is_asked_by_those_they_follow_alone(self, world: World) -> None:
        asker, friend, target = await world.people("asker", "friend", "target")
        await chain(asker, friend, target)
        assert await friend.get(f"{INTRODUCTIONS}/preferences") == {"may_ask": "everyone", "may_reach": "everyone"}
        assert (await prefers(friend, may_ask="followed"))["may_ask"] == "followed"
        assert await ways(asker, target) == []
        await friend.follows(asker)
        assert await ways(asker, target) == [["friend", "target"]]
        assert await prefers(friend, may_reach="nobody") == {"may_ask": "followed", "may_reach": "nobody"}
        await friend.request("PATCH", f"{INTRODUCTIONS}/preferences", json={"may_ask": "anyone"}, expect=422)

    async def test_one_s_own_follow_of_who_hides_is_no_secret(self, world: World, resources: Resources) -> None:
        """The asker knows whom they follow and who follows them; of others nothing is told."""
        asker, target = await world.people("asker", "target")
        await target.follows(asker)
        await target.request("PATCH", "/api/v1/accounts/update_credentials", json={"hide_collections": True})
        assert await ways(asker, target) == [["target"]]


async def silently(connection: Any, asker: Person, target: Person) -> list[Any]:
    """The ways as a transaction that is not committed sees them."""
    async with AsyncSession(bind=connection) as session:
        return list(await find_ways(session, asker_id=int(asker.id), target_ids=[int(target.id)], now=now()))
