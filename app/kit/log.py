"""Structured logs: one JSON object a line, each with the id of the request that caused it."""

import asyncio
import atexit
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def configure(level: str) -> None:
    """Send our lines and the libraries' to standard output as JSON, from `level` up."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(
                    serializer=lambda line, **_: orjson.dumps(line, default=str).decode()
                ),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # We write a line for each request ourselves. Uvicorn looks whether there are handlers, not whether it is disabled.
    logging.getLogger("uvicorn.access").propagate = False
    # One line for each outgoing request would drown ours.
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one module."""
    return structlog.stdlib.get_logger(name)


def given_id(given: str) -> str | None:
    """A caller's own request id, if it is short and plain, so that ids join up across services."""
    return given if 8 <= len(given) <= 64 and given.isascii() and given.isprintable() else None


class _Requests:
    """One line for each request, written a tenth of a second's worth at a time: a call each would cost more than some
    requests do."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        # The last ones, when the loop that would have written them is gone.
        atexit.register(self._write)

    def add(self, line: dict[str, Any]) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(0.1, self._write)
        self._lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        if not lines:
            return
        sys.stdout.write(b"".join(lines).decode())
        sys.stdout.flush()


_requests = _Requests()


def request(id: str, method: str, path: str, status: int, seconds: float) -> None:
    """Note a request that was answered."""
    if logging.root.isEnabledFor(logging.INFO):
        _requests.add(
            {
                "event": "request",
                "method": method,
                "path": path,
                "status": status,
                "ms": round(seconds * 1000, 2),
                "request_id": id,
                "level": "info",
                "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            }
        )


def _with_request_id(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if value := request_id.get():
        line.setdefault("request_id", value)
    return line
