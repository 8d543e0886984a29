"""Searching posts through HTTP, on what the worker indexed."""

from datetime import UTC, datetime

import httpx2
import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.people import World

pytestmark = pytest.mark.anyio

SEARCH = "/api/weizhi/v1/search/timeline"


class TestSearchTimeline:
    async def test_home_is_people_you_follow_and_yourself(self, world: World) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        await anna.follows(bo)
        theirs = await bo.says("内推后端，私下聊", visibility="private")
        mine = await anna.says("求后端内推 <b>急</b>")
        await cai.says("我也要后端内推")
        await world.settle()
        answer = await anna.get(SEARCH, q="后端内推", scope="home")
        assert [status["id"] for status in answer["statuses"]] == [mine["id"], theirs["id"]]
        assert answer["statuses"][0]["weizhi"]["highlight"] == "求<em>后端内推</em> &lt;b&gt;急&lt;/b&gt;"
        assert not answer["degraded"]
        assert not answer["scope_truncated"]

    async def test_home_is_also_what_people_you_follow_reposted(self, world: World) -> None:
        anna, bo, cai, dan = await world.people("anna", "bo", "cai", "dan")
        await anna.follows(bo)
        brought, other = await cai.says("后端招人"), await cai.says("后端也招人")
        await bo.reposts(brought)
        await dan.reposts(other)
        await world.settle()
        found = (await anna.get(SEARCH, q="后端", scope="home"))["statuses"]
        assert [status["id"] for status in found] == [brought["id"]]
        await bo.post(f"/api/v1/statuses/{brought['id']}/unreblog")
        assert (await anna.get(SEARCH, q="后端", scope="home"))["statuses"] == []

    async def test_public_is_for_everyone_and_public_alone(self, world: World, client: httpx2.AsyncClient) -> None:
        anna = await world.person("anna")
        seen = await anna.says("公开的后端")
        await anna.says("不公开的后端", visibility="unlisted")
        await anna.says("关注者的后端", visibility="private")
        await anna.says("私信的后端", visibility="direct")
        await world.settle()
        for parameters in ({}, {"scope": "public"}):
            answer = (await client.get(SEARCH, params={"q": "后端", **parameters})).json()
            assert [status["id"] for status in answer["statuses"]] == [seen["id"]]
        assert (await client.get(SEARCH, params={"q": "后端", "scope": "home"})).status_code == 401

    async def test_the_index_only_proposes(self, world: World, resources: Resources) -> None:
        """A post that stopped being public is not shown, however old the index's opinion of it."""
        anna, bo = await world.people("anna", "bo")
        await bo.follows(anna)
        await anna.says("后端")
        await world.settle()
        for visibility, shown in (("public", 1), ("unlisted", 0), ("private", 0)):
            async with resources.db.transaction() as session:
                await session.execute(text("UPDATE posts SET visibility = :visibility"), {"visibility": visibility})
            answer = await bo.get(SEARCH, q="后端", scope="public")
            assert len(answer["statuses"]) == shown

    async def test_one_account_as_far_as_you_may_see_it(self, world: World) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        await bo.follows(anna)
        public, private = await anna.says("后端一"), await anna.says("后端二", visibility="private")
        await cai.says("后端三")
        await world.settle()
        seen = {person.username: await person.get(SEARCH, q="后端", scope=f"account:{anna.id}") for person in (bo, cai)}
        assert [status["id"] for status in seen["bo"]["statuses"]] == [private["id"], public["id"]]
        assert [status["id"] for status in seen["cai"]["statuses"]] == [public["id"]]
        await bo.get(SEARCH, q="后端", scope="account:1", expect=404)

    async def test_deleted_posts_are_gone_before_the_worker_ran_and_after(self, world: World) -> None:
        anna = await world.person("anna")
        status = await anna.says("后端")
        await world.settle()
        await anna.request("DELETE", f"/api/v1/statuses/{status['id']}", expect=200)
        assert (await anna.get(SEARCH, q="后端"))["statuses"] == []
        await world.settle()
        assert (await anna.get(SEARCH, q="后端"))["statuses"] == []

    async def test_pages_by_its_link_header_without_gap_or_repeat(self, world: World) -> None:
        anna = await world.person("anna")
        ids = [(await anna.says(f"后端 {n}"))["id"] for n in range(7)]
        await world.settle()
        seen, parameters = [], {"q": "后端", "limit": "3"}
        for _ in range(3):
            response = await anna.request("GET", SEARCH, params=parameters)
            seen += [status["id"] for status in response.json()["statuses"]]
            parameters = dict(httpx2.URL(response.links["next"]["url"]).params)
        assert seen == ids[::-1]
        newer = await anna.get(SEARCH, q="后端", min_id=ids[2], limit=2)
        assert [status["id"] for status in newer["statuses"]] == [ids[4], ids[3]]

    async def test_narrows_by_kind_link_and_time(self, world: World) -> None:
        anna = await world.person("anna")
        plain = await anna.says("后端")
        link = await anna.says("后端 https://example.com/a")
        await world.settle()

        async def found(**parameters: str) -> list[str]:
            return [status["id"] for status in (await anna.get(SEARCH, q="后端", **parameters))["statuses"]]

        assert await found(has="link") == [link["id"]]
        assert await found(kind="job") == await found(kind="event") == []
        assert await found(before=link["id"]) == [plain["id"]]
        assert await found(after=plain["id"]) == [link["id"]]
        assert await found(before="2020-01-01") == []
        assert await found(after="2020-01-01T00:00:00+08:00") == [link["id"], plain["id"]]
        assert await found(before="9999-12-31") == [link["id"], plain["id"]]

    async def test_a_list_is_the_people_on_it(self, world: World) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        await anna.follows(bo)
        await anna.follows(cai)
        made = await anna.post("/api/v1/lists", {"title": "同行"})
        await anna.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [bo.id]})
        theirs = await bo.says("后端", visibility="private")
        await cai.says("后端")
        await world.settle()
        for name in ("list", "group"):
            found = (await anna.get(SEARCH, q="后端", scope=f"{name}:{made['id']}"))["statuses"]
            assert [status["id"] for status in found] == [theirs["id"]]
        await bo.get(SEARCH, q="后端", scope=f"list:{made['id']}", expect=404)
        assert (await world.client.get(SEARCH, params={"q": "后端", "scope": f"list:{made['id']}"})).status_code == 401

    async def test_home_of_two_thousand_people_and_the_truth_about_more(
        self, world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anna, *others = await world.people("anna", "bo", "cai")
        for other in others:
            await anna.follows(other)
        ids = [(await other.says("后端"))["id"] for other in others]
        await world.settle()
        crowd = text(
            """
            WITH person AS (
                INSERT INTO accounts (username, handle) SELECT 'x' || n, 'x' || n FROM generate_series(1, :count) AS n
                ON CONFLICT DO NOTHING RETURNING id
            )
            INSERT INTO follows (follower_id, followee_id, created_at) SELECT :anna, id, '2020-01-01' FROM person
            """
        )
        for count, truncated in ((1998, False), (1999, True)):
            async with resources.db.transaction() as session:
                await session.execute(crowd, {"anna": int(anna.id), "count": count})
            answer = await anna.get(SEARCH, q="后端", scope="home")
            assert [status["id"] for status in answer["statuses"]] == ids[::-1]
            assert answer["scope_truncated"] is truncated

    async def test_narrows_by_author(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        mine, theirs = await anna.says("后端"), await bo.says("后端")
        await world.settle()

        async def found(q: str = "后端", **parameters: str) -> list[str]:
            return [status["id"] for status in (await anna.get(SEARCH, q=q, **parameters))["statuses"]]

        for name in ("bo", "@BO", "bo@weizhi.test", bo.id):
            assert await found(**{"from": name}) == [theirs["id"]]
        assert await found("", **{"from": "me"}) == [mine["id"]]
        assert await found("from:bo 后端") == await found("from:@bo") == [theirs["id"]]
        assert await found("-from:me 后端") == [theirs["id"]]
        assert await found("from:nobody 后端") == await found("from:me", **{"from": "bo"}) == []
        await anna.get(SEARCH, q="后端", **{"from": "nobody"}, expect=404)
        for parameters in ({"q": "后端", "from": "me"},):
            assert (await world.client.get(SEARCH, params=parameters)).status_code == 401

    async def test_operators_narrow_here_and_in_the_search_of_apps(self, world: World) -> None:
        anna = await world.person("anna")
        plain = await anna.says("后端", language="en")
        poll = await anna.says("后端投票", language="zh", poll={"options": ["是", "否"], "expires_in": 3600})
        reply = await anna.says("后端 https://example.com", in_reply_to_id=plain["id"], language="zh", sensitive=True)
        await world.settle()

        async def found(q: str) -> list[str]:
            ours = [status["id"] for status in (await anna.get(SEARCH, q=q))["statuses"]]
            apps = (await anna.get("/api/v2/search", q=q, type="statuses"))["statuses"]
            assert [status["id"] for status in apps] == ours
            return ours

        assert await found("后端 has:poll") == await found("HAS：poll") == [poll["id"]]
        assert (
            await found("后端 has:link") == await found("is:reply") == await found("is:sensitive 后端") == [reply["id"]]
        )
        assert await found("后端 -is:reply -has:poll") == [plain["id"]]
        assert await found("后端 language:zh") == [reply["id"], poll["id"]]
        assert await found("后端 before:2020-01-01") == await found("后端 during:2020-01-01") == []
        today = datetime.now(UTC).date()
        assert await found(f"后端 after:2020-01-01 during:{today} -has:link") == [poll["id"], plain["id"]]
        # Within quotation marks, and where it means nothing, it is words.
        for q in ('"has:poll" 后端', "has:money 后端", "before:soon 后端"):
            assert await found(q) == []

    async def test_highlights_leave_operators_out(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.says("link：我們招後端")
        await world.settle()
        (status,) = (await anna.get(SEARCH, q="-has:link 后端"))["statuses"]
        assert status["weizhi"]["highlight"] == "link：我們招<em>後端</em>"

    async def test_best_first_without_gap_or_repeat_whatever_comes_and_goes(self, world: World) -> None:
        anna = await world.person("anna")
        best = await anna.says("后端")
        ids = [(await anna.says(f"后端 {'说了很多别的话 ' * n}"))["id"] for n in range(1, 8)]
        await world.settle()
        seen, parameters = [], {"q": "后端", "limit": "3", "sort": "relevance"}
        while parameters:
            response = await anna.request("GET", SEARCH, params=parameters, expect=200)
            seen += [status["id"] for status in response.json()["statuses"]]
            # Two of those shown go, and many come that are as good as the best.
            if len(seen) == 3:
                assert seen[0] == best["id"]
                for id in seen[:2]:
                    await anna.request("DELETE", f"/api/v1/statuses/{id}", expect=200)
                for _ in range(25):
                    await anna.says("后端")
            await world.settle()
            parameters = dict(httpx2.URL(response.links["next"]["url"]).params) if response.links else {}
        assert sorted(seen) == sorted([best["id"], *ids])
        assert len(seen) == len(set(seen))

    async def test_newest_first_without_gap_or_repeat_while_new_posts_arrive(self, world: World) -> None:
        anna = await world.person("anna")
        ids = [(await anna.says(f"后端 {n}"))["id"] for n in range(7)]
        await world.settle()
        seen, parameters = [], {"q": "后端", "limit": "3"}
        for _ in range(3):
            response = await anna.request("GET", SEARCH, params=parameters)
            seen += [status["id"] for status in response.json()["statuses"]]
            await anna.says("又来一个后端")
            await world.settle()
            parameters = dict(httpx2.URL(response.links["next"]["url"]).params)
        assert seen == ids[::-1]

    @pytest.mark.parametrize("sort", ["latest", "relevance"])
    async def test_a_page_is_refilled_when_rules_empty_it(self, world: World, resources: Resources, sort: str) -> None:
        """The index still proposes forty posts that nobody may see any more, before the one that may be seen."""
        anna, bo = await world.people("anna", "bo")
        seen = await anna.says("后端" if sort == "latest" else "后端 与很多很多别的话 与很多很多别的话")
        for _ in range(40):
            await anna.says("后端")
        await world.settle()
        async with resources.db.transaction() as session:
            await session.execute(
                text("UPDATE posts SET visibility = 'private' WHERE id <> :id"), {"id": int(seen["id"])}
            )
        answer = await bo.get(SEARCH, q="后端", limit=10, sort=sort)
        assert [status["id"] for status in answer["statuses"]] == [seen["id"]]

    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"q": "？！"},
            {"q": "##", "kind": "job"},
            {"sort": "relevance"},
            {"q": "后端", "sort": "relevance", "cursor": "nonsense"},
            {"q": "后端", "sort": "relevance", "cursor": "MS4yMDAwLjM"},
            {"q": "后端", "sort": "best"},
            {"q": "后端", "has": "money"},
            {"q": "后端", "scope": "list:x"},
            {"q": "后端", "from": "x" * 61},
            {"q": "x" * 201},
            {"q": "后端", "before": "yesterday"},
            {"q": "后端", "scope": "friends"},
            {"q": "后端", "kind": "repost"},
        ],
    )
    async def test_refuses_what_it_cannot_read(self, world: World, parameters: dict[str, str]) -> None:
        anna = await world.person("anna")
        await anna.get(SEARCH, expect=422, **parameters)
