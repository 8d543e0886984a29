"""What FastAPI cannot know for `openapi.yaml`: our errors, our encodings, our scopes."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.kit.http import Problem

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_PROBLEM = {"$ref": "#/components/schemas/Problem"}


def describe(api: FastAPI) -> None:
    """Make `api.openapi()` tell the whole truth."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _complete(
                get_openapi(title=api.title, version=api.version, summary=api.summary, routes=api.routes)
            )
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _complete(schema: dict[str, Any]) -> dict[str, Any]:
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}), Problem=problem)
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"bearer": []}, {}]
    for operations in schema["paths"].values():
        for operation in operations.values():
            _complete_operation(operation)
    return schema


def _complete_operation(operation: dict[str, Any]) -> None:
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
    responses["4XX"] = {
        "description": "Refused, with the reason",
        "content": {"application/json": {"schema": _PROBLEM}},
    }
    responses["503"] = {
        "description": "Busy; try again after `Retry-After` seconds",
        "content": {"application/json": {"schema": _PROBLEM}},
    }
