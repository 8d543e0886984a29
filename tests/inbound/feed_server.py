"""A web server for tests that answers as it is told, and remembers what it was asked."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Self, TypeAlias

Answer: TypeAlias = tuple[int, Mapping[str, str], bytes]


class FeedServer:
    """Answers GET by path; a path that it does not know is 404."""

    def __init__(self, answers: dict[str, Callable[[], Answer]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            target = head[0].split(" ")[1]
            headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
            self.asked.append((target, {name.lower(): value for name, value in headers.items()}))
            known = self.answers.get(target) or self.answers.get(target.partition("?")[0])
            status, more, body = known() if known else (404, {}, b"")
            length = {"Content-Length": str(len(body))} if "Content-Length" not in more else {}
            lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in {**length, **more}.items())]
            writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
