"""Server-sent events: who hears what, and who does not."""

import asyncio
import socket
from contextlib import closing

import httpx2
import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.outbox.relay import Relay
from tests.people import World
from tests.streaming.conftest import Served, serve

pytestmark = pytest.mark.anyio


class TestEventStream:
    async def test_ends_its_lines_as_mastodon_does(self, world: World, served: Served) -> None:
        anna, bo = await world.people("anna", "bo")
        async with (
            httpx2.AsyncClient(timeout=10) as client,
            client.stream(
                "GET", f"{served.url}/api/v1/streaming/public", headers={"Authorization": f"Bearer {bo.token}"}
            ) as response,
        ):
            told = b""
            async for chunk in response.aiter_bytes():
                if not told:
                    await anna.says("再说一句")
                    await world.settle()
                told += chunk
                if b"update" in told and told.endswith(b"\n\n"):
                    break
        assert told.startswith(b":")
        assert b"\r" not in told


class TestUserStream:
    async def test_tells_a_follower_of_a_post_while_the_worker_runs(
        self, world: World, served: Served, relay: Relay
    ) -> None:
        anna, bo = await world.people("anna", "bo")
        await bo.follows(anna)
        await world.settle()
        working = asyncio.create_task(relay.run())
        async with served.sse("user", bo.token) as stream:
            post = await anna.says("早 #远程#", spoiler_text="注意")
            name, status = await stream.next()
        relay.stop()
        await working
        assert (name, status["id"], status["content"]) == ("update", post["id"], post["content"])
        assert status == await bo.get(f"/api/v1/statuses/{post['id']}")

    async def test_tells_only_what_belongs_at_home(self, world: World, served: Served) -> None:
        anna, bo, cy, dan = await world.people("anna", "bo", "cy", "dan")
        await bo.follows(anna)
        await bo.follows(dan)
        await bo.post(f"/api/v1/accounts/{dan.id}/follow", {"reblogs": False})
        of_cy = await cy.says("陌生人的话")
        await world.settle()
        async with served.sse("user", bo.token) as stream:
            await cy.says("又一句")
            await anna.says("@cy 给他的", in_reply_to_id=of_cy["id"])
            await anna.says("@bo 私信", visibility="direct")
            await dan.reposts(of_cy)
            by_anna = await anna.reposts(of_cy)
            private = await anna.says("只给关注者", visibility="private")
            own = await bo.says("自己的")
            await world.settle()
            seen = [(await stream.next())[1]["id"] for _ in range(3)]
        assert sorted(seen) == sorted([by_anna["id"], private["id"], own["id"]])

    async def test_tells_of_edits_and_deletions(self, world: World, served: Served) -> None:
        recruiter, bo = await world.people("recruiter", "bo")
        await bo.follows(recruiter)
        job = await recruiter.publishes_job()
        await world.settle()
        async with served.sse("user", bo.token) as stream:
            await recruiter.request("PATCH", f"/api/weizhi/v1/jobs/{job['id']}", json={"headcount": 9}, expect=200)
            await world.settle()
            name, edited = await stream.next()
            assert (name, edited["id"]) == ("status.update", job["status_id"])
            assert edited["weizhi"]["job"]["headcount"] == 9
            await recruiter.request("DELETE", f"/api/v1/statuses/{job['status_id']}", expect=200)
            await world.settle()
            assert await stream.next() == ("delete", int(job["status_id"]))

    async def test_does_not_tell_strangers_of_deleted_private_posts(self, world: World, served: Served) -> None:
        anna, bo = await world.people("anna", "bo")
        private = await anna.says("只给关注者", visibility="private")
        direct = await anna.says("@bo 私信", visibility="direct")
        await world.settle()
        async with served.sse("user", bo.token) as stream, served.sse("public") as everyone:
            for post in (private, direct):
                await anna.request("DELETE", f"/api/v1/statuses/{post['id']}", expect=200)
            await world.settle()
            last = await bo.says("到此为止")
            await world.settle()
            assert (await stream.next())[1]["id"] == last["id"]
            assert (await everyone.next())[1]["id"] == last["id"]

    async def test_tells_of_notifications_as_they_are_listed(self, world: World, served: Served) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        await world.settle()
        async with (
            served.sse("user", anna.token) as stream,
            served.sse("user/notification", anna.token) as alone,
            served.sse("user", cy.token) as others,
        ):
            await bo.says("@anna 你好")
            await world.settle()
            name, told = await stream.next()
            assert (name, told["type"], told["account"]["id"]) == ("notification", "mention", bo.id)
            assert (name, told) == await alone.next()
            assert [told] == await anna.get("/api/v1/notifications")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(others._next(), 0.2)

    async def test_tells_that_filters_changed(self, world: World, served: Served) -> None:
        anna, bo = await world.people("anna", "bo")
        async with served.sse("user", anna.token) as stream:
            for person in (bo, anna):
                await person.post("/api/v2/filters", {"title": "x", "context": ["home"]})
            await world.settle()
            assert (await stream.next())[0] == "filters_changed"
            await bo.says("@anna 你好")
            await world.settle()
            assert (await stream.next())[0] != "filters_changed"

    async def test_of_direct_messages_tells_how_conversations_stand(self, world: World, served: Served) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        # A stranger's would wait in a request.
        await bo.follows(anna)
        async with served.sse("direct", bo.token) as stream, served.sse("direct", cy.token) as others:
            sent = await anna.says("@bo 私信", visibility="direct")
            await world.settle()
            name, conversation = await stream.next()
            assert (name, conversation["last_status"]["id"], conversation["unread"]) == (
                "conversation",
                sent["id"],
                True,
            )
            assert [conversation] == await bo.get("/api/v1/conversations")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(others._next(), 0.2)

    async def test_tells_of_changed_filters(self, world: World, served: Served) -> None:
        anna = await world.person("anna")
        async with served.sse("user", anna.token) as stream:
            await anna.post("/api/v2/filters", {"title": "外包", "context": ["home"]})
            await world.settle()
            assert await stream.next() == ("filters_changed", None)

    async def test_needs_a_token_with_the_scope(self, world: World, served: Served) -> None:
        anna = await world.person("anna")
        async with httpx2.AsyncClient(base_url=served.url) as client:
            for path, token, status in (
                ("user", None, 401),
                ("user", "nonsense", 401),
                ("direct", None, 401),
                ("list", anna.token, 400),
                ("hashtag", anna.token, 400),
                ("nonsense", anna.token, 404),
            ):
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                answer = await client.get(f"/api/v1/streaming/{path}", headers=headers)
                assert answer.status_code == status, path
                assert answer.json()["code"]
            answer = await client.get("/api/v1/streaming", params={"stream": "nonsense"})
            assert (answer.status_code, answer.json()["code"]) == (400, "unknown_stream")
            assert (await client.get("/api/v1/streaming/health")).text == "OK"


class TestPublicStreams:
    async def test_tell_everyone_of_public_posts_but_not_of_replies_reposts_and_the_rest(
        self, world: World, served: Served
    ) -> None:
        anna, bo = await world.people("anna", "bo")
        async with served.sse("public/local") as stream, served.sse("public/remote") as remote:
            first = await anna.says("大家好 #微职#")
            await bo.says("答", in_reply_to_id=first["id"])
            await bo.reposts(first)
            for visibility in ("unlisted", "private", "direct"):
                await anna.says("@bo 不是给大家的", visibility=visibility)
            last = await anna.says("还是大家好")
            await world.settle()
            seen = [(await stream.next())[1]["id"] for _ in range(2)]
            assert seen == [first["id"], last["id"]]
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(remote._next(), 0.2)

    async def test_by_topic_take_either_way_of_writing_it(self, world: World, served: Served) -> None:
        anna, bo = await world.people("anna", "bo")
        async with served.sse("hashtag", tag="#Remote 工作#") as stream:
            await anna.says("别的 #远程#")
            post = await anna.says("#remote 工作# 招人")
            await bo.says("悄悄 #Remote 工作#", visibility="unlisted")
            last = await bo.says("#REMOTE 工作#")
            await world.settle()
            assert [(await stream.next())[1]["id"] for _ in range(2)] == [post["id"], last["id"]]

    async def test_hide_those_who_block_and_are_blocked_or_muted(
        self, world: World, served: Served, resources: Resources
    ) -> None:
        anna, bo, cy, reader = await world.people("anna", "bo", "cy", "reader")
        await stand_against(resources, blocks=[(reader.id, anna.id), (bo.id, reader.id)], mutes=[(reader.id, cy.id)])
        async with served.sse("public", reader.token) as stream, served.sse("public") as anyone:
            for person in (anna, bo, cy):
                await person.says("在吗")
            last = await reader.says("到此为止")
            await world.settle()
            assert (await stream.next())[1]["id"] == last["id"]
            assert [(await anyone.next())[1]["account"]["id"] for _ in range(4)][:3] == [anna.id, bo.id, cy.id]


class TestLists:
    async def test_tell_their_owner_alone(self, world: World, served: Served, resources: Resources) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        await bo.follows(anna)
        list_id = await a_list(resources, owner=bo.id, members=[anna.id])
        async with httpx2.AsyncClient(base_url=served.url) as client:
            answer = await client.get(
                "/api/v1/streaming/list", params={"list": list_id}, headers={"Authorization": f"Bearer {cy.token}"}
            )
            assert answer.status_code == 404
        async with served.sse("list", bo.token, list=list_id) as stream:
            await cy.says("不在分组里")
            post = await anna.says("在分组里")
            await world.settle()
            assert (await stream.next())[1]["id"] == post["id"]


class TestAnyProcess:
    async def test_serves_any_reader(self, world: World, served: Served, resources: Resources) -> None:
        anna = await world.person("anna")
        async with serve(resources) as other, served.sse("public") as here, other.sse("public") as there:
            post = await anna.says("都听见了")
            await world.settle()
            assert (await here.next())[1]["id"] == (await there.next())[1]["id"] == post["id"]


class TestHub:
    async def test_lets_a_reader_go_that_does_not_read_and_serves_the_others(
        self, world: World, served: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.streaming.reader.MOST_WAITING", 3)
        monkeypatch.setattr("app.streaming.routes.SEND_SECONDS", 0.2)
        anna = await world.person("anna")
        host, port = served.url.removeprefix("http://").split(":")
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((host, int(port)))
        deaf.sendall(b"GET /api/v1/streaming/public HTTP/1.1\r\nHost: weizhi.test\r\n\r\n")
        with closing(deaf):
            async with served.sse("public") as stream:
                while len(served.hub._readers) < 2:
                    await asyncio.sleep(0.01)
                for number in range(150):
                    post = await anna.says(f"{number} " + "长" * 1900)
                    await world.settle()
                    assert (await stream.next())[1]["id"] == post["id"]
                    if len(served.hub._readers) == 1:
                        break
                async with asyncio.timeout(5):
                    while len(served.hub._readers) > 1:
                        await asyncio.sleep(0.01)

    async def test_closes_the_streams_of_revoked_tokens_and_suspended_accounts(
        self, world: World, served: Served, resources: Resources
    ) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        async with (
            served.sse("user", anna.token) as of_anna,
            served.sse("user", bo.token) as of_bo,
            served.sse("user", cy.token) as of_cy,
        ):
            revoked = {
                "token": anna.token,
                "client_id": world.app["client_id"],
                "client_secret": world.app["client_secret"],
            }
            assert (await world.client.post("/oauth/revoke", json=revoked)).status_code == 200
            await suspend(resources, bo.id)
            await served.hub.close_dead()
            for stream in (of_anna, of_bo):
                with pytest.raises(AssertionError, match="ended"):
                    await stream.next()
            post = await cy.says("还在")
            await world.settle()
            assert (await of_cy.next())[1]["id"] == post["id"]

    async def test_limits_the_connections_of_one_account(
        self, world: World, served: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.streaming.hub.MOST_PER_ACCOUNT", 1)
        anna, bo = await world.people("anna", "bo")
        async with served.sse("user", anna.token), served.sse("user", bo.token):
            async with httpx2.AsyncClient(base_url=served.url) as client:
                answer = await client.get("/api/v1/streaming/user", headers={"Authorization": f"Bearer {anna.token}"})
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")

    async def test_is_forgotten_by_when_the_client_leaves(self, world: World, served: Served) -> None:
        async with served.sse("public"):
            assert len(served.hub._readers) == 1
        async with asyncio.timeout(5):
            while served.hub._readers:
                await asyncio.sleep(0.01)

    async def test_shows_silent_streams_to_be_alive(
        self, world: World, served: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.streaming.routes.HEARTBEAT_SECONDS", 0.05)
        anna = await world.person("anna")
        async with served.sse("public") as stream:
            async with asyncio.timeout(5):
                reading = asyncio.create_task(stream.next())
                while stream.comments.count("thump") < 2:
                    await asyncio.sleep(0.01)
            await anna.says("好")
            await world.settle()
            assert (await reading)[0] == "update"


async def stand_against(resources: Resources, *, blocks: list[tuple[str, str]], mutes: list[tuple[str, str]]) -> None:
    async with resources.db.transaction() as session:
        for table, pairs in (("blocks", blocks), ("mutes", mutes)):
            for account_id, target_id in pairs:
                await session.execute(
                    text(f"INSERT INTO {table} (account_id, target_id) VALUES (:a, :b)"),
                    {"a": int(account_id), "b": int(target_id)},
                )


async def a_list(resources: Resources, *, owner: str, members: list[str]) -> str:
    async with resources.db.transaction() as session:
        list_id = await session.scalar(
            text("INSERT INTO lists (account_id, title) VALUES (:a, '同行') RETURNING id"), {"a": int(owner)}
        )
        for member in members:
            await session.execute(
                text(
                    "INSERT INTO list_members (list_id, account_id, owner_id)"
                    " SELECT id, :a, account_id FROM lists WHERE id = :l"
                ),
                {"l": list_id, "a": int(member)},
            )
    return str(list_id)


async def suspend(resources: Resources, account_id: str) -> None:
    async with resources.db.transaction() as session:
        await session.execute(text("UPDATE accounts SET suspended_at = now() WHERE id = :id"), {"id": int(account_id)})
