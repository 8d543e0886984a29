"""What reading finds of the errors that code raises."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from app.kit import errors, refusals
from app.kit.errors import Conflict, Forbidden, Gone, Invalid, NotFound, Unavailable
from app.kit.refusals import Refusals, never, refuses


@pytest.fixture(autouse=True)
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions of this file are read like the service's own."""
    monkeypatch.setattr(refusals, "_is_ours", lambda one: isinstance(one, FunctionType) and "test_" in one.__module__)


def plain() -> None:
    raise NotFound


def made(field: str) -> None:
    raise Conflict(f"by {field}")


def returned() -> Invalid:
    return Invalid("x")


def by_another() -> None:
    plain()
    raise returned()


def catches() -> None:
    try:
        plain()
        made("x")
    except NotFound:
        pass


def lets_some_through() -> None:
    try:
        raise Unavailable
    except Unavailable:
        raise
    except errors.WeizhiError:
        pass


def hides() -> None:
    try:
        plain()
    except NotFound as error:
        raise Gone from error


def given(plain: Callable[[], None]) -> Any:
    # Not the function of that name above.
    return plain


def within() -> Callable[[], None]:
    def inner() -> None:
        plain()

    return inner


def round_and_round() -> None:
    round_and_round()
    raise Forbidden


@never(NotFound)
def knows_better() -> None:
    plain()
    made("x")


@refuses(Gone)
def says_more() -> None:
    knows_better()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (plain, {NotFound}),
        (made, {Conflict}),
        (by_another, {NotFound, Invalid}),
        (catches, {Conflict}),
        (lets_some_through, {Unavailable}),
        (hides, {Gone}),
        (given, set()),
        (within, {NotFound}),
        (round_and_round, {Forbidden}),
        (knows_better, {Conflict}),
        (says_more, {Conflict, Gone}),
    ],
)
def test_are_those_that_get_out(function: Any, expected: set[Any]) -> None:
    assert Refusals().of([function]) == expected


def test_of_what_is_no_function_are_none() -> None:
    assert Refusals().of([None, NotFound, print, object()]) == set()
