"""/api/v1/streaming: server-sent events, one stream a connection, and a WebSocket that carries many."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError

from app.kit import log
from app.kit.db import Database
from app.kit.errors import Malformed, NotFound, Unauthorized, WeizhiError
from app.kit.http import problem, status_of
from app.kit.secrets import fingerprint
from app.lists.queries import get_own_list
from app.oauth.actor import bearer, tells
from app.oauth.queries import find_actor
from app.streaming.channels import SCOPES, Stream, parse_stream
from app.streaming.hub import Hub
from app.streaming.reader import Event, Reader

logger = log.logger(__name__)
router = APIRouter(prefix="/api/v1/streaming", tags=["streaming"])

# How often a silent stream shows that it is alive, and how long a reader may take to accept what is sent.
HEARTBEAT_SECONDS = 15
SEND_SECONDS = 10
_LARGEST_MESSAGE = 4096

# Mastodon ends lines so, and its clients split there alone: Mastodon.py stumbles over the standard's CRLF.
_LINE_END = "\n"
Part = Annotated[str, Path(max_length=40)]
OnlyMedia = Annotated[bool, Query(description="Of the public streams, only posts with media.")]
Name = Annotated[str, Query(max_length=40)]
Tag = Annotated[str | None, Query(max_length=110, description="For hashtag streams, with or without #.")]
ListId = Annotated[str | None, Query(alias="list", max_length=20, description="For the list stream: its id.")]
Token = Annotated[str | None, Query(max_length=200, description="For clients that cannot set headers.")]
_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}


@router.get("/health", response_class=PlainTextResponse)
async def streaming_health() -> str:
    """OK, when streams can be opened."""
    return "OK"


@router.get(
    "",
    response_class=EventSourceResponse,
    responses=_STREAM,
    dependencies=[tells(*dict.fromkeys(scope for scope in SCOPES.values() if scope))],
)
async def stream_events(
    request: Request, stream: Name = "", tag: Tag = None, list_id: ListId = None, access_token: Token = None
) -> Response:
    """The stream named by `stream` as server-sent events.

    With an upgrade to WebSocket the same address carries any number of streams over one connection: subscribe with
    `{"type": "subscribe", "stream": "user"}` (and `tag` or `list`), `unsubscribe` likewise. The token comes in
    `Authorization`, `access_token` or, as browsers can only do, as the WebSocket's subprotocol.
    """
    return await _event_stream(request, parse_stream(stream, tag=tag, list_id=list_id), access_token)


_TOLD = {
    "user": "Your home timeline, your notifications, and that your filters changed.",
    "user:notification": "Your notifications alone.",
    "public": "Everyone's public posts.",
    "public:local": "Everyone's public posts: all are of this service.",
    "public:remote": "Posts of other services: there are none.",
    "public:media": "Everyone's public posts with pictures or films.",
    "public:local:media": "Everyone's public posts with pictures or films: all are of this service.",
    "public:remote:media": "Posts of other services with media: there are none.",
    "hashtag": "Public posts with the topic `tag`.",
    "hashtag:local": "Public posts with the topic `tag`: all are of this service.",
    "list": "The timeline of your list `list`.",
    "direct": "Your conversations, each as it stands after a direct message.",
}


def _serve_by_path(name: str) -> None:
    """Give the stream `name` an address of its own: `user:notification` is at /user/notification."""

    async def stream_by_path(
        request: Request,
        tag: Tag = None,
        list_id: ListId = None,
        only_media: OnlyMedia = False,
        access_token: Token = None,
    ) -> Response:
        return await _event_stream(request, _by_path(name, tag, list_id, only_media), access_token)

    router.add_api_route(
        f"/{name.replace(':', '/')}",
        stream_by_path,
        response_class=EventSourceResponse,
        responses=_STREAM,
        dependencies=[tells(scope, anyone=False) if (scope := SCOPES[name]) else tells()],
        name=f"stream_{name.replace(':', '_')}",
        summary=f"The stream {name}, as server-sent events",
        description=_TOLD[name],
    )


for _name in SCOPES:
    _serve_by_path(_name)


@router.websocket("")
async def stream_socket(websocket: WebSocket) -> None:
    """Any number of streams over one WebSocket; the token's subprotocol is echoed, as browsers demand."""
    protocol = (websocket.scope.get("subprotocols") or [None])[0]
    query = websocket.query_params
    token = bearer(websocket.headers.get("authorization", "")) or query.get("access_token") or protocol
    db, hub = websocket.app.state.resources.db, websocket.app.state.hub
    try:
        reader = await _reader(db, token)
        if query.get("stream"):
            await _subscribe(db, reader, query)
        await hub.attach(reader)
    except WeizhiError as error:
        await websocket.send_denial_response(problem(error, path=websocket.url.path))
        return
    try:
        await websocket.accept(subprotocol=protocol)
        sending = asyncio.create_task(_send_all(websocket, reader))
        receiving = asyncio.create_task(_receive_all(websocket, reader, db))
        await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, receiving):
            task.cancel()
        await asyncio.gather(sending, receiving, return_exceptions=True)
        with suppress(Exception):
            await asyncio.wait_for(websocket.close(1000 if receiving.done() else 1013), 1)
    finally:
        hub.detach(reader)


async def _event_stream(request: Request, stream: Stream, access_token: str | None) -> Response:
    db: Database = request.app.state.resources.db
    hub: Hub = request.app.state.hub
    header = request.headers.get("authorization")
    reader = await _reader(db, (bearer(header) or "-") if header else access_token)
    await _own(db, reader, stream)
    reader.subscribe(stream)
    await hub.attach(reader)

    async def events() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(comment=":)", sep=_LINE_END)
        async for event in reader.events():
            yield ServerSentEvent(event=event.name, data=event.payload or "", sep=_LINE_END)

    return _ReaderResponse(hub, reader, events())


class _ReaderResponse(EventSourceResponse):
    """Server-sent events for one reader, who is detached however the connection ends."""

    def __init__(self, hub: Hub, reader: Reader, events: AsyncIterator[ServerSentEvent]) -> None:
        super().__init__(
            events,
            ping=HEARTBEAT_SECONDS,
            ping_message_factory=lambda: ServerSentEvent(comment="thump", sep=_LINE_END),
            send_timeout=SEND_SECONDS,
        )
        self._hub, self._reader = hub, reader

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            logger.info("a reader that does not read was let go", account=self._reader.account_id)
        finally:
            self._hub.detach(self._reader)


def _by_path(name: str, tag: str | None, list_id: str | None, only_media: bool) -> Stream:
    name = f"{name}:media" if only_media and name.startswith("public") else name
    if name not in SCOPES:
        raise NotFound
    return parse_stream(name, tag=tag, list_id=list_id)


async def _reader(db: Database, token: str | None) -> Reader:
    if token is None:
        return Reader(account_id=None, scopes=(), token=None)
    async with db.reading() as session:
        found = await find_actor(session, token=token)
    if found is None:
        raise Unauthorized
    return Reader(account_id=found.account_id, scopes=found.scopes, token=fingerprint(token))


async def _own(db: Database, reader: Reader, stream: Stream) -> None:
    """Raise Unauthorized where one must be signed in, and NotFound for a list that is not the reader's."""
    if SCOPES[stream.name] is not None and reader.account_id is None:
        raise Unauthorized
    if stream.list_id is not None and reader.account_id is not None:
        async with db.reading() as session:
            await get_own_list(session, id=stream.list_id, account_id=reader.account_id)


async def _subscribe(db: Database, reader: Reader, asked: Any) -> None:
    stream = parse_stream(str(asked.get("stream")), tag=asked.get("tag"), list_id=asked.get("list"))
    await _own(db, reader, stream)
    reader.subscribe(stream)


async def _send_all(websocket: WebSocket, reader: Reader) -> None:
    async for event in reader.events():
        await asyncio.wait_for(websocket.send_text(_message(event)), SEND_SECONDS)


def _message(event: Event) -> str:
    message: dict[str, Any] = {"stream": event.stream.label, "event": event.name}
    if event.payload is not None:
        message["payload"] = event.payload
    return orjson.dumps(message).decode()


async def _receive_all(websocket: WebSocket, reader: Reader, db: Database) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            text = await websocket.receive_text()
            try:
                await _obey(text, reader, db)
            except WeizhiError as error:
                answer = {"error": error.text, "code": error.code, "status": status_of(error)}
                await asyncio.wait_for(websocket.send_text(orjson.dumps(answer).decode()), SEND_SECONDS)


async def _obey(text: str, reader: Reader, db: Database) -> None:
    try:
        asked = orjson.loads(text) if len(text) <= _LARGEST_MESSAGE else None
    except orjson.JSONDecodeError:
        asked = None
    if not isinstance(asked, dict) or not all(
        isinstance(asked.get(key), str | None) for key in ("type", "stream", "tag")
    ):
        raise Malformed('Send {"type": "subscribe", "stream": …}')
    asked["list"] = str(asked["list"]) if asked.get("list") is not None else None
    if asked.get("type") == "subscribe":
        await _subscribe(db, reader, asked)
    elif asked.get("type") == "unsubscribe":
        reader.unsubscribe(parse_stream(asked.get("stream") or "", tag=asked.get("tag"), list_id=asked["list"]))
    else:
        raise Malformed("type must be subscribe or unsubscribe")
