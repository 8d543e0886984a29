"""Polls: voting, its refusals, and the end, through HTTP."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def asks(person: Person, *, visibility: str = "public", **fields: Any) -> dict[str, Any]:
    """A post with a poll; the poll."""
    poll = {"options": ["南京", "杭州", "苏州"], "expires_in": 3600, **fields}
    return (await person.says("去哪", poll=poll, visibility=visibility))["poll"]


async def votes(person: Person, poll: dict[str, Any], *choices: int | str, expect: int = 200) -> dict[str, Any]:
    return await person.post(f"/api/v1/polls/{poll['id']}/votes", {"choices": list(choices)}, expect=expect)


async def pass_the_end(resources: Resources) -> None:
    """Polls end now, and whatever waits for a time is due."""
    async with resources.db.transaction() as session:
        await session.execute(text("UPDATE polls SET expires_at = now() - interval '1 second'"))
        await session.execute(text("UPDATE tasks SET run_at = now()"))


async def ended(resources: Resources) -> list[int]:
    async with resources.db.reading() as session:
        rows = await session.scalars(text("SELECT object_id FROM audit_log WHERE action = 'poll.ended'"))
        return list(rows)


class TestVote:
    async def test_counts_and_is_ones_own_to_see(self, world: World) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        poll = await asks(anna)
        voted = await votes(bo, poll, "1")
        assert [option["votes_count"] for option in voted["options"]] == [0, 1, 0]
        assert (voted["voted"], voted["own_votes"], voted["votes_count"], voted["voters_count"]) == (True, [1], 1, 1)
        seen = await cai.get(f"/api/v1/polls/{poll['id']}")
        assert (seen["voted"], seen["own_votes"], seen["votes_count"]) == (False, [], 1)
        stranger = (await world.client.get(f"/api/v1/polls/{poll['id']}")).json()
        assert (stranger["votes_count"], stranger["voted"]) == (1, None)

    async def test_may_be_for_several_where_the_poll_says_so(self, world: World) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        poll = await asks(anna, multiple=True)
        form = {"choices[]": ["0", "2", "2"]}
        voted = (await bo.request("POST", f"/api/v1/polls/{poll['id']}/votes", data=form, expect=200)).json()
        assert ([o["votes_count"] for o in voted["options"]], voted["own_votes"]) == ([1, 0, 1], [0, 2])
        voted = await votes(cai, poll, 2)
        assert (voted["votes_count"], voted["voters_count"]) == (3, 2)

    async def test_is_refused_with_mastodons_words(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        poll, several = await asks(anna), await asks(anna, multiple=True)
        for choice in (3, -1, 10**30):
            assert (await votes(bo, poll, choice, expect=422))["error"] == "The chosen vote option does not exist"
        again = "You have already voted on this poll"
        assert (await votes(bo, poll, 0, 2, expect=422))["error"] == again
        await votes(bo, poll, 0)
        await votes(bo, several, 0)
        for other, choice in ((poll, 0), (poll, 1), (several, 1)):
            assert (await votes(bo, other, choice, expect=422))["error"] == again
        own = await votes(anna, poll, 0, expect=422)
        assert (own["error"], own["code"]) == ("You cannot vote in your own polls", "own_poll")
        assert list((await votes(bo, poll, expect=422))["details"]) == ["choices"]
        shown = await bo.get(f"/api/v1/polls/{poll['id']}")
        assert (shown["votes_count"], shown["voters_count"]) == (1, 1)

    async def test_is_for_those_who_may_see_the_post(self, world: World) -> None:
        anna, fan, stranger = await world.people("anna", "fan", "stranger")
        await fan.follows(anna)
        poll = await asks(anna, visibility="private")
        await votes(stranger, poll, 0, expect=404)
        await stranger.get(f"/api/v1/polls/{poll['id']}", expect=404)
        assert (await world.client.get(f"/api/v1/polls/{poll['id']}")).status_code == 404
        await votes(fan, poll, 0)
        await fan.get("/api/v1/polls/1", expect=404)

    async def test_of_many_at_once_loses_none(self, world: World) -> None:
        anna, *voters = await world.people("anna", *(f"p{number}" for number in range(6)))
        poll = await asks(anna)
        # Each tries twice: one of the two counts.
        tries = [
            voter.request("POST", f"/api/v1/polls/{poll['id']}/votes", json={"choices": [number % 2]})
            for number, voter in enumerate([*voters, *voters])
        ]
        codes = [response.status_code for response in await asyncio.gather(*tries)]
        assert sorted(codes) == [200] * 6 + [422] * 6
        shown = await anna.get(f"/api/v1/polls/{poll['id']}")
        assert [option["votes_count"] for option in shown["options"]] == [3, 3, 0]
        assert (shown["votes_count"], shown["voters_count"]) == (6, 6)


class TestEnd:
    async def test_refuses_votes_shows_totals_and_is_told_once(self, world: World, resources: Resources) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        poll = await asks(anna, hide_totals=True)
        assert {option["votes_count"] for option in (await votes(bo, poll, 0))["options"]} == {None}
        await world.settle()
        assert await ended(resources) == []
        await pass_the_end(resources)
        assert (await votes(cai, poll, 0, expect=422))["error"] == "The poll has already ended"
        shown = await cai.get(f"/api/v1/polls/{poll['id']}")
        assert (shown["expired"], [option["votes_count"] for option in shown["options"]]) == (True, [1, 0, 0])
        await world.settle()
        assert await ended(resources) == [int(poll["id"])]
        await world.settle()
        assert len(await ended(resources)) == 1

    async def test_that_was_moved_is_waited_for(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        poll = await asks(anna)
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE tasks SET run_at = now() WHERE handler = 'polls.end'"))
        await world.settle()
        assert await ended(resources) == []
        async with resources.db.reading() as session:
            waiting = await session.execute(text("SELECT run_at FROM tasks WHERE handler = 'polls.end'"))
            due = waiting.scalar_one()
        assert due.isoformat(timespec="milliseconds").replace("+00:00", "Z") == poll["expires_at"]

    async def test_that_lies_ahead_makes_nobody_think_work_is_late(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        await asks(anna)
        await world.settle()
        metrics = (await world.client.get("/metrics")).text
        (oldest,) = [line for line in metrics.splitlines() if line.startswith("weizhi_outbox_oldest_seconds ")]
        assert float(oldest.split()[1]) == 0
