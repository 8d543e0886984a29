"""Uvicorn's HTTP, with an answer's head and body leaving in one write: sending both costs one system call instead of
two, and wakes the reader once. That is a tenth of what a page from memory costs."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class OneWrite:
    """A transport whose writes of one turn of the event loop leave together, two by two."""

    def __init__(self, inner: asyncio.Transport) -> None:
        self._inner = inner
        self._held: bytes | None = None
        self._soon = asyncio.get_running_loop().call_soon
        self.get_extra_info, self.is_closing = inner.get_extra_info, inner.is_closing

    def write(self, data: bytes) -> None:
        """Send, at the latest when this turn ends."""
        held = self._held
        if held is None:
            self._held = data
            self._soon(self.flush)
        else:
            self._held = None
            self._inner.writelines((held, data))

    def flush(self) -> None:
        """Send what is held."""
        held, self._held = self._held, None
        if held is not None:
            self._inner.write(held)

    def close(self) -> None:
        """Close once all is sent."""
        self.flush()
        self._inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Protocol(HttpToolsProtocol):
    """What uvicorn is to speak."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        whole = OneWrite(cast(asyncio.Transport, transport))
        super().connection_made(cast(asyncio.Transport, whole))
