"""What publishing answers is what reading the post answers, though it is not read."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.work import Plain
from app.posts import writing
from tests.people import World
from tests.posts.test_publish import POLL, picture_of

pytestmark = pytest.mark.anyio

FORMS: dict[str, dict[str, Any]] = {
    "words": {"status": "你好 https://weizhi.example/a?b=1 <b>&"},
    "topics": {"status": "#招聘# #python #Ｐｙｔｈｏｎ 找工作"},
    "mentions": {"status": "@a 你好，@小白 也来 @nobody @b@weizhi.test @b@elsewhere.example"},
    "a warning": {"status": "长文", "spoiler_text": "剧透", "language": "zh"},
    "only a warning": {"status": "", "spoiler_text": "只有它", "media_ids": []},
    "for followers": {"status": "悄悄", "visibility": "private"},
    "unlisted": {"status": "不列出", "visibility": "unlisted", "quote_approval_policy": "followers"},
    "for one": {"status": "@a 私信", "visibility": "direct"},
    "sensitive": {"status": "敏感", "sensitive": True, "quote_approval_policy": "nobody"},
    "a poll": {"status": "问", "poll": POLL},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", [None, "once"])
async def test_the_answer_is_what_reading_gives(world: World, form: str, key: str | None) -> None:
    author, a, b = await world.people("author", "a", "b")
    await a.request("PATCH", "/api/v1/accounts/update_credentials", expect=200, json={"display_name": "小白"})
    await b.follows(author)
    await author.request(
        "PATCH", "/api/v1/accounts/update_credentials", json={"source": {"language": "en"}}, expect=200
    )
    await author.says("以前的")

    headers = {"Idempotency-Key": key} if key else {}
    answered = await author.post("/api/v1/statuses", FORMS[form], **headers)

    assert answered == await author.get(f"/api/v1/statuses/{answered['id']}")
    assert answered["account"]["statuses_count"] == (1 if form == "for one" else 2)
    if key:
        assert await author.post("/api/v1/statuses", FORMS[form], **headers) == answered


async def test_what_answers_share_is_right_for_each(world: World) -> None:
    author, a, _ = await world.people("author", "a", "b")
    for name in ("以前", "后来"):
        await author.request("PATCH", "/api/v1/accounts/update_credentials", json={"display_name": name}, expect=200)
        await a.follows(author)
        for form in (*FORMS.values(), *FORMS.values()):
            answered = await author.post("/api/v1/statuses", form)
            assert answered == await author.get(f"/api/v1/statuses/{answered['id']}")


async def test_each_answer_names_the_app_it_came_by(world: World) -> None:
    other = await World.open(world.client, world.relay, app_name="另一个")
    for person, name in ((await world.person("a"), "tests"), (await other.person("b"), "另一个")):
        assert (await person.says("你好"))["application"] == {"name": name, "website": None}


async def test_replies_quotes_and_files_answer_the_same(world: World) -> None:
    author, other = await world.people("author", "other")
    post = await other.says("原帖")
    await author.post(f"/api/v1/statuses/{post['id']}/mute")
    for more in (
        {"in_reply_to_id": post["id"]},
        {"quoted_status_id": post["id"]},
        {"media_ids": [await picture_of(author)]},
    ):
        answered = await author.says("我也", **more)
        shown = await author.get(f"/api/v1/statuses/{answered['id']}")
        # Only a post by itself tells the words a quote came by.
        shown["weizhi"] = answered["weizhi"]
        assert answered == shown


async def test_one_key_at_once_makes_one_post(world: World, resources: Resources) -> None:
    author = await world.person("author")

    answers = await asyncio.gather(
        *(author.post("/api/v1/statuses", {"status": "一次"}, **{"Idempotency-Key": "k"}) for _ in range(6))
    )

    assert len({answer["id"] for answer in answers}) == 1
    async with resources.db.reading() as session:
        for table in (
            "posts",
            "post_stats",
            "outbox_events WHERE topic = 'post.published'",
            "audit_log WHERE action = 'post.published'",
        ):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 1, table


async def test_a_post_that_cannot_be_kept_for_its_key_is_not_there(
    world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    author = await world.person("author")
    monkeypatch.setattr("app.kit.idempotency._KEEP", _broken())

    half = {"status": "半个", "poll": POLL}
    await author.request("POST", "/api/v1/statuses", json=half, headers={"Idempotency-Key": "k"}, expect=503)

    async with resources.db.reading() as session:
        for table in ("posts", "post_stats", "idempotency_keys", "audit_log WHERE action = 'post.published'"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    monkeypatch.undo()
    await author.post("/api/v1/statuses", {"status": "一个"}, **{"Idempotency-Key": "k"})


async def test_words_that_cannot_be_written_leave_nothing_not_even_their_key(
    world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    author = await world.person("author")
    # All is written but the answer, which is told last.
    broken = f"{writing._INSERT.text} WHERE 1 / (new.id - new.id) = 1"
    monkeypatch.setattr(writing, "_INSERT", Plain(broken))

    half = {"status": "半个"}
    await author.request("POST", "/api/v1/statuses", json=half, headers={"Idempotency-Key": "k"}, expect=503)

    async with resources.db.reading() as session:
        for table in ("posts", "post_stats", "idempotency_keys", "audit_log WHERE action = 'post.published'"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    monkeypatch.undo()
    await author.post("/api/v1/statuses", {"status": "一个"}, **{"Idempotency-Key": "k"})


def _broken() -> Plain:

    return Plain("SELECT 1 / (:id - :id), :account_id::bigint, :operation::text, :key::text")
