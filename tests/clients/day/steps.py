"""What the steps of the day share. pytest runs them in their order, one after the other."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from mastodon import Mastodon

T = TypeVar("T")
SCOPES = ["read", "write", "follow", "push"]
PASSWORD = "correct horse battery"


@dataclass
class Day:
    """Who is there, and what the steps before left."""

    url: str
    client_id: str = ""
    client_secret: str = ""
    people: dict[str, Mastodon] = field(default_factory=dict)
    # By a word of ours: what steps made for those after them.
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def lin(self) -> Mastodon:
        """Whose day it is."""
        return self.people["lin"]

    @property
    def bo(self) -> Mastodon:
        """A colleague."""
        return self.people["bo"]

    @property
    def mei(self) -> Mastodon:
        """Someone who lets followers in by hand."""
        return self.people["mei"]

    def client(self) -> Mastodon:
        """The app, with nobody logged in."""
        return Mastodon(
            client_id=self.client_id, client_secret=self.client_secret, api_base_url=self.url, request_timeout=20
        )

    def id(self, name: str) -> str:
        """Somebody's account id."""
        return str(self.people[name].me().id)


@pytest.fixture(scope="session")
def day() -> Day:
    """The day, which all steps share."""
    return Day(os.environ["DAY_URL"])


def eventually(look: Callable[[], T], seen: object = None, *, seconds: float = 15) -> T:
    """What `look` gives as soon as it is true: background work takes a moment. `seen` is told if it never is."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"it did not come true in {seconds} seconds; last seen: {seen or found!r}"
        time.sleep(0.05)
    return found


def refused(call: Callable[[], object], kind: type[Exception]) -> str:
    """The message with which `call` is refused."""
    try:
        answer = call()
    except kind as error:
        return str(error)
    raise AssertionError(f"not refused, but answered: {answer!r}")


def ids(entities: Any) -> list[str]:
    """The ids of a list, in order."""
    return [str(entity["id"]) for entity in entities]
