"""/api/v2/search and /api/v1/accounts/search: people, topics and posts, through the gate."""

from typing import Any

import pytest

from app.bootstrap import Resources
from app.search.rebuild import rebuild
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def search(person: Person, q: str, **params: Any) -> dict[str, list[Any]]:
    found = await person.get("/api/v2/search", q=q, **params)
    return {
        "accounts": [account["username"] for account in found["accounts"]],
        "statuses": [status["id"] for status in found["statuses"]],
        "hashtags": [tag["name"] for tag in found["hashtags"]],
    }


async def people(person: Person, q: str, **params: Any) -> list[str]:
    return [account["username"] for account in await person.get("/api/v1/accounts/search", q=q, **params)]


async def is_called(person: Person, name: str, **fields: Any) -> None:
    await person.request(
        "PATCH", "/api/v1/accounts/update_credentials", json={"display_name": name, **fields}, expect=200
    )


class TestPeople:
    async def test_are_found_by_username_name_and_words_of_their_profiles(self, world: World) -> None:
        reader, zhang, li, wang = await world.people("reader", "zhang_wei", "li_lei", "wang")
        await is_called(zhang, "张伟", headline="后端工程师")
        await is_called(li, "李雷Lee", note="做推荐系统，会 Rust")
        await is_called(wang, "王芳", fields_attributes=[{"name": "公司", "value": "云杉科技"}])
        await world.settle()
        for q, found in (
            ("zhang", ["zhang_wei"]),
            ("@ZHANG_wei", ["zhang_wei"]),
            ("@zhang_wei@weizhi.test", ["zhang_wei"]),
            ("张", ["zhang_wei"]),
            ("張偉", ["zhang_wei"]),
            ("后端工程", ["zhang_wei"]),
            ("推荐系统 rust", ["li_lei"]),
            ("李雷lee", ["li_lei"]),
            ("云杉", ["wang"]),
            ("wangfang", ["wang"]),
            ("fang", ["wang"]),
            ("Wang Fang", ["wang"]),
            ("fang wang", ["wang"]),
            ("wang wei", []),
            ("@zhangwei", ["zhang_wei"]),
            ("houduan", []),
            ("nobody@elsewhere.example", []),
            ("！？", []),
            ("", []),
        ):
            assert await people(reader, q) == found, q
            if q:
                assert (await search(reader, q))["accounts"] == found, q

    async def test_come_by_name_then_by_who_is_followed_then_by_followers(self, world: World) -> None:
        reader, exact, known, popular, fan = await world.people("reader", "rust", "rust_a", "rust_b", "fan")
        unknown = await world.person("rust_c")
        await reader.follows(known)
        for person in (reader, fan):
            await person.post(f"/api/v1/accounts/{person.id}/note", {"comment": ""})
        await fan.follows(popular)
        await world.settle()
        assert await people(reader, "rust") == ["rust", "rust_a", "rust_b", "rust_c"]
        assert await people(reader, "rust", limit=2, offset=1) == ["rust_a", "rust_b"]
        assert await people(reader, "rust", following=True) == ["rust_a"]
        assert await people(reader, "rust", limit=0) == []
        assert exact.id != unknown.id

    async def test_that_are_gone_or_block_the_reader_are_not_found(self, world: World, resources: Resources) -> None:
        reader, blocker = await world.people("reader", "blocker")
        await is_called(blocker, "张伟")
        await world.settle()
        assert await people(reader, "张伟") == ["blocker"]
        await blocker.post(f"/api/v1/accounts/{reader.id}/block")
        assert await people(reader, "张伟") == await people(reader, "blocker") == []
        assert (await world.client.get("/api/v2/search", params={"q": "张伟"})).json()["accounts"] != []

    async def test_are_found_under_their_new_names_and_after_a_rebuild(
        self, world: World, resources: Resources
    ) -> None:
        reader, anna = await world.people("reader", "anna")
        await is_called(anna, "安娜")
        await world.settle()
        await is_called(anna, "安妮")
        await world.settle()
        assert (await people(reader, "安娜"), await people(reader, "安妮")) == ([], ["anna"])
        await resources.index.clear()
        await rebuild(resources.db, resources.index, lambda done, total: None)
        assert await people(reader, "安妮") == ["anna"]


class TestTopics:
    async def test_are_found_by_their_beginning_the_most_used_first(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.says("#远程# #远程工作# #Remote#")
        await bo.says("#远程工作#")
        await world.settle()
        for q, found in (
            ("远程", ["远程", "远程工作"]),
            ("#远程", ["远程", "远程工作"]),
            ("＃远程工作＃", ["远程工作"]),
            ("REMOTE", ["remote"]),
            ("工作", []),
        ):
            assert (await search(anna, q, type="hashtags"))["hashtags"] == found, q
        assert (await search(anna, "远程", type="hashtags", limit=1, offset=1))["hashtags"] == ["远程工作"]
        (tag,) = (await anna.get("/api/v2/search", q="remote", type="hashtags"))["hashtags"]
        assert (tag["following"], tag["history"][0]["uses"]) == (False, "1")


class TestPosts:
    async def test_are_not_meant_by_a_topic_s_or_a_person_s_name(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await bo.says("@anna 看 #远程#")
        await world.settle()
        for q in ("#远程", "#远程#", "＃远程＃", "@anna"):
            assert (await search(anna, q))["statuses"] == [], q
        assert (await search(anna, "#远程#", type="statuses"))["statuses"] == [post["id"]]
        assert (await search(anna, "看 #远程#"))["statuses"] == [post["id"]]

    async def test_are_public_ones_and_ones_own(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await bo.follows(anna)
        public = await anna.says("远程后端")
        private = await anna.says("远程后端，只给关注者", visibility="private")
        await world.settle()
        assert (await search(bo, "远程后端"))["statuses"] == [public["id"]]
        assert (await search(anna, "远程后端"))["statuses"] == [private["id"], public["id"]]
        assert (await search(anna, "远程后端", type="statuses", limit=1, offset=1))["statuses"] == [public["id"]]
        assert (await search(anna, "远程后端", max_id=private["id"]))["statuses"] == [public["id"]]
        assert (await search(bo, "远程后端", account_id=bo.id))["statuses"] == []
        found = (await bo.get("/api/v2/search", q="后端", type="statuses"))["statuses"]
        assert found[0]["weizhi"]["highlight"] == "远程<em>后端</em>"

    async def test_of_people_one_blocks_are_not_found(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.says("远程后端")
        await world.settle()
        await bo.post(f"/api/v1/accounts/{anna.id}/block")
        assert (await search(bo, "远程后端"))["statuses"] == []


class TestAddresses:
    async def test_open_what_they_name(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("你好")
        private = await anna.says("只给关注者", visibility="private")
        nothing: dict[str, list[str]] = {"accounts": [], "statuses": [], "hashtags": []}
        assert await search(bo, post["url"], resolve=True) == {**nothing, "statuses": [post["id"]]}
        assert await search(bo, post["account"]["url"]) == {**nothing, "accounts": ["anna"]}
        for address in (private["url"], "http://weizhi.test/@nobody", "https://elsewhere.example/@anna", "https://"):
            assert await search(bo, address) == nothing, address
        assert await search(bo, post["url"], type="accounts") == nothing


class TestRefusals:
    async def test_name_the_parameter(self, world: World) -> None:
        anna = await world.person("anna")
        for params in ({}, {"q": ""}, {"q": "长" * 501}, {"q": "a", "type": "jobs"}, {"q": "a", "offset": 201}):
            answer = await anna.request("GET", "/api/v2/search", params=params, expect=422)
            assert answer.json()["code"] == "validation_failed"
        assert (await world.client.get("/api/v1/accounts/search", params={"q": "a"})).status_code == 401
