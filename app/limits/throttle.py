"""Counts every request against the rules before anything else is done for it. Plain ASGI."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.errors import RateLimited, WeizhiError
from app.kit.http import problem
from app.kit.wire import mastodon_time
from app.limits.limits import Limits, LimitsUnavailable, Rule, Standing
from app.limits.rules import Operation, address_of, find_operation, general_rule, subject_of


class Throttle:
    """Answers 429 where a rule is exceeded, and tells each answer's standing in `X-RateLimit-*`.

    `identify` gives the calling account's id, or None. When the store is away requests pass, except those
    that a guarding rule protects: they are told to come again.
    """

    def __init__(self, app: ASGIApp, *, identify: Callable[[Scope], Awaitable[int | None]]) -> None:
        self._app = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = general_rule(scope["path"]) if scope["type"] == "http" else None
        if rule is None:
            await self._app(scope, receive, send)
            return
        limits: Limits = scope["app"].state.resources.limits
        operation = find_operation(scope["method"], scope["path"])
        refusal: WeizhiError | None = None
        try:
            standings = await limits.hit(await self._uses(scope, rule, operation))
        except LimitsUnavailable as error:
            standings = [Standing(rule, used=0, resets_in=rule.seconds)]
            refusal = error if operation and operation.guards else None
        tightest = _tightest(standings)
        if tightest.exceeded:
            refusal = RateLimited(retry_after=max(1, round(tightest.resets_in + 0.5)))
        telling = _telling(send, tightest)
        if refusal:
            await problem(refusal, scope["path"])(scope, receive, telling)
        else:
            await self._app(scope, receive, telling)

    async def _uses(self, scope: Scope, rule: Rule, operation: Operation | None) -> list[tuple[Rule, str]]:
        subject = subject_of(scope, await self._identify(scope))
        uses = [(rule, subject)]
        if operation:
            counted = address_of(scope) if operation.by_address else subject
            uses.append((operation.rule, f"{counted}{scope['path']}" if operation.by_path else counted))
        return uses


def _tightest(standings: Sequence[Standing]) -> Standing:
    """The rule to tell: an exceeded one that lasts longest, else the one with the fewest uses left."""
    exceeded = [standing for standing in standings if standing.exceeded]
    if exceeded:
        return max(exceeded, key=lambda standing: standing.resets_in)
    return min(standings, key=lambda standing: standing.remaining)


_NAMES = (b"x-ratelimit-limit", b"x-ratelimit-remaining", b"x-ratelimit-reset")
_LINES = b"%b: %%d\r\n%b: %%d\r\n%b: %%b\r\n" % _NAMES


def limit_headers(standing: Standing) -> list[tuple[bytes, bytes]]:
    """What an answer tells of a rule."""
    most, remaining, reset = _values(standing)
    return list(zip(_NAMES, (b"%d" % most, b"%d" % remaining, reset), strict=True))


def limit_lines(standing: Standing) -> bytes:
    """The same as lines of an answer's head, each with its end."""
    return _LINES % _values(standing)


def _values(standing: Standing) -> tuple[int, int, bytes]:
    return standing.rule.most, standing.remaining, _moment(round(time.time() + standing.resets_in))


@lru_cache(maxsize=4096)
def _moment(seconds: int) -> bytes:
    return mastodon_time(datetime.fromtimestamp(seconds, UTC)).encode()


def _telling(send: Send, standing: Standing) -> Send:
    headers = limit_headers(standing)

    async def send_telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return send_telling
