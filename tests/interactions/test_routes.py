"""Likes, bookmarks, pins and muted conversations, through HTTP."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.posts.service import delete
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def do(person: Person, verb: str, post: dict[str, Any], expect: int = 200) -> dict[str, Any]:
    return await person.post(f"/api/v1/statuses/{post['id']}/{verb}", expect=expect)


async def assert_likes_are_counts(resources: Resources) -> None:
    """Every living post's `likes_count` is how many accounts that are not suspended like it."""
    async with resources.db.reading() as session:
        wrong = await session.execute(
            text(
                """
                SELECT post_id, likes_count FROM post_stats AS stats
                JOIN posts ON posts.id = post_id AND posts.deleted_at IS NULL
                WHERE likes_count <> (SELECT count(*) FROM likes JOIN accounts ON accounts.id = likes.account_id
                    WHERE likes.post_id = stats.post_id AND accounts.suspended_at IS NULL)
                """
            )
        )
        assert wrong.all() == []


async def rows(resources: Resources, table: str) -> int:
    async with resources.db.reading() as session:
        return (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()


async def pages(person: Person, path: str, limit: int) -> list[list[dict[str, Any]]]:
    """Every page of a list, by the links of the one before."""
    found, following = [], f"{path}?limit={limit}"
    while following:
        response = await person.request("GET", following, expect=200)
        found.append(response.json())
        link = re.search(r'<http://weizhi.test([^>]+)>; rel="next"', response.headers.get("Link", ""))
        following = link[1] if link and found[-1] else ""
    return [page for page in found if page]


class TestLike:
    async def test_counts_once_however_often(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("好帖")
        for _ in range(2):
            liked = await do(bo, "favourite", post)
            assert (liked["id"], liked["favourited"], liked["favourites_count"]) == (post["id"], True, 1)
        assert (await anna.get(f"/api/v1/statuses/{post['id']}"))["favourited"] is False
        await assert_likes_are_counts(resources)
        for _ in range(2):
            taken = await do(bo, "unfavourite", post)
            assert (taken["favourited"], taken["favourites_count"]) == (False, 0)
        await assert_likes_are_counts(resources)
        async with resources.db.reading() as session:
            told = await session.scalars(text("SELECT action FROM audit_log WHERE action LIKE 'like.%' ORDER BY id"))
            assert list(told) == ["like.created", "like.removed"]

    async def test_of_a_repost_is_of_its_original(self, world: World, resources: Resources) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        post = await anna.says("好帖")
        wrapper = await bo.reposts(post)
        for verb, flag in (("favourite", "favourited"), ("bookmark", "bookmarked"), ("mute", "muted")):
            answer = await do(cy, verb, wrapper)
            assert (answer["id"], answer[flag]) == (post["id"], True)
        shown = await cy.get(f"/api/v1/statuses/{wrapper['id']}")
        assert (shown["favourited"], shown["reblog"]["bookmarked"], shown["favourites_count"]) == (True, True, 1)
        (liker,) = await cy.get(f"/api/v1/statuses/{wrapper['id']}/favourited_by")
        assert liker["id"] == cy.id
        await assert_likes_are_counts(resources)

    async def test_by_many_and_taken_back_at_once_counts_right(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        post = await anna.says("好帖")
        many = await world.people(*(f"p{number}" for number in range(8)))
        await asyncio.gather(*(do(person, "favourite", post) for person in many for _ in range(2)))
        assert (await anna.get(f"/api/v1/statuses/{post['id']}"))["favourites_count"] == 8
        await asyncio.gather(
            *(do(person, verb, post) for person in many for verb in ("unfavourite", "favourite", "unfavourite"))
        )
        await assert_likes_are_counts(resources)

    async def test_while_the_post_is_deleted_leaves_nothing(self, world: World, resources: Resources) -> None:
        anna, *many = await world.people("anna", *(f"p{number}" for number in range(5)))
        post = await anna.says("好帖")
        await asyncio.gather(
            anna.request("DELETE", f"/api/v1/statuses/{post['id']}", expect=200),
            *(person.request("POST", f"/api/v1/statuses/{post['id']}/favourite") for person in many),
        )
        await world.settle()
        assert await rows(resources, "likes") == 0

    async def test_waits_for_a_deletion_and_then_finds_no_post(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("好帖")
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with resources.db.transaction() as session:
            await delete(session, author_id=int(anna.id), post_id=int(post["id"]), now=None)
            liking = asyncio.create_task(bo.request("POST", f"/api/v1/statuses/{post['id']}/favourite"))
            async with resources.db.reading() as watcher, asyncio.timeout(10):
                while not await watcher.scalar(waiting):
                    pass
        assert (await liking).status_code == 404
        assert await rows(resources, "likes") == 0

    async def test_needs_to_see_the_post_and_not_to_block_its_author(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        hidden = await anna.says("密", visibility="private")
        for verb in ("favourite", "unfavourite", "bookmark", "unbookmark", "pin", "unpin", "mute", "unmute"):
            await do(bo, verb, hidden, expect=404)
            await do(bo, verb, {"id": 1}, expect=404)
        post = await anna.says("好帖")
        await block(resources, bo, anna)
        assert (await do(bo, "favourite", post, expect=403))["code"] == "forbidden"
        assert await rows(resources, "likes") == 0


class TestLists:
    @pytest.mark.parametrize(("verb", "path"), [("favourite", "favourites"), ("bookmark", "bookmarks")])
    async def test_page_by_when_it_was_done(self, world: World, verb: str, path: str) -> None:
        anna, bo = await world.people("anna", "bo")
        posts = [await anna.says(f"第 {number} 条") for number in range(5)]
        order = [posts[number] for number in (3, 0, 4, 1, 2)]
        for post in order:
            await do(bo, verb, post)
        expected = [post["id"] for post in reversed(order)]
        shown = await pages(bo, f"/api/v1/{path}", limit=2)
        assert [[post["id"] for post in page] for page in shown] == [expected[:2], expected[2:4], expected[4:]]
        assert await anna.get(f"/api/v1/{path}") == []
        # Back up from the last page, by its `prev`.
        first = await bo.request("GET", f"/api/v1/{path}?limit=3")
        (older,) = re.findall(r'<http://weizhi.test([^>]+)>; rel="next"', first.headers["Link"])
        second = await bo.request("GET", older)
        (newer,) = re.findall(r'<http://weizhi.test([^>]+)>; rel="prev"', second.headers["Link"])
        assert [post["id"] for post in (await bo.request("GET", newer)).json()] == expected[:3]

    @pytest.mark.parametrize(("verb", "path"), [("favourite", "favourites"), ("bookmark", "bookmarks")])
    async def test_hide_what_may_not_be_seen_any_more(
        self, world: World, resources: Resources, verb: str, path: str
    ) -> None:
        anna, bo = await world.people("anna", "bo")
        await bo.follows(anna)
        kept, hidden, lost = [await anna.says(words, visibility="private") for words in ("一", "二", "三")]
        for post in (kept, hidden, lost):
            await do(bo, verb, post)
        await anna.request("DELETE", f"/api/v1/statuses/{lost['id']}", expect=200)
        assert [post["id"] for post in await bo.get(f"/api/v1/{path}")] == [hidden["id"], kept["id"]]
        await world.settle()
        assert await rows(resources, "likes") + await rows(resources, "bookmarks") == 2
        await bo.post(f"/api/v1/accounts/{anna.id}/unfollow")
        assert await bo.get(f"/api/v1/{path}") == []

    async def test_of_people_name_nobody_one_has_nothing_to_do_with(self, world: World, resources: Resources) -> None:
        anna, *many = await world.people("anna", "b", "c", "d", "e", "f")
        post = await anna.says("好帖")
        for person in many:
            await do(person, "favourite", post)
            await person.reposts(post)
        b, c, d, e, f = many
        await block(resources, b, f)
        await block(resources, f, c)
        async with resources.db.transaction() as session:
            await session.execute(
                text("INSERT INTO mutes (account_id, target_id) VALUES (:me, :other)"),
                {"me": int(f.id), "other": int(d.id)},
            )
        for path in ("favourited_by", "reblogged_by"):
            shown = await f.get(f"/api/v1/statuses/{post['id']}/{path}")
            assert [account["id"] for account in shown] == [f.id, e.id]
            anyone = await world.client.get(f"/api/v1/statuses/{post['id']}/{path}")
            assert [account["id"] for account in anyone.json()] == [f.id, e.id, d.id, c.id, b.id]
            split = await pages(anna, f"/api/v1/statuses/{post['id']}/{path}", limit=2)
            assert [[account["id"] for account in page] for page in split] == [[f.id, e.id], [d.id, c.id], [b.id]]

    async def test_of_reposters_leave_private_reposts_out(self, world: World) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        post = await anna.says("好帖")
        await bo.reposts(post, visibility="private")
        await cy.reposts(post, visibility="unlisted")
        shown = await anna.get(f"/api/v1/statuses/{post['id']}/reblogged_by")
        assert [account["id"] for account in shown] == [cy.id]


class TestPin:
    async def test_shows_five_on_the_profile_the_last_pinned_first(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        posts = [await anna.says(f"第 {number} 条") for number in range(6)]
        for post in posts[4::-1]:
            assert (await do(anna, "pin", post))["pinned"] is True
        assert (await do(anna, "pin", posts[0]))["pinned"] is True
        refused = await do(anna, "pin", posts[5], expect=422)
        assert (refused["code"], refused["error"]) == (
            "cannot_pin",
            "Validation failed: You have already pinned the maximum number of posts",
        )
        shown = await bo.get(f"/api/v1/accounts/{anna.id}/statuses", pinned=True)
        assert [post["id"] for post in shown] == [post["id"] for post in posts[:5]]
        assert all(post["pinned"] is False for post in shown)
        assert (await do(anna, "unpin", posts[0]))["pinned"] is False
        await anna.request("DELETE", f"/api/v1/statuses/{posts[1]['id']}", expect=200)
        await do(anna, "pin", posts[5])
        await do(anna, "pin", posts[0])
        shown = await anna.get(f"/api/v1/accounts/{anna.id}/statuses", pinned=True)
        assert [post["id"] for post in shown] == [posts[number]["id"] for number in (0, 5, 2, 3, 4)]

    async def test_at_once_stops_at_five(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        posts = [await anna.says(f"第 {number} 条") for number in range(8)]
        answers = await asyncio.gather(*(anna.request("POST", f"/api/v1/statuses/{post['id']}/pin") for post in posts))
        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [422] * 3
        assert await rows(resources, "pins") == 5

    async def test_refuses_what_is_not_one_s_own_words_for_others(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("好帖")
        refused = await do(bo, "pin", post, expect=422)
        assert refused["error"] == "Validation failed: Someone else's post cannot be pinned"
        refused = await do(bo, "pin", await bo.reposts(post), expect=422)
        assert refused["error"] == "Validation failed: A boost cannot be pinned"
        assert (await do(anna, "pin", await anna.says("密", visibility="direct"), expect=422))["code"] == "cannot_pin"
        await do(anna, "pin", await anna.says("给关注者", visibility="private"))
        assert await bo.get(f"/api/v1/accounts/{anna.id}/statuses", pinned=True) == []
        assert len(await anna.get(f"/api/v1/accounts/{anna.id}/statuses", pinned=True)) == 1


class TestMute:
    async def test_holds_for_the_whole_thread(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        first = await anna.says("一")
        second = await bo.says("二", in_reply_to_id=first["id"])
        for _ in range(2):
            assert (await do(anna, "mute", second))["muted"] is True
        assert (await anna.get(f"/api/v1/statuses/{first['id']}"))["muted"] is True
        assert (await bo.get(f"/api/v1/statuses/{first['id']}"))["muted"] is False
        for _ in range(2):
            assert (await do(anna, "unmute", first))["muted"] is False


async def block(resources: Resources, who: Person, whom: Person) -> None:
    async with resources.db.transaction() as session:
        await session.execute(
            text("INSERT INTO blocks (account_id, target_id) VALUES (:who, :whom)"),
            {"who": int(who.id), "whom": int(whom.id)},
        )


class TestBlocks:
    """What is left to do with a post when its author and the reader keep apart, as in Mastodon."""

    async def test_by_the_author_make_the_post_unknown(self, world: World, resources: Resources) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        post = await anna.says("好帖")
        wrapper = await cy.reposts(post)
        await block(resources, anna, bo)
        for id in (post["id"], wrapper["id"]):
            for verb in ("favourite", "bookmark", "reblog"):
                assert (await do(bo, verb, {"id": id}, expect=404))["code"] == "not_found"
            reply = {"status": "答", "in_reply_to_id": id}
            assert (await bo.post("/api/v1/statuses", reply, expect=404))["error"] == (
                "The post you are trying to reply to does not appear to exist"
            )
            await bo.post("/api/v1/statuses", {"status": "引", "quoted_status_id": id}, expect=404)

    async def test_of_the_author_forbid_to_pass_the_post_on(self, world: World, resources: Resources) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        post = await anna.says("好帖")
        wrapper = await cy.reposts(post)
        await block(resources, bo, anna)
        for id in (post["id"], wrapper["id"]):
            for verb in ("favourite", "reblog"):
                refused = await do(bo, verb, {"id": id}, expect=403)
                assert (refused["error"], refused["code"]) == ("This action is not allowed", "forbidden")
        assert (await anna.get(f"/api/v1/statuses/{post['id']}"))["reblogs_count"] == 1
        # Keeping a post, and answering it, are one's own affair.
        await do(bo, "bookmark", post)
        await bo.says("答", in_reply_to_id=post["id"])
