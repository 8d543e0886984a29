"""Posts of words alone, published before routing: what the routes would do and answer, for many at a time."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit import idempotency
from app.kit.clock import now
from app.posts.press import Press, Proof
from app.posts.schemas import PostCreate
from tests.people import Person, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def routes_saw(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reached the route of posting."""
    seen: list[str] = []
    publish = idempotency.once

    async def noting(*args: Any, **options: Any) -> int:
        seen.append(str(options["request"]))
        return await publish(*args, **options)

    monkeypatch.setattr(idempotency, "once", noting)
    return seen


async def counted(resources: Resources, table: str) -> int:
    async with resources.db.reading() as session:
        found: int = await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0
        return found


async def test_many_at_once_are_all_there(world: World, resources: Resources, routes_saw: list[str]) -> None:
    people = await world.people("anna", "bo", "cy")
    said = await asyncio.gather(*(people[number % 3].says(f"第 {number} 条 #微职#") for number in range(12)))
    assert routes_saw == []
    assert len({post["id"] for post in said}) == 12
    assert [await counted(resources, table) for table in ("posts", "post_stats", "post_tags")] == [12, 12, 12]
    for person in people:
        shown = await person.get(f"/api/v1/accounts/{person.id}")
        assert (shown["statuses_count"], len(await person.get(f"/api/v1/accounts/{person.id}/statuses"))) == (4, 4)
    for post in said:
        again = await people[0].get(f"/api/v1/statuses/{post['id']}")
        assert {**again, "account": None} == {**post, "account": None}
    async with resources.db.reading() as session:
        events = await session.scalars(
            text("SELECT payload->>'post_id' FROM outbox_events WHERE topic = 'post.published'")
        )
        audited = await session.scalars(text("SELECT object_id FROM audit_log WHERE action = 'post.published'"))
        assert sorted(events) == sorted(post["id"] for post in said) == sorted(str(id) for id in audited)


async def test_a_key_counts_once_however_many_use_it_at_once(world: World, resources: Resources) -> None:
    anna, bo = await world.people("anna", "bo")
    headers = {"Idempotency-Key": "one"}
    same = [anna.post("/api/v1/statuses", {"status": "一次"}, **headers) for _ in range(4)]
    others = [bo.post("/api/v1/statuses", {"status": "也一次"}, **headers) for _ in range(2)]
    answers = await asyncio.gather(*same, *others)
    assert len({answer["id"] for answer in answers[:4]}) == len({answer["id"] for answer in answers[4:]}) == 1
    assert await counted(resources, "posts") == 2
    assert (await anna.get(f"/api/v1/accounts/{anna.id}"))["statuses_count"] == 1
    await anna.post("/api/v1/statuses", {"status": "别的"}, expect=409, **headers)


async def test_forms_are_understood(world: World, routes_saw: list[str]) -> None:
    anna = await world.person("anna")
    form = {"status": "表单 #微职#", "sensitive": "1", "visibility": "unlisted"}
    answer = (await anna.request("POST", "/api/v1/statuses", data=form, expect=200)).json()
    assert (answer["sensitive"], answer["visibility"], routes_saw) == (True, "unlisted", [])


@pytest.mark.parametrize("body", [{"status": ""}, {"status": "字" * 2001}, {"status": "x", "visibility": "nobody"}])
async def test_what_is_wrong_is_told_by_the_routes(world: World, body: dict[str, Any]) -> None:
    anna = await world.person("anna")
    answer = await anna.request("POST", "/api/v1/statuses", json=body, expect=422)
    assert answer.json()["details"]


async def test_a_body_that_is_no_json_and_a_caller_without_rights(world: World) -> None:
    anna = await world.person("anna")
    headers = {"Content-Type": "application/json"}
    await anna.request("POST", "/api/v1/statuses", content=b'{"status": ', headers=headers, expect=400)
    await Person(world, "", "nobody", "wrong").post("/api/v1/statuses", {"status": "x"}, expect=401)
    await Person(world, "", "app", world.app_token).post("/api/v1/statuses", {"status": "x"}, expect=403)


async def test_one_that_cannot_be_written_spoils_no_other(world: World, resources: Resources) -> None:
    anna = await world.person("anna")
    press = Press(resources.db, domain="weizhi.test")
    asked = [PostCreate(status=word) for word in ("一", "二", "三")]
    proofs = [await press.proof(one, author_id=int(anna.id), app_id=None, now=now()) for one in asked]
    proofs[1].post.visibility = "nobody's"
    found = await asyncio.gather(*(press.print(proof, key=None) for proof in proofs), return_exceptions=True)
    assert [isinstance(one, Exception) for one in found] == [False, True, False]
    assert await counted(resources, "posts") == 2
    assert (await anna.get(f"/api/v1/accounts/{anna.id}"))["statuses_count"] == 2


async def test_a_post_is_as_its_author_wants_posts_at_that_moment(world: World, resources: Resources) -> None:
    anna = await world.person("anna")
    press = Press(resources.db, domain="weizhi.test")

    async def proof() -> Proof:
        return await press.proof(PostCreate(status="给谁看"), author_id=int(anna.id), app_id=None, now=now())

    known = await press.print(await proof(), key=None)
    made_before = await proof()
    await anna.request(
        "PATCH", "/api/v1/accounts/update_credentials", json={"source": {"privacy": "private"}}, expect=200
    )
    published = await press.print(made_before, key=None)
    assert known
    assert published
    assert (known.post.visibility, published.post.visibility) == ("public", "private")
    shown = await anna.get(f"/api/v1/statuses/{published.post.id}")
    assert (shown["visibility"], await counted(resources, "posts")) == ("private", 2)


async def test_answers_count_what_others_did_since_the_last_post(world: World) -> None:
    anna, bo, cy = await world.people("anna", "bo", "cy")
    await anna.says("一")
    await bo.follows(anna)
    assert (await anna.says("二"))["account"]["followers_count"] == 1
    await cy.follows(anna)
    # Not counted with her posts: nothing of hers changes.
    author = (await anna.says("@bo 三", visibility="direct"))["account"]
    assert (author["followers_count"], author["statuses_count"]) == (2, 2)
