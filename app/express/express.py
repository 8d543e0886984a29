"""The fast lane itself: plain ASGI, before everything else, to which it leaves whatever it does not know."""

import itertools
import secrets
import time
from collections.abc import Iterator
from typing import Any

from asyncpg import InterfaceError, PostgresError
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from app.express.pages import Answer, Asker, Pages
from app.express.requests import ROUTES, Kind, kind_of, parse
from app.kit import log, metrics
from app.kit.cors import EXPOSED
from app.kit.errors import WeizhiError
from app.limits.limits import Standing
from app.limits.rules import subject_of
from app.limits.tally import Tally
from app.limits.throttle import limit_headers
from app.oauth import scopes
from app.oauth.actor import bearer
from app.oauth.known import KnownTokens

_NEEDS: dict[Kind, str] = {kind: "read:lists" if kind == "list" else "read:statuses" for kind in ROUTES}
_PERSONAL = frozenset(("home", "list"))
_CORS = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", ", ".join(EXPOSED).encode())]
_REQUESTS = {kind: metrics.REQUESTS.labels("GET", path, 200) for kind, path in ROUTES.items()}
_SECONDS = {kind: metrics.REQUEST_SECONDS.labels("GET", path) for kind, path in ROUTES.items()}


class Express:
    """Answers what `Pages` can; whatever is unusual about a request, or wrong with it, the routes say."""

    def __init__(self, api: Starlette) -> None:
        """`api` is the application whose state holds the resources."""
        self._api, self.state = api, api.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            started = time.perf_counter()
            resources = self.state.resources
            if not resources.changes.trusted:
                resources.channel.start()
            elif answered := await _try(scope, resources):
                answer, headers = answered
                request_id = log.given_id((_header(scope, b"x-request-id") or b"").decode("latin-1")) or next(_ids)
                headers.append((b"x-request-id", request_id.encode()))
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": answer.body})
                seconds = time.perf_counter() - started
                _REQUESTS[answer.kind].inc()
                _SECONDS[answer.kind].observe(seconds)
                log.request(request_id, "GET", scope["path"], 200, seconds)
                return
        await self._api(scope, receive, send)


async def _try(scope: Scope, resources: Any) -> tuple[Answer, list[tuple[bytes, bytes]]] | None:
    try:
        authorization = _header(scope, b"authorization")
        answer = resources.pages.find(authorization, scope["path"], scope["query_string"])
        if answer is None and (answer := await _make(scope, resources, authorization)) is None:
            return None
        standing = await _count(resources.tally, scope, answer.viewer_id)
    except (WeizhiError, SQLAlchemyError, PostgresError, InterfaceError, OSError):
        # The route meets the same and says what it is.
        return None
    return None if standing.exceeded else (answer, _headers(scope, answer, standing))


async def _make(scope: Scope, resources: Any, authorization: bytes | None) -> Answer | None:
    named = kind_of(scope["path"])
    if named is None or (asked := parse(*named, scope["query_string"])) is None:
        return None
    asker = await _asker(resources.tokens, authorization, _NEEDS[asked.kind])
    if asker is None or (asker.viewer_id is None and asked.kind in _PERSONAL):
        return None
    pages: Pages = resources.pages
    return await pages.make(authorization, asker, scope["path"], scope["query_string"], asked)


async def _asker(tokens: KnownTokens, authorization: bytes | None, scope: str) -> Asker | None:
    if authorization is None:
        return Asker(None)
    token = bearer(authorization.decode("latin-1"))
    found = await tokens.find(token) if token else None
    if found is None or found.account_id is None or not scopes.allows(found.scopes, scope):
        return None
    return Asker(found.account_id, found.expires_at, found.home_order)


async def _count(tally: Tally, scope: Scope, viewer_id: int | None) -> Standing:
    subject = subject_of(scope, viewer_id)
    return tally.count(subject) or await tally.ask(subject)


def _request_ids() -> Iterator[str]:
    prefix = secrets.token_hex(4)
    for number in itertools.count():
        yield f"{prefix}{number:08x}"


_ids = _request_ids()


def _header(scope: Scope, name: bytes) -> bytes | None:
    for key, value in scope["headers"]:
        if key == name:
            given: bytes = value
            return given
    return None


def _headers(scope: Scope, answer: Answer, standing: Standing) -> list[tuple[bytes, bytes]]:
    headers = answer.headers + limit_headers(standing)
    return headers + _CORS if _header(scope, b"origin") else headers
