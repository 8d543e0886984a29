"""Whatever a receiver does, the way out gives an answer or a reason, in time, and reads no more than it should."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from app.kit.addresses import parse_networks
from app.kit.outward import Answer, Failed, Outward
from tests.kit.hostile import BEHAVIOURS, certificate, hostile, never_accepts, slow_tls

pytestmark = pytest.mark.anyio

HERE = parse_networks("127.0.0.0/8")
DEADLINE, LONG = 0.2, 10.0
# What comes of it: a status, or the kind of failure and the step. Of those not named, the status in the name, or 200.
EXPECTED: dict[str, int | tuple[str, str]] = {
    **{name: int(name[-3:]) for name in BEHAVIOURS if name[-3:].isdigit() and name[:6] in ("status", "redire")},
    **dict.fromkeys(("retry_after_garbage", "retry_after_huge", "retry_after_negative", "retry_after_date"), 429),
    "retry_after_seconds": 503,
    "words_that_are_no_text": 500,
    "status_204_with_body": 204,
    **dict.fromkeys(("hangs_before_head", "hangs_in_head", "drips_head"), ("timeout", "answer")),
    **dict.fromkeys(("http_0_9", "not_http", "bad_status", "header_injection"), ("protocol", "answer")),
    **dict.fromkeys(
        ("header_without_colon", "two_lengths", "length_garbage", "strange_coding"), ("protocol", "answer")
    ),
    **dict.fromkeys(("half_head", "closes_at_once", "resets"), ("protocol", "answer")),
    **dict.fromkeys(("switches_protocols",), ("protocol", "answer")),
    **dict.fromkeys(
        ("endless_continue", "endless_early_hints", "huge_head", "endless_header_line"), ("too_large", "answer")
    ),
    "status_000": ("protocol", "answer"),
    "half_closes": ("protocol", "answer"),
}
# These take until the deadline; all others are told at once.
SLOW = {"hangs_before_head", "hangs_in_head", "hangs_in_body", "drips_head", "drips_body"}


async def ask(outward: Outward, url: str, deadline: float = DEADLINE) -> int | tuple[str, str]:
    try:
        answer = await outward.request("POST", url, headers={"x-a": "b"}, body=b"{}", deadline=deadline)
    except Failed as error:
        return (error.kind, error.step)
    assert len(answer.body) <= 64 * 1024
    return answer.status


class TestReceiver:
    async def test_may_do_what_it_likes(self) -> None:
        assert len(BEHAVIOURS) >= 50
        async with hostile() as receiver:
            outward = Outward(allow=HERE)
            got = {
                name: await ask(outward, f"{receiver.origin}/{name}", DEADLINE if name in SLOW else LONG)
                for name in BEHAVIOURS
            }
        assert got == {name: EXPECTED.get(name, 200) for name in BEHAVIOURS}
        # Nothing was followed, nothing asked twice.
        assert sorted(receiver.paths()) == sorted(f"/{name}" for name in BEHAVIOURS)

    @pytest.mark.parametrize("name", ["endless_body", "endless_chunks", "gzip_bomb", "endless_trailers"])
    async def test_is_not_read_for_ever(self, name: str) -> None:
        async with hostile() as receiver:
            answer = await Outward(allow=HERE).request("POST", f"{receiver.origin}/{name}", headers={})
            assert answer.status == 200
            assert len(answer.body) <= 64 * 1024
            if name == "gzip_bomb":
                assert answer.body.startswith(b"\x1f\x8b")
            (it,) = receiver.conversations
            # What the kernel's buffers took at most; the connection is closed by now.
            assert it.sent < 16_000_000

    async def test_that_answers_well_is_heard_out(self) -> None:
        async with hostile() as receiver:
            answer = await Outward(allow=HERE).request(
                "POST", f"{receiver.origin}/a?b=c", headers={"x-a": "b"}, body=b'{"a":1}'
            )
            assert answer == Answer(200, {"content-length": "2"}, b"ok", whole=True)
            ((path, headers, body),) = receiver.heard
        assert (path, body) == ("/a?b=c", b'{"a":1}')
        assert headers == {
            "host": receiver.origin.removeprefix("http://"),
            "connection": "close",
            "content-length": "7",
            "x-a": "b",
        }

    async def test_that_takes_no_connection_is_given_up(self) -> None:
        async with never_accepts() as origin:
            assert await ask(Outward(allow=HERE), f"{origin}/") == ("timeout", "connect")
        assert await ask(Outward(allow=HERE), f"{origin}/") == ("connect", "connect")

    async def test_that_never_ends_its_handshake_is_given_up(self) -> None:
        async with slow_tls() as origin:
            assert await ask(Outward(allow=HERE), f"{origin}/", 0.6) == ("timeout", "tls")


class TestCertificate:
    async def test_is_asked_of_the_name_and_not_of_the_address(self, tmp_path: Path) -> None:
        server, client = certificate(tmp_path, "hooks.example.com")
        async with hostile(tls=server, name="hooks.example.com") as receiver:
            outward = Outward(allow=HERE, resolve=_here, tls=client)
            assert await ask(outward, f"{receiver.origin}/", LONG) == 200
            assert receiver.heard[0][1]["host"] == receiver.origin.removeprefix("https://")
            # The same machine under another name, by its address, or trusted by nobody.
            port = receiver.origin.rpartition(":")[2]
            assert await ask(outward, f"https://other.example.com:{port}/", LONG) == ("tls", "tls")
            assert await ask(outward, f"https://127.0.0.1:{port}/", LONG) == ("tls", "tls")
            assert await ask(Outward(allow=HERE, resolve=_here), f"{receiver.origin}/", LONG) == ("tls", "tls")
            assert len(receiver.heard) == 1

    async def test_must_not_have_ended(self, tmp_path: Path) -> None:
        server, client = certificate(tmp_path, "hooks.example.com", expired=True)
        async with hostile(tls=server, name="hooks.example.com") as receiver:
            outward = Outward(allow=HERE, resolve=_here, tls=client)
            assert await ask(outward, f"{receiver.origin}/", LONG) == ("tls", "tls")
            assert receiver.heard == []


async def _here(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]
