"""openapi.yaml is what the code says, and tells a reader what an operation does."""

import re
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


# Of some operations all codes with which they refuse; that no other is without one that it gives, tests/contract sees.
_REFUSES = {
    "POST /api/weizhi/v1/jobs/{id}/publish": {
        "401": ["invalid_token"],
        "403": ["account_required", "insufficient_scope", "not_seat_member", "organization_unverified"],
        "404": ["not_found"],
        "409": ["idempotency_key_reused", "invalid_transition"],
        "422": ["validation_failed"],
        "429": ["rate_limited"],
    },
    "POST /api/weizhi/v1/jobs/{id}/pause": {
        "401": ["invalid_token"],
        "403": ["account_required", "insufficient_scope", "not_seat_member"],
        "404": ["not_found"],
        "409": ["invalid_transition"],
        "429": ["rate_limited"],
    },
    "POST /api/weizhi/v1/inbound/{kind}/{id}": {
        "401": ["bad_signature", "timestamp_out_of_range"],
        "403": ["organization_unverified", "source_disabled", "source_not_authorized"],
        "404": ["not_found"],
        "409": ["invalid_transition"],
        "415": ["unsupported_payload"],
        "422": ["validation_failed"],
        "429": ["rate_limited"],
    },
    "GET /api/weizhi/v1/organizations/{id}": {"404": ["not_found"], "429": ["rate_limited"]},
}


@pytest.mark.parametrize("name", _REFUSES)
def test_operations_of_ours_name_the_codes_they_refuse_with(name: str) -> None:
    responses = _OPERATIONS[name]["responses"]
    told = {key: re.findall(r"`(\w+)`:", told["description"]) for key, told in responses.items() if key.startswith("4")}

    assert {key: codes for key, codes in told.items() if key != "4XX"} == _REFUSES[name]


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for operation in _OPERATIONS.values()]

    assert len(set(names)) == len(names)
