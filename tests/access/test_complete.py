"""No operation of ours is without a row: somebody said who may do it, and a test tried everyone who may not."""

import re
from collections.abc import Iterator

from app.main import create_app
from tests.access import test_applications, test_cascades, test_inbound, test_jobs
from tests.inbound.signing import SOURCES
from tests.introductions import test_access as introductions
from tests.introductions.test_paths import INTRODUCTIONS
from tests.webhooks import test_access as webhooks
from tests.webhooks.conftest import SCOPE

V1 = "/api/weizhi/v1"
# Without a row, each with the reason. That they want a token, and the right scope, `test_every_operation` shows.
OTHERWISE = {
    f"GET {V1}/search/suggest": "what open jobs are called is public",
    f"GET {V1}/search/timeline": "test_matrix",
    f"POST {V1}/statuses/{{}}/reblog": "who may see a post may pass it on: test_matrix, tests/posts",
    f"POST {V1}/statuses/{{}}/repost": "who may see a post may pass it on: test_matrix, tests/posts",
    f"GET {V1}/jobs/{{}}/funnel": "test_funnel",
    f"GET {V1}/inbound_sources": "shows one's own alone: test_inbound",
    f"POST {V1}/inbound/{{}}/{{}}": "signed by the sender instead: tests/inbound",
    f"GET {V1}/webhooks/event_types": "what can be told is public",
}


def rows() -> Iterator[tuple[str, str]]:
    """Method and path of every row of every matrix."""
    yield from test_jobs.ROWS
    yield from ((method, V1 + path) for method, path, _ in test_applications.ROWS.values())
    yield from ((method, SOURCES + path) for method, path, _ in test_inbound.ROWS.values())
    yield from (("GET", path) for path in (*test_cascades.OF_SEATS, test_cascades.PATH))
    yield from ((method, f"{SCOPE}/{path}") for method, path, _ in webhooks.OPERATIONS)
    for row in introductions.MATRIX:
        method, _, path = row.partition(" ")
        yield method, INTRODUCTIONS + path


def named(method: str, path: str) -> str:
    return f"{method} {re.sub(r'{[^}]*}', '{}', path.partition('?')[0])}"


def test_every_operation_of_ours_has_a_row_or_a_reason() -> None:
    ours = {
        named(method.upper(), path)
        for path, methods in create_app().openapi()["paths"].items()
        if path.startswith(V1)
        for method in methods
    }
    tried = {named(*row) for row in rows()}
    assert ours - tried - OTHERWISE.keys() == set()
    assert OTHERWISE.keys() & tried == set()
    assert OTHERWISE.keys() <= ours
    assert tried <= ours
