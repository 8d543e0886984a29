"""Pages for browsers: addresses that posts carry open, and show what anyone may see and nothing else."""

import pytest

from tests.people import World

pytestmark = pytest.mark.anyio


async def page(world: World, path: str, *, expect: int = 200) -> str:
    answer = await world.client.get(path)
    assert answer.status_code == expect, answer.text
    if expect == 200:
        assert answer.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
    return answer.text


class TestProfilePage:
    async def test_shows_what_someone_says_to_everyone(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        update = {"display_name": "安娜<b>", "note": "<script>alert(1)</script>", "headline": "工程师"}
        await anna.request("PATCH", "/api/v1/accounts/update_credentials", json=update, expect=200)
        for visibility in ("public", "unlisted", "private", "direct"):
            await anna.says(f"@bo 说给 {visibility}", visibility=visibility)
        quoted = await bo.says("被引用")
        await anna.says("引用", quoted_status_id=quoted["id"])
        text = await page(world, "/@anna")
        assert "安娜&lt;b&gt;" in text
        assert "工程师" in text
        assert "被引用" in text
        assert [word in text for word in ("说给 public", "说给 unlisted", "说给 private", "说给 direct")] == [
            True,
            True,
            False,
            False,
        ]
        assert await page(world, "/@ANNA") == text

    async def test_is_paged(self, world: World) -> None:
        anna = await world.person("anna")
        posts = [await anna.says(f"第 {number} 条") for number in range(21)]
        text = await page(world, "/@anna")
        assert "第 20 条" in text
        assert "第 0 条" not in text
        assert f"?max_id={posts[1]['id']}" in text
        assert "第 0 条" in await page(world, f"/@anna?max_id={posts[1]['id']}")

    async def test_of_nobody_is_not_there(self, world: World) -> None:
        await page(world, "/@nobody", expect=404)


class TestPostPage:
    async def test_opens_at_the_posts_own_address(self, world: World) -> None:
        anna, _ = await world.people("anna", "bo")
        post = await anna.says("招人 #远程# <b>", spoiler_text='注意 "引号"')
        text = await page(world, post["url"].removeprefix("http://weizhi.test"))
        assert "&lt;b&gt;" in text
        assert "<summary>注意 &#34;引号&#34;</summary>" in text
        await page(world, f"/@bo/{post['id']}", expect=404)

    async def test_of_what_not_everyone_may_see_is_not_there(self, world: World) -> None:
        anna = await world.person("anna")
        for visibility in ("private", "direct"):
            post = await anna.says("悄悄", visibility=visibility)
            await page(world, f"/@anna/{post['id']}", expect=404)
        await page(world, "/@anna/nonsense", expect=404)


class TestTopicPage:
    async def test_shows_public_posts_with_the_topic(self, world: World) -> None:
        anna = await world.person("anna")
        post = await anna.says("招人 #远程 工作#")
        await anna.says("悄悄 #远程 工作#", visibility="unlisted")
        (tag,) = post["tags"]
        text = await page(world, tag["url"].removeprefix("http://weizhi.test"))
        assert "招人" in text
        assert "悄悄" not in text
        assert "还没有内容" in await page(world, "/tags/nothing")
