"""The limit: an ASGI app that answers `GET /<bytes>` with so many bytes from memory, on the API's own server flags."""

import sys
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import uvicorn


@cache
def _answer(size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(size).encode())]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    return start, {"type": "http.response.body", "body": b"x" * size}


async def app(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Nothing but an answer."""
    if scope["type"] == "http":
        for message in _answer(int(scope["path"][1:] or 0)):
            await send(message)


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        timeout_keep_alive=30,
    )
