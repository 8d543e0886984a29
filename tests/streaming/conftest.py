"""A real server on a port of its own, and clients that hold streams open."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import uvicorn
import websockets

from app.bootstrap import Resources
from app.main import create_service

PATIENCE = 5.0


@dataclass
class Served:
    """The address of a running server, and its application."""

    url: str
    hub: Any

    @asynccontextmanager
    async def sse(self, path: str, token: str | None = None, **params: str) -> AsyncIterator[Events]:
        """An open stream of server-sent events."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            httpx2.AsyncClient(base_url=self.url, timeout=PATIENCE) as client,
            client.stream("GET", f"/api/v1/streaming/{path}", headers=headers, params=params) as response,
        ):
            assert response.status_code == 200, (await response.aread()).decode()
            assert response.headers["content-type"].startswith("text/event-stream")
            yield Events(response.aiter_lines())

    def socket(self, token: str | None = None, query: str = "", **options: Any) -> Any:
        """A WebSocket, with the token as browsers give it: in the subprotocol."""
        if token:
            options["subprotocols"] = [token]
        return websockets.connect(f"{self.url.replace('http', 'ws')}/api/v1/streaming{query}", **options)


@dataclass
class Events:
    """Reads events off a stream of lines."""

    lines: AsyncIterator[str]
    comments: list[str] = field(default_factory=list)

    async def next(self) -> tuple[str, Any]:
        """The next event's name and payload."""
        return await asyncio.wait_for(self._next(), PATIENCE)

    async def _next(self) -> tuple[str, Any]:
        name, data = "", ""
        async for line in self.lines:
            if line.startswith(":"):
                self.comments.append(line[1:].strip())
            elif line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                data = line.removeprefix("data:").strip()
            elif not line and name:
                return name, json.loads(data) if data else None
        raise AssertionError("the stream ended")


async def heard(connection: Any) -> dict[str, Any]:
    """The next message of a WebSocket, its payload decoded."""
    message = json.loads(await asyncio.wait_for(connection.recv(), PATIENCE))
    if isinstance(message.get("payload"), str):
        message["payload"] = json.loads(message["payload"])
    return message


@asynccontextmanager
async def serve(resources: Resources) -> AsyncIterator[Served]:
    """Run the API on a free port in this event loop."""
    app = create_service(resources)
    listening = socket.create_server(("127.0.0.1", 0))
    # Small, so that a reader that does not read is noticed after some posts rather than after megabytes.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    config = uvicorn.Config(
        app, log_config=None, ws="websockets-sansio", ws_max_size=64 * 1024, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield Served(f"http://127.0.0.1:{listening.getsockname()[1]}", app.state.hub)
    finally:
        await app.state.hub.close()
        server.should_exit = True
        await running


@pytest.fixture
async def served(resources: Resources) -> AsyncIterator[Served]:
    """The service on a port."""
    async with serve(resources) as running:
        yield running
