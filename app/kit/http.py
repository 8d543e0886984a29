"""HTTP manners shared by all routes: errors, sessions, ids in paths, paging links."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

import asyncpg
import sqlalchemy.exc
from fastapi import Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from app.kit import errors, log
from app.kit.db import Database
from app.kit.errors import Detail, NotFound, WeizhiError
from app.kit.ids import LARGEST
from app.kit.pagination import Page, page_links
from app.kit.replicas import Replicas
from app.kit.site import Site
from app.kit.uploads import UploadedFile

logger = log.logger(__name__)

# The one table from kinds of error to HTTP. The first kind that fits counts.
STATUS: Mapping[type[WeizhiError], int] = {
    errors.Malformed: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.UnsupportedPayload: 415,
    errors.Invalid: 422,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
}


class ProblemDetail(BaseModel):
    """One reason why one field was refused; of words that may not stand there which, where, about what, and the law."""

    error: str
    description: str
    term: str | None = None
    position: list[int] | None = None
    ground: str | None = None
    law: list[str] | None = None


class Problem(BaseModel):
    """Every error's body: Mastodon's form, plus a stable `code`."""

    error: str
    code: str
    details: dict[str, list[ProblemDetail]] | None = None
    error_description: Annotated[str | None, Field(description="The message, below /oauth/: `error` is a name.")] = None


# --- What routes ask for -------------------------------------------------------------------------


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    db: Database = request.app.state.resources.db
    async with db.transaction() as session:
        yield session


async def _reading(request: Request) -> AsyncIterator[AsyncSession]:
    db: Database = request.app.state.resources.db
    async with db.reading() as session:
        yield session


def _database(request: Request) -> Database:
    return request.app.state.resources.db  # type: ignore[no-any-return]


def _replicas(request: Request) -> Replicas:
    return request.app.state.resources.replicas  # type: ignore[no-any-return]


async def _site(request: Request) -> Site:
    resources = request.app.state.resources
    site: Site = resources.site
    # What is shown in answer to a read is shown to somebody.
    cards = await resources.exposures.cards_for(request) if request.method == "GET" else None
    return replace(site, cards=cards) if cards else site


# scope="function": the commit must happen, and may fail, before the answer is sent.
Transaction = Annotated[AsyncSession, Depends(_transaction, scope="function")]
Reading = Annotated[AsyncSession, Depends(_reading, scope="function")]
# For routes that open their work themselves: it must be closed, and so committed, before they return.
CurrentDatabase = Annotated[Database, Depends(_database)]
# For strangers' reads, which may be a moment old.
CurrentReplicas = Annotated[Replicas, Depends(_replicas)]
CurrentSite = Annotated[Site, Depends(_site)]


def parse_id(value: str) -> int:
    """An id from a path: anything that is not one names nothing, so it raises `NotFound`."""
    if value.isascii() and value.isdigit() and len(value) <= 19 and int(value) <= LARGEST:
        return int(value)
    raise NotFound


def _path_id(id: Annotated[str, Path(max_length=64)]) -> int:
    return parse_id(id)


async def _files(request: Request) -> Mapping[str, UploadedFile]:
    return request.scope.get("weizhi.files", {})  # type: ignore[no-any-return]


PathId = Annotated[int, Depends(_path_id)]
# The files of a multipart body by field, for operations that have an UploadRule.
Files = Annotated[Mapping[str, UploadedFile], Depends(_files)]
Cursor = Annotated[int | None, Query(ge=0, le=LARGEST)]


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=256,
        description="Repeating a request with the same key gives the first one's result.",
    ),
]


def page_of(default: int = 20, most: int = 40, unlimited: int | None = None) -> Any:
    """A dependency that reads Mastodon's paging parameters; a larger `limit` than `most` means `most`.

    With `unlimited`, a `limit` of 0 is allowed and means that many.
    """
    about = f"How many; {most} at most." + (" 0: all." if unlimited else "")

    def read(
        limit: Annotated[int, Query(ge=0 if unlimited else 1, description=about)] = default,
        max_id: Annotated[Cursor, Query(description="Older than this id.")] = None,
        since_id: Annotated[Cursor, Query(description="Newer than this id, newest first.")] = None,
        min_id: Annotated[Cursor, Query(description="Immediately newer than this id.")] = None,
    ) -> Page:
        return Page(limit=min(limit, most) or unlimited or 1, max_id=max_id, since_id=since_id, min_id=min_id)

    return Depends(read)


def link_header(request: Request, site: Site, *, older_than: int | None, newer_than: int | None) -> dict[str, str]:
    """The `Link` header to the next (older) and previous (newer) page, as far as there is one."""
    # The URL's own path would end at a topic's `#`.
    path, query = request.scope["path"], request.query_params.multi_items()
    links = page_links(site, path, query, older_than=older_than, newer_than=newer_than)
    return {"Link": links} if links else {}


def offset_link(request: Request, site: Site, *, offset: int, limit: int, found: int) -> dict[str, str]:
    """The `Link` header of a list that is paged by `offset`: a next page where this one was full."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key not in ("offset", "limit")]
    pages = [("next", offset + limit)] if found == limit else []
    pages += [("prev", max(0, offset - limit))] if offset else []
    links = [
        f'<{site.url}{request.url.path}?{urlencode([*kept, ("limit", limit), ("offset", place)])}>; rel="{rel}"'
        for rel, place in pages
    ]
    return {"Link": ", ".join(links)} if links else {}


class PageLinks:
    """Tells, in the answer's `Link` header, where the pages around the given one are."""

    def __init__(self, request: Request, response: Response, site: CurrentSite) -> None:
        self._request, self._response, self._site = request, response, site

    def tell(self, cursors: Sequence[int], page: Page) -> None:
        """`cursors` of the page's entries, newest first. A page that is not full is the last."""
        if cursors:
            older_than = cursors[-1] if page.ascending or len(cursors) >= page.limit else None
            links = link_header(self._request, self._site, older_than=older_than, newer_than=cursors[0])
            self._response.headers.update(links)


Links = Annotated[PageLinks, Depends(PageLinks)]


# --- Errors --------------------------------------------------------------------------------------


def status_of(error: WeizhiError) -> int:
    """The HTTP status of a kind of error."""
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def problem(error: WeizhiError, path: str) -> JSONResponse:
    """The answer that tells `error` to who asked for `path`: below /oauth/ in the form of RFC 6749 as well as ours."""
    status, headers = status_of(error), {}
    if status in (429, 503):
        headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="Weizhi"'
    body = _body(error.text, error.code, error.details)
    if path.startswith("/oauth/"):
        headers["Cache-Control"] = "no-store"
        status, body = _as_oauth(status, body)
    return JSONResponse(body, status, headers)


# What RFC 6749, 6750, 7009 and 8628 call errors; ours of the same name mean the same.
_OAUTH_ERRORS = {
    *("access_denied", "insufficient_scope", "invalid_client", "invalid_grant", "invalid_request", "invalid_scope"),
    *("invalid_token", "temporarily_unavailable", "unauthorized_client", "unsupported_grant_type"),
    "unsupported_response_type",
}


def _as_oauth(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    name = body["code"] if body["code"] in _OAUTH_ERRORS else "invalid_request"
    if status in (429, 503):
        name = "temporarily_unavailable"
    return 400 if status == 422 else status, {**body, "error": name, "error_description": body["error"]}


def _body(error: str, code: str, details: Mapping[str, Sequence[Detail]] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"error": error, "code": code}
    if details:
        body["details"] = details
    return body


# SQLSTATEs of what may work later: deadlocks and serialisation, no resources left, locks and cancelled statements.
_TRY_AGAIN = ("40", "53", "55P03", "57")


def install_error_handlers(app: FastAPI) -> None:
    """Make every failure answer in Mastodon's form."""

    async def on_weizhi_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, WeizhiError)
        return problem(error, request.url.path)

    async def on_validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        if any(item["type"] == "json_invalid" for item in error.errors()):
            return problem(errors.Malformed("The body is not valid JSON"), request.url.path)
        return problem(errors.fields_error(_reasons(error)), request.url.path)

    async def on_http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return problem(NotFound(), request.url.path)
        code = {405: "method_not_allowed", 400: "bad_request", 413: "payload_too_large"}.get(error.status_code, "http")
        return JSONResponse(_body(str(error.detail), code), error.status_code, error.headers)

    async def on_database_busy(request: Request, error: Exception) -> Response:
        logger.error("the database does not answer", exc_info=error)
        return problem(errors.Unavailable(), request.url.path)

    async def on_database_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, sqlalchemy.exc.DBAPIError)
        away = isinstance(error, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError)
        state = getattr(error.orig, "sqlstate", None) or ""
        if away or error.connection_invalidated or state.startswith(_TRY_AGAIN):
            return await on_database_busy(request, error)
        raise error

    app.add_exception_handler(WeizhiError, on_weizhi_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(sqlalchemy.exc.TimeoutError, on_database_busy)
    app.add_exception_handler(sqlalchemy.exc.DBAPIError, on_database_error)
    app.add_exception_handler(asyncpg.PostgresError, on_database_busy)
    app.add_exception_handler(OSError, on_database_busy)


_REASONS = {
    "missing": "ERR_BLANK",
    "string_too_short": "ERR_BLANK",
    "string_too_long": "ERR_TOO_LONG",
    "too_long": "ERR_TOO_MANY",
    "enum": "ERR_INCLUSION",
    "literal_error": "ERR_INCLUSION",
}


def _reasons(error: RequestValidationError) -> dict[str, list[Detail]]:
    details: dict[str, list[Detail]] = {}
    for item in error.errors():
        place = [str(part) for part in item["loc"] if part not in ("body", "query", "path", "header")]
        code = _REASONS.get(item["type"], "ERR_INVALID")
        if item["type"] == "missing":
            description = "can't be blank"
        else:
            description = item["msg"].removeprefix("Value error, ").removeprefix("Input ")
        details.setdefault(".".join(place) or "body", []).append(Detail(error=code, description=description))
    return details
