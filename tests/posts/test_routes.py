"""Posts, reposts and quotes, through HTTP."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.graph.test_routes import assert_counters_are_counts
from tests.people import Person, World

pytestmark = pytest.mark.anyio

VISIBILITIES = ("public", "unlisted", "private", "direct")


async def status(person: Person, id: str, expect: int = 200) -> dict[str, Any]:
    return await person.get(f"/api/v1/statuses/{id}", expect=expect)


async def delete(person: Person, post: dict[str, Any], expect: int = 200) -> dict[str, Any]:
    return (await person.request("DELETE", f"/api/v1/statuses/{post['id']}", expect=expect)).json()


async def quote(person: Person, post: dict[str, Any], words: str = "引用", **fields: Any) -> dict[str, Any]:
    return await person.says(words, quoted_status_id=post["id"], **fields)


def via(post: dict[str, Any]) -> tuple[str, int, str]:
    extra = post["weizhi"]["via"]
    return extra["status_id"], extra["depth"], extra["inference"]


async def assert_post_counters_are_counts(resources: Resources) -> None:
    async with resources.db.reading() as session:
        wrong = await session.execute(
            text(
                """
                SELECT post_id, reposts_count, quotes_count, replies_count FROM post_stats AS stats
                JOIN posts ON posts.id = post_id AND posts.deleted_at IS NULL
                WHERE reposts_count <>
                        (SELECT count(*) FROM posts AS p WHERE p.repost_of_id = post_id AND p.deleted_at IS NULL)
                   OR quotes_count <>
                        (SELECT count(*) FROM posts AS p WHERE p.quote_of_id = post_id AND p.deleted_at IS NULL
                            AND p.quote_state = 'accepted')
                   OR replies_count <>
                        (SELECT count(*) FROM posts AS p WHERE p.in_reply_to_id = post_id AND p.deleted_at IS NULL)
                """
            )
        )
        assert wrong.all() == []
    await assert_counters_are_counts(resources)


class TestPublish:
    async def test_shows_what_was_written(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        post = await anna.says("  招人 #远程 工作# https://a.example/  ", spoiler_text="注意", language="zh")
        assert post["content"].startswith("<p>招人 ")
        assert (post["spoiler_text"], post["sensitive"], post["language"]) == ("注意", True, "zh")
        assert post["tags"] == [
            {"name": "远程 工作", "url": "http://weizhi.test/tags/%E8%BF%9C%E7%A8%8B%20%E5%B7%A5%E4%BD%9C"}
        ]
        assert (post["visibility"], post["weizhi"]["kind"]) == ("public", "post")
        assert await status(anna, post["id"]) == post
        assert (await anna.get(f"/api/v1/accounts/{anna.id}"))["statuses_count"] == 1
        await assert_post_counters_are_counts(resources)

    async def test_takes_the_longest_and_refuses_one_more_counting_addresses_as_23(self, world: World) -> None:
        anna = await world.person("anna")
        address = "https://a.example/" + "x" * 400
        await anna.says("职" * 2000)
        await anna.says("职" * (2000 - 24) + " " + address)
        for words, more in (
            ("职" * 2001, {}),
            ("职" * 1977 + " " + address, {}),
            ("职" * 1999, {"spoiler_text": "12"}),
        ):
            refused = await anna.post("/api/v1/statuses", {"status": words, **more}, expect=422)
            assert refused["details"]["text"][0]["error"] == "ERR_TOO_LONG"

    @pytest.mark.parametrize("words", ["", "   ", "\n\t", None])
    async def test_refuses_nothing_at_all(self, world: World, words: str | None) -> None:
        anna = await world.person("anna")
        refused = await anna.post("/api/v1/statuses", {"status": words} if words is not None else {}, expect=422)
        assert refused["details"]["text"][0]["error"] == "ERR_BLANK"

    @pytest.mark.parametrize(
        "fields",
        [
            {"visibility": "secret"},
            {"language": "中文"},
            {"in_reply_to_id": "x"},
            {"in_reply_to_id": -1},
            {"status": 7},
        ],
    )
    async def test_refuses_what_it_cannot_read(self, world: World, fields: dict[str, Any]) -> None:
        anna = await world.person("anna")
        refused = await anna.post("/api/v1/statuses", {"status": "x", **fields}, expect=422)
        assert list(refused["details"]) == [next(iter(fields))]

    async def test_takes_forms_and_json_nulls(self, world: World) -> None:
        anna = await world.person("anna")
        first = await anna.request("POST", "/api/v1/statuses/", data={"status": "表单", "sensitive": "0"}, expect=200)
        assert (first.json()["content"], first.json()["sensitive"]) == ("<p>表单</p>", False)
        nulls = {"in_reply_to_id": None, "visibility": None, "language": None, "media_ids": None, "spoiler_text": None}
        assert (await anna.says("toot", **nulls))["visibility"] == "public"

    async def test_mentions_those_who_exist(self, world: World) -> None:
        anna, bo = await world.people("anna", "Bo")
        post = await anna.says("@bo @BO @nobody 你好")
        assert [(mention["id"], mention["username"]) for mention in post["mentions"]] == [(bo.id, "Bo")]
        assert post["content"].count("u-url mention") == 2
        many = " ".join(f"@p{number}" for number in range(21))
        refused = await anna.post("/api/v1/statuses", {"status": many}, expect=422)
        assert refused["details"]["text"][0]["error"] == "ERR_TOO_MANY_MENTIONS"

    async def test_escapes_every_field(self, world: World) -> None:
        anna = await world.person("anna")
        nasty = '<script>alert(1)</script><img src=x onerror=alert(1)> #"><b># https://a.example/"onload="x'
        post = await anna.says(nasty)
        assert "<script" not in post["content"]
        assert "<img" not in post["content"]
        assert "<b>" not in post["content"]
        assert '"onload' not in post["content"]
        assert "&lt;script&gt;" in post["content"]

    async def test_replies_count_and_name_their_author(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("问")
        reply = await bo.says("答", in_reply_to_id=post["id"])
        assert (reply["in_reply_to_id"], reply["in_reply_to_account_id"]) == (post["id"], anna.id)
        assert (await status(anna, post["id"]))["replies_count"] == 1
        repost = await bo.reposts(post)
        second = await bo.says("又答", in_reply_to_id=repost["id"])
        assert second["in_reply_to_id"] == post["id"]
        await bo.post("/api/v1/statuses", {"status": "x", "in_reply_to_id": "1"}, expect=404)
        await assert_post_counters_are_counts(resources)


class TestVisibility:
    @pytest.mark.parametrize("visibility", VISIBILITIES)
    async def test_decides_who_may_see_answer_repost_and_quote(self, world: World, visibility: str) -> None:
        author, follower, stranger, mentioned = await world.people("author", "follower", "stranger", "mentioned")
        await follower.follows(author)
        post = await author.says("@mentioned 说一句 #悄悄#", visibility=visibility)
        await world.settle()
        open_to_all = visibility in ("public", "unlisted")
        sees = [(author, True), (mentioned, True), (follower, visibility != "direct"), (stranger, open_to_all)]
        path = f"/api/v1/statuses/{post['id']}"
        assert (await world.client.get(path)).status_code == (200 if open_to_all else 404)
        anonymous = (await world.client.get(f"/api/v1/accounts/{author.id}/statuses")).json()
        assert [item["id"] for item in anonymous] == ([post["id"]] if open_to_all else [])
        everyone = (await world.client.get("/api/v1/timelines/public")).json()
        assert [item["id"] for item in everyone] == ([post["id"]] if visibility == "public" else [])
        assert (await world.client.get("/api/v1/statuses", params={"id[]": post["id"]})).json() == (
            [(await world.client.get(path)).json()] if open_to_all else []
        )
        assert (await world.client.get(f"/api/weizhi/v1{path.removeprefix('/api/v1')}/path")).status_code == (
            200 if open_to_all else 404
        )
        for person, may in sees:
            await status(person, post["id"], expect=200 if may else 404)
            shown = await person.get(f"/api/v1/accounts/{author.id}/statuses")
            assert [item["id"] for item in shown] == ([post["id"]] if may else []), person.username
            at_home = visibility != "direct" and person in (author, follower)
            assert [post["id"]] * at_home == [item["id"] for item in await person.home()], person.username
        for person, may in sees:
            reply = {"status": "答", "in_reply_to_id": post["id"], "visibility": "direct"}
            await person.post("/api/v1/statuses", reply, expect=200 if may else 404)

            own_private = person is author and visibility == "private"
            refused_repost = await person.request("POST", f"{path}/reblog", json={})
            expected = 404 if not may else 200 if open_to_all or own_private else 422
            assert refused_repost.status_code == expected, person.username
            refused_quote = await person.request(
                "POST", "/api/v1/statuses", json={"status": "引", "quoted_status_id": post["id"]}
            )
            expected = 404 if not may else 200 if open_to_all or own_private else 403
            assert refused_quote.status_code == expected, (person.username, refused_quote.text)

    async def test_of_a_quoted_post_hides_it_from_who_may_not_see_it(self, world: World, resources: Resources) -> None:
        author, follower, stranger = await world.people("author", "follower", "stranger")
        await follower.follows(author)
        secret = await author.says("只给关注者", visibility="private")
        post = await quote(author, secret, "公开地说")
        assert post["visibility"] == "private"
        await status(stranger, post["id"], expect=404)
        # As it was possible before quotes became as narrow as what they quote.
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE posts SET visibility = 'public' WHERE kind = 'quote'"))
        assert (await status(follower, post["id"]))["quote"]["quoted_status"]["id"] == secret["id"]
        hidden = (await status(stranger, post["id"]))["quote"]
        assert (hidden["state"], hidden["quoted_status"], hidden["quoted_status_id"]) == ("unauthorized", None, None)
        assert "只给关注者" not in str(await status(stranger, post["id"]))

    async def test_of_a_repost_is_never_wider_than_its_originals(self, world: World) -> None:
        author, fan = await world.people("author", "fan")
        post = await author.says("不列出", visibility="unlisted")
        assert (await fan.reposts(post, visibility="public"))["visibility"] == "unlisted"
        other = await author.says("公开")
        assert (await fan.reposts(other, visibility="private"))["visibility"] == "private"


class TestDelete:
    async def test_gives_the_text_back_and_is_gone_everywhere(self, world: World, resources: Resources) -> None:
        author, reader = await world.people("author", "reader")
        await reader.follows(author)
        post = await author.says("后悔 #话题# 的话")
        await world.settle()
        assert len(await reader.home()) == 1
        gone = await delete(author, post)
        assert (gone["id"], gone["text"]) == (post["id"], "后悔 #话题# 的话")
        for person in (author, reader):
            await status(person, post["id"], expect=404)
            assert await person.home() == []
            assert await person.get(f"/api/v1/accounts/{author.id}/statuses") == []
            assert await person.get("/api/v1/timelines/public") == []
            await person.post(f"/api/v1/statuses/{post['id']}/reblog", expect=404)
        await delete(author, post, expect=404)
        async with resources.db.reading() as session:
            left = await session.execute(text("SELECT text, tags::text, mentions::text FROM posts"))
            assert left.one() == ("", "{}", "[]")
        await assert_post_counters_are_counts(resources)

    async def test_is_for_the_owner_alone(self, world: World) -> None:
        author, other = await world.people("author", "other")
        post = await author.says("我的")
        await delete(other, post, expect=404)
        await status(author, post["id"])

    async def test_takes_its_reposts_along(self, world: World, resources: Resources) -> None:
        author, *fans = await world.people("author", "fan1", "fan2", "fan3")
        post = await author.says("原")
        reposts = [await fan.reposts(post) for fan in fans]
        quoted = await quote(fans[0], post)
        await delete(author, post)
        for fan, repost in zip(fans, reposts, strict=True):
            await status(fan, repost["id"], expect=404)
            await world.client.get(f"/api/v1/accounts/{fan.id}/statuses")
        await world.settle()
        assert (await status(author, quoted["id"]))["quote"]["state"] == "deleted"
        assert (await fans[0].get(f"/api/v1/accounts/{fans[0].id}"))["statuses_count"] == 1
        assert (await fans[1].get(f"/api/v1/accounts/{fans[1].id}"))["statuses_count"] == 0
        await assert_post_counters_are_counts(resources)

    async def test_of_a_repost_leaves_the_original(self, world: World, resources: Resources) -> None:
        author, fan = await world.people("author", "fan")
        post = await author.says("原")
        await delete(fan, await fan.reposts(post))
        shown = await status(fan, post["id"])
        assert (shown["reblogs_count"], shown["reblogged"]) == (0, False)
        await assert_post_counters_are_counts(resources)


class TestRepost:
    async def test_carries_the_originals_words(self, world: World) -> None:
        author, fan = await world.people("author", "fan")
        post = await author.says("原文 #话题#")
        repost = await fan.reposts(post)
        assert repost["content"] == post["content"]
        assert (repost["account"]["id"], repost["reblog"]["id"]) == (fan.id, post["id"])
        assert (repost["reblog"]["reblogs_count"], repost["reblog"]["reblogged"]) == (1, True)
        assert (await status(author, post["id"]))["reblogged"] is False

    async def test_again_gives_the_same_one(self, world: World, resources: Resources) -> None:
        author, fan = await world.people("author", "fan")
        post = await author.says("原")
        first, second = await fan.reposts(post), await fan.reposts(post)
        assert (await fan.reposts(first))["id"] == first["id"] == second["id"]
        assert (await status(fan, post["id"]))["reblogs_count"] == 1
        await assert_post_counters_are_counts(resources)

    async def test_by_one_person_at_once_makes_one(self, world: World, resources: Resources) -> None:
        author, fan = await world.people("author", "fan")
        post = await author.says("原")
        made = await asyncio.gather(*(fan.reposts(post) for _ in range(10)))
        assert len({repost["id"] for repost in made}) == 1
        assert (await status(fan, post["id"]))["reblogs_count"] == 1
        await assert_post_counters_are_counts(resources)

    async def test_by_twenty_people_at_once_counts_twenty(self, world: World, resources: Resources) -> None:
        author = await world.person("author")
        fans = await asyncio.gather(*(world.person(f"fan{number}") for number in range(20)))
        post = await author.says("原")
        made = await asyncio.gather(*(fan.reposts(post) for fan in fans))
        assert len({repost["id"] for repost in made}) == 20
        assert (await status(author, post["id"]))["reblogs_count"] == 20
        await assert_post_counters_are_counts(resources)

    async def test_of_a_repost_reposts_the_original_and_names_the_repost_as_parent(self, world: World) -> None:
        author, a, b = await world.people("author", "anna", "bo")
        post = await author.says("原")
        by_a = await a.reposts(post)
        by_b = await b.reposts(by_a)
        assert by_b["reblog"]["id"] == post["id"]
        assert via(by_b) == (by_a["id"], 2, "wrapper")
        assert via(by_a) == (post["id"], 1, "direct")

    async def test_keeps_an_explicit_via(self, world: World) -> None:
        author, a, b, c = await world.people("author", "anna", "bo", "cy")
        post = await author.says("原")
        by_a, quote_by_b = await a.reposts(post), await quote(b, post)
        by_c = await c.reposts(post, via=quote_by_b["id"])
        assert via(by_c) == (quote_by_b["id"], 2, "explicit")
        assert via(await b.reposts(post, via=by_a["id"])) == (by_a["id"], 2, "explicit")
        assert via(await a.reposts(quote_by_b, via=post["id"]))[0::2] == (post["id"], "explicit")

    async def test_takes_via_on_our_own_path_as_well(self, world: World) -> None:
        author, a, b = await world.people("author", "anna", "bo")
        post = await author.says("原")
        by_a = await a.reposts(post)
        made = await b.post(f"/api/weizhi/v1/statuses/{post['id']}/reblog", {"via": by_a["id"]})
        assert via(made) == (by_a["id"], 2, "explicit")

    async def test_refuses_a_via_that_is_none(self, world: World) -> None:
        author, a, b = await world.people("author", "anna", "bo")
        post, other = await author.says("原"), await author.says("另一")
        own = await quote(b, post)
        in_other_tree = await a.reposts(other)
        hidden = await quote(a, post, visibility="private")
        removed = await a.reposts(post)
        await delete(a, removed)
        wrong = {
            "own": own["id"],
            "another tree": in_other_tree["id"],
            "another root": other["id"],
            "nothing": "1",
            "hidden": hidden["id"],
            "removed": removed["id"],
        }
        for why, id in wrong.items():
            refused = await b.request("POST", f"/api/v1/statuses/{post['id']}/reblog", json={"via": id})
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_via"), why
        await b.post(f"/api/v1/statuses/{post['id']}/reblog", {"via": "x"}, expect=422)
        assert (await status(b, post["id"]))["reblogs_count"] == 0

    async def test_without_via_comes_by_the_latest_repost_of_someone_followed(self, world: World) -> None:
        author, a, b, c = await world.people("author", "anna", "bo", "cy")
        post = await author.says("原")
        by_a, by_b = await a.reposts(post), await b.reposts(post)
        await c.follows(a)
        assert via(await c.reposts(post)) == (by_a["id"], 2, "follow")
        await c.post(f"/api/v1/statuses/{post['id']}/unreblog")
        await c.follows(b)
        assert via(await c.reposts(post)) == (by_b["id"], 2, "follow")
        await c.post(f"/api/v1/statuses/{post['id']}/unreblog")
        await c.follows(author)
        assert via(await c.reposts(post)) == (post["id"], 1, "direct")

    async def test_of_a_quote_comes_by_what_carries_that_quote_alone(self, world: World) -> None:
        author, a, b, c = await world.people("author", "anna", "bo", "cy")
        post = await author.says("原")
        quoted = await quote(a, post)
        await b.reposts(post)
        await c.follows(b)
        assert via(await c.reposts(quoted)) == (quoted["id"], 2, "direct")
        await c.post(f"/api/v1/statuses/{quoted['id']}/unreblog")
        carried = await b.reposts(quoted)
        assert via(await c.reposts(quoted)) == (carried["id"], 3, "follow")

    async def test_deeper_than_eight_stays_on_the_eighth_level_with_the_path_whole(self, world: World) -> None:
        author, *chain = await world.people("author", *(f"p{number}" for number in range(11)))
        shown = post = await author.says("原")
        depths, ids = [], [post["id"]]
        for person in chain:
            shown = await person.reposts(post, via=shown["id"])
            depths.append(via(shown)[1])
            ids.append(shown["id"])
        assert depths == [1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8]
        path = await author.get(f"/api/weizhi/v1/statuses/{shown['id']}/path")
        assert [step["status_id"] for step in path["steps"]] == ids


class TestUndoRepost:
    async def test_takes_it_back_and_is_fine_twice(self, world: World, resources: Resources) -> None:
        author, fan = await world.people("author", "fan")
        post = await author.says("原")
        repost = await fan.reposts(post)
        for id in (post["id"], post["id"]):
            answer = await fan.post(f"/api/v1/statuses/{id}/unreblog")
            assert (answer["id"], answer["reblogs_count"], answer["reblogged"]) == (post["id"], 0, False)
        await status(fan, repost["id"], expect=404)
        again = await fan.reposts(post)
        assert again["id"] != repost["id"]
        assert (await fan.post(f"/api/v1/statuses/{again['id']}/unreblog"))["id"] == post["id"]
        await assert_post_counters_are_counts(resources)


class TestQuote:
    async def test_shows_the_quoted_post_and_keeps_its_parent(self, world: World, resources: Resources) -> None:
        author, a, b = await world.people("author", "anna", "bo")
        post = await author.says("原")
        by_a = await a.reposts(post)
        made = await quote(b, by_a, "推荐给大家")
        assert (made["weizhi"]["kind"], made["quote"]["state"]) == ("quote", "accepted")
        assert made["quote"]["quoted_status"]["id"] == post["id"]
        assert via(made) == (by_a["id"], 2, "wrapper")
        assert (await status(author, post["id"]))["quotes_count"] == 1
        await assert_post_counters_are_counts(resources)

    async def test_of_a_quote_hangs_below_it_in_the_roots_tree(self, world: World, resources: Resources) -> None:
        author, a, b, c = await world.people("author", "anna", "bo", "cy")
        post = await author.says("一")
        second = await quote(a, post, "二")
        third = await quote(b, second, "三")
        assert third["weizhi"]["via"]["root_status_id"] == post["id"]
        assert via(third) == (second["id"], 2, "direct")
        # Inside a quoted post, its own quote is only named.
        inner = third["quote"]["quoted_status"]["quote"]
        assert (inner["quoted_status"], inner["quoted_status_id"]) == (None, post["id"])
        fourth = await c.reposts(third)
        assert via(fourth) == (third["id"], 3, "direct")
        assert fourth["reblog"]["quote"]["quoted_status"]["id"] == second["id"]
        await assert_post_counters_are_counts(resources)

    async def test_needs_no_words_of_its_own(self, world: World) -> None:
        author, fan = await world.people("author", "fan")
        silent = await quote(fan, await author.says("原"), "")
        assert (silent["content"], silent["quote"]["state"], silent["weizhi"]["kind"]) == ("", "accepted", "quote")

    async def test_with_an_invalid_via_leaves_nothing(self, world: World, resources: Resources) -> None:
        author, fan = await world.people("author", "fan")
        post = await author.says("原")
        body = {"status": "引", "quoted_status_id": post["id"], "via": "1"}
        assert (await fan.post("/api/v1/statuses", body, expect=422))["code"] == "invalid_via"
        assert await fan.get(f"/api/v1/accounts/{fan.id}/statuses") == []
        await assert_post_counters_are_counts(resources)

    async def test_while_replying_at_once_crosswise_never_fails(self, world: World, resources: Resources) -> None:
        a, b = await world.people("anna", "bo")
        one, two = await a.says("一"), await a.says("二")
        for _ in range(10):
            answers = await asyncio.gather(
                *(
                    person.request(
                        "POST",
                        "/api/v1/statuses",
                        json={"status": "x", "in_reply_to_id": first["id"], "quoted_status_id": second["id"]},
                    )
                    for person, first, second in ((a, one, two), (b, two, one)) * 2
                )
            )
            assert [answer.status_code for answer in answers] == [200] * 4
        await assert_post_counters_are_counts(resources)

    async def test_and_unsaying_answers_at_once_never_fails(self, world: World, resources: Resources) -> None:
        a, b = await world.people("anna", "bo")
        one = await b.says("一")
        answer = {"status": "x", "in_reply_to_id": one["id"]}
        for _ in range(6):
            said = [await a.post("/api/v1/statuses", answer) for _ in range(4)]
            answers = await asyncio.gather(
                *(a.request("DELETE", f"/api/v1/statuses/{post['id']}") for post in said),
                *(a.request("POST", "/api/v1/statuses", json=answer) for _ in said),
            )
            assert [answer.status_code for answer in answers] == [200] * 8
        await assert_post_counters_are_counts(resources)


class TestIdempotencyKey:
    async def test_gives_the_same_post_for_the_same_request(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        key = {"Idempotency-Key": "k1"}
        first = await anna.post("/api/v1/statuses", {"status": "一"}, **key)
        assert await anna.post("/api/v1/statuses", {"status": "一"}, **key) == first
        # The same words by a form are the same request, and another's key is another key.
        form = await anna.request("POST", "/api/v1/statuses", data={"status": "一"}, headers=key)
        assert form.json()["id"] == first["id"]
        assert (await bo.post("/api/v1/statuses", {"status": "一"}, **key))["id"] != first["id"]
        refused = await anna.post("/api/v1/statuses", {"status": "二"}, expect=409, **key)
        assert refused["code"] == "idempotency_key_reused"
        assert (await anna.get(f"/api/v1/accounts/{anna.id}"))["statuses_count"] == 1
        await assert_post_counters_are_counts(resources)

    async def test_used_ten_times_at_once_makes_one_post(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        made = await asyncio.gather(
            *(
                anna.post("/api/v1/statuses", {"status": "一"}, **{"Idempotency-Key": "同".encode().hex()})
                for _ in range(10)
            )
        )
        assert len({post["id"] for post in made}) == 1
        assert len(await anna.get(f"/api/v1/accounts/{anna.id}/statuses")) == 1
        await assert_post_counters_are_counts(resources)

    async def test_of_a_refused_request_can_be_used_again(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.post("/api/v1/statuses", {"status": ""}, expect=422, **{"Idempotency-Key": "k"})
        await anna.post("/api/v1/statuses", {"status": "一"}, **{"Idempotency-Key": "k"})

    async def test_too_long_is_refused(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.post("/api/v1/statuses", {"status": "一"}, expect=422, **{"Idempotency-Key": "k" * 257})


class TestSeveral:
    async def test_are_given_in_the_order_asked_as_far_as_visible(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        one, two = await anna.says("一"), await anna.says("二")
        hidden = await anna.says("三", visibility="private")
        ids = [two["id"], hidden["id"], "1", one["id"]]
        found = (await bo.request("GET", "/api/v1/statuses", params={"id[]": ids}, expect=200)).json()
        assert [post["id"] for post in found] == [two["id"], one["id"]]
        await bo.request("GET", "/api/v1/statuses?id[]=x", expect=422)
        await bo.request("GET", "/api/v1/statuses?" + "&".join(["id[]=1"] * 41), expect=422)
