"""The fast lane itself: plain ASGI, before rate limits and routes, which it leaves everything it does not know."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from app.express.pages import Answer, Pages
from app.express.requests import ROUTES, Kind, kind_of, parse
from app.kit.clock import now
from app.kit.errors import WeizhiError
from app.kit.wire import mastodon_time
from app.limits.limits import Limits, LimitsUnavailable, Standing
from app.limits.rules import API, network_of
from app.oauth import scopes
from app.oauth.actor import Actor, authenticate_scope

_ROUTES: dict[Kind, Any] = {kind: SimpleNamespace(path=path) for kind, path in ROUTES.items()}
_NEEDS: dict[Kind, str] = {kind: "read:lists" if kind == "list" else "read:statuses" for kind in ROUTES}
_PERSONAL = frozenset(("home", "list"))


class Express:
    """Answers what `Pages` can; whatever is unusual about a request, or wrong with it, the routes say."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and (named := kind_of(scope["path"])):
            resources = scope["app"].state.resources
            if not resources.changes.trusted:
                resources.channel.start()
            elif answered := await self._answer(scope, resources, *named):
                answer, headers = answered
                scope["route"] = _ROUTES[named[0]]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": answer.body})
                return
        await self._app(scope, receive, send)

    async def _answer(
        self, scope: Scope, resources: Any, kind: Kind, name: str
    ) -> tuple[Answer, list[tuple[bytes, bytes]]] | None:
        try:
            caller = await authenticate_scope(scope)
        except Exception:
            return None
        if isinstance(caller, Actor):
            if not scopes.allows(caller.scopes, _NEEDS[kind]):
                return None
            viewer_id: int | None = caller.account_id
        elif caller is not None or kind in _PERSONAL:
            return None
        else:
            viewer_id = None
        pages: Pages = resources.pages
        path, query = scope["path"], scope["query_string"]
        answer = pages.find(viewer_id, path, query)
        if answer is None:
            asked = parse(kind, name, query)
            if asked is None:
                return None
            try:
                answer = await pages.make(viewer_id, path, query, asked)
            except WeizhiError:
                return None
            if answer is None:
                return None
        standing = await _count(resources.limits, scope, viewer_id)
        return None if standing.exceeded else (answer, _headers(answer, standing))


async def _count(limits: Limits, scope: Scope, viewer_id: int | None) -> Standing:
    subject = f"account:{viewer_id}" if viewer_id is not None else network_of((scope.get("client") or (None,))[0])
    try:
        return (await limits.hit([(API, subject)]))[0]
    except LimitsUnavailable:
        return Standing(API, used=0, resets_in=API.seconds)


def _headers(answer: Answer, standing: Standing) -> list[tuple[bytes, bytes]]:
    reset = mastodon_time(now() + timedelta(seconds=standing.resets_in))
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(answer.body)),
        (b"x-ratelimit-limit", b"%d" % standing.rule.most),
        (b"x-ratelimit-remaining", b"%d" % standing.remaining),
        (b"x-ratelimit-reset", reset.encode()),
    ]
    if answer.links:
        headers.append((b"link", answer.links))
    return headers
