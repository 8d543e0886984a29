"""`@` with a username, our domain, or a Chinese display name, through HTTP."""

import pytest

from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def named(world: World, username: str, display_name: str) -> Person:
    person = await world.person(username)
    await person.request(
        "PATCH", "/api/v1/accounts/update_credentials", json={"display_name": display_name}, expect=200
    )
    return person


async def mentioned(author: Person, words: str) -> list[str]:
    return [mention["username"] for mention in (await author.says(words))["mentions"]]


class TestMention:
    @pytest.mark.parametrize("words", ["@张伟 你好", "@张伟你好", "请@张伟，看", "@zhangwei 你好", "@张伟 @zhangwei"])
    async def test_finds_someone_by_display_name_or_username(self, world: World, words: str) -> None:
        anna, other = await world.person("anna"), await named(world, "zhangwei", "张伟")
        post = await anna.says(words)
        assert [(m["id"], m["username"], m["acct"]) for m in post["mentions"]] == [(other.id, "zhangwei", "zhangwei")]
        assert post["content"].count('<a href="http://weizhi.test/@zhangwei" class="u-url mention">') == words.count(
            "@"
        )
        shown = "张伟" if "张伟" in words else "zhangwei"
        assert f"@<span>{shown}</span></a></span>" in post["content"]

    async def test_takes_the_longest_name(self, world: World) -> None:
        anna = await world.person("anna")
        await named(world, "zw", "张伟")
        await named(world, "zwm", "张伟明")
        assert await mentioned(anna, "@张伟明天见") == ["zwm"]
        assert await mentioned(anna, "@张伟今天见") == ["zw"]
        assert await mentioned(anna, "@张三 @张") == []

    async def test_prefers_whom_one_follows_then_who_follows_one(self, world: World) -> None:
        anna = await world.person("anna")
        followed, follower, *_ = [await named(world, f"zw{number}", "张伟") for number in range(3)]
        assert await mentioned(anna, "@张伟 三个人都叫这名字") == []
        await follower.follows(anna)
        assert await mentioned(anna, "@张伟") == ["zw1"]
        await anna.follows(followed)
        assert await mentioned(anna, "@张伟") == ["zw0"]
        await anna.follows(follower)
        plain = await anna.says("@张伟 你们俩")
        assert (plain["mentions"], plain["content"]) == ([], "<p>@张伟 你们俩</p>")

    async def test_by_username_is_not_taken_by_a_stranger_s_display_name(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        impostor = await named(world, "impostor", "bo你好")
        assert await mentioned(anna, "@bo你好") == ["bo"]
        await anna.follows(impostor)
        assert await mentioned(anna, "@bo你好") == ["impostor"]
        assert bo.id != impostor.id

    async def test_of_our_own_domain_is_local_and_others_stay_text(self, world: World) -> None:
        anna, _ = await world.people("anna", "bo")
        post = await anna.says("@bo@weizhi.test @bo@mastodon.example")
        assert [mention["username"] for mention in post["mentions"]] == ["bo"]
        assert post["content"].count("u-url mention") == 1
        assert post["content"].endswith("@bo@mastodon.example</p>")

    async def test_refuses_more_than_20(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.says(" ".join(f"@某人{number}" for number in range(20)))
        refused = await anna.post(
            "/api/v1/statuses", {"status": " ".join(f"@某人{number}" for number in range(21))}, expect=422
        )
        assert refused["details"]["text"][0]["error"] == "ERR_TOO_MANY_MENTIONS"

    async def test_lets_the_mentioned_see_a_direct_post(self, world: World) -> None:
        anna, other, stranger = await world.person("anna"), await named(world, "zw", "张伟"), await world.person("x")
        post = await anna.says("@张伟 只给你看", visibility="direct")
        await other.get(f"/api/v1/statuses/{post['id']}")
        await stranger.get(f"/api/v1/statuses/{post['id']}", expect=404)
