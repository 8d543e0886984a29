"""Nothing on a stranger's behalf goes anywhere but to the public internet."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpcore2
import pytest

from app.kit.addresses import parse_networks
from app.kit.outward import Failed, Outward
from app.kit.web_address import parse
from tests.kit.address_forms import urls
from tests.kit.test_addresses import NOT_PUBLIC

pytestmark = pytest.mark.anyio

_LITERALS = [address for address in NOT_PUBLIC if ":" in address or address.count(".") == 3]


async def lax(host: str, port: int) -> Sequence[str]:
    """Reads hosts as generously as the laxest C library, and knows every other name as this machine."""
    try:
        return [socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))]
    except OSError:
        return ["127.0.0.1"]


class Connections:
    """What was called, by address; nothing is really called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.called: list[tuple[str, int]] = []

        async def connect(_self: Any, host: str, port: int, **_options: Any) -> Any:
            self.called.append((host, port))
            raise httpcore2.ConnectError("not really")

        monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect)


@pytest.fixture
async def canary() -> AsyncIterator[tuple[int, list[str]]]:
    """A listener on this machine that nobody may reach: its port, and who came."""
    came: list[str] = []

    async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(take, ["127.0.0.1", "::1"] if socket.has_ipv6 else ["127.0.0.1"], 0)
    yield server.sockets[0].getsockname()[1], came
    server.close()
    await server.wait_closed()


async def refused(outward: Outward, url: str) -> bool:
    try:
        await outward.request("POST", url, headers={}, body=b"{}", deadline=5)
    except Failed as error:
        return error.kind == "refused_address"
    return False


class TestForms:
    async def test_that_lead_inside_are_refused_before_anything_connects(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connections = Connections(monkeypatch)
        outward = Outward(resolve=lax)
        forms = list(urls(8443))
        assert len(set(forms)) >= 600

        passed = [url for url in forms if not await refused(outward, url)]

        assert passed == []
        assert connections.called == []

    async def test_that_lead_inside_reach_nobody(self, canary: tuple[int, list[str]]) -> None:
        port, came = canary
        outward = Outward(resolve=lax)
        for url in urls(port):
            with pytest.raises(Failed):
                await outward.request("POST", url, headers={}, body=b"{}", deadline=5)
        assert came == []

    @pytest.mark.parametrize(
        ("url", "called"),
        [
            ("https://hooks.example.com/a?b=c#d", ("93.184.216.34", 443)),
            ("HTTPS://Hooks.Example.COM:8443", ("93.184.216.34", 8443)),
            ("https://xn--fsqu00a.xn--0zwm56d/", ("93.184.216.34", 443)),
            ("https://8.8.8.8/%E4%BD%A0", ("8.8.8.8", 443)),
            ("https://[2606:4700:4700:0:0:0:0:1111]:2053/", ("2606:4700:4700::1111", 2053)),
        ],
    )
    async def test_that_lead_outside_are_called(
        self, monkeypatch: pytest.MonkeyPatch, url: str, called: tuple[str, int]
    ) -> None:
        async def resolve(_host: str, _port: int) -> Sequence[str]:
            return ["93.184.216.34"]

        connections = Connections(monkeypatch)
        with pytest.raises(Failed) as error:
            await Outward(resolve=resolve).request("GET", url, headers={})
        assert error.value.kind == "connect"
        assert connections.called == [called]

    def test_are_read_once_and_for_all(self) -> None:
        address = parse("HTTPS://Hooks.Example.com:443/a/b?c=%20#fragment")
        assert (address.host, address.port, address.target) == ("hooks.example.com", 443, "/a/b?c=%20")
        assert address.authority == "hooks.example.com"
        assert parse("http://[2606:4700::1]:8080").authority == "[2606:4700::1]:8080"


class TestNames:
    @pytest.mark.parametrize("beside", [(), ("93.184.216.34",)], ids=["alone", "beside a public one"])
    @pytest.mark.parametrize("address", _LITERALS)
    async def test_that_resolve_to_what_is_not_public_are_refused(
        self, monkeypatch: pytest.MonkeyPatch, address: str, beside: tuple[str, ...]
    ) -> None:
        async def resolve(_host: str, _port: int) -> Sequence[str]:
            return [*beside, address]

        connections = Connections(monkeypatch)
        assert await refused(Outward(resolve=resolve), "https://rebind.example.com/")
        assert connections.called == []

    async def test_are_resolved_once_and_that_address_is_called(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = [["93.184.216.34", "93.184.216.35"], ["127.0.0.1"]]

        async def resolve(_host: str, _port: int) -> Sequence[str]:
            return answers.pop(0)

        connections = Connections(monkeypatch)
        outward = Outward(resolve=resolve)
        with pytest.raises(Failed):
            await outward.request("POST", "https://rebind.example.com/", headers={})
        assert connections.called == [("93.184.216.34", 443), ("93.184.216.35", 443)]
        assert await refused(outward, "https://rebind.example.com/")
        assert len(connections.called) == 2

    async def test_with_very_many_addresses_or_none_are_refused(self) -> None:
        async def many(_host: str, _port: int) -> Sequence[str]:
            return [str(ipaddress.IPv4Address("8.0.0.0") + number) for number in range(33)]

        async def none(_host: str, _port: int) -> Sequence[str]:
            return []

        assert await refused(Outward(resolve=many), "https://many.example.com/")
        with pytest.raises(Failed, match="name_unknown"):
            await Outward(resolve=none).request("GET", "https://none.example.com/", headers={})

    async def test_that_hang_end_with_the_deadline(self) -> None:
        async def hang(_host: str, _port: int) -> Sequence[str]:
            await asyncio.Event().wait()
            return []

        with pytest.raises(Failed) as error:
            await Outward(resolve=hang).request("GET", "https://slow.example.com/", headers={}, deadline=0.01)
        assert (error.value.kind, error.value.step) == ("timeout", "resolve")

    async def test_that_are_not_known_are_told_so(self) -> None:
        outward = Outward()
        with pytest.raises(Failed, match="name_unknown"):
            await outward.request("GET", "https://nowhere.invalid/", headers={})
        await outward.close()


class TestAllowedNetworks:
    async def test_let_in_nothing_else(self, canary: tuple[int, list[str]]) -> None:
        port, came = canary
        outward = Outward(allow=parse_networks("127.0.0.2/32"), resolve=lax)
        for host in ("127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.2]", "127.2", "2130706434"):
            for scheme in ("http", "https"):
                assert await refused(outward, f"{scheme}://{host}:{port}/")
        assert came == []

    async def test_do_not_open_plain_http_to_the_public(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def resolve(_host: str, _port: int) -> Sequence[str]:
            return ["93.184.216.34"]

        connections = Connections(monkeypatch)
        outward = Outward(allow=parse_networks("127.0.0.0/8"), resolve=resolve)
        assert await refused(outward, "http://hooks.example.com/")
        assert connections.called == []
