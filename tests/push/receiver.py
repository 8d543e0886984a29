"""A push service and a browser in one: takes pushes over HTTP, and reads them with keys of its own (RFC 8291)."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came; answers with `statuses` in turn, then with 201."""

    origin: str
    statuses: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, **alerts: bool) -> dict[str, Any]:
        """The body by which an app subscribes."""
        keys = {"p256dh": unpadded(self.public), "auth": unpadded(self.auth)}
        return {"subscription": {"endpoint": f"{self.origin}/push/1", "keys": keys}, "data": {"alerts": alerts}}

    def read(self, number: int = -1) -> dict[str, Any]:
        """What a push says."""
        body = self.received[number].body
        salt, sender = body[:16], body[21 : 21 + body[20]]
        secret = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        shared = _hkdf(self.auth, b"WebPush: info\x00" + self.public + sender, 32, secret)
        key = _hkdf(salt, b"Content-Encoding: aes128gcm\x00", 16, shared)
        nonce = _hkdf(salt, b"Content-Encoding: nonce\x00", 12, shared)
        padded = AESGCM(key).decrypt(nonce, body[21 + body[20] :], None)
        content, _, padding = padded.rpartition(b"\x02")
        assert not padding.strip(b"\x00")
        said: dict[str, Any] = orjson.loads(content)
        return said


def _hkdf(salt: bytes, info: bytes, length: int, secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        receiver.received.append(Received(head[0].split()[1], headers, body))
        status = receiver.statuses.pop(0) if receiver.statuses else 201
        location = f"Location: {receiver.origin}/elsewhere\r\n" if 300 <= status < 400 else ""
        writer.write(f"HTTP/1.1 {status} Told\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    receiver = Receiver(f"http://localhost:{server.sockets[0].getsockname()[1]}")
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
