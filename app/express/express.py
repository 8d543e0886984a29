"""The fast lane itself: plain ASGI, before everything else, to which it leaves whatever it does not know."""

import secrets
import time
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Scope, Send

from app.express.pages import Answer, Pages
from app.express.requests import ROUTES, Kind, kind_of, parse
from app.kit import log, metrics
from app.kit.cors import EXPOSED
from app.kit.errors import WeizhiError
from app.kit.wire import mastodon_time
from app.limits.limits import Limits, LimitsUnavailable, Standing
from app.limits.rules import API, network_of
from app.oauth import scopes
from app.oauth.known import KnownTokens

_NEEDS: dict[Kind, str] = {kind: "read:lists" if kind == "list" else "read:statuses" for kind in ROUTES}
_PERSONAL = frozenset(("home", "list"))
_CORS = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", ", ".join(EXPOSED).encode())]
_REQUESTS = {kind: metrics.REQUESTS.labels("GET", path, 200) for kind, path in ROUTES.items()}
_SECONDS = {kind: metrics.REQUEST_SECONDS.labels("GET", path) for kind, path in ROUTES.items()}


class Express:
    """Answers what `Pages` can; whatever is unusual about a request, or wrong with it, the routes say."""

    def __init__(self, api: ASGIApp) -> None:
        """`api` is the FastAPI application, whose state holds the resources."""
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and (named := kind_of(scope["path"])):
            started = time.perf_counter()
            resources = self._api.state.resources  # type: ignore[attr-defined]
            if not resources.changes.trusted:
                resources.channel.start()
            elif answered := await _try(scope, resources.pages, resources.tokens, resources.limits, *named):
                body, headers = answered
                request_id = log.given_id(_header(scope, b"x-request-id")) or secrets.token_hex(8)
                headers.append((b"x-request-id", request_id.encode()))
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                seconds = time.perf_counter() - started
                _REQUESTS[named[0]].inc()
                _SECONDS[named[0]].observe(seconds)
                log.request(request_id, "GET", scope["path"], 200, seconds)
                return
        await self._api(scope, receive, send)


async def _try(
    scope: Scope, pages: Pages, tokens: KnownTokens, limits: Limits, kind: Kind, name: str
) -> tuple[bytes, list[tuple[bytes, bytes]]] | None:
    try:
        return await _answer(scope, pages, tokens, limits, kind, name)
    except (WeizhiError, SQLAlchemyError, OSError):
        # The route meets the same and says what it is.
        return None


async def _answer(
    scope: Scope, pages: Pages, tokens: KnownTokens, limits: Limits, kind: Kind, name: str
) -> tuple[bytes, list[tuple[bytes, bytes]]] | None:
    viewer_id: int | None = None
    if authorization := _header(scope, b"authorization"):
        scheme, _, token = authorization.decode("latin-1").partition(" ")
        found = await tokens.find(token) if scheme.lower() == "bearer" else None
        if found is None or found.account_id is None or not scopes.allows(found.scopes, _NEEDS[kind]):
            return None
        viewer_id = found.account_id
    elif kind in _PERSONAL:
        return None
    answer = await _find(pages, viewer_id, kind, name, scope)
    if answer is None:
        return None
    standing = await _count(limits, scope, viewer_id)
    if standing.exceeded:
        return None
    headers = _headers(answer, standing)
    return answer.body, headers + _CORS if _header(scope, b"origin") else headers


async def _find(pages: Pages, viewer_id: int | None, kind: Kind, name: str, scope: Scope) -> Answer | None:
    path, query = scope["path"], scope["query_string"]
    if answer := pages.find(viewer_id, path, query):
        return answer
    asked = parse(kind, name, query)
    return await pages.make(viewer_id, path, query, asked) if asked else None


async def _count(limits: Limits, scope: Scope, viewer_id: int | None) -> Standing:
    subject = f"account:{viewer_id}" if viewer_id is not None else network_of((scope.get("client") or (None,))[0])
    try:
        return (await limits.hit([(API, subject)]))[0]
    except LimitsUnavailable:
        return Standing(API, used=0, resets_in=API.seconds)


def _header(scope: Scope, name: bytes) -> bytes:
    for key, value in scope["headers"]:
        if key == name:
            given: bytes = value
            return given
    return b""


def _headers(answer: Answer, standing: Standing) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(answer.body)),
        (b"x-ratelimit-limit", b"%d" % standing.rule.most),
        (b"x-ratelimit-remaining", b"%d" % standing.remaining),
        (b"x-ratelimit-reset", _moment(round(time.time() + standing.resets_in))),
    ]
    if answer.links:
        headers.append((b"link", answer.links))
    return headers


@lru_cache(maxsize=1024)
def _moment(seconds: int) -> bytes:
    return mastodon_time(datetime.fromtimestamp(seconds, UTC)).encode()
