"""What openapi.yaml shows as an example is one: of every answer and request of ours, and as its schema says."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tests.house.test_openapi import _DESCRIPTION, _OPERATIONS

_SCHEMAS: dict[str, dict[str, Any]] = _DESCRIPTION["components"]["schemas"]
_OURS = sorted(name for name in _OPERATIONS if " /api/weizhi/v1/" in name)
_REGISTRY = jsonschema_rs.Registry([("urn:api", _DESCRIPTION)])
# Files themselves have no example; the words sent beside one do.
_TYPES = ("application/json", "multipart/form-data")

_TIME = re.compile(r"^\d{4}-\d\d-\d\dT")
_MASTODON_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def examples(schema: dict[str, Any]) -> list[Any]:
    return [*schema.get("examples", ()), *([schema["example"]] if "example" in schema else ())]


def bodies(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas of what an operation takes and of what it answers when all is well."""
    parts = [operation.get("requestBody", {})]
    parts += [response for status, response in operation["responses"].items() if status.startswith("2")]
    for part in parts:
        yield from (content["schema"] for kind, content in part.get("content", {}).items() if kind in _TYPES)


def shown(schema: dict[str, Any]) -> bool:
    """Whether a reader of the schema meets an example of the whole, of its items or of each of its alternatives."""
    if examples(schema):
        return True
    if "$ref" in schema:
        return shown(_SCHEMAS[schema["$ref"].rsplit("/", 1)[-1]])
    if "items" in schema:
        return shown(schema["items"])
    if "anyOf" in schema:
        return all(shown(one) for one in schema["anyOf"] if one != {"type": "null"})
    return any(shown(one) for one in schema.get("allOf", ()))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def test_what_operations_of_ours_take_and_answer_has_an_example() -> None:
    assert [name for name in _OURS for schema in bodies(_OPERATIONS[name]) if not shown(schema)] == []
    assert len(_OURS) > 90


@pytest.mark.parametrize("name", [name for name, schema in _SCHEMAS.items() if examples(schema)])
def test_an_example_is_what_its_schema_says(name: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(
        {"$ref": f"urn:api#/components/schemas/{name}"}, registry=_REGISTRY, validate_formats=True
    )
    for example in examples(_SCHEMAS[name]):
        assert [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(example)] == []
        # Requests may have what is not known, and answers may not: an example has neither.
        assert example.keys() <= _SCHEMAS[name].get("properties", {}).keys()


def test_times_in_answers_are_as_we_print_them() -> None:
    times = [
        text
        for name, schema in _SCHEMAS.items()
        if name.endswith("Out")
        for text in strings(examples(schema))
        if _TIME.match(text)
    ]
    assert [time for time in times if not _MASTODON_TIME.match(time)] == []
    assert len(times) > 50
