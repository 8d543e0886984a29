"""What every request passes before it reaches a route: plain ASGI, so that it costs next to nothing."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

import orjson
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit import log, metrics
from app.kit.depth import DEEPEST, depth
from app.kit.errors import Invalid, Malformed, UnsupportedPayload, WeizhiError
from app.kit.http import problem
from app.kit.rails import nest
from app.kit.uploads import Upload, UploadRule, chunks, read_upload

logger = log.logger(__name__)
LARGEST_BODY = 1024 * 1024
LONGEST_ADDRESS = 16_384
# The `[]` at the end of a parameter's name, not one inside its value.
_BRACKETS = re.compile(rb"(?:(?<=&)|^)([^=&\[\]%]+)(?:\[\]|%5[Bb]%5[Dd])(?==|&|$)")


class RequestContext:
    """Gives each request an id, writes one log line for it, and counts it.

    A caller's `X-Request-Id` is kept when it is short and plain, so that ids join up across services.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = log.given_id(Headers(scope=scope).get("x-request-id", "")) or secrets.token_hex(8)
        token = log.request_id.set(request_id)
        started = time.perf_counter()
        status = 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unmatched")
            metrics.REQUESTS.of(scope["method"], route).note(status, seconds)
            logger.info(
                "request", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1000, 2)
            )
            log.request_id.reset(token)


class UnexpectedErrors:
    """Turns what nobody foresaw into an empty-handed 500 and a log line with its cause and request id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except Exception:
            logger.exception("unexpected error", path=scope.get("path"))
            if scope["type"] != "http" or started:
                raise
            body = {"error": "Something went wrong on our side", "code": "internal_error"}
            await JSONResponse(body, 500)(scope, receive, send)


class PlainPaths:
    """Answers `/path/` like `/path`, `?id[]=1` like `?id=1`, and HEAD like GET without its body.

    Addresses that are no text are refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            if not (_is_text(scope.get("raw_path") or scope["path"].encode()) and _is_text(scope["query_string"])):
                refusal = Malformed("The address must be UTF-8 without NUL, and of a sensible length")
                await problem(refusal, scope["path"])(scope, receive, send)
                return
            if scope.get("method") == "HEAD":
                scope["method"], send = "GET", _without_body(send)
            if len(scope["path"]) > 1 and scope["path"].endswith("/"):
                # In place: RequestContext reads from the same scope which route was found.
                scope["path"] = scope["path"].rstrip("/") or "/"
            if b"]" in scope["query_string"] or b"%5" in scope["query_string"]:
                # Apps name lists either way; routes know them by their plain names.
                scope["query_string"] = _BRACKETS.sub(rb"\1", scope["query_string"])
        await self._app(scope, receive, send)


def _is_text(part: bytes) -> bool:
    """Whether a part of an address is UTF-8 without NUL, of a length somebody may mean."""
    if len(part) > LONGEST_ADDRESS:
        return False
    try:
        return "\x00" not in unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return False


class JsonBodies:
    """Turns form and multipart bodies into JSON, so that routes know one encoding only.

    Rails brackets nest: `a[b]=1`, `id[]=1`, `fields_attributes[0][name]=x`. Bodies are limited in size
    and in the time they may take. Paths that start with one of `raw` are left alone: they read bytes.
    Files go to disk, for the operations that `uploads` name; the route finds them in the scope. Because
    those bodies are long, `admit` says first, by raising, whether the caller may send one at all.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        raw: Iterable[str] = (),
        uploads: Iterable[UploadRule] = (),
        admit: Callable[[Scope], Awaitable[None]] | None = None,
    ) -> None:
        self._app = app
        self._raw = tuple(raw)
        self._uploads = tuple(uploads)
        self._admit = admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH", "DELETE"):
            await self._app(scope, receive, send)
            return
        upload: Upload | None = None
        try:
            rule = next((rule for rule in self._uploads if rule.covers(scope["method"], scope["path"])), None)
            if rule and self._admit:
                await self._admit(scope)
            if rule and _kind(Headers(scope=scope)) == b"multipart/form-data":
                upload = await read_upload(receive, Headers(scope=scope), rule)
                scope["weizhi.files"] = upload.files
                scope, body = _as_nested_json(scope, upload.pairs)
            else:
                most = max(LARGEST_BODY, 2 * rule.most_field_bytes) if rule else LARGEST_BODY
                body = await read_body(receive, Headers(scope=scope), most_bytes=most)
                if not scope["path"].startswith(self._raw or ("\n",)):
                    scope, body = await self._as_json(scope, body)
        except WeizhiError as error:
            if upload:
                await upload.close()
            await problem(error, scope["path"])(scope, receive, send)
            return
        try:
            await self._app(scope, _replay(body, receive), send)
        finally:
            if upload:
                await upload.close()

    async def _as_json(self, scope: Scope, body: bytes) -> tuple[Scope, bytes]:
        headers = Headers(scope=scope)
        kind = _kind(headers)
        if not body:
            # Clients send empty bodies under any content type; a body that is due is told as missing fields.
            return _with_content_type(scope, b"application/json"), b"{}"
        if kind == b"application/json" or kind.endswith(b"+json"):
            _check_json(body)
            return _with_content_type(scope, b"application/json"), body
        if kind == b"application/x-www-form-urlencoded":
            pairs = parse_form(body)
        elif kind == b"multipart/form-data":
            pairs = await _parse_multipart(headers, body)
        else:
            raise UnsupportedPayload("Send application/json, application/x-www-form-urlencoded or multipart/form-data")
        return _as_nested_json(scope, pairs)


async def read_body(receive: Receive, headers: Headers, *, most_bytes: int = LARGEST_BODY) -> bytes:
    """The whole body, at most `most_bytes` and not too slow; raises TooLarge or Malformed."""
    return b"".join([chunk async for chunk in chunks(receive, headers, most_bytes=most_bytes)])


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _kind(headers: Headers) -> bytes:
    return parse_options_header(headers.get("content-type", ""))[0]


def _as_nested_json(scope: Scope, pairs: list[tuple[str, str]]) -> tuple[Scope, bytes]:
    try:
        return _with_content_type(scope, b"application/json"), orjson.dumps(nest(pairs))
    except orjson.JSONEncodeError:
        # A multipart part may name a charset that decodes to lone surrogates.
        raise Malformed("The form holds text that is not valid Unicode") from None


def _check_json(body: bytes) -> None:
    # Nesting needs brackets: only a body with many is worth the exact, slower look.
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("The body is not valid JSON, or nested too deeply") from None
    if depth(value) > DEEPEST:
        raise Malformed(f"The JSON is nested deeper than {DEEPEST}")


def parse_form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form; raises Malformed."""
    try:
        return parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, strict_parsing=False, max_num_fields=1000, errors="strict"
        )
    except ValueError:
        raise Malformed("The form is not valid UTF-8, or has more than 1,000 fields") from None


async def _parse_multipart(headers: Headers, body: bytes) -> list[tuple[str, str]]:
    async def stream() -> Any:
        yield body

    try:
        form = await MultiPartParser(headers, stream(), max_files=16, max_fields=1000).parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise Malformed("The multipart body could not be read") from None
    items = form.multi_items()
    if any(isinstance(value, UploadFile) for _, value in items):
        await form.close()
        raise Invalid("This operation takes no files")
    return [(key, value) for key, value in items if isinstance(value, str)]


def _with_content_type(scope: Scope, kind: bytes) -> Scope:
    headers = [(key, value) for key, value in scope["headers"] if key not in (b"content-type", b"content-length")]
    # In place: RequestContext reads from the same scope which route was found.
    scope["headers"] = [*headers, (b"content-type", kind)]
    return scope


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head
