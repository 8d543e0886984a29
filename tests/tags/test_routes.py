"""Topics, through HTTP."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.pagination import Page
from app.tags import service
from app.timeline import topics
from tests.people import Person, World

pytestmark = pytest.mark.anyio


def path(name: str, verb: str = "") -> str:
    return f"/api/v1/tags/{quote(name, safe='')}" + (f"/{verb}" if verb else "")


async def ids(person: Person, url: str, **params: Any) -> list[str]:
    return [status["id"] for status in await person.get(url, **params)]


async def tagged(person: Person, name: str, **params: Any) -> list[str]:
    return await ids(person, f"/api/v1/timelines/tag/{quote(name, safe='')}", **params)


async def home(person: Person) -> list[str]:
    return [status["id"] for status in await person.home()]


class TestTag:
    @pytest.mark.parametrize("name", ["远程工作", "Python", "ｐｙｔｈｏｎ", "两 个 词", "#Python", "#远程#"])
    async def test_is_shown_whether_it_was_used_or_not(self, world: World, name: str) -> None:
        anna = await world.person("anna")
        shown = await anna.get(path(name))
        assert (shown["following"], shown["featuring"]) == (False, False)
        assert len(shown["history"]) == 7
        assert {(day["uses"], day["accounts"]) for day in shown["history"]} == {("0", "0")}
        anonymous = (await world.client.get(path(name))).json()
        assert (anonymous["id"], anonymous["name"]) == (shown["id"], shown["name"])
        assert anonymous["following"] is None

    @pytest.mark.parametrize("name", ["a#b", "长" * 101, "@bo", " ", "a\nb", "<b>"])
    async def test_that_cannot_be_is_not_found(self, world: World, name: str) -> None:
        anna = await world.person("anna")
        await anna.get(path(name), expect=404)
        await anna.post(path(name, "follow"), expect=404)
        await anna.get(f"/api/v1/timelines/tag/{quote(name, safe='')}", expect=404)

    async def test_counts_posts_and_people_of_each_day(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.says("#微职# 一")
        await anna.says("#微职# 二")
        await bo.says("#微职 三")
        await bo.says("#微职# 私下", visibility="unlisted")
        today = (await anna.get(path("微职")))["history"][0]
        assert (today["uses"], today["accounts"]) == ("3", "2")


class TestFollow:
    async def test_is_told_and_listed_latest_first(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        for name in ("Python", "远程 工作", "python"):
            assert (await anna.post(path(name, "follow")))["following"] is True
        followed = await anna.get("/api/v1/followed_tags")
        assert [tag["name"] for tag in followed] == ["远程 工作", "python"]
        assert all(tag["following"] for tag in followed)
        assert await bo.get("/api/v1/followed_tags") == []
        first = await anna.request("GET", "/api/v1/followed_tags", params={"limit": 1})
        second = await anna.request("GET", first.links["next"]["url"])
        assert [tag["name"] for tag in second.json()] == ["python"]
        assert (await anna.post(path("PYTHON", "unfollow")))["following"] is False
        assert [tag["name"] for tag in await anna.get("/api/v1/followed_tags")] == ["远程 工作"]

    async def test_is_bounded_even_at_once(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        anna = await world.person("anna")
        monkeypatch.setattr(service, "MOST_FOLLOWED", 2)
        answers = await asyncio.gather(
            *(anna.request("POST", path(f"tag{number}", "follow"), json={}) for number in range(5))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 200, 422, 422, 422]


class TestHome:
    async def test_gets_public_posts_with_followed_topics(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        old = await bo.says("以前的 #远程#")
        await anna.home()
        await anna.post(path("远程", "follow"))
        await world.settle()
        assert await home(anna) == [old["id"]]
        new = await bo.says("新的 #远程")
        await bo.says("别的 #现场#")
        await bo.says("不公开 #远程#", visibility="unlisted")
        await world.settle()
        assert await home(anna) == [new["id"], old["id"]]
        await anna.post(path("远程", "unfollow"))
        assert await home(anna) == []
        await world.settle()
        assert await home(anna) == []

    async def test_feed_lets_go_of_what_came_by_a_topic_alone(self, world: World, resources: Resources) -> None:
        anna, bo, chen = await world.people("anna", "bo", "chen")
        await anna.follows(chen)
        for tag in ("远程", "招聘"):
            await anna.post(path(tag, "follow"))
        await anna.home()
        await bo.says("#远程#")
        kept = [await bo.says("#远程# #招聘#"), await chen.says("#远程#"), await anna.says("#远程#")]
        await world.settle()
        await anna.post(path("远程", "unfollow"))
        await world.settle()
        feed = await resources.feeds.read(int(anna.id), Page(limit=100))
        assert feed is not None
        assert sorted(map(str, feed.ids)) == [status["id"] for status in kept]

    async def test_is_the_same_from_the_feed_and_from_postgresql(self, world: World, resources: Resources) -> None:
        anna, bo, chen = await world.people("anna", "bo", "chen")
        await anna.follows(chen)
        for tag in ("远程", "python"):
            await anna.post(path(tag, "follow"))
        await anna.home()
        await bo.says("#远程# #Python#")
        await chen.says("关注的人 #远程#")
        await bo.says("无关")
        repost = await chen.reposts(await bo.says("被转 #python"))
        await anna.says("自己")
        await world.settle()
        fed = await home(anna)
        assert len(fed) == 5
        assert repost["id"] in fed
        await resources.feeds.flush()  # type: ignore[attr-defined]
        assert await home(anna) == fed

    async def test_keeps_topics_when_an_author_is_unfollowed_and_authors_when_a_topic_is(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.follows(bo)
        await anna.post(path("远程", "follow"))
        await anna.home()
        topical, plain = await bo.says("#远程#"), await bo.says("平常")
        await world.settle()
        assert await home(anna) == [plain["id"], topical["id"]]
        await anna.post(f"/api/v1/accounts/{bo.id}/unfollow")
        await world.settle()
        assert await home(anna) == [topical["id"]]
        await anna.follows(bo)
        await anna.post(path("远程", "unfollow"))
        await world.settle()
        assert await home(anna) == [plain["id"], topical["id"]]

    async def test_hides_whom_one_mutes_or_who_blocks(self, world: World) -> None:
        anna, bo, chen = await world.people("anna", "bo", "chen")
        await anna.post(path("远程", "follow"))
        await bo.says("#远程#")
        await chen.says("#远程#")
        await world.settle()
        assert len(await home(anna)) == 2
        await anna.post(f"/api/v1/accounts/{bo.id}/mute")
        await chen.post(f"/api/v1/accounts/{anna.id}/block")
        assert await home(anna) == []

    async def test_reaches_many_followers_in_chunks(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        bo, *readers = await world.people("bo", "r1", "r2", "r3")
        monkeypatch.setattr(topics, "_FOLLOWERS_PER_CHUNK", 2)
        for reader in readers:
            await reader.post(path("远程", "follow"))
            await reader.post(path("招聘", "follow"))
            await reader.home()
        await world.settle()
        status = await bo.says("#远程# #招聘#")
        await world.settle()
        for reader in readers:
            assert await home(reader) == [status["id"]]

    async def test_gets_posts_edited_to_have_a_followed_topic(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.post(path("远程", "follow"))
        await anna.home()
        status = await bo.says("没有话题")
        await world.settle()
        assert await home(anna) == []
        edit = await bo.request("PUT", f"/api/v1/statuses/{status['id']}", json={"status": "现在有 #远程#"})
        if edit.status_code == 405:
            pytest.skip("posts cannot be edited yet")
        await world.settle()
        assert await home(anna) == [status["id"]]


class TestTimeline:
    async def test_finds_public_posts_however_the_topic_is_written(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        first, second = await bo.says("#Python 一"), await bo.says("#ＰＹＴＨＯＮ# 二")
        await bo.says("#pythonista 三")
        unlisted = await bo.says("#python 四", visibility="unlisted")
        await bo.says("#python 五", visibility="private")
        for name in ("python", "PYTHON", "#Python"):
            assert await tagged(anna, name) == [second["id"], first["id"]]
        assert len((await world.client.get("/api/v1/timelines/tag/python")).json()) == 2
        assert await tagged(anna, "python", limit=1) == [second["id"]]
        assert await tagged(anna, "python", max_id=second["id"]) == [first["id"]]
        assert await tagged(anna, "python", min_id=first["id"]) == [second["id"]]
        assert await tagged(anna, "python", remote=True) == []
        assert await tagged(anna, "python", only_media=True) == []
        on_profile = await ids(anna, f"/api/v1/accounts/{bo.id}/statuses", tagged="Python")
        assert on_profile == [unlisted["id"], second["id"], first["id"]]

    async def test_takes_any_all_and_none(self, world: World) -> None:
        anna = await world.person("anna")
        a, b = await anna.says("#甲"), await anna.says("#乙")
        ab, abc = await anna.says("#甲 #乙"), await anna.says("#甲 #乙 #丙")
        assert await tagged(anna, "甲", **{"any[]": ["乙"]}) == [abc["id"], ab["id"], b["id"], a["id"]]
        assert await tagged(anna, "甲", **{"all[]": ["乙"]}) == [abc["id"], ab["id"]]
        assert await tagged(anna, "甲", **{"all[]": ["乙"], "none[]": ["#丙#"]}) == [ab["id"]]
        first = await anna.request("GET", "/api/v1/timelines/tag/甲", params={"any[]": ["乙"], "limit": 2})
        rest = await anna.request("GET", first.links["next"]["url"], expect=200)
        assert [status["id"] for status in rest.json()] == [b["id"], a["id"]]
        assert await tagged(anna, "甲", **{"any[]": ["乙"], "limit": 2}) == [abc["id"], ab["id"]]
        assert await tagged(anna, "甲", **{"any[]": ["乙"], "min_id": a["id"], "limit": 2}) == [ab["id"], b["id"]]

    async def test_hides_blocks_mutes_and_deleted_posts(self, world: World) -> None:
        anna, bo, chen, dan = await world.people("anna", "bo", "chen", "dan")
        posts = {person.username: await person.says("#远程#") for person in (bo, chen, dan)}
        await anna.post(f"/api/v1/accounts/{bo.id}/block")
        await chen.post(f"/api/v1/accounts/{anna.id}/block")
        assert await tagged(anna, "远程") == [posts["dan"]["id"]]
        await dan.request("DELETE", f"/api/v1/statuses/{posts['dan']['id']}", expect=200)
        assert await tagged(anna, "远程") == []


class TestFeatured:
    async def test_stands_on_the_profile_with_its_use(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.says("#Python 一")
        await anna.says("#Python 二", visibility="private")
        await bo.says("#Python 三")
        made = await anna.post("/api/v1/featured_tags", {"name": "#Python"})
        assert (made["name"], made["statuses_count"]) == ("Python", "1")
        assert made["url"].endswith("/@anna/tagged/Python")
        assert made["last_status_at"] is not None
        assert await anna.get("/api/v1/featured_tags") == [made]
        assert await bo.get(f"/api/v1/accounts/{anna.id}/featured_tags") == [made]
        assert (await anna.get(path("python")))["featuring"] is True
        refused = await anna.post("/api/v1/featured_tags", {"name": "python"}, expect=422)
        assert refused["details"]["name"][0]["error"] == "ERR_TAKEN"
        await bo.request("DELETE", f"/api/v1/featured_tags/{made['id']}", expect=404)
        assert (await anna.request("DELETE", f"/api/v1/featured_tags/{made['id']}", expect=200)).json() == {}
        assert await anna.get("/api/v1/featured_tags") == []

    async def test_by_name_can_be_said_twice(self, world: World) -> None:
        anna = await world.person("anna")
        for _ in range(2):
            assert (await anna.post(path("远程", "feature")))["featuring"] is True
        (shown,) = await anna.get("/api/v1/featured_tags")
        assert (shown["name"], shown["statuses_count"], shown["last_status_at"]) == ("远程", "0", None)
        for _ in range(2):
            assert (await anna.post(path("远程", "unfeature")))["featuring"] is False
        assert await anna.get("/api/v1/featured_tags") == []

    @pytest.mark.parametrize("name", ["@bo", "a b#c", "", "x" * 111])
    async def test_must_be_a_topic(self, world: World, name: str) -> None:
        anna = await world.person("anna")
        refused = await anna.post("/api/v1/featured_tags", {"name": name}, expect=422)
        assert list(refused["details"]) == ["name"]

    async def test_is_bounded(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        anna = await world.person("anna")
        monkeypatch.setattr(service, "MOST_FEATURED", 1)
        await anna.post("/api/v1/featured_tags", {"name": "一"})
        refused = await anna.post("/api/v1/featured_tags", {"name": "二"}, expect=422)
        assert refused["code"] == "too_many_featured_tags"

    async def test_is_suggested_from_what_one_uses(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.says("#少用")
        for _ in range(2):
            await anna.says("#常用")
        await anna.says("#已有")
        await anna.post("/api/v1/featured_tags", {"name": "已有"})
        suggested = await anna.get("/api/v1/featured_tags/suggestions")
        assert [tag["name"] for tag in suggested] == ["常用", "少用"]


class TestDeleting:
    async def test_a_post_finds_its_topics_by_index(self, resources: Resources) -> None:
        async with resources.db.transaction() as session:
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            await session.execute(text("INSERT INTO post_tags SELECT 't' || n, n, n FROM generate_series(1, 999) AS n"))
            await session.execute(text("ANALYZE post_tags"))
            plan = await session.execute(text("EXPLAIN DELETE FROM post_tags WHERE post_id = 1 AND author_id = 1"))
            assert "ix_post_tags_post_id" in "\n".join(row[0] for row in plan)
            await session.rollback()
