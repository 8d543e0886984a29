"""Scheduled posts through HTTP, and what the worker makes of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.media.handlers import forget_unattached
from app.posts import service as posts
from app.scheduled import service
from tests.people import Person, World, pass_time
from tests.posts.test_publish import POLL, picture_of
from tests.posts.test_routes import delete

pytestmark = pytest.mark.anyio

PATH = "/api/v1/scheduled_statuses"


def ahead(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


async def waiting(person: Person, **params: Any) -> list[dict[str, Any]]:
    return await person.get(PATH, **params)


async def said(person: Person) -> list[dict[str, Any]]:
    return await person.get(f"/api/v1/accounts/{person.id}/statuses")


async def pass_the_time(world: World, resources: Resources) -> None:
    """Everything scheduled is due, and the worker has seen to it."""
    async with resources.db.transaction() as session:
        await session.execute(text("UPDATE scheduled_posts SET scheduled_at = now() WHERE error IS NULL"))
        await session.execute(text("UPDATE tasks SET run_at = now()"))
    await world.settle()


class TestSchedule:
    async def test_tells_what_will_be_published_and_publishes_nothing(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post, id = await bo.says("问"), await picture_of(anna, description="甲")
        when = ahead(hours=2)
        scheduled = await anna.says(
            "答", scheduled_at=when, in_reply_to_id=post["id"], media_ids=[id], spoiler_text="注", visibility="unlisted"
        )
        assert datetime.fromisoformat(scheduled["scheduled_at"]) - datetime.fromisoformat(when) < timedelta(seconds=1)
        params = scheduled["params"]
        assert (params["text"], params["spoiler_text"], params["sensitive"]) == ("答", "注", True)
        assert (params["visibility"], params["in_reply_to_id"]) == ("unlisted", int(post["id"]))
        assert (params["media_ids"], params["scheduled_at"], params["poll"]) == ([id], None, None)
        assert [item["description"] for item in scheduled["media_attachments"]] == ["甲"]
        assert await waiting(anna) == [scheduled]
        assert await anna.get(f"{PATH}/{scheduled['id']}") == scheduled
        assert await said(anna) == []
        await world.settle()
        assert await said(anna) == []

    @pytest.mark.parametrize(
        ("moment", "error"),
        [
            ("banana", "Record invalid"),
            ("2026-13-01T00:00:00Z", "Record invalid"),
            ("0001-01-01T00:00:00+14:00", "Record invalid"),
            ("2020-01-01T00:00:00Z", "Validation failed: Scheduled at The scheduled date must be in the future"),
            ("9999-12-31T00:00:00Z", "Validation failed: Scheduled at is too far into the future"),
        ],
    )
    async def test_refuses_what_is_no_moment_ahead(self, world: World, moment: str, error: str) -> None:
        anna = await world.person("anna")
        refused = await anna.post("/api/v1/statuses", {"status": "x", "scheduled_at": moment}, expect=422)
        assert (refused["error"], list(refused["details"])) == (error, ["scheduled_at"])

    async def test_takes_any_offset_and_five_minutes_at_least(self, world: World) -> None:
        anna = await world.person("anna")
        when = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=6)
        told = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        east = when + timedelta(hours=8)
        for form in (when.isoformat(), f"{east.replace(tzinfo=None).isoformat()}+08:00", told, told[:-1]):
            assert (await anna.says("x", scheduled_at=form))["scheduled_at"] == told
        await anna.post("/api/v1/statuses", {"status": "x", "scheduled_at": ahead(minutes=4.9)}, expect=422)

    async def test_checks_as_if_it_were_published_now(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        id = await picture_of(bo)
        closed = await bo.says("不许引", quote_approval_policy="nobody")
        for body, status in (
            ({"status": " "}, 422),
            ({"status": "x" * 2001}, 422),
            ({"status": "x", "poll": {"options": ["a"], "expires_in": 600}}, 422),
            ({"status": "x", "in_reply_to_id": "1"}, 404),
            ({"status": "x", "quoted_status_id": closed["id"]}, 403),
            ({"status": "x", "media_ids": [id]}, 422),
        ):
            await anna.post("/api/v1/statuses", {**body, "scheduled_at": ahead(hours=1)}, expect=status)
        assert await waiting(anna) == []

    async def test_with_one_key_schedules_once(self, world: World) -> None:
        anna = await world.person("anna")
        body = {"status": "一次", "scheduled_at": ahead(hours=1)}
        tries = [anna.post("/api/v1/statuses", body, **{"Idempotency-Key": "k"}) for _ in range(3)]
        answers = await asyncio.gather(*tries)
        assert [answer["id"] for answer in answers] == [answers[0]["id"]] * 3
        assert len(await waiting(anna)) == 1

    async def test_with_a_key_of_one_published_gives_the_post(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        body, key = {"status": "一次", "scheduled_at": ahead(hours=1)}, {"Idempotency-Key": "k"}
        await anna.post("/api/v1/statuses", body, **key)
        await pass_the_time(world, resources)
        (post,) = await said(anna)
        assert (await anna.post("/api/v1/statuses", body, **key))["id"] == post["id"]
        assert len(await said(anna)) == 1
        assert await waiting(anna) == []

    async def test_is_bounded_for_a_day_and_in_all(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "MOST", 3)
        monkeypatch.setattr(service, "MOST_A_DAY", 2)
        anna = await world.person("anna")
        day = (datetime.now(UTC) + timedelta(days=2)).replace(hour=0, minute=0)
        tries = [
            anna.request("POST", "/api/v1/statuses", json={"status": "x", "scheduled_at": day.isoformat()})
            for _ in range(4)
        ]
        answers = await asyncio.gather(*tries)
        assert sorted(answer.status_code for answer in answers) == [200, 200, 422, 422]
        assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"too_many_that_day"}
        other = await anna.says("y", scheduled_at=(day + timedelta(days=1)).isoformat())
        body = {"status": "x", "scheduled_at": (day + timedelta(days=5)).isoformat()}
        refused = await anna.post("/api/v1/statuses", body, expect=422)
        assert (refused["code"], refused["error"]) == (
            "too_many_scheduled",
            "Validation failed: You have exceeded the limit of 300 scheduled posts",
        )
        # Moved within its own day it takes no place besides its own.
        later = (day + timedelta(days=1, hours=1)).isoformat()
        await anna.request("PUT", f"{PATH}/{other['id']}", json={"scheduled_at": later}, expect=200)
        full = {"scheduled_at": (day + timedelta(hours=3)).isoformat()}
        await anna.request("PUT", f"{PATH}/{other['id']}", json=full, expect=422)


class TestMedia:
    async def test_is_kept_for_the_post_alone(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        id = await picture_of(anna)
        scheduled = await anna.says("", media_ids=[id], scheduled_at=ahead(days=3))
        for more in ({}, {"scheduled_at": ahead(days=3)}):
            await anna.post("/api/v1/statuses", {"status": "抢", "media_ids": [id], **more}, expect=422)
        refused = await anna.request("DELETE", f"/api/v1/media/{id}", expect=422)
        assert refused.json()["code"] == "media_in_use"
        async with resources.db.transaction() as session:
            assert await forget_unattached(session, now=datetime.now(UTC) + timedelta(days=2)) == 0
        await anna.get(f"/api/v1/media/{id}")
        await anna.request("DELETE", f"{PATH}/{scheduled['id']}", expect=200)
        await anna.says("还用", media_ids=[id])


class TestList:
    async def test_is_ones_own_and_pages(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        ids = [(await anna.says(str(n), scheduled_at=ahead(hours=n + 1)))["id"] for n in range(3)]
        assert await waiting(bo) == []
        await bo.get(f"{PATH}/{ids[0]}", expect=404)
        await bo.request("DELETE", f"{PATH}/{ids[0]}", expect=404)
        await bo.request("PUT", f"{PATH}/{ids[0]}", json={"scheduled_at": ahead(hours=9)}, expect=404)
        response = await anna.request("GET", PATH, params={"limit": 2}, expect=200)
        assert [item["id"] for item in response.json()] == [ids[2], ids[1]]
        older = await anna.request("GET", response.links["next"]["url"], expect=200)
        assert [item["id"] for item in older.json()] == [ids[0]]
        assert [item["id"] for item in await waiting(anna, min_id=ids[0], limit=1)] == [ids[1]]


class TestPublish:
    async def test_happens_once_at_its_time_as_it_was_meant(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        post, id = await bo.says("问"), await picture_of(anna)
        answering = {"in_reply_to_id": post["id"], "media_ids": [id], "language": "zh"}
        key = (await anna.says("图 #话题#", scheduled_at=ahead(hours=1), **answering))["id"]
        await anna.says("@bo 去哪", scheduled_at=ahead(hours=1), poll=POLL, visibility="direct")
        quoting = {"quoted_status_id": post["id"], "quote_approval_policy": "followers", "sensitive": True}
        await anna.says("引", scheduled_at=ahead(hours=1), **quoting)
        await pass_the_time(world, resources)
        assert await waiting(anna) == []
        by_words = {item["content"]: item for item in await said(anna)}
        assert len(by_words) == 3
        answer = next(item for item in by_words.values() if item["media_attachments"])
        assert ([m["id"] for m in answer["media_attachments"]], answer["in_reply_to_id"]) == ([id], post["id"])
        assert (answer["language"], [tag["name"] for tag in answer["tags"]]) == ("zh", ["话题"])
        assert answer["application"]["name"] == "tests"
        direct = next(item for item in by_words.values() if item["poll"])
        assert (direct["visibility"], [m["id"] for m in direct["mentions"]]) == ("direct", [bo.id])
        left = datetime.fromisoformat(direct["poll"]["expires_at"]) - datetime.fromisoformat(direct["created_at"])
        assert left == timedelta(seconds=3600)
        quote = by_words["<p>引</p>"]
        assert (quote["quote"]["state"], quote["sensitive"]) == ("accepted", True)
        assert quote["quote_approval"]["automatic"] == ["followers"]
        # A task that runs again, as one does whose worker died, finds nothing to do.
        async with resources.db.transaction() as session:
            await service.publish_due(session, scheduled_id=int(key), now=datetime.now(UTC), domain="")
        assert len(await said(anna)) == 3

    async def test_that_is_cut_off_leaves_no_half_and_is_done_again(
        self, world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anna = await world.person("anna")
        await anna.says("断电", scheduled_at=ahead(hours=1))
        publish, tries = posts.publish, []

        async def cut_off(*args: Any, **options: Any) -> Any:
            post = await publish(*args, **options)
            tries.append(post.post.id)
            if len(tries) == 1:
                raise OSError("the machine stopped")
            return post

        monkeypatch.setattr(posts, "publish", cut_off)
        await pass_the_time(world, resources)
        await world.settle()
        assert len(tries) == 2
        assert [int(item["id"]) for item in await said(anna)] == [tries[1]]
        assert await waiting(anna) == []

    async def test_is_moved_and_cancelled_with_its_row(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        later = await anna.says("晚些", scheduled_at=ahead(hours=1))
        never = await anna.says("算了", scheduled_at=ahead(hours=1))
        when = ahead(days=3)
        moved = await anna.request("PUT", f"{PATH}/{later['id']}", json={"scheduled_at": when}, expect=200)
        assert moved.json()["scheduled_at"][:19] == when[:19]
        await anna.request("PUT", f"{PATH}/{later['id']}", json={"scheduled_at": ahead(minutes=1)}, expect=422)
        assert (await anna.request("DELETE", f"{PATH}/{never['id']}", expect=200)).json() == {}
        await pass_time(world, resources)
        assert await said(anna) == []
        assert [item["id"] for item in await waiting(anna)] == [later["id"]]
        await pass_the_time(world, resources)
        assert [item["content"] for item in await said(anna)] == ["<p>晚些</p>"]

    async def test_that_is_not_possible_any_more_says_why_and_keeps_the_words(
        self, world: World, resources: Resources
    ) -> None:
        anna, bo = await world.people("anna", "bo")
        post, id = await bo.says("问"), await picture_of(anna)
        scheduled = await anna.says("答", scheduled_at=ahead(hours=1), in_reply_to_id=post["id"], media_ids=[id])
        await delete(bo, post)
        await pass_the_time(world, resources)
        assert await said(anna) == []
        (kept,) = await waiting(anna)
        assert (kept["id"], kept["params"]["text"]) == (scheduled["id"], "答")
        assert kept["weizhi"]["error"] == "The post you are trying to reply to does not appear to exist"
        await anna.post("/api/v1/statuses", {"status": "抢", "media_ids": [id]}, expect=422)
        await pass_the_time(world, resources)
        await anna.request("PUT", f"{PATH}/{kept['id']}", json={"scheduled_at": ahead(hours=1)}, expect=200)
        assert (await waiting(anna))[0]["weizhi"]["error"] is None
        await anna.request("DELETE", f"{PATH}/{kept['id']}", expect=200)
        await anna.says("改说别的", media_ids=[id])
