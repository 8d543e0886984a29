"""What FastAPI cannot know for `openapi.yaml`: our errors, our encodings, our scopes."""

from asyncio import to_thread
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.encoders import jsonable_encoder
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel

from app.kit.errors import Invalid, RateLimited
from app.kit.http import STATUS, Problem
from app.kit.refusals import Error, Refusals
from app.kit.wire import RequestModel, WireModel
from app.oauth import scopes
from app.oauth.actor import Access, find_access

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# Whose refusals are told one by one: of the others Mastodon's documentation tells.
_OURS = "/api/weizhi/"
_REFUSALS = Refusals()
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_OAUTH = {
    "type": "oauth2",
    "description": "A wide scope contains its narrow ones: `write` allows `write:statuses`. Where an operation names"
    " several alternatives, one of them will do. A code needs PKCE (S256) where the app has no secret.",
    "flows": {
        "authorizationCode": {
            "authorizationUrl": "/oauth/authorize",
            "tokenUrl": "/oauth/token",
            "refreshUrl": "/oauth/token",
            "scopes": dict(scopes.MEANINGS),
        },
        "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": dict(scopes.MEANINGS)},
    },
}


def describe(api: FastAPI) -> None:
    """Make `api.openapi()` tell the whole truth, and show it at /openapi.json."""
    writing = Lock()

    def openapi() -> dict[str, Any]:
        with writing:
            if api.openapi_schema is None:
                schema = get_openapi(title=api.title, version=api.version, summary=api.summary, routes=api.routes)
                api.openapi_schema = _complete(schema, _told(api))
            return api.openapi_schema

    @cache
    def written() -> bytes:
        return orjson.dumps(openapi())

    async def show(request: Request) -> Response:
        # The first time it takes seconds, in which others want to be answered.
        return Response(await to_thread(written), media_type="application/json")

    api.openapi = openapi  # type: ignore[method-assign]
    api.add_route("/openapi.json", show, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the code tells of an operation: what it asks of a token, and with what it refuses."""

    access: Access | None
    errors: set[Error]


def _told(api: FastAPI) -> dict[tuple[str, str], _Told]:
    """Of each operation, by path and method."""
    return {
        (route.path_format, method.lower()): _Told(find_access(route.dependant), _errors(route))
        for context in iter_route_contexts(api.routes)
        if isinstance(route := context.original_route, APIRoute)
        for method in route.methods or ()
    }


def _errors(route: APIRoute) -> set[Error]:
    if not route.path_format.startswith(_OURS):
        return set()
    reads_values = route.body_field is not None or any(one.query_params for one in _all(route.dependant))
    return {
        RateLimited,
        *([Invalid] if reads_values else ()),
        *_REFUSALS.of(one.call for one in _all(route.dependant)),
    }


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for one in dependant.dependencies:
        yield from _all(one)


def _complete(schema: dict[str, Any], told: dict[tuple[str, str], _Told]) -> dict[str, Any]:
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}), Problem=problem)
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    _give_back_nulls(schemas)
    components["securitySchemes"] = {"OAuth": _OAUTH}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            operation["security"] = _security(told[path, method].access)
            _complete_operation(operation, told[path, method].errors)
    return schema


def _give_back_nulls(schemas: dict[str, dict[str, Any]]) -> None:
    """FastAPI leaves out all that is null, in examples too, which are not whole then: show them as models have them."""
    whole = list(_examples())
    for schema in schemas.values():
        for kind in ("example", "examples"):
            for name, example in whole if kind in schema else ():
                if name == schema.get("title") and jsonable_encoder(example, exclude_none=True) == schema[kind]:
                    # A copy: what several examples share would be told by reference.
                    schema[kind] = jsonable_encoder(example)
                    break


def _examples() -> Iterator[tuple[str, Any]]:
    for model in (*_below(WireModel), *_below(RequestModel)):
        extra = model.model_config.get("json_schema_extra")
        if isinstance(extra, dict):
            yield from ((model.__name__, extra[kind]) for kind in ("example", "examples") if kind in extra)


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for child in model.__subclasses__():
        yield child
        yield from _below(child)


def _security(access: Access | None) -> list[dict[str, list[str]]]:
    """The alternatives: no token, where anyone may call, or one with one of the scopes."""
    if access is None:
        return []
    nobody: list[dict[str, list[str]]] = [{}] if access.anyone else []
    return nobody + ([{"OAuth": [scope]} for scope in access.one_of] or [{"OAuth": []}])


def _complete_operation(operation: dict[str, Any], errors: set[Error]) -> None:
    body = operation.get("requestBody", {}).get("content", {})
    if "application/json" in body:
        body.update(dict.fromkeys(_FORMS, body["application/json"]))
    if files := operation.pop("x-files", None):
        words = body["application/json"]["schema"]
        if files["required"]:
            body.clear()
        body["multipart/form-data"] = {"schema": {"allOf": [words, files]}}
    responses = operation["responses"]
    responses.pop("422", None)
    for status, description in _refusals(errors):
        responses[status] = _refused(description)
    responses["4XX"] = _refused("Refused, with the reason")
    responses["503"] = _refused("Busy; try again after `Retry-After` seconds")


def _refused(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _PROBLEM}}}


def _refusals(errors: set[Error]) -> Iterator[tuple[str, str]]:
    """Each status below 500 with the codes it may come with, and what they mean."""
    meanings: dict[int, dict[str, str]] = {}
    for error in errors:
        status = next(status for kind, status in STATUS.items() if issubclass(error, kind))
        told = meanings.setdefault(status, {})
        # Classes may share a code: their kind says what it means.
        told[error.code] = min(told.get(error.code, error.message), error.message, key=len)
    for status, told in sorted(meanings.items()):
        if status < 500:
            meant = {code: message.removeprefix("Validation failed: ") for code, message in told.items()}
            yield str(status), "; ".join(f"`{code}`: {message}" for code, message in sorted(meant.items()))
