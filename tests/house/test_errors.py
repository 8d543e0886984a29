"""Every error has a code of its own, and every code is documented with its status."""

import inspect
import re

from app.kit import errors
from app.kit.errors import WeizhiError
from app.kit.http import STATUS
from tests.house import HERE, subclasses

_ERRORS = subclasses(WeizhiError)
_KINDS = set(STATUS)
# Given by the HTTP layer itself, for what no class of ours stands for.
_FROM_HTTP = {"method_not_allowed": "405", "internal_error": "500", "http": "any other"}


def documented() -> dict[str, str]:
    """Code → status, as docs/errors.md tells."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+?) \| [^|]{10,} \|$", (HERE / "docs/errors.md").read_text(), re.MULTILINE)
    assert len(dict(rows)) == len(rows), "a code has two rows"
    return dict(rows)


def status(error: type[WeizhiError]) -> str:
    return str(next(status for kind, status in STATUS.items() if issubclass(error, kind)))


def test_each_has_a_kind_and_each_kind_a_status() -> None:
    in_kit = {error for error in _ERRORS if error.__module__ == errors.__name__}

    assert in_kit == _KINDS
    assert [error for error in _ERRORS if not issubclass(error, tuple(_KINDS))] == []


def test_each_has_its_own_snake_case_code() -> None:
    of_kinds = {kind.code for kind in _KINDS}
    own = [error.code for error in _ERRORS if error in _KINDS or error.code not in of_kinds]

    assert len(set(own)) == len(own)
    assert [code for code in own if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []
    for error in _ERRORS:
        # A class without a code of its own may only use its own kind's, and must say so.
        if error not in _KINDS and error.code in of_kinds:
            assert any(issubclass(error, kind) for kind in _KINDS if kind.code == error.code), error
        assert "code" in vars(error), f"{error.__name__} should state its code"


def test_messages_are_sentences_for_people() -> None:
    for error in _ERRORS:
        assert error.message[0].isupper() or error.message.startswith("via "), error
        assert not error.message.endswith("."), error


def test_every_code_is_documented_with_its_status_and_none_besides() -> None:
    assert documented() == {error.code: status(error) for error in _ERRORS} | _FROM_HTTP


def test_the_http_layer_s_own_codes_are_the_ones_listed() -> None:
    source = inspect.getsource(__import__("app.kit.http", fromlist=["http"]))
    literal = set(re.findall(r'\d{3}: "(\w+)"', source)) | set(re.findall(r'_body\([^)]*?, "(\w+)"\)', source))

    assert literal <= documented().keys()


def test_the_documentation_is_sorted_by_status_and_code() -> None:
    rows = list(documented().items())[:-1]

    assert rows == sorted(rows, key=lambda row: (row[1], row[0]))
