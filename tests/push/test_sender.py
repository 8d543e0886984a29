"""Nothing on a stranger's behalf goes anywhere but to the public internet."""

import asyncio

import pytest

from app.kit.addresses import EVERYWHERE, parse_networks
from app.kit.outward import Outward
from app.push.http_sender import HttpSender
from app.push.sender import Unreachable
from tests.push.receiver import receiving

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"],
)
async def test_does_not_call_what_leads_to_this_machine(host: str) -> None:
    sender = HttpSender(Outward())
    async with receiving() as receiver:
        port = receiver.origin.rpartition(":")[2]
        with pytest.raises(Unreachable):
            await sender.post(f"https://{host}:{port}/", headers={}, body=b"x")

        assert receiver.received == []
    await sender.close()


async def test_calls_nothing_without_tls() -> None:
    sender = HttpSender(Outward())
    async with receiving() as receiver:
        assert not sender.allows(receiver.origin)
        with pytest.raises(Unreachable):
            await sender.post(receiver.origin, headers={}, body=b"x")

        assert receiver.received == []
    await sender.close()


async def test_keeps_the_name_where_it_calls_the_address() -> None:
    sender = HttpSender(Outward(allow=parse_networks(EVERYWHERE)))
    async with receiving() as receiver:
        assert await sender.post(f"{receiver.origin}/a?b=c#d", headers={"x-y": "z"}, body=b"body") == 201

        (request,) = receiver.received
        assert (request.path, request.body, request.headers["x-y"]) == ("/a?b=c", b"body", "z")
        assert request.headers["host"] == receiver.origin.removeprefix("http://")
    await sender.close()


async def test_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    left = asyncio.Event()

    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A byte now and then keeps every timeout of reading away.
        writer.write(b"HTTP/1.1 200 ")
        try:
            while not left.is_set():
                writer.write(b"O")
                await writer.drain()
                await asyncio.sleep(0.02)
        except (OSError, RuntimeError):  # uvloop's word for a connection that is closed already
            pass
        finally:
            writer.close()
            left.set()

    monkeypatch.setattr("app.push.http_sender._DEADLINE_SECONDS", 0.3)
    server = await asyncio.start_server(dribble, "127.0.0.1", 0)
    sender = HttpSender(Outward(allow=parse_networks(EVERYWHERE)))
    with pytest.raises(Unreachable):
        await sender.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", headers={}, body=b"x")
    await asyncio.wait_for(left.wait(), 5)
    await sender.close()
    server.close()
    await server.wait_closed()


async def test_tells_who_is_away() -> None:
    sender = HttpSender(Outward(allow=parse_networks(EVERYWHERE)))
    for url in ("http://127.0.0.1:9/", "http://nowhere.invalid/", "http://[::1/"):
        with pytest.raises(Unreachable):
            await sender.post(url, headers={}, body=b"x")
    await sender.close()
