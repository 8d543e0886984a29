"""Nothing on a stranger's behalf goes anywhere but to the public internet."""

import asyncio

import pytest

from app.push.addresses import is_public
from app.push.http_sender import HttpSender
from app.push.sender import Unreachable
from tests.push.receiver import receiving

pytestmark = pytest.mark.anyio

_PRIVATE = [
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.1.1.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.8"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00::1", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1"),
    *("2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
]


@pytest.mark.parametrize("address", _PRIVATE)
def test_knows_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_knows_what_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"],
)
async def test_does_not_call_what_leads_to_this_machine(host: str) -> None:
    sender = HttpSender()
    async with receiving() as receiver:
        port = receiver.origin.rpartition(":")[2]
        with pytest.raises(Unreachable):
            await sender.post(f"https://{host}:{port}/", headers={}, body=b"x")

        assert receiver.received == []
    await sender.close()


async def test_calls_nothing_without_tls() -> None:
    sender = HttpSender()
    async with receiving() as receiver:
        assert not sender.allows(receiver.origin)
        with pytest.raises(Unreachable):
            await sender.post(receiver.origin, headers={}, body=b"x")

        assert receiver.received == []
    await sender.close()


async def test_keeps_the_name_where_it_calls_the_address() -> None:
    sender = HttpSender(anywhere=True)
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
    sender = HttpSender(anywhere=True)
    with pytest.raises(Unreachable):
        await sender.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", headers={}, body=b"x")
    await asyncio.wait_for(left.wait(), 5)
    await sender.close()
    server.close()
    await server.wait_closed()


async def test_tells_who_is_away() -> None:
    sender = HttpSender(anywhere=True)
    for url in ("http://127.0.0.1:9/", "http://nowhere.invalid/", "http://[::1/"):
        with pytest.raises(Unreachable):
            await sender.post(url, headers={}, body=b"x")
    await sender.close()
