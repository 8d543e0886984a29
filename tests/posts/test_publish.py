"""What a new post may hold besides words, and what an account's preferences add."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.media.pictures import picture
from tests.people import Person, World

pytestmark = pytest.mark.anyio

POLL = {"options": ["南京", "杭州"], "expires_in": 3600}


async def picture_of(person: Person, **fields: str) -> str:
    """The id of a new picture."""
    files = {"file": ("a.png", picture("PNG", (8, 8)), "image/png")}
    return (await person.request("POST", "/api/v2/media", expect=200, files=files, data=fields)).json()["id"]


async def refusal(person: Person, **body: Any) -> tuple[str, list[str]]:
    """The message and the fields of a refused post."""
    refused = await person.post("/api/v1/statuses", body, expect=422)
    return refused["error"], list(refused.get("details", {}))


class TestMessages:
    async def test_are_mastodons(self, world: World) -> None:
        anna = await world.person("anna")
        assert await refusal(anna, status=" ") == ("Validation failed: Text can't be blank", ["text"])
        assert await refusal(anna, status="职" * 2001) == (
            "Validation failed: Text character limit of 2000 exceeded",
            ["text"],
        )
        gone = await anna.post("/api/v1/statuses", {"status": "x", "in_reply_to_id": "1"}, expect=404)
        assert gone["error"] == "The post you are trying to reply to does not appear to exist"


class TestMedia:
    async def test_is_shown_in_its_order_wherever_the_post_is(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        first, second = await picture_of(anna, description="甲"), await picture_of(anna, description="乙")
        post = await anna.says("", media_ids=[second, first, second])
        assert [item["description"] for item in post["media_attachments"]] == ["乙", "甲"]
        assert post["content"] == ""
        assert (await bo.get(f"/api/v1/statuses/{post['id']}"))["media_attachments"] == post["media_attachments"]
        repost = await bo.reposts(post)
        assert repost["media_attachments"] == repost["reblog"]["media_attachments"] == post["media_attachments"]

    async def test_is_ones_own_and_of_one_post_alone(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        id = await picture_of(anna)
        await anna.says("图", media_ids=[id])
        for person, ids in ((anna, [id]), (bo, [await picture_of(anna)]), (bo, ["123"])):
            error, fields = await refusal(person, status="图", media_ids=ids)
            assert (error, fields) == (
                f"Media {ids[0]} not found or already attached to another post",
                ["media_ids"],
            )
        assert (await bo.get(f"/api/v1/accounts/{bo.id}"))["statuses_count"] == 0

    async def test_is_four_at_most_and_none_beside_a_poll(self, world: World) -> None:
        anna = await world.person("anna")
        expected = ("Cannot attach more than 4 files", ["media_ids"])
        assert await refusal(anna, status="x", media_ids=["1", "2", "3", "4", "5"]) == expected
        assert await refusal(anna, status="x", media_ids=[await picture_of(anna)], poll=POLL) == expected

    async def test_comes_in_forms(self, world: World) -> None:
        anna = await world.person("anna")
        id = await picture_of(anna)
        form = {"status": "", "media_ids[]": id, "sensitive": "1", "in_reply_to_id": "", "scheduled_at": ""}
        post = (await anna.request("POST", "/api/v1/statuses", data=form, expect=200)).json()
        assert ([item["id"] for item in post["media_attachments"]], post["sensitive"]) == ([id], True)
        blank = {"status": "无图", "media_ids[]": "", "sensitive": ""}
        post = (await anna.request("POST", "/api/v1/statuses", data=blank, expect=200)).json()
        assert (post["media_attachments"], post["sensitive"]) == ([], False)


class TestPoll:
    async def test_is_part_of_the_post(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("去哪", poll={**POLL, "multiple": True, "hide_totals": True})
        poll = post["poll"]
        assert [option["title"] for option in poll["options"]] == ["南京", "杭州"]
        assert (poll["multiple"], poll["expired"], poll["votes_count"], poll["voters_count"]) == (True, False, 0, 0)
        assert {option["votes_count"] for option in poll["options"]} == {None}
        span = datetime.fromisoformat(poll["expires_at"]) - datetime.fromisoformat(post["created_at"])
        assert abs(span.total_seconds() - 3600) < 1
        seen = (await bo.get(f"/api/v1/statuses/{post['id']}"))["poll"]
        assert (poll["voted"], seen["voted"], seen["own_votes"]) == (True, False, [])

    async def test_comes_in_forms_and_without_words(self, world: World) -> None:
        anna = await world.person("anna")
        form = {"poll[options][]": ["a", "b", ""], "poll[expires_in]": "300", "poll[multiple]": "0"}
        post = (await anna.request("POST", "/api/v1/statuses", data=form, expect=200)).json()
        assert [option["title"] for option in post["poll"]["options"]] == ["a", "b"]
        assert post["poll"]["multiple"] is False
        assert (await anna.says("没有", poll=None))["poll"] is None
        assert (await anna.says("没有", poll={}))["poll"] is None

    @pytest.mark.parametrize(
        ("poll", "error", "field"),
        [
            ({"options": ["a", " "]}, "Poll options must have more than one item", "poll.options"),
            ({"options": list("abcde")}, "Poll options can't contain more than 4 items", "poll.options"),
            ({"options": ["a", "b" * 51]}, "Poll options can't be longer than 50 characters each", "poll.options"),
            ({"options": ["a", "a "]}, "Poll options contain duplicate items", "poll.options"),
            ({"expires_in": 299}, "Poll expires at is too soon", "poll.expires_at"),
            ({"expires_in": -(10**30)}, "Poll expires at is too soon", "poll.expires_at"),
            ({"expires_in": 2_629_747}, "Poll expires at is too far into the future", "poll.expires_at"),
            ({"expires_in": None}, "Poll expires in can't be blank", "poll.expires_in"),
        ],
    )
    async def test_is_refused_with_mastodons_words(
        self, world: World, poll: dict[str, Any], error: str, field: str
    ) -> None:
        anna = await world.person("anna")
        assert await refusal(anna, status="?", poll={**POLL, **poll}) == (f"Validation failed: {error}", [field])

    async def test_may_be_as_large_as_the_instance_says(self, world: World) -> None:
        anna = await world.person("anna")
        limits = (await anna.get("/api/v2/instance"))["configuration"]["polls"]
        options = [str(number) * limits["max_characters_per_option"] for number in range(limits["max_options"])]
        for seconds in (limits["min_expiration"], limits["max_expiration"]):
            await anna.says("大", poll={"options": options, "expires_in": seconds})


class TestPreferences:
    async def test_say_what_the_request_does_not(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        async with resources.db.transaction() as session:
            await session.execute(
                text(
                    """
                    UPDATE accounts SET default_visibility = 'unlisted', default_sensitive = true,
                        default_language = 'zh', default_quote_policy = 'followers'
                    """
                )
            )
        post = await anna.says("随我")
        assert (post["visibility"], post["sensitive"], post["language"]) == ("unlisted", True, "zh")
        assert post["quote_approval"]["automatic"] == ["followers"]
        other = await anna.says(
            "不随", visibility="public", sensitive=False, language="en", quote_approval_policy="public"
        )
        assert (other["visibility"], other["sensitive"], other["language"]) == ("public", False, "en")
        assert other["quote_approval"]["automatic"] == ["public"]


class TestWarning:
    async def test_without_words_is_the_words(self, world: World) -> None:
        anna = await world.person("anna")
        post = await anna.says("", spoiler_text="其实是正文")
        assert (post["content"], post["spoiler_text"], post["sensitive"]) == ("<p>其实是正文</p>", "", True)


class TestQuotePolicy:
    @pytest.mark.parametrize("policy", ["public", "followers", "nobody"])
    async def test_decides_who_may_quote(self, world: World, policy: str) -> None:
        author, follower, stranger = await world.people("author", "follower", "stranger")
        await follower.follows(author)
        post = await author.says("可引否", quote_approval_policy=policy)
        for person, may in ((author, True), (follower, policy != "nobody"), (stranger, policy == "public")):
            shown = await person.get(f"/api/v1/statuses/{post['id']}")
            assert shown["quote_approval"]["current_user"] == ("automatic" if may else "denied")
            body = {"status": "引", "quote_id": post["id"]}
            await person.post("/api/v1/statuses", body, expect=200 if may else 403)

    async def test_of_what_few_may_see_is_nobody(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        for visibility in ("private", "direct"):
            await anna.says("悄悄", visibility=visibility, quote_approval_policy="public")
        async with resources.db.reading() as session:
            assert set(await session.scalars(text("SELECT quote_policy FROM posts"))) == {"nobody"}


class TestReply:
    async def test_to_someone_who_blocks_finds_nothing(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("问")
        async with resources.db.transaction() as session:
            block = text("INSERT INTO blocks (account_id, target_id) VALUES (:by, :of)")
            await session.execute(block, {"by": int(anna.id), "of": int(bo.id)})
        await bo.post("/api/v1/statuses", {"status": "答", "in_reply_to_id": post["id"]}, expect=404)
