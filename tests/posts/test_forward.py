"""Weibo's repost in one gesture, and the chain of words a quote came by."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.interactions.test_routes import block
from tests.people import Person, World
from tests.posts.test_mentions import named
from tests.posts.test_routes import assert_post_counters_are_counts, via

pytestmark = pytest.mark.anyio


async def forward(person: Person, post: dict[str, Any], expect: int = 200, **body: Any) -> dict[str, Any]:
    return await person.post(f"/api/weizhi/v1/statuses/{post['id']}/repost", body, expect=expect)


async def show(person: Person, post: dict[str, Any]) -> dict[str, Any]:
    return (await person.get(f"/api/v1/statuses/{post['id']}"))["weizhi"]


class TestForward:
    async def test_without_words_is_a_plain_repost(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("招后端")
        made = await forward(bo, post, visibility="unlisted")
        assert (made["status"]["reblog"]["id"], made["status"]["visibility"]) == (post["id"], "unlisted")
        assert made["comments"] == []
        again = await forward(bo, post)
        assert again["status"]["id"] == made["status"]["id"]
        refused = await forward(bo, post, expect=422, comment="both", text="  ")
        assert refused["details"]["text"][0]["error"] == "ERR_BLANK"

    async def test_with_words_is_a_quote_and_a_comment_where_asked(self, world: World, resources: Resources) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        post = await anna.says("招后端")
        quote = (await forward(bo, post, text="说得对"))["status"]
        for comment, answered in (
            ("none", []),
            ("current", [quote["id"]]),
            ("original", [post["id"]]),
            ("both", [quote["id"], post["id"]]),
        ):
            made = await forward(cy, quote, text="转得好", comment=comment)
            assert (made["status"]["content"], made["status"]["weizhi"]["kind"]) == ("<p>转得好</p>", "quote")
            assert made["status"]["quote"]["quoted_status"]["id"] == quote["id"]
            assert via(made["status"])[0] == quote["id"]
            assert [one["in_reply_to_id"] for one in made["comments"]] == answered
            assert {one["content"] for one in made["comments"]} <= {"<p>转得好</p>"}
        # Seen through the quote, of the original: the quote is what was seen.
        made = await forward(cy, post, text="也转", via=quote["id"], comment="current")
        assert made["status"]["quote"]["quoted_status"]["id"] == post["id"]
        assert [one["in_reply_to_id"] for one in made["comments"]] == [quote["id"]]
        # Of the original itself both are one.
        made = await forward(cy, post, text="再转", comment="both")
        assert [one["in_reply_to_id"] for one in made["comments"]] == [post["id"]]
        await assert_post_counters_are_counts(resources)

    async def test_happens_once_for_a_key_and_not_at_all_by_halves(self, world: World, resources: Resources) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        post = await anna.says("招后端")
        path, body = f"/api/weizhi/v1/statuses/{post['id']}/repost", {"text": "转得好", "comment": "both"}
        first, second = await asyncio.gather(
            *(bo.post(path, body, **{"Idempotency-Key": "k"}) for _ in range(2)),
        )
        assert first == second
        assert len(first["comments"]) == 1
        assert (await bo.get(f"/api/v1/accounts/{bo.id}"))["statuses_count"] == 2
        quote = await bo.says("说得对", quoted_status_id=post["id"])
        await block(resources, anna, cy)
        # The original is out of reach: the quote of the quote must not stay behind alone.
        await forward(cy, quote, expect=404, text="转", comment="both")
        assert (await cy.get(f"/api/v1/accounts/{cy.id}"))["statuses_count"] == 0
        await assert_post_counters_are_counts(resources)

    @pytest.mark.parametrize("body", [{"comment": "all"}, {"via": "x"}, {"visibility": "direct"}, {"text": 7}])
    async def test_refuses_what_it_cannot_read(self, world: World, body: dict[str, Any]) -> None:
        anna = await world.person("anna")
        refused = await forward(anna, await anna.says("招后端"), expect=422, **body)
        assert list(refused["details"]) == list(body)


class TestChain:
    async def test_tells_the_words_a_quote_came_by(self, world: World) -> None:
        han, li, anna = (
            await named(world, "han", "韩梅梅"),
            await named(world, "lilei", "李雷"),
            await world.person("anna"),
        )
        post = await han.says("招后端 @李雷")
        first = await li.says("说得对", quoted_status_id=post["id"])
        wrapper = await han.reposts(first)
        second = (await forward(anna, wrapper, text="转得好"))["status"]
        chain = await show(anna, second)
        assert chain["chain_text"] == "转得好 //@李雷:说得对 //@韩梅梅:招后端 @李雷"
        assert [(step["status_id"], step["account"]["id"], step["text"]) for step in chain["chain"]] == [
            (first["id"], li.id, "说得对"),
            (post["id"], han.id, "招后端 @李雷"),
        ]
        address = '<a href="http://weizhi.test/@{}" class="u-url mention">@<span>{}</span></a>'
        link = f'<span class="h-card" translate="no">{address}</span>'
        assert chain["chain_html"] == (
            f"<p>转得好 //{link.format('lilei', '李雷')}:说得对"
            f" //{link.format('han', '韩梅梅')}:招后端 {link.format('lilei', '李雷')}</p>"
        )
        assert second["weizhi"]["chain_text"] == chain["chain_text"]
        assert (await show(anna, post))["chain"] is None
        # On pages of many it is not told.
        (listed, *_) = await anna.get(f"/api/v1/accounts/{anna.id}/statuses")
        assert (listed["id"], listed["weizhi"]["chain"]) == (second["id"], None)

    async def test_tells_a_deleted_step_without_its_words_and_a_hidden_one_not_at_all(
        self, world: World, resources: Resources
    ) -> None:
        han, li, wang, anna = [await named(world, name, name.title()) for name in ("han", "li", "wang", "anna")]
        post = await han.says("招后端")
        steps = [post]
        for person, words in ((li, "说得对"), (wang, "<b>转</b>"), (anna, "转得好")):
            steps.append((await forward(person, steps[-1], text=words))["status"])
        _, first, second, last = steps
        whole = "转得好 //@Wang:<b>转</b> //@Li:说得对 //@Han:招后端"
        assert (await show(anna, last))["chain_text"] == whole
        assert "<b>" not in (await show(anna, last))["chain_html"]
        await li.request("DELETE", f"/api/v1/statuses/{first['id']}", expect=200)
        told = await show(anna, last)
        assert told["chain_text"] == "转得好 //@Wang:<b>转</b> //@已删除 //@Han:招后端"
        assert [(step["account"] is None, step["text"] == "") for step in told["chain"]][1] == (True, True)
        await block(resources, wang, anna)
        assert (await show(anna, last))["chain_text"] == "转得好 //@已删除 //@Han:招后端"
        async with resources.db.transaction() as session:
            await session.execute(
                text("UPDATE posts SET visibility = 'private' WHERE id = :id"), {"id": int(post["id"])}
            )
        assert "招后端" not in str(await show(anna, last))
        assert "招后端" in str(await show(han, last))
        # A quote that does not stand carries nobody's words.
        async with resources.db.transaction() as session:
            await session.execute(
                text("UPDATE posts SET quote_state = 'revoked' WHERE id = :id"), {"id": int(last["id"])}
            )
        assert (await show(li, last))["chain_text"] == "转得好"
        assert second["id"] != last["id"]

    async def test_leaves_out_words_that_were_guessed_or_may_not_be_quoted(
        self, world: World, resources: Resources
    ) -> None:
        han, li, anna = await world.people("han", "li", "anna")
        post = await han.says("招后端")
        through = (await forward(li, post, text="说得对"))["status"]
        await anna.follows(li)
        guessed = (await forward(anna, post, text="转得好"))["status"]
        assert via(guessed)[::2] == (through["id"], "follow")
        assert guessed["weizhi"]["chain_text"] == "转得好 //@han:招后端"
        said = (await forward(anna, post, text="再转", via=through["id"]))["status"]
        assert said["weizhi"]["chain_text"] == "再转 //@li:说得对 //@han:招后端"
        async with resources.db.transaction() as session:
            await session.execute(
                text("UPDATE posts SET quote_policy = 'nobody' WHERE id = :id"), {"id": int(through["id"])}
            )
        assert (await show(anna, said))["chain_text"] == "再转 //@han:招后端"
