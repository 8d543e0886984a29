"""The fast lane itself: plain ASGI, before everything else, to which it leaves whatever it does not know."""

import asyncio
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send

from app.express.again import Again, said
from app.express.answers import Address, Answer, Asker, json_headers
from app.express.pages import Pages
from app.express.posting import FAILURES, LARGEST_BODY, PATH, SCOPE, read
from app.express.requests import LONGEST, ROUTES, Kind, kind_of, parse
from app.express.telling import Given, Headers, given_in, request_id_of, served, shared_headers
from app.kit import log, metrics
from app.kit.errors import Unavailable
from app.kit.http import problem
from app.kit.uploads import GRACE_SECONDS
from app.kit.wire_protocol import Saying
from app.limits.limits import Standing
from app.limits.rules import subject_of
from app.limits.tally import Tally
from app.oauth import scopes
from app.oauth.actor import bearer
from app.oauth.known import KnownTokens
from app.posts.schemas import PostCreate

_NEEDS: dict[Kind, str] = {kind: "read:lists" if kind == "list" else "read:statuses" for kind in ROUTES}
_PERSONAL = frozenset(("home", "list"))
_POSTS = metrics.REQUESTS.of("POST", PATH)


class Express:
    """Answers what `Pages` can; whatever is unusual about a request, or wrong with it, the routes say."""

    def __init__(self, api: Starlette) -> None:
        """`api` is the application whose state holds the resources."""
        self._api, self.state = api, api.state

    def at_once(self, url: bytes, headers: Headers) -> Saying:
        """What `__call__` would say to a GET, if it is in memory: the head's lines, and the body.

        Where it is not right any more, what will be said in a moment.
        """
        started, resources = time.perf_counter(), self.state.resources
        given = given_in(headers)
        address = given.authorization, *_path_and_query(url)
        pages: Pages = resources.pages
        answer = pages.find(address)
        if answer is None or not answer.asker.subject:
            return None
        found = pages.again(address, answer)
        if isinstance(found, Answer):
            return said(resources, found, given, address[1], started)
        return Again(resources, answer, given, address, started).begin(found) if resources.changes.trusted else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            started = time.perf_counter()
            resources = self.state.resources
            if not resources.changes.trusted:
                resources.channel.start()
            elif answered := await _try(scope, given := given_in(scope["headers"]), resources):
                answer, headers = answered
                request_id = request_id_of(given)
                await _answer(send, 200, headers, b"".join(answer.body), request_id)
                served(resources, answer, request_id, scope["path"], started)
                return
        elif scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == PATH:
            rest = await self._post(scope, receive, send)
            if rest is None:
                return
            receive = rest
        await self._api(scope, receive, send)

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """Publish a post of words alone: None when it is answered, else the request as the routes are to receive it."""
        started, given, resources = time.perf_counter(), given_in(scope["headers"]), self.state.resources
        try:
            asker = await _asker(resources, given.authorization, SCOPE)
        except FAILURES:
            return receive
        if asker is None or asker.viewer_id is None:
            return receive
        messages = await _received(receive)
        again = _again(messages, receive)
        if not messages or messages[-1].get("more_body", False):
            return again
        asked = read(scope["headers"], b"".join(message.get("body", b"") for message in messages))
        if asked is None:
            return again
        request_id = request_id_of(given)
        token = log.request_id.set(request_id)
        try:
            answered = await _publish(given, resources, asker, *asked)
        finally:
            log.request_id.reset(token)
        if answered is None:
            return again
        status, headers, body = answered
        await _answer(send, status, headers, body, request_id)
        seconds = time.perf_counter() - started
        _POSTS.note(status, seconds)
        log.request(request_id, "POST", PATH, status, seconds)
        return None


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes, request_id: str) -> None:
    headers.append((b"x-request-id", request_id.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _publish(
    given: Given, resources: Any, asker: Asker, request: PostCreate, key: str | None
) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
    proof = await resources.posting.proof(asker, request)
    if proof is None:
        return None
    standing = await _count(resources.tally, asker.subject or "")
    if standing.exceeded:
        return None
    try:
        body = await resources.posting.publish(proof, key)
    except Unavailable as error:
        refusal = problem(error, PATH)
        return refusal.status_code, refusal.raw_headers + shared_headers(given, standing), bytes(refusal.body)
    if body is None:
        # The routes find what was made for the key.
        return None
    return 200, json_headers(len(body)) + shared_headers(given, standing), body


async def _count(tally: Tally, subject: str) -> Standing:
    return tally.count(subject) or await tally.ask(subject)


async def _received(receive: Receive) -> list[Message]:
    """A body's messages, all of them if it is short and comes soon: else whoever reads on will see to that."""
    messages: list[Message] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(GRACE_SECONDS):
            while more and size <= LARGEST_BODY:
                messages.append(message := await receive())
                size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    except TimeoutError:
        pass
    return messages


def _again(messages: Sequence[Message], receive: Receive) -> Receive:
    rest = iter(messages)

    async def again() -> Message:
        return next(rest, None) or await receive()

    return again


def _path_and_query(url: bytes) -> tuple[str, bytes]:
    """What a scope would say of a request's target: the names of topics come with signs for their letters.

    Nothing of one that is too long to be remembered.
    """
    return _parted(url) if len(url) <= LONGEST else ("", b"")


@lru_cache(maxsize=10_000)
def _parted(url: bytes) -> tuple[str, bytes]:
    raw, _, query = url.partition(b"?")
    path = raw.decode("latin-1")
    return unquote(path) if "%" in path else path, query


async def _try(scope: Scope, given: Given, resources: Any) -> tuple[Answer, list[tuple[bytes, bytes]]] | None:
    pages: Pages = resources.pages
    try:
        address = given.authorization, scope["path"], scope["query_string"]
        earlier = pages.find(address)
        found = pages.again(address, earlier) if earlier else None
        answer = found if isinstance(found, Answer) else await _make(address, resources, earlier, found)
        if answer is None:
            return None
        standing = await _count(resources.tally, answer.asker.subject or subject_of(scope, None))
    except FAILURES:
        return None
    if standing.exceeded:
        return None
    return answer, answer.headers + shared_headers(given, standing)


async def _make(
    address: Address, resources: Any, earlier: Answer | None, lacking: Sequence[int] | None
) -> Answer | None:
    authorization, path, query = address
    pages: Pages = resources.pages
    if earlier is not None and pages.is_asker(earlier.asker):
        return await pages.make(address, earlier.asker, earlier.asked, earlier, lacking)
    named = kind_of(path)
    if named is None or (asked := parse(*named, query)) is None:
        return None
    asker = await _asker(resources, authorization, _NEEDS[asked.kind])
    if asker is None or (asker.viewer_id is None and asked.kind in _PERSONAL):
        return None
    return await pages.make(address, asker, asked, earlier)


async def _asker(resources: Any, authorization: bytes | None, scope: str) -> Asker | None:
    if authorization is None:
        return Asker(None)
    tokens: KnownTokens = resources.tokens
    token, mark = bearer(authorization.decode("latin-1")), resources.changes.mark()
    found = await tokens.find(token) if token else None
    if found is None or found.account_id is None or not scopes.allows(found.scopes, scope):
        return None
    subject, order, app_id = subject_of({}, found.account_id), found.home_order, found.app_id
    return Asker(found.account_id, mark, found.expires_at, subject, order, app_id, found.log_exposures)
