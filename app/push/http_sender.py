"""Sends to the public internet alone: each name is resolved once, every address judged, and that address called."""

import asyncio
import socket
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

import httpx2

from app.push.addresses import is_public
from app.push.sender import Unreachable

_DEADLINE_SECONDS = 5.0
_MOST_CONNECTIONS = 50


class HttpSender:
    """`anywhere` is for tests and development: private addresses and plain http are fine then."""

    def __init__(self, *, anywhere: bool = False) -> None:
        self._anywhere = anywhere

    @cached_property
    def _client(self) -> httpx2.AsyncClient:
        # Made by the first push: reading the machine's certificates takes 50 ms, and the API sends none.
        # No proxy from the environment, no connection kept: each push is judged by its own address.
        return httpx2.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=_DEADLINE_SECONDS,
            limits=httpx2.Limits(max_connections=_MOST_CONNECTIONS, max_keepalive_connections=0),
        )

    def allows(self, url: str) -> bool:
        """Whether `url` is an https address without credentials."""
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            return False
        schemes = ("https", "http") if self._anywhere else ("https",)
        plain = url.isascii() and url.isprintable() and " " not in url
        return plain and parts.scheme in schemes and bool(parts.hostname) and "@" not in parts.netloc

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> int:
        """POST once; the status. What the answer says besides is not read. Raises Unreachable."""
        if not self.allows(url):
            raise Unreachable("not an address to send to")
        parts = urlsplit(url)
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                return await self._post(parts, await self._address(parts), headers, body)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            # TimeoutError is an OSError.
            raise Unreachable(type(error).__name__) from error

    async def close(self) -> None:
        """Close every connection."""
        if "_client" in self.__dict__:
            await self._client.aclose()

    async def _post(self, parts: SplitResult, address: str, headers: Mapping[str, str], body: bytes) -> int:
        host = f"[{address}]" if ":" in address else address
        target = parts._replace(netloc=f"{host}:{_port(parts)}", fragment="")
        async with self._client.stream(
            "POST",
            target.geturl(),
            headers={**headers, "Host": parts.netloc},
            content=body,
            # TLS is still with the name: its certificate is asked for and checked.
            extensions={"sni_hostname": parts.hostname},
        ) as response:
            return response.status_code

    async def _address(self, parts: SplitResult) -> str:
        """The address to call; refused when any address of the name is not public."""
        found = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname, _port(parts), type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not (self._anywhere or all(is_public(address) for address in addresses)):
            raise Unreachable("resolves to an address that is not public")
        return addresses[0]


def _port(parts: SplitResult) -> int:
    return parts.port or {"https": 443, "http": 80}[parts.scheme]
