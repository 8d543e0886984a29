"""Editing: what changes, what stays readable, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.media.handlers import forget_unattached
from app.posts import limits
from tests.people import Person, World
from tests.posts.test_publish import POLL, picture_of
from tests.posts.test_routes import delete, status

pytestmark = pytest.mark.anyio


async def edits(person: Person, post: dict[str, Any], words: str, *, expect: int = 200, **fields: Any) -> Any:
    body = {"status": words, **fields}
    return (await person.request("PUT", f"/api/v1/statuses/{post['id']}", json=body, expect=expect)).json()


async def history(person: Person, post: dict[str, Any], expect: int = 200) -> Any:
    return await person.get(f"/api/v1/statuses/{post['id']}/history", expect=expect)


async def counted(resources: Resources, query: str) -> int:
    async with resources.db.reading() as session:
        return int(await session.scalar(text(query)) or 0)


class TestEdit:
    async def test_changes_the_words_and_all_that_follows_from_them(self, world: World, resources: Resources) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        post = await anna.says("@bo 招 #前端# #北京#", spoiler_text="注意", language="zh")
        edited = await edits(anna, post, "@cai 招 #后端# #北京#", sensitive=True)
        assert (edited["id"], edited["created_at"]) == (post["id"], post["created_at"])
        assert edited["edited_at"] > post["created_at"]
        assert [tag["name"] for tag in edited["tags"]] == ["后端", "北京"]
        assert [mention["id"] for mention in edited["mentions"]] == [cai.id]
        assert (edited["spoiler_text"], edited["sensitive"], edited["language"]) == ("", True, "zh")
        assert await status(bo, post["id"]) == {**edited, "quote_approval": edited["quote_approval"]}
        async with resources.db.reading() as session:
            assert set(await session.scalars(text("SELECT tag FROM post_tags"))) == {"后端", "北京"}
        await world.settle()
        for word, ids in (("后端", [post["id"]]), ("前端", [])):
            found = await bo.get("/api/weizhi/v1/search/timeline", q=word)
            assert [item["id"] for item in found["statuses"]] == ids

    async def test_that_changes_nothing_writes_nothing(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        id = await picture_of(anna, description="甲")
        post = await anna.says("不变", spoiler_text="注", media_ids=[id], language="zh")
        same = {"spoiler_text": "注", "media_ids": [id], "media_attributes": [{"id": id, "description": "甲"}]}
        assert await edits(anna, post, " 不变 ", **same) == post
        assert await counted(resources, "SELECT count(*) FROM post_revisions") == 0
        assert await counted(resources, "SELECT count(*) FROM audit_log WHERE action = 'post.edited'") == 0

    async def test_is_for_the_author_and_not_for_reposts_and_jobs(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("我的")
        await edits(bo, post, "你的", expect=404)
        repost, job = await bo.reposts(post), await anna.publishes_job()
        for person, id in ((bo, repost["id"]), (anna, job["status_id"])):
            assert (await edits(person, {"id": id}, "改", expect=422))["code"] == "cannot_edit"
        refused = await edits(anna, post, " ", expect=422)
        assert refused["error"] == "Validation failed: Text can't be blank"
        assert (await edits(anna, post, "长" * 2001, expect=422))["details"]["text"][0]["error"] == "ERR_TOO_LONG"
        assert (await status(anna, post["id"]))["edited_at"] is None

    async def test_changes_media_and_what_they_show(self, world: World) -> None:
        anna = await world.person("anna")
        one, two = await picture_of(anna, description="甲"), await picture_of(anna)
        post = await anna.says("图", media_ids=[one])
        form = {
            "status": "图",
            "media_ids[]": [two, one],
            "media_attributes[][id]": one,
            "media_attributes[][description]": "改",
        }
        edited = (await anna.request("PUT", f"/api/v1/statuses/{post['id']}", data=form, expect=200)).json()
        assert [(item["id"], item["description"]) for item in edited["media_attachments"]] == [(two, None), (one, "改")]
        gone = await edits(anna, post, "无图")
        assert gone["media_attachments"] == []
        versions = await history(anna, post)
        shown = [[item["description"] for item in version["media_attachments"]] for version in versions]
        assert shown == [["甲"], [None, "改"], []]

    async def test_keeps_media_that_earlier_versions_show(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        one = await picture_of(anna, description="甲")
        post = await anna.says("图", media_ids=[one])
        assert (await edits(anna, post, "无图"))["media_attachments"] == []
        async with resources.db.transaction() as session:
            assert await forget_unattached(session, now=datetime.now(UTC) + timedelta(days=9)) == 0
        shown = [[item["id"] for item in version["media_attachments"]] for version in await history(anna, post)]
        assert shown == [[one], []]
        # It is this post's: nobody else's, and gone with it.
        await anna.post("/api/v1/statuses", {"status": "又用", "media_ids": [one]}, expect=422)
        again = await edits(anna, post, "又有图", media_ids=[one])
        assert [item["id"] for item in again["media_attachments"]] == [one]
        await edits(anna, post, "又无图")
        await anna.request("DELETE", f"/api/v1/statuses/{post['id']}", params={"delete_media": "true"}, expect=200)
        await anna.get(f"/api/v1/media/{one}", expect=404)

    async def test_keeps_a_direct_post_with_whom_it_was_sent_to(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("@bo 私下说", visibility="direct")
        edited = await edits(anna, post, "没有名字了")
        assert [mention["id"] for mention in edited["mentions"]] == [bo.id]
        assert (await status(bo, post["id"]))["content"] == "<p>没有名字了</p>"

    async def test_ends_after_as_many_as_are_kept(
        self, world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "EDITS", 2)
        anna = await world.person("anna")
        post = await anna.says("零")
        await edits(anna, post, "一")
        await edits(anna, post, "二")
        assert (await edits(anna, post, "三", expect=422))["code"] == "too_many_edits"
        assert (await edits(anna, post, "二"))["content"] == "<p>二</p>"


class TestEditOfAPoll:
    async def test_with_other_options_takes_the_votes_back(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("去哪", poll=POLL)
        await bo.post(f"/api/v1/polls/{post['poll']['id']}/votes", {"choices": [1]})
        same = await edits(anna, post, "到底去哪", poll={"options": POLL["options"]})
        assert (same["poll"]["votes_count"], same["poll"]["expires_at"]) == (1, post["poll"]["expires_at"])
        other = await edits(anna, post, "到底去哪", poll={**POLL, "options": ["苏州", "杭州"]})
        assert (other["poll"]["id"], other["poll"]["votes_count"]) == (post["poll"]["id"], 0)
        assert (await bo.get(f"/api/v1/polls/{post['poll']['id']}"))["voted"] is False
        await bo.post(f"/api/v1/polls/{post['poll']['id']}/votes", {"choices": [0]})
        versions = await history(bo, post)
        assert [[option["title"] for option in version["poll"]["options"]] for version in versions] == [
            ["南京", "杭州"],
            ["南京", "杭州"],
            ["苏州", "杭州"],
        ]

    async def test_may_take_it_away_or_add_one(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("去哪", poll=POLL)
        await bo.post(f"/api/v1/polls/{post['poll']['id']}/votes", {"choices": [1]})
        assert (await edits(anna, post, "不问了"))["poll"] is None
        await bo.get(f"/api/v1/polls/{post['poll']['id']}", expect=404)
        assert await counted(resources, "SELECT count(*) FROM poll_votes") == 0
        assert (await edits(anna, post, "再问", poll=POLL))["poll"]["votes_count"] == 0

    async def test_may_end_it_later_though_it_has_ended(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        post = await anna.says("去哪", poll=POLL)
        for _ in range(2):
            async with resources.db.transaction() as session:
                await session.execute(text("UPDATE polls SET expires_at = now() - interval '1 second'"))
                await session.execute(text("UPDATE tasks SET run_at = now()"))
            await world.settle()
            assert (await edits(anna, post, "再来", poll={**POLL, "expires_in": 600}))["poll"]["expired"] is False
        assert await counted(resources, "SELECT count(*) FROM audit_log WHERE action = 'poll.ended'") == 2


class TestHistory:
    async def test_begins_with_the_first_version_even_of_what_was_never_edited(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("@bo 一")
        (only,) = await history(bo, post)
        assert (only["content"], only["created_at"]) == (post["content"], post["created_at"])
        assert only["account"]["id"] == anna.id
        edited = await edits(anna, post, "二", spoiler_text="注")
        first, second = await history(bo, post)
        assert (first["content"], first["created_at"]) == ("<p>@bo 一</p>", post["created_at"])
        assert first["spoiler_text"] == ""
        assert (second["content"], second["created_at"]) == ("<p>二</p>", edited["edited_at"])
        assert (second["spoiler_text"], second["sensitive"]) == ("注", True)

    async def test_and_source_are_for_those_who_may_see_the_post(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("藏 https://a.example/", visibility="private", spoiler_text="注")
        await edits(anna, post, "藏 2")
        await history(bo, post, expect=404)
        await bo.get(f"/api/v1/statuses/{post['id']}/source", expect=404)
        source = await anna.get(f"/api/v1/statuses/{post['id']}/source")
        assert source == {"id": post["id"], "text": "藏 2", "spoiler_text": ""}
        await delete(anna, post)
        await history(anna, post, expect=404)


class TestRedraft:
    async def test_gives_back_words_files_and_poll(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        id = await picture_of(anna)
        post, asked = await anna.says("重写 #我#", media_ids=[id]), await anna.says("问", poll=POLL)
        await bo.post(f"/api/v1/polls/{asked['poll']['id']}/votes", {"choices": [1]})
        gone = await delete(anna, post)
        assert (gone["text"], [item["id"] for item in gone["media_attachments"]]) == ("重写 #我#", [id])
        again = await anna.says(gone["text"], media_ids=[id])
        assert [item["id"] for item in again["media_attachments"]] == [id]
        assert [option["title"] for option in (await delete(anna, asked))["poll"]["options"]] == POLL["options"]
        await bo.get(f"/api/v1/polls/{asked['poll']['id']}", expect=404)
        assert await counted(resources, "SELECT count(*) FROM polls") == 0
        assert await counted(resources, "SELECT count(*) FROM poll_votes") == 0
        await world.settle()

    async def test_may_take_the_files_along(self, world: World) -> None:
        anna = await world.person("anna")
        id = await picture_of(anna)
        post = await anna.says("图", media_ids=[id])
        await anna.request("DELETE", f"/api/v1/statuses/{post['id']}", params={"delete_media": "true"}, expect=200)
        await anna.get(f"/api/v1/media/{id}", expect=404)
