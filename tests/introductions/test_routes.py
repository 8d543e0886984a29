"""Asking to be introduced: who may do what when, who is told of what, and what each may see of it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.bootstrap import Resources
from app.introductions import handlers, service
from app.introductions.schemas import IntroductionCreate
from app.introductions.service import Limits
from app.kit.clock import now
from app.kit.errors import WeizhiError
from tests.introductions.test_paths import INTRODUCTIONS, chain, prefers
from tests.people import Person, World

pytestmark = pytest.mark.anyio

VERBS = ("forward", "accept", "decline", "withdraw")


async def asks(
    asker: Person, *via: Person, to: Person | None = None, expect: int = 200, key: str | None = None, **fields: Any
) -> dict[str, Any]:
    body = {"via_account_ids": [one.id for one in via], "purpose": "想聊聊后端的职位", **fields}
    body |= {"to_account_id": to.id} if to else {}
    headers = {"Idempotency-Key": key} if key else {}
    shown: dict[str, Any] = await asker.post(INTRODUCTIONS, body, expect=expect, **headers)
    return shown


async def does(person: Person, verb: str, made: dict[str, Any], *, expect: int = 200, **fields: Any) -> dict[str, Any]:
    shown: dict[str, Any] = await person.post(f"{INTRODUCTIONS}/{made['id']}/{verb}", fields, expect=expect)
    return shown


async def told(person: Person, **params: Any) -> list[tuple[str, str]]:
    """(from whom, what) of each notification of an introduction, newest first."""
    await person.world.settle()
    asked = {"types[]": "introduction", **params}
    answer = await person.get("/api/v1/notifications", **asked)
    return [(one["account"]["username"], one["weizhi"]["news"]) for one in answer if one["type"] == "introduction"]


class TestIntroduction:
    async def test_goes_from_hand_to_hand_and_each_sees_their_part(self, world: World) -> None:
        asker, first, second, target, other = await world.people("asker", "first", "second", "target", "other")
        await chain(asker, first, second, target)
        made = await asks(asker, first, second, to=target, key="once")
        assert await asks(asker, first, second, to=target, key="once") == made
        assert (made["role"], made["state"], made["waiting_for_id"]) == ("from", "requested", first.id)
        assert await told(first) == [("asker", "requested")]

        # To whom it has not come, it is not there.
        for early in (second, target, other):
            await early.get(f"{INTRODUCTIONS}/{made['id']}", expect=404)
            for verb in VERBS:
                await does(early, verb, made, expect=404)
        assert await second.get(INTRODUCTIONS, role="via") == await target.get(INTRODUCTIONS, role="to") == []

        shown = await does(first, "forward", made, note="共事三年")
        assert (shown["role"], shown["state"], shown["waiting_for_id"]) == ("via", "requested", second.id)
        assert await told(second) == [("first", "requested")]
        assert await told(asker) == [("first", "passed_on")]
        await target.get(f"{INTRODUCTIONS}/{made['id']}", expect=404)
        assert [one["note"] for one in (await second.get(INTRODUCTIONS, role="via"))[0]["via"]] == ["共事三年", None]
        assert (await does(second, "forward", made, note="值得一见"))["state"] == "forwarded"
        assert await told(target) == [("second", "brought")]

        notes = {}
        for one, role in ((asker, "from"), (first, "via"), (second, "via"), (target, "to")):
            (listed,) = await one.get(INTRODUCTIONS, role=role, state="forwarded")
            assert listed == await one.get(f"{INTRODUCTIONS}/{made['id']}")
            assert await one.get(INTRODUCTIONS, role=role, state="declined") == []
            notes[one.username] = [step["note"] for step in listed["via"]]
        assert notes == {
            "asker": [None, None],
            "first": ["共事三年", None],
            "second": ["共事三年", "值得一见"],
            "target": [None, "值得一见"],
        }
        ended = await does(target, "accept", made)
        assert (ended["state"], ended["waiting_for_id"]) == ("accepted", None)
        assert await told(asker) == [("target", "accepted"), ("second", "passed_on"), ("first", "passed_on")]
        assert await told(first) == [("target", "accepted"), ("asker", "requested")]

    async def test_goes_only_from_where_it_is(self, world: World) -> None:
        asker, friend, target = await world.people("asker", "friend", "target")
        await chain(asker, friend, target)
        people = {"asker": asker, "friend": friend, "target": target}
        allowed = {
            "requested": {("asker", "withdraw"), ("friend", "forward"), ("friend", "decline")},
            "forwarded": {("asker", "withdraw"), ("target", "accept"), ("target", "decline")},
        }
        never = {("asker", "forward"), ("asker", "accept"), ("asker", "decline")}
        never |= {("friend", "accept"), ("friend", "withdraw"), ("target", "forward"), ("target", "withdraw")}
        steps = {"accepted": [("friend", "forward"), ("target", "accept")], "withdrawn": [("asker", "withdraw")]}
        steps |= {"requested": [], "forwarded": [("friend", "forward")], "declined": [("friend", "decline")]}
        for state, deeds in steps.items():
            made = await asks(asker, friend, to=target)
            for who, verb in deeds:
                await does(people[who], verb, made)
            for who, verb in ((who, verb) for who in people for verb in VERBS):
                if (who, verb) in allowed.get(state, ()):
                    continue
                seen = who != "target" or state in ("forwarded", "accepted")
                expect = 404 if not seen else 403 if (who, verb) in never else 409
                answer = await does(people[who], verb, made, expect=expect)
                assert expect != 409 or answer["code"] == "invalid_transition"
            if state in allowed:
                await does(asker, "withdraw", made)

    async def test_keeps_reasons_from_who_asked(self, world: World) -> None:
        asker, friend, target = await world.people("asker", "friend", "target")
        await chain(asker, friend, target)
        made = await asks(asker, friend, to=target)
        await does(friend, "forward", made)
        assert (await does(target, "decline", made, reason="没空"))["reason"] == "没空"
        assert (await friend.get(f"{INTRODUCTIONS}/{made['id']}"))["reason"] == "没空"
        shown = await asker.get(f"{INTRODUCTIONS}/{made['id']}")
        assert (shown["state"], shown["reason"]) == ("declined", None)
        assert "没空" not in str(await asker.get(INTRODUCTIONS))
        assert await told(asker) == [("target", "declined"), ("friend", "passed_on")]

    async def test_takes_one_of_two_who_answer_at_once(self, world: World) -> None:
        asker, friend, target = await world.people("asker", "friend", "target")
        await chain(asker, friend, target)
        made = await asks(asker, friend, to=target)
        path = f"{INTRODUCTIONS}/{made['id']}"
        answers = await asyncio.gather(
            friend.request("POST", f"{path}/forward", json={}),
            friend.request("POST", f"{path}/decline", json={}),
            asker.request("POST", f"{path}/withdraw", json={}),
            friend.request("POST", f"{path}/decline", json={}),
        )
        assert sum(answer.status_code == 200 for answer in answers) in (1, 2)
        shown = await asker.get(path)
        done = [answer.json()["state"] for answer in answers if answer.status_code == 200]
        assert shown["state"] in done
        # Only a forwarding can have come before another end.
        assert len(done) == 1 or set(done) == {"forwarded", "withdrawn"}


class TestAsking:
    async def test_wants_a_way_that_is_shown(self, world: World) -> None:
        asker, friend, target, stranger = await world.people("asker", "friend", "target", "stranger")
        await chain(asker, friend, target)
        for via, to in (((stranger,), target), ((friend, stranger), target), ((target,), friend), ((asker,), target)):
            assert (await asks(asker, *via, to=to, expect=422))["code"] == "no_such_path"
        await prefers(friend, may_ask="nobody")
        assert (await asks(asker, friend, to=target, expect=422))["code"] == "no_such_path"
        await prefers(friend, may_ask="everyone")
        await prefers(target, may_reach="nobody")
        assert (await asks(asker, friend, to=target, expect=422))["code"] == "no_such_path"
        await prefers(target, may_reach="everyone")
        for wrong in ({}, {"to_account_id": asker.id}):
            await asks(asker, friend, expect=422, **wrong)
        for purpose in ("长" * 501, "  "):
            await asks(asker, friend, to=target, purpose=purpose, expect=422)
        await asks(asker, to=target, expect=422)
        await asks(asker, friend, friend, friend, to=target, expect=422)
        await asks(asker, friend, to_account_id="1", expect=404)

        made = await asks(asker, friend, to=target)
        assert (await asks(asker, friend, to=target, expect=409))["code"] == "introduction_open"
        await does(asker, "withdraw", made)
        assert await told(friend) == []
        await asks(asker, friend, to=target)

    async def test_may_be_for_a_job_or_an_organisation(self, world: World) -> None:
        asker, friend, recruiter = await world.people("asker", "friend", "recruiter")
        await chain(asker, friend, recruiter)
        company = await recruiter.organization()
        job = await recruiter.publishes_job(company)
        made = await asks(asker, friend, job_id=job["id"])
        assert (made["to_account"]["id"], made["job_id"]) == (recruiter.id, job["id"])
        await does(asker, "withdraw", made)
        made = await asks(asker, friend, organization_id=company["id"], job_id=job["id"])
        assert (made["to_account"]["id"], made["organization_id"]) == (recruiter.id, company["id"])
        other = await recruiter.organization("别的公司")
        await asks(asker, friend, organization_id=other["id"], job_id=job["id"], expect=422)
        await recruiter.post(f"/api/weizhi/v1/jobs/{job['id']}/close")
        assert (await asks(asker, friend, job_id=job["id"], expect=410))["code"] == "job_closed"

    async def test_is_refused_for_a_month_by_who_declined(self, world: World, resources: Resources) -> None:
        asker, friend, other, target = await world.people("asker", "friend", "other", "target")
        for one in (friend, other):
            await chain(asker, one, target)
        await does(friend, "decline", await asks(asker, friend, to=target))
        assert (await asks(asker, friend, to=target, expect=409))["code"] == "declined_lately"
        # That friend's no is not the target's, whose own holds whoever brings it.
        made = await asks(asker, other, to=target)
        await does(other, "forward", made)
        await does(target, "decline", made)
        for one in (friend, other):
            assert (await asks(asker, one, to=target, expect=409))["code"] == "declined_lately"
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE introductions SET ended_at = ended_at - interval '31 days'"))
        await asks(asker, friend, to=target)

    async def test_is_refused_beyond_a_day_s_measure(self, world: World, resources: Resources) -> None:
        asker, friend, target = await world.people("asker", "friend", "target")
        await chain(asker, friend, target)
        for number in range(5):
            made = await asks(asker, friend, to=target, purpose=f"第 {number} 次")
            await does(asker, "withdraw", made)
        body = {"via_account_ids": [friend.id], "to_account_id": target.id, "purpose": "再来"}
        refused = await asker.request("POST", INTRODUCTIONS, json=body, expect=429)
        assert refused.json()["code"] == "too_many_introductions"
        assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400

    async def test_is_measured(self, world: World, resources: Resources) -> None:
        """So many that wait, so many a day, and fewer for who is rarely accepted."""
        asker, friend, target, other = await world.people("asker", "friend", "target", "other")
        await chain(asker, friend, target)
        await other.follows(friend)

        async def past(number: int, state: str, ago: timedelta) -> None:
            async with resources.db.transaction() as session:
                row = (
                    "INSERT INTO introductions (from_id, to_id, purpose, state, created_at, expires_at)"
                    " SELECT :asker, :target, 'x', :state, :at, :at FROM generate_series(1, :number)"
                )
                known = {"asker": int(asker.id), "target": int(target.id)}
                await session.execute(text(row), {**known, "state": state, "at": now() - ago, "number": number})

        async def asks_with(limits: Limits) -> str:
            body = IntroductionCreate(to_account_id=int(other.id), via_account_ids=[int(friend.id)], purpose="x")
            async with resources.db.engine.connect() as connection, AsyncSession(bind=connection) as session:
                try:
                    await service.request(session, asker_id=int(asker.id), request=body, limits=limits, now=now())
                except WeizhiError as refusal:
                    return refusal.code
                finally:
                    await connection.rollback()
            return "asked"

        await past(13, "declined", timedelta(days=9))
        await past(1, "forwarded", timedelta(days=3))
        assert await asks_with(Limits(open=1, per_day=5)) == "too_many_open_introductions"
        assert await asks_with(Limits(open=2, per_day=5)) == "asked"
        await past(2, "accepted", timedelta(hours=23))
        assert await asks_with(Limits(open=9, per_day=2)) == "too_many_introductions"
        assert await asks_with(Limits(open=9, per_day=3)) == "asked"
        # 2 of 19 were accepted: too few to judge; then 2 of 20.
        await past(4, "expired", timedelta(hours=22))
        assert await asks_with(Limits(open=9, per_day=7)) == "asked"
        await past(1, "expired", timedelta(hours=22))
        assert await asks_with(Limits(open=9, per_day=8)) == "too_many_introductions"
        assert (await asker.get(f"{INTRODUCTIONS}/funnel"))["warning"] == "low_acceptance"


class TestEnd:
    async def test_comes_when_nobody_answers(self, world: World, resources: Resources) -> None:
        asker, friend, target = await world.people("asker", "friend", "target")
        await chain(asker, friend, target)
        made = await asks(asker, friend, to=target)
        await does(friend, "forward", made)
        for days, state in ((13, "forwarded"), (15, "expired")):
            async with resources.db.transaction() as session:
                await service.expire(session, now=now() + timedelta(days=days))
            assert (await asker.get(f"{INTRODUCTIONS}/{made['id']}"))["state"] == state
        # Late, before it was swept: over all the same.
        made = await asks(asker, friend, to=target)
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE introductions SET expires_at = now() - interval '1 s'"))
        assert (await does(friend, "forward", made, expect=409))["code"] == "invalid_transition"

    async def test_comes_with_a_block_or_a_suspension(self, world: World, resources: Resources) -> None:
        asker, friend, target, other = await world.people("asker", "friend", "target", "other")
        for one in (target, other):
            await chain(asker, friend, one)
        for blocker, blocked, state in ((target, asker, "expired"), (asker, target, "withdrawn")):
            made, kept = await asks(asker, friend, to=target), await asks(asker, friend, to=other)
            await does(friend, "forward", made)
            await blocker.post(f"/api/v1/accounts/{blocked.id}/block")
            # Before the worker comes to it, nobody can go on.
            assert (await does(target, "accept", made, expect=422))["code"] == "no_such_path"
            await world.settle()
            assert (await asker.get(f"{INTRODUCTIONS}/{made['id']}"))["state"] == state
            assert (await asker.get(f"{INTRODUCTIONS}/{kept['id']}"))["state"] == "requested"
            await does(asker, "withdraw", kept)
            await blocker.post(f"/api/v1/accounts/{blocked.id}/unblock")

        made = await asks(asker, friend, to=other)
        async with resources.db.transaction() as session:
            await session.execute(
                text("UPDATE accounts SET suspended_at = now() WHERE id = :id"), {"id": int(friend.id)}
            )
            for _ in range(2):
                await handlers.end_suspended(session, [{"account_id": int(friend.id)}])
        shown = await asker.get(f"{INTRODUCTIONS}/{made['id']}")
        assert (shown["state"], shown["via"][0]["account"]) == ("expired", None)

    async def test_stops_where_the_next_listens_no_more(self, world: World) -> None:
        asker, friend, target = await world.people("asker", "friend", "target")
        await chain(asker, friend, target)
        made = await asks(asker, friend, to=target)
        await target.post(f"/api/v1/accounts/{friend.id}/unfollow")
        assert (await does(friend, "forward", made, expect=422))["code"] == "no_such_path"
        await target.follows(friend)
        await does(friend, "forward", made)


class TestFunnel:
    async def test_counts_what_came_of_it(self, world: World) -> None:
        asker, friend, first, target, far = await world.people("asker", "friend", "first", "target", "far")
        await chain(asker, friend, target)
        await chain(asker, first, friend, far)
        empty = await asker.get(f"{INTRODUCTIONS}/funnel")
        assert (empty["acceptance"], empty["introduced"]["median_seconds"], empty["warning"]) == (None, None, None)
        one, two = await asks(asker, friend, to=target), await asks(asker, first, friend, to=far)
        await does(friend, "forward", one)
        await does(target, "accept", one)
        await does(first, "forward", two)
        await does(friend, "decline", two)

        found = await asker.get(f"{INTRODUCTIONS}/funnel")
        assert found["asked"] == {
            **{"requested": 2, "forwarded": 2, "reached": 1, "accepted": 1},
            **{"declined": 1, "expired": 0, "withdrawn": 0},
        }
        through = [
            (row["account"]["username"], row["requested"], row["forwarded"], row["accepted"])
            for row in found["by_introducer"]
        ]
        assert through == [("friend", 2, 1, 1), ("first", 1, 1, 0)]
        assert (found["acceptance"], found["cold_acceptance"]) == (0.5, 0.08)
        record = (await friend.get(f"{INTRODUCTIONS}/funnel"))["introduced"]
        assert {**record, "median_seconds": 0} == {
            **{"requested": 2, "forwarded": 1, "accepted": 1, "declined": 1, "median_seconds": 0}
        }
        assert record["median_seconds"] is not None

    async def test_lists_are_paged(self, world: World) -> None:
        asker, friend, *targets = await world.people("asker", "friend", "one", "two", "three")
        for target in targets:
            await chain(asker, friend, target)
        made = [(await asks(asker, friend, to=target))["id"] for target in targets][::-1]
        for person, role in ((asker, "from"), (friend, "via")):
            page = await person.request("GET", INTRODUCTIONS, params={"role": role, "limit": 2})
            assert [one["id"] for one in page.json()] == made[:2]
            assert f"max_id={made[1]}" in page.headers["Link"]
            assert [one["id"] for one in await person.get(INTRODUCTIONS, role=role, max_id=made[1])] == made[2:]
            assert [one["id"] for one in await person.get(INTRODUCTIONS, role=role, min_id=made[2], limit=1)] == [
                made[1]
            ]


class TestNotification:
    async def test_is_shown_to_apps_that_know_what_it_is(self, world: World) -> None:
        asker, friend, target = await world.people("asker", "friend", "target")
        await chain(asker, friend, target)
        await world.settle()
        made = await asks(asker, friend, to=target)
        await world.settle()
        for path in ("/api/v1/notifications", "/api/v1/notifications/unread_count"):
            plain = await friend.get(path)
            assert "introduction" not in str(plain)
        assert [group["type"] for group in (await friend.get("/api/v2/notifications"))["notification_groups"]] == [
            "follow"
        ]
        (shown,) = await friend.get("/api/v1/notifications", **{"types[]": "introduction"})
        assert shown["weizhi"] == {"type": "introduction", "introduction_id": made["id"], "news": "requested"}
        # Mastodon's way for what an app does not know.
        newest = (await friend.get("/api/v1/notifications", **{"supported_types[]": "mention"}))[0]
        assert newest["type"] == "introduction"
        assert newest["fallback"]["title"] == "asker 请你引荐 · asker asks you to introduce them"
