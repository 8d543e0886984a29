"""An answer's head and body leave together, and nothing waits longer than its turn."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from app.kit.one_write import OneWrite, Protocol

pytestmark = pytest.mark.anyio


class Wire(asyncio.Transport):
    """Notes what a transport is told to send, call by call."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[list[bytes]] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.sent.append([data])

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.sent.append(list(list_of_data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers /slow in two parts, of which the second waits to be asked for; anything else at once."""
    headers = [(b"content-length", b"4")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/slow":
        await send({"type": "http.response.body", "body": b"ab", "more_body": True})
        await going.wait()
        await send({"type": "http.response.body", "body": b"cd"})
    else:
        await send({"type": "http.response.body", "body": b"abcd"})


going = asyncio.Event()


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(app, port=0, http=Protocol, lifespan="off", log_config=None, server_header=False)
    server = uvicorn.Server(config)
    server.config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await server.shutdown()


async def test_two_writes_of_a_turn_leave_together_and_one_alone_at_its_end() -> None:
    wire = Wire()
    transport = OneWrite(wire)
    transport.write(b"head")
    transport.write(b"body")
    assert wire.sent == [[b"head", b"body"]]
    transport.write(b"more")
    assert len(wire.sent) == 1
    await asyncio.sleep(0)
    assert wire.sent[1:] == [[b"more"]]


async def test_what_is_held_is_sent_before_closing() -> None:
    wire = Wire()
    transport = OneWrite(wire)
    transport.write(b"last")
    transport.close()
    assert wire.sent == [[b"last"]]
    assert wire.closed


async def test_answers_come_whole_and_in_order() -> None:
    async with connected() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        for _ in range(3):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert await reader.readexactly(4) == b"abcd"


async def test_a_part_that_is_ready_does_not_wait_for_the_next() -> None:
    async with connected() as (reader, writer):
        writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert await asyncio.wait_for(reader.readexactly(2), 5) == b"ab"
        going.set()
        assert await asyncio.wait_for(reader.readexactly(2), 5) == b"cd"
