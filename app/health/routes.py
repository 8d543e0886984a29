"""/livez, /readyz, /health, /metrics."""

import asyncio
from collections.abc import Awaitable
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from app.kit import metrics
from app.kit.db import Database
from app.kit.errors import Unavailable
from app.kit.wire import WireModel
from app.migrate import head
from app.outbox.queries import backlog

router = APIRouter(tags=["health"])

_DEADLINE_SECONDS = 1.0
Answer = Literal["ok", "down"]


class LiveOut(WireModel):
    """The process runs."""

    status: Literal["ok"] = "ok"


class ReadyOut(WireModel):
    """Requests can be served; `degraded` when without something that PostgreSQL stands in for."""

    status: Literal["ok", "degraded"]
    postgres: Answer
    feeds: Answer
    search: Answer
    search_engine: str


class NotReady(Unavailable):
    code = "not_ready"
    message = "PostgreSQL does not answer, or its schema is not this version's"


@router.get("/livez", response_model=LiveOut)
async def live() -> LiveOut:
    """Whether the process answers. Touches nothing."""
    return LiveOut()


@router.get("/readyz", response_model=ReadyOut)
async def ready(request: Request) -> ReadyOut:
    """Whether requests can be served: PostgreSQL answers and has this version's schema."""
    resources = request.app.state.resources
    if not await _within_deadline(_check_schema(resources.db)):
        raise NotReady
    feeds, search = await asyncio.gather(
        _within_deadline(resources.feeds.ping()), _within_deadline(resources.index.ping())
    )
    return ReadyOut(
        status="ok" if feeds and search else "degraded",
        postgres="ok",
        feeds="ok" if feeds else "down",
        search="ok" if search else "down",
        search_engine=resources.index.name,
    )


@router.get("/health", response_class=PlainTextResponse)
async def health() -> PlainTextResponse:
    """Whether the process answers, in Mastodon's words. Touches nothing."""
    return PlainTextResponse("OK")


@router.get("/metrics", include_in_schema=False)
async def tell_metrics(request: Request) -> Response:
    """This process's numbers, and the outbox's, for Prometheus."""
    async with request.app.state.resources.db.reading() as session:
        held = await backlog(session)
    metrics.OUTBOX_EVENTS.set(held.events)
    metrics.OUTBOX_OLDEST_SECONDS.set(held.oldest_seconds)
    for state in ("waiting", "leased", "dead"):
        metrics.TASKS_HELD.labels(state).set(getattr(held, state))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _check_schema(db: Database) -> None:
    async with db.reading() as session:
        revision = await session.scalar(text("SELECT version_num FROM alembic_version"))
    if revision != head():
        raise NotReady


async def _within_deadline(check: Awaitable[None]) -> bool:
    try:
        await asyncio.wait_for(check, _DEADLINE_SECONDS)
    except Exception:
        return False
    return True
