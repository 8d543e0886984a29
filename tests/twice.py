"""Asks twice: every answer of the fast lane, in every test, must be what the routes say from PostgreSQL alone."""

from dataclasses import replace
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.bootstrap import Resources
from app.express.requests import kind_of
from app.kit.changes import Changes
from app.timeline.home import Home
from app.timeline.news import News
from app.timeline.pulled import PulledAuthors
from tests.service import service

# Somebody else may write between the two questions; what stays different is a lie.
_TRIES = 3


class Twice:
    """The service, whose caches are held against the truth."""

    def __init__(self, app: ASGIApp, resources: Resources) -> None:
        self._app = app
        # Trusts nothing, so it keeps nothing.
        blind = Changes()
        shelf = resources.shelf
        news = News(resources.db, blind, shelf)
        home = Home(resources.feeds, PulledAuthors(resources.db, blind, shelf.following, news), news)
        self._truth = service(replace(resources, changes=blind, home=home))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not kind_of(scope["path"].rstrip("/")):
            await self._app(scope, receive, send)
            return
        for _ in range(_TRIES):
            answer = await _ask(self._app, scope, receive)
            truth = await _ask(self._truth, scope, receive)
            if _told(answer) == _told(truth):
                break
        else:
            assert _told(answer) == _told(truth), f"the fast lane lies about {scope['path']}?{scope['query_string']}"
        for message in answer:
            await send(message)


async def _ask(app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app({**scope, "headers": list(scope["headers"])}, receive, keep)
    return messages


def _told(messages: list[Message]) -> tuple[int, str | None, Any]:
    headers = dict(messages[0]["headers"])
    body = b"".join(message.get("body", b"") for message in messages[1:])
    kind = headers.get(b"content-type", b"")
    assert int(headers.get(b"content-length", len(body))) == len(body)
    return messages[0]["status"], headers.get(b"link"), orjson.loads(body) if b"json" in kind else body
