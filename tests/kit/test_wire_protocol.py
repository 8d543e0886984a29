"""An answer's head and body leave together, what is at hand leaves at once, and answers keep their order."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from app.kit.wire_protocol import Later, OneWrite, Protocol, Said, Saying

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

    def pause_reading(self) -> None:
        """All has been read."""

    def resume_reading(self) -> None:
        """All has been read."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


class Found(Later):
    """Says what a test found out."""

    found: "Saying | Exception" = None
    asked = 0

    def say(self) -> Saying:
        self.asked += 1
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def come_with(self, found: "Saying | Exception") -> None:
        self.found = found
        self.come()


class App:
    """Answers /at-once from memory, /slow in two parts of which the second waits to be asked for, the rest at once.

    What comes of /soon, it knows when asked to go on; of /later, when it is told.
    """

    def __init__(self) -> None:
        self.going, self.waiting, self.left = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.called: list[str] = []
        self.soon: Said = (b"content-length: 4\r\n", (b"so", b"on"))
        self.later: Found | None = None

    def at_once(self, url: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Saying:
        if url == b"/soon":
            return self._soon()
        if url == b"/later":
            self.later = Found()
            self.waiting.set()
            return self.later
        return (b"content-length: 4\r\n", (b"on", b"ce")) if url == b"/at-once" else None

    async def _soon(self) -> Said:
        self.waiting.set()
        try:
            await self.going.wait()
        finally:
            self.left.set()
        if self.soon == (b"", ()):
            raise ValueError
        return self.soon

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.called.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        if scope["path"] == "/slow":
            await send({"type": "http.response.body", "body": b"ab", "more_body": True})
            await self.going.wait()
            await send({"type": "http.response.body", "body": b"cd"})
        else:
            await send({"type": "http.response.body", "body": b"abcd"})


@asynccontextmanager
async def connected(app: App) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(app, port=0, http=Protocol, lifespan="off", log_config=None, server_header=False)
    server = uvicorn.Server(config)
    server.config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    server.server_state.default_headers = [(b"date", b"today")]
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await server.shutdown()


def spoken(app: App, wire: Wire) -> Protocol:
    """The protocol on a wire that notes what is sent."""
    config = uvicorn.Config(app, http=Protocol, lifespan="off", log_config=None)
    config.load()
    protocol = Protocol(config, ServerState(), {})
    protocol.connection_made(wire)
    return protocol


async def told(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The next answer's head and its body, which is four bytes long."""
    async with asyncio.timeout(5):
        return await reader.readuntil(b"\r\n\r\n"), await reader.readexactly(4)


async def test_what_is_written_in_a_turn_leaves_together_at_its_end() -> None:
    wire = Wire()
    transport = OneWrite(wire)
    transport.write(b"head")
    transport.write(b"body")
    assert wire.sent == []
    await asyncio.sleep(0)
    assert wire.sent == [[b"head", b"body"]]
    transport.write(b"more")
    await asyncio.sleep(0)
    assert wire.sent[1:] == [[b"more"]]


async def test_all_transports_write_when_all_that_a_turn_brings_is_made() -> None:
    wires = [Wire() for _ in range(3)]
    sent: list[int] = []

    async def turn() -> None:
        for wire in wires:
            OneWrite(wire).writelines((b"a", b"page"))
            sent.append(sum(len(wire.sent) for wire in wires))

    await turn()
    assert sent == [0, 0, 0]
    await asyncio.sleep(0)
    assert [wire.sent for wire in wires] == [[[b"a", b"page"]]] * 3


async def test_much_that_is_written_in_a_turn_leaves_before_its_end_and_in_order() -> None:
    wire = Wire()
    transport = OneWrite(wire)
    transport.writelines((b"one", b"page"))
    transport.writelines((b"another",))
    assert wire.sent == [[b"one", b"page"]]
    for _ in range(3):
        transport.write(bytes(40_000))
    assert [list(map(len, parts)) for parts in wire.sent[1:]] == [[7, 40_000, 40_000]]
    await asyncio.sleep(0)
    assert [list(map(len, parts)) for parts in wire.sent[2:]] == [[40_000]]


async def test_what_is_held_is_sent_before_closing() -> None:
    wire = Wire()
    transport = OneWrite(wire)
    transport.write(b"last")
    transport.close()
    assert wire.sent == [[b"last"]]
    assert wire.closed


async def test_answers_come_whole_and_in_order() -> None:
    async with connected(App()) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        for _ in range(3):
            head, body = await told(reader)
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert body == b"abcd"


async def test_a_part_that_is_ready_does_not_wait_for_the_next() -> None:
    app = App()
    async with connected(app) as (reader, writer):
        writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert await asyncio.wait_for(reader.readexactly(2), 5) == b"ab"
        app.going.set()
        assert await asyncio.wait_for(reader.readexactly(2), 5) == b"cd"


async def test_what_is_at_hand_is_sent_without_asking_the_application() -> None:
    app = App()
    async with connected(app) as (reader, writer):
        # A body that nobody asked for is read and dropped.
        writer.write(b"GET /at-once HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz")
        writer.write(b"GET /at-once HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for expected in (b"once", b"once", b"abcd"):
            head, body = await told(reader)
            assert body == expected
            assert head.startswith(b"HTTP/1.1 200 OK\r\ndate: today\r\n")
    assert app.called == ["/"]


async def test_what_is_at_hand_waits_for_what_was_asked_before_it() -> None:
    app = App()
    async with connected(app) as (reader, writer):
        writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET /at-once HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
        await asyncio.wait_for(reader.readuntil(b"ab"), 5)
        app.going.set()
        assert await asyncio.wait_for(reader.readexactly(2), 5) == b"cd"
        assert [(await told(reader))[1] for _ in range(2)] == [b"abcd", b"abcd"]


async def test_what_is_nearly_at_hand_is_waited_for() -> None:
    app = App()
    async with connected(app) as (reader, writer):
        for _ in range(2):
            writer.write(b"GET /soon HTTP/1.1\r\nHost: a\r\n\r\n")
            await asyncio.wait_for(app.waiting.wait(), 5)
            app.going.set()
            assert (await told(reader))[1] == b"soon"
    assert app.called == []


@pytest.mark.parametrize("found", ["answer", "way", "nothing", "error"])
async def test_what_is_to_be_found_out_is_waited_for_step_by_step(found: str) -> None:
    app = App()
    app.going.set()
    async with connected(app) as (reader, writer):
        writer.write(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(app.waiting.wait(), 5)
        assert app.later
        match found:
            case "answer":
                app.later.come_with((b"content-length: 4\r\n", (b"late",)))
            case "way":
                app.later.come_with(app._soon())
            case "nothing":
                app.later.come_with(None)
            case _:
                app.later.come_with(ValueError())
        body = (await told(reader))[1]
        writer.write(b"GET /at-once HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await told(reader))[1] == b"once"
    assert body == {"answer": b"late", "way": b"soon"}.get(found, b"abcd")
    assert app.called == ([] if found in ("answer", "way") else ["/later"])


@pytest.mark.parametrize("leaves", [True, False])
async def test_what_is_found_out_too_late_is_not_even_made(leaves: bool) -> None:
    app, wire = App(), Wire()
    protocol = spoken(app, wire)
    protocol.data_received(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
    assert app.later
    if leaves:
        protocol.connection_lost(None)
    else:
        protocol.data_received(b"GET /at-once HTTP/1.1\r\nHost: a\r\n\r\n")
    app.later.come_with((b"content-length: 4\r\n", (b"late",)))
    assert app.later.asked == 0
    if not leaves:
        async with asyncio.timeout(5):
            while len(app.called) < 2:
                await asyncio.sleep(0)
    assert not any(b"late" in part for parts in wire.sent for part in parts)


async def test_what_has_come_comes_no_second_time() -> None:
    app, wire = App(), Wire()
    spoken(app, wire).data_received(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
    assert app.later
    for _ in range(2):
        app.later.come_with((b"content-length: 4\r\n", (b"late",)))
    await asyncio.sleep(0)
    assert [parts.count(b"late") for parts in wire.sent] == [1]


@pytest.mark.parametrize("nothing", [None, (b"", ())])
async def test_where_nothing_comes_of_it_a_request_goes_the_usual_way(nothing: Said) -> None:
    app = App()
    app.soon = nothing
    app.going.set()
    async with connected(app) as (reader, writer):
        writer.write(b"GET /soon HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await told(reader))[1] == b"abcd"
        writer.write(b"GET /at-once HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await told(reader))[1] == b"once"
    assert app.called == ["/soon"]


@pytest.mark.parametrize("together", [True, False])
async def test_who_asks_on_does_not_wait(together: bool) -> None:
    app, first, rest = App(), b"GET /soon HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /at-once HTTP/1.1\r\nHost: a\r\n\r\n" * 2
    async with connected(app) as (reader, writer):
        writer.write(first + rest if together else first)
        if not together:
            await asyncio.wait_for(app.waiting.wait(), 5)
            writer.write(rest)
        assert [(await told(reader))[1] for _ in range(3)] == [b"abcd"] * 3
    assert app.called == ["/soon", "/at-once", "/at-once"]


async def test_a_body_that_comes_meanwhile_belongs_to_its_request() -> None:
    app = App()
    async with connected(app) as (reader, writer):
        writer.write(b"GET /soon HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
        await asyncio.wait_for(app.waiting.wait(), 5)
        writer.write(b"xyzGET /at-once HTTP/1.1\r\nHost: a\r\n\r\n")
        assert [(await told(reader))[1] for _ in range(2)] == [b"abcd"] * 2
    assert app.called == ["/soon", "/at-once"]


async def test_nobody_works_for_a_reader_who_left() -> None:
    app = App()
    async with connected(app) as (_, writer):
        writer.write(b"GET /soon HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(app.waiting.wait(), 5)
        writer.close()
        await asyncio.wait_for(app.left.wait(), 5)
    assert app.called == []


async def test_a_server_that_stops_answers_who_waits() -> None:
    app, wire = App(), Wire()
    protocol = spoken(app, wire)
    protocol.data_received(b"GET /soon HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.wait_for(app.waiting.wait(), 5)
    protocol.shutdown()
    async with asyncio.timeout(5):
        while not wire.closed:
            await asyncio.sleep(0)
    assert b"".join(part for parts in wire.sent for part in parts).endswith(b"\r\n\r\nabcd")


@pytest.mark.parametrize(
    "request_head",
    [
        b"HEAD /at-once HTTP/1.1\r\nHost: a\r\n",
        b"POST /at-once HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n",
        b"GET /at-once HTTP/1.0\r\n",
        b"GET /at-once HTTP/1.1\r\nHost: a\r\nConnection: close\r\n",
        b"GET /at-once HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n",
        b"GET /at-once HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n",
    ],
)
async def test_what_is_unusual_goes_the_usual_way(request_head: bytes) -> None:
    app = App()
    async with connected(app) as (reader, writer):
        writer.write(request_head + b"\r\n")
        await asyncio.wait_for(reader.readuntil(b"200 OK\r\n"), 5)
    assert app.called == ["/at-once"]


async def test_a_reader_that_does_not_read_is_not_written_to_without_end() -> None:
    app = App()
    app.at_once = lambda url, headers: (b"content-length: 1000000\r\n", (bytes(1_000_000),))  # type: ignore[method-assign]
    async with connected(app) as (reader, writer):
        writer.write(b"GET /at-once HTTP/1.1\r\nHost: a\r\n\r\n" * 50)
        await writer.drain()
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        async with asyncio.timeout(5):
            while not app.called:
                await asyncio.sleep(0)
