"""A receiver that misbehaves in every way it can: `BEHAVIOURS` by name, and a server whose paths are these names."""

import asyncio
import datetime
import gzip
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Conversation:
    """One connection after its request was read. `over` is set when the test is."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    over: asyncio.Event
    origin: str
    sent: int = 0

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        self.sent += len(data)

    async def hang(self) -> None:
        await self.over.wait()

    async def forever(self, data: bytes, *, pause: float = 0) -> None:
        while not self.over.is_set():
            await self.say(data)
            await asyncio.sleep(pause)


Behaviour: TypeAlias = Callable[[Conversation], Awaitable[None]]
BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(run: Behaviour) -> Behaviour:
    BEHAVIOURS[run.__name__] = run
    return run


def says(name: str, data: bytes) -> None:
    async def run(it: Conversation) -> None:
        await it.say(data)

    BEHAVIOURS[name] = run


for _status in (200, 201, 204, 400, 401, 404, 410, 422, 429, 500, 502, 503, 504):
    says(f"status_{_status}", f"HTTP/1.1 {_status} X\r\nContent-Length: 0\r\n\r\n".encode())
says("status_204_with_body", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello")
says("retry_after_garbage", b"HTTP/1.1 429 X\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n")
says("retry_after_huge", b"HTTP/1.1 429 X\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n")
says("retry_after_negative", b"HTTP/1.1 429 X\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n")
says("retry_after_seconds", b"HTTP/1.1 503 X\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n")
says("retry_after_date", b"HTTP/1.1 429 X\r\nRetry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n")
says("http_0_9", b"<h1>hello</h1>\r\n")
says("not_http", b"\x16\x03\x01\x02\x00SSH-2.0-OpenSSH_9.6\r\n\r\n")
says("bad_status", b"HTTP/1.1 9x9 What\r\n\r\n")
says("status_999", b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n")
says("status_000", b"HTTP/1.1 000 What\r\nContent-Length: 0\r\n\r\n")
says("header_injection", b"HTTP/1.1 200 OK\r\nX-A: b\x00c\r\nContent-Length: 0\r\n\r\n")
says("header_without_colon", b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n")
says("two_lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!")
says("length_garbage", b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok")
says("chunked_garbage", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZZ\r\nboom")
says("chunk_of_exabytes", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFF\r\nboom")
says("strange_coding", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
says("half_body", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
says("half_head", b"HTTP/1.1 200 OK\r\nContent-Le")
says("continue_first", b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
says("switches_protocols", b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nboo")
says("huge_head", b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(300)) + b"\r\n")
says("endless_header_line", b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 400_000)
says("closes_at_once", b"")
_BOMB = gzip.compress(b"\0" * 20_000_000)
says("gzip_bomb", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(_BOMB) + _BOMB)
says("two_answers", OK + b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
says("words_that_are_no_text", b"HTTP/1.1 500 X\r\nContent-Length: 6\r\n\r\n\x00\xff\xfe\x00\xc3\x28")


def _redirect(status: int) -> None:
    async def run(it: Conversation) -> None:
        await it.say(f"HTTP/1.1 {status} X\r\nLocation: {it.origin}/status_200\r\nContent-Length: 0\r\n\r\n".encode())

    BEHAVIOURS[f"redirect_{status}"] = run


for _status in (300, 301, 302, 303, 307, 308):
    _redirect(_status)


@behaviour
async def hangs_before_head(it: Conversation) -> None:
    await it.hang()


@behaviour
async def hangs_in_head(it: Conversation) -> None:
    await it.say(b"HTTP/1.1 200 OK\r\nX-")
    await it.hang()


@behaviour
async def hangs_in_body(it: Conversation) -> None:
    await it.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    await it.hang()


@behaviour
async def drips_head(it: Conversation) -> None:
    await it.say(b"HTTP/1.1 200 OK\r\nX-A: ")
    await it.forever(b"a", pause=0.02)


@behaviour
async def drips_body(it: Conversation) -> None:
    await it.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    await it.forever(b"a", pause=0.02)


@behaviour
async def endless_body(it: Conversation) -> None:
    await it.say(b"HTTP/1.1 200 OK\r\n\r\n")
    await it.forever(b"a" * 65536)


@behaviour
async def endless_chunks(it: Conversation) -> None:
    await it.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    await it.forever(b"1\r\na\r\n" * 4096)


@behaviour
async def endless_trailers(it: Conversation) -> None:
    await it.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
    await it.forever(b"X-A: b\r\n" * 4096)


@behaviour
async def endless_continue(it: Conversation) -> None:
    await it.forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 1024)


@behaviour
async def endless_early_hints(it: Conversation) -> None:
    await it.forever(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1024)


@behaviour
async def resets(it: Conversation) -> None:
    sock = it.writer.get_extra_info("socket")
    # Linger for no time: the close is an RST.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    it.writer.transport.abort()


@behaviour
async def half_closes(it: Conversation) -> None:
    it.writer.write_eof()
    await it.hang()


@dataclass
class Hostile:
    """A running receiver. `heard` are the requests that reached it, as (path, headers, body)."""

    origin: str
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.heard]


@asynccontextmanager
async def hostile(*, tls: ssl.SSLContext | None = None, name: str = "127.0.0.1") -> AsyncIterator[Hostile]:
    """A hostile receiver on a port of its own; unknown paths answer 200."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            path = head[0].split()[1]
            it = Conversation(reader, writer, receiver.over, receiver.origin)
            receiver.conversations.append(it)
            receiver.heard.append((path, headers, body))
            run = BEHAVIOURS.get(path.rpartition("/")[2])
            await (run(it) if run else it.say(OK))
        except (OSError, RuntimeError, asyncio.IncompleteReadError):  # RuntimeError: uvloop's word for "closed"
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
    receiver = Hostile(f"{'https' if tls else 'http'}://{name}:{server.sockets[0].getsockname()[1]}")
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def never_accepts() -> AsyncIterator[str]:
    """The origin of a port whose queue of connections is full: a call waits before it is taken."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    address = listener.getsockname()
    waiting = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(address)
        waiting.append(one)
    try:
        yield f"http://127.0.0.1:{address[1]}"
    finally:
        for one in (*waiting, listener):
            one.close()


@asynccontextmanager
async def slow_tls() -> AsyncIterator[str]:
    """The origin of a server that takes the connection and never says its part of the handshake."""
    over = asyncio.Event()

    async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        over.set()
        server.close()
        await server.wait_closed()


def certificate(folder: Path, name: str, *, expired: bool = False) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server with a self-signed certificate for `name`, and of a client that trusts just it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 3 * day)
        .not_valid_after(now - day if expired else now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}{'-expired' if expired else ''}.pem"
    file.write_bytes(pem + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=pem.decode())
    return server, client
