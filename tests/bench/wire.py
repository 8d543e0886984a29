"""The least HTTP/1.1 client that does: one request after the other on one connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from tests.bench.load import Request


class Connection:
    """A kept connection."""

    def __init__(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._host, self._reader, self._writer = host, reader, writer

    @classmethod
    async def open(cls, url: str) -> Connection:
        """Connect to a server."""
        where = urlsplit(url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=2**22)
        return cls(where.netloc, reader, writer)

    async def send(self, request: Request) -> tuple[int, bytes]:
        """Send a request; its answer's status and body (which must have a length)."""
        body = request.body.encode()
        path = quote(request.path, safe="/?&=%")
        lines = [f"{request.method} {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        if request.token:
            lines.append(f"Authorization: Bearer {request.token}")
        if body:
            lines.append("Content-Type: application/json")
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
        return int(head.split(" ", 2)[1]), await self._reader.readexactly(length)

    def close(self) -> None:
        """Let the connection go."""
        self._writer.close()
