"""What goes with every answer of the fast lane: the headers that matter, the request's id, and that it is counted."""

import itertools
import secrets
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from app.exposures.noting import Exposures
from app.express.answers import HEADER_LINE, Answer
from app.express.requests import ROUTES
from app.kit import log, metrics
from app.kit.cors import EXPOSED
from app.limits.limits import Standing
from app.limits.throttle import limit_headers, limit_lines

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

_CORS = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", ", ".join(EXPOSED).encode())]
_CORS_LINES = b"".join(map(HEADER_LINE.__mod__, _CORS))
_READS = {kind: metrics.REQUESTS.of("GET", path) for kind, path in ROUTES.items()}


class Given(NamedTuple):
    """The headers that matter here, as they came."""

    authorization: bytes | None
    request_id: bytes | None
    origin: bytes | None


def given_in(headers: Headers) -> Given:
    """Those of a request's headers, whose names are in lower case."""
    # Of headers given twice the first counts, as for the routes.
    first = dict(reversed(headers))
    return Given(first.get(b"authorization"), first.get(b"x-request-id"), first.get(b"origin"))


def _request_ids() -> Iterator[str]:
    prefix = secrets.token_hex(4)
    for number in itertools.count():
        yield f"{prefix}{number:08x}"


_ids = _request_ids()


def request_id_of(given: Given) -> str:
    """The caller's own id of the request if it is a good one, else a new one."""
    if given.request_id is None:
        return next(_ids)
    return log.given_id(given.request_id.decode("latin-1")) or next(_ids)


def shared_headers(given: Given, standing: Standing) -> list[tuple[bytes, bytes]]:
    """What every answer says besides: how the caller stands with its limit, and that any site may read it."""
    headers = limit_headers(standing)
    return headers + _CORS if given.origin else headers


def shared_lines(given: Given, standing: Standing) -> bytes:
    """The same as lines of an answer's head, each with its end."""
    lines = limit_lines(standing)
    return lines + _CORS_LINES if given.origin else lines


def served(resources: Any, answer: Answer, request_id: str, path: str, started: float) -> None:
    """Count and note an answer that is given to a request which came at `started` (`perf_counter`)."""
    if answer.shown and not answer.noted:
        _note(resources.exposures, answer)
    seconds = time.perf_counter() - started
    _READS[answer.asked.kind].note(200, seconds)
    log.request(request_id, "GET", path, 200, seconds)


def _note(exposures: Exposures, answer: Answer) -> None:
    """What a page shows is noted once, however often it is read: with the day an answer that shows a job ends."""
    answer.noted = True
    if answer.asker.viewer_id is not None:
        exposures.note(answer.asker.viewer_id, ROUTES[answer.asked.kind], answer.shown)
