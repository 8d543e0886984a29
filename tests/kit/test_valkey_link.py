"""The lean link to Valkey: order, deadlines, bounds, and coming back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.kit.errors import Unavailable
from app.kit.valkey_address import Address, parse, url_at
from app.kit.valkey_link import Link
from app.kit.valkey_wire import Refused, Wire

pytestmark = pytest.mark.anyio

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def link(redis_url: str) -> AsyncIterator[Link]:
    opened = Link(parse(redis_url))
    yield opened
    await opened.close()


@asynccontextmanager
async def a_server(serve: Serve) -> AsyncIterator[Address]:
    """Something at an address that greets properly, and then does as told."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"HELLO\r\n$1\r\n3\r\n")
        writer.write(b"%1\r\n$6\r\nserver\r\n$6\r\nvalkey\r\n")
        await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    try:
        yield Address(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    finally:
        server.close()


class TestCall:
    async def test_gives_each_caller_its_own_answer(self, link: Link) -> None:
        answers = await asyncio.gather(*(link.call("ECHO", str(number)) for number in range(500)))
        assert answers == [str(number).encode() for number in range(500)]

    async def test_of_many_at_once_are_few_writes(self) -> None:
        sent: list[bytes] = []

        class Noting(asyncio.Transport):
            def write(self, data: Any) -> None:
                sent.append(data)

        ping = b"*1\r\n$4\r\nPING\r\n"
        wire = Wire(lambda _: None, None, 2.0)
        wire.connection_made(Noting())
        for _ in range(20):
            wire.send(("PING",), None)
        assert sent == [ping * 8] * 2
        await asyncio.sleep(0)
        assert sent[2:] == [ping * 4]
        wire.connection_lost(None)

    async def test_tells_the_servers_own_reason(self, link: Link) -> None:
        wrong, right = await asyncio.gather(link.call("NO-SUCH"), link.call("ECHO", "a"), return_exceptions=True)
        assert isinstance(wrong, Refused)
        assert str(wrong).startswith("ERR unknown command")
        assert right == b"a"

    async def test_that_is_given_up_leaves_the_others_their_answers(self, link: Link) -> None:
        await link.ready()
        given_up, kept = (asyncio.ensure_future(link.call("ECHO", word)) for word in ("a", "b"))
        await asyncio.sleep(0)
        given_up.cancel()
        assert await kept == b"b"

    async def test_fails_at_its_deadline_when_the_server_is_silent(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with a_server(serve) as address:
            link = Link(address, seconds=0.2)
            started = asyncio.get_running_loop().time()
            with pytest.raises(Unavailable):
                await link.call("GET", "a")
            assert 0.2 <= asyncio.get_running_loop().time() - started < 1.5
            await link.close()

    async def test_fails_at_its_deadline_though_the_server_answers_others(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                writer.write(b">2\r\n+message\r\n+alive\r\n")
                try:
                    await asyncio.wait_for(reader.readuntil(b"LAST\r\n"), 0.05)
                except TimeoutError:
                    continue
                writer.write(b"+late\r\n+last\r\n")
                await reader.read()
                return

        async with a_server(serve) as address:
            link = Link(address, seconds=0.3)
            with pytest.raises(Unavailable):
                await link.call("FIRST")
            # Nobody takes the late answer for its own.
            assert await link.call("LAST") == b"last"
            await link.close()

    async def test_refuses_more_than_may_wait(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with a_server(serve) as address:
            link = Link(address, seconds=0.5, most_waiting=3)
            await link.ready()
            waiting = [asyncio.ensure_future(link.call("GET", "a")) for _ in range(3)]
            await asyncio.sleep(0)
            with pytest.raises(Unavailable, match="Too many"):
                await link.call("GET", "a")
            await link.close()
            assert all(isinstance(e, Unavailable) for e in await asyncio.gather(*waiting, return_exceptions=True))

    async def test_connects_anew_after_the_connection_was_lost(self, link: Link) -> None:
        number = await link.call("CLIENT", "ID")
        with pytest.raises(Unavailable):
            # Asked twice: the second has no answer any more.
            await asyncio.gather(link.call("CLIENT", "KILL", "ID", number, "SKIPME", "no"), link.call("ECHO", "a"))
        assert await link.call("CLIENT", "ID") != number

    async def test_leaves_a_server_that_talks_nonsense(self) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await reader.read()

        async with a_server(serve) as address:
            link = Link(address)
            with pytest.raises(Unavailable):
                await link.call("PING")
            await link.close()

    async def test_many_wait_for_one_attempt_to_connect(self) -> None:
        link = Link(Address(host="127.0.0.1", port=1))
        failed = await asyncio.gather(*(link.call("PING") for _ in range(20)), return_exceptions=True)
        assert len({id(error.__cause__) for error in failed if isinstance(error, Unavailable)}) == 1


class TestAddress:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("redis://valkey", Address(host="valkey")),
            ("redis://:p%40ss@valkey:7000/3", Address(host="valkey", port=7000, password="p@ss", db=3)),
            ("redis://me:p@[::1]/0?db=2", Address(host="::1", username="me", password="p", db=2)),
            ("unix:///run/valkey.sock?db=4", Address(path="/run/valkey.sock", db=4)),
            ("redis://a:7000?cluster=true", Address(host="a", port=7000, cluster=True)),
        ],
    )
    def test_is_read_from_a_url(self, url: str, expected: Address) -> None:
        assert parse(url) == expected

    def test_by_tls_has_its_certificates_checked(self) -> None:
        tls = parse("rediss://valkey").tls
        assert tls is not None
        assert tls.check_hostname

    def test_is_refused_with_another_scheme(self) -> None:
        with pytest.raises(ValueError, match="redis://"):
            parse("http://valkey")

    def test_can_be_told_to_other_clients(self) -> None:
        node = Address(host="::1", port=7001)
        assert url_at("redis://me:p@a:7000/0?cluster=true&db=0", node) == "redis://me:p@[::1]:7001/0?db=0"
        assert url_at("redis://a:7000/1?db=2", node) == "redis://a:7000/1?db=2"
