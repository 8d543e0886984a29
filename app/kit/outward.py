"""The one way out: requests to addresses that strangers named go to the public internet, and only so far.

docs/decisions/0031. A name is resolved once, all its addresses are judged, and one of those very addresses is called,
with TLS to the name. No redirects, no proxies, no cookies, no decompression, no connection kept.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import httpcore2

from app.kit.addresses import Network, is_public, is_within
from app.kit.web_address import WebAddress, parse

DEADLINE_SECONDS = 20.0
MOST_BYTES = 64 * 1024
# Besides the body: status line, headers, trailers, and answers before the answer (1xx).
_MOST_HEADER_BYTES = 32 * 1024
_MOST_ADDRESSES = 32
_TRIED_ADDRESSES = 3
# Names whose servers hang hold a thread each; a pool of their own, so that nobody else waits for one.
_RESOLVING_AT_ONCE = 128

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
Kind: TypeAlias = Literal["refused_address", "name_unknown", "connect", "tls", "timeout", "protocol", "too_large"]


class Failed(Exception):
    """No answer: `kind` says in which way, `step` how far it came (resolve, connect, tls, answer)."""

    def __init__(self, kind: Kind, reason: str, *, step: str = "resolve") -> None:
        self.kind, self.reason, self.step = kind, reason, step
        super().__init__(f"{kind}: {reason}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is as it was sent, at most so much as was asked for; `whole` says whether that is all."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool


class Outward:
    """Sends requests outward. `allow` adds networks that are not public, which may be spoken to without TLS too."""

    def __init__(
        self,
        *,
        allow: Sequence[Network] = (),
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        plain: bool = False,
    ) -> None:
        """`resolve` and `tls` take the place of the system's. `plain` lets http go to the public internet as well."""
        self._allow = tuple(allow)
        self._resolve = resolve or self._ask_system
        self._given_tls = tls
        self._plain = plain

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Made by the first request: reading the machine's certificates takes 50 ms, and the API sends none.
        return self._given_tls or httpcore2.default_ssl_context()

    @cached_property
    def _resolvers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_RESOLVING_AT_ONCE, "resolve")

    def parse(self, url: str) -> WebAddress:
        """Read a URL and see whether its form is one that is called at all; raises ValueError, saying why not."""
        address = parse(url, short_names=bool(self._allow))
        if not (address.secure or self._plain or self._allow):
            raise ValueError("must start with https://")
        if address.literal and not self._may(address, address.host):
            raise ValueError("must lead to the public internet")
        return address

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        deadline: float = DEADLINE_SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """Ask once. `deadline` is for all of it, from resolving to the last byte that is read. Raises Failed.

        An answer whose body breaks off, or does not end in time, counts as answered: its status was said.
        """
        call = _Call(self, url, most_bytes)
        try:
            async with asyncio.timeout(deadline):
                return await call.run(method, headers, body)
        except TimeoutError:
            if answer := call.answer():
                return answer
            raise Failed("timeout", f"no answer within {deadline:g} s", step=call.step) from None
        finally:
            await call.close()

    async def addresses(self, address: WebAddress) -> Sequence[str]:
        """Where to connect to; raises Failed when any address of the host may not be called."""
        found = [address.host] if address.literal else list(await self._resolve(address.host, address.port))
        if not found:
            raise Failed("name_unknown", "the name has no address")
        if len(found) > _MOST_ADDRESSES or not all(self._may(address, one) for one in found):
            raise Failed("refused_address", "the name leads elsewhere than to the public internet")
        return found[:_TRIED_ADDRESSES]

    async def close(self) -> None:
        """Let go of the threads; requests have ended by then."""
        if "_resolvers" in self.__dict__:
            self._resolvers.shutdown(wait=False, cancel_futures=True)

    def _may(self, address: WebAddress, one: str) -> bool:
        return is_within(one, self._allow) or (is_public(one) and (address.secure or self._plain))

    async def _ask_system(self, host: str, port: int) -> Sequence[str]:
        def ask() -> list[str]:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
            return list(dict.fromkeys(str(entry[4][0]) for entry in found))

        try:
            return await asyncio.get_running_loop().run_in_executor(self._resolvers, ask)
        except (OSError, UnicodeError) as error:
            raise Failed("name_unknown", "the name is not known") from error


class _Call(httpcore2.AsyncNetworkBackend):
    """One request, and the network as it sees it: the name it asks for is resolved and judged here."""

    def __init__(self, outward: Outward, url: str, most_bytes: int) -> None:
        self._outward, self._url, self._most_bytes = outward, url, most_bytes
        self._stream: _Metered | None = None
        self._address: WebAddress | None = None
        self._head: tuple[int, Mapping[str, str]] | None = None
        self._body = bytearray()
        self._ended = False
        self.step = "resolve"

    def answer(self, *, whole: bool = False) -> Answer | None:
        """What came so far, once there is a status."""
        return Answer(*self._head, bytes(self._body[: self._most_bytes]), whole) if self._head else None

    async def run(self, method: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            address = self._address = self._outward.parse(self._url)
        except ValueError as error:
            raise Failed("refused_address", str(error)) from None
        try:
            await self._exchange(address, self._request(address, method, headers, body))
        except httpcore2.ConnectError as error:
            kind: Kind = "tls" if self.step == "tls" else "connect"
            raise Failed(kind, _reason(error), step=self.step) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            if self._head is None:
                raise Failed("protocol", _reason(error), step=self.step) from error
        answer = self.answer(whole=self._ended)
        assert answer is not None
        return answer

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore2's port says so)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        assert self._address is not None
        addresses = await self._outward.addresses(self._address)
        self.step = "connect"
        for place, one in enumerate(addresses, 1):
            try:
                stream = await httpcore2.AnyIOBackend().connect_tcp(one, port)
            except httpcore2.ConnectError:
                if place == len(addresses):
                    raise
            else:
                self._stream = _Metered(stream, self, self._most_bytes + _MOST_HEADER_BYTES)
                break
        assert self._stream is not None
        self.step = "tls" if self._address.secure else "answer"
        return self._stream

    async def close(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()

    async def _exchange(self, address: WebAddress, request: httpcore2.Request) -> None:
        connection = httpcore2.AsyncHTTPConnection(
            request.url.origin,
            ssl_context=self._outward._tls if address.secure else None,
            keepalive_expiry=0,
            network_backend=self,
        )
        response = await connection.handle_async_request(request)
        said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        self._head = (response.status, said)
        async with aclosing(response.aiter_stream()) as chunks:
            async for chunk in chunks:
                self._body += chunk
                if len(self._body) > self._most_bytes:
                    return
        self._ended = True

    def _request(self, address: WebAddress, method: str, headers: Mapping[str, str], body: bytes) -> httpcore2.Request:
        # The URL in parts: nothing reads it a second time, and maybe otherwise.
        url = httpcore2.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=address.port,
            target=address.target.encode(),
        )
        framing: dict[bytes | str, bytes | str] = {"Host": address.authority, "Connection": "close"}
        if body or method not in ("GET", "HEAD"):
            framing["Content-Length"] = str(len(body))
        framing.update(headers.items())
        return httpcore2.Request(method, url, headers=framing, content=body)


class _Metered(httpcore2.AsyncNetworkStream):
    """A connection that gives so many bytes and no more, however they are dressed."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream, call: _Call, left: int) -> None:
        self._stream, self._call, self._left = stream, call, left

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._left <= 0:
            if self._call.answer() is not None:
                raise httpcore2.ReadError("the answer is too long")
            raise Failed("too_large", "the answer's head is too long", step="answer")
        data = await self._stream.read(min(max_bytes, self._left), timeout)
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        self._stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        self._call.step = "answer"
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _reason(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:200]
