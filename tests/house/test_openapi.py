"""openapi.yaml is what the code says, and tells a reader what an operation does."""

from typing import Any

import pytest
import yaml

from app.main import create_app
from tests.house import HERE

_DESCRIPTION: dict[str, Any] = create_app().openapi()
_OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in _DESCRIPTION["paths"].items()
    for method, operation in methods.items()
}


def test_the_committed_file_is_the_generated_one() -> None:
    committed = yaml.safe_load((HERE / "openapi.yaml").read_text())

    assert committed == _DESCRIPTION, "run `make docs`"


@pytest.mark.parametrize("name", _OPERATIONS)
def test_every_operation_is_described(name: str) -> None:
    operation = _OPERATIONS[name]

    assert operation["summary"]
    assert len(operation.get("description", "")) > 5
    assert operation["tags"]
    assert operation["operationId"]


@pytest.mark.parametrize("name", _OPERATIONS)
def test_every_operation_tells_how_it_refuses(name: str) -> None:
    refusal = _OPERATIONS[name]["responses"]["4XX"]

    assert refusal["description"]
    assert refusal["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for operation in _OPERATIONS.values()]

    assert len(set(names)) == len(names)
