"""The multiplexed WebSocket, met by an independent client."""

import asyncio
import json

import pytest
import websockets

from tests.people import World
from tests.streaming.conftest import Served, heard

pytestmark = pytest.mark.anyio


class TestSocket:
    async def test_echoes_the_subprotocol_and_carries_several_streams(self, world: World, served: Served) -> None:
        anna, bo = await world.people("anna", "bo")
        await bo.follows(anna)
        async with served.socket(bo.token) as connection:
            assert connection.subprotocol == bo.token
            for asked in ({"stream": "user"}, {"stream": "hashtag", "tag": "远程"}, {"stream": "public:local"}):
                await connection.send(json.dumps({"type": "subscribe", **asked}))
            await _ready(connection)
            post = await anna.says("招人 #远程#")
            await world.settle()
            messages = [await heard(connection) for _ in range(3)]
            assert sorted(message["stream"] for message in messages) == [
                ["hashtag", "远程"],
                ["public:local"],
                ["user"],
            ]
            assert {(m["event"], m["payload"]["id"]) for m in messages} == {("update", post["id"])}

            for asked in ({"stream": "user"}, {"stream": "hashtag", "tag": "远程"}):
                await connection.send(json.dumps({"type": "unsubscribe", **asked}))
            await _ready(connection)
            await anna.says("又招人 #远程#")
            await world.settle()
            assert (await heard(connection))["stream"] == ["public:local"]
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(connection.recv(), 0.2)

    async def test_takes_the_token_by_query_or_header_too(self, world: World, served: Served) -> None:
        anna = await world.person("anna")
        by_query = served.socket(query=f"?access_token={anna.token}&stream=user")
        by_header = served.socket(query="/?stream=user", additional_headers={"Authorization": f"Bearer {anna.token}"})
        async with by_query as one, by_header as other:
            post = await anna.says("自己听见")
            await world.settle()
            assert (await heard(one))["payload"]["id"] == (await heard(other))["payload"]["id"] == post["id"]

    @pytest.mark.parametrize("query", ["?access_token=nonsense", "?stream=user"])
    async def test_refuses_who_may_not_listen_before_it_opens(self, world: World, served: Served, query: str) -> None:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with served.socket(query=query):
                pass
        assert refused.value.response.status_code == 401
        assert json.loads(refused.value.response.body)["code"] == "invalid_token"

    async def test_answers_what_it_cannot_do_and_goes_on(self, world: World, served: Served) -> None:
        anna = await world.person("anna")
        async with served.socket(anna.token) as connection:
            for sent, code in (
                ("nonsense", "bad_request"),
                ("[]", "bad_request"),
                ('{"type": "dance"}', "bad_request"),
                ('{"type": "subscribe", "stream": "nonsense"}', "unknown_stream"),
                ('{"type": "subscribe", "stream": "hashtag"}', "missing_stream_parameter"),
                ('{"type": "subscribe", "stream": "list", "list": 1}', "not_found"),
                ('{"type": "subscribe", "stream": 7}', "bad_request"),
                ('{"type": "subscribe", "stream": "user", "tag": "' + "长" * 5000 + '"}', "bad_request"),
            ):
                await connection.send(sent)
                assert (await heard(connection))["code"] == code, sent
            await connection.send('{"type": "subscribe", "stream": "user"}')
            await _ready(connection)
            post = await anna.says("还在")
            await world.settle()
            assert (await heard(connection))["payload"]["id"] == post["id"]

    async def test_an_anonymous_one_hears_what_is_public_alone(self, world: World, served: Served) -> None:
        anna = await world.person("anna")
        async with served.socket() as connection:
            await connection.send('{"type": "subscribe", "stream": "user"}')
            assert (await heard(connection))["code"] == "invalid_token"
            await connection.send('{"type": "subscribe", "stream": "public"}')
            await _ready(connection)
            post = await anna.says("大家好")
            await world.settle()
            assert (await heard(connection))["payload"]["id"] == post["id"]


async def _ready(connection: websockets.ClientConnection) -> None:
    """Wait until everything sent so far was obeyed: messages are taken in order."""
    await connection.send("{}")
    assert (await heard(connection))["code"] == "bad_request"
