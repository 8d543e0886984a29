"""/api/v1/trends: topics and posts that many people are busy with now."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import log
from app.kit.clock import now
from app.kit.http import CurrentSite, Reading, offset_link
from app.oauth.actor import ViewerId
from app.reading.hydrate import hydrate
from app.reading.present import present_status
from app.reading.present_tag import present_tag
from app.reading.rules import findable
from app.reading.schemas import StatusOut, TagDetailOut
from app.tags.queries import load_followed_tags, load_histories
from app.trends.scores import Board, Scores, ScoresUnavailable

logger = log.logger(__name__)
router = APIRouter(prefix="/api/v1/trends", tags=["trends"])

_FURTHEST = 1000
Offset = Annotated[int, Query(ge=0, le=_FURTHEST, description="Skip so many.")]


def _scores(request: Request) -> Scores:
    scores: Scores = request.app.state.resources.scores
    return scores


Board_ = Annotated[Scores, Depends(_scores)]


@router.get("", response_model=list[TagDetailOut], deprecated=True)
@router.get("/tags", response_model=list[TagDetailOut])
async def list_trending_tags(
    viewer_id: ViewerId,
    session: Reading,
    site: CurrentSite,
    scores: Board_,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, description="How many; 20 at most.")] = 10,
    offset: Offset = 0,
) -> list[TagDetailOut]:
    """Topics that many different people write about now: each counts once a day, the last hours most."""
    limit = min(limit, 20)
    tags = await _top(scores, "tag", limit=limit, offset=offset)
    response.headers.update(offset_link(request, site, offset=offset, limit=limit, found=len(tags)))
    histories = await load_histories(session, tags=tags, now=now())
    followed = await load_followed_tags(session, account_id=viewer_id, tags=tags) if viewer_id else set()
    return [
        present_tag(tag, histories[tag], site=site, following=tag in followed if viewer_id else None) for tag in tags
    ]


@router.get("/statuses", response_model=list[StatusOut])
async def list_trending_statuses(
    viewer_id: ViewerId,
    session: Reading,
    site: CurrentSite,
    scores: Board_,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, description="How many; 40 at most.")] = 20,
    offset: Offset = 0,
) -> list[StatusOut]:
    """Public posts that many different people like, pass on and answer now."""
    limit = min(limit, 40)
    ids = [int(thing) for thing in await _top(scores, "post", limit=limit, offset=offset)]
    response.headers.update(offset_link(request, site, offset=offset, limit=limit, found=len(ids)))
    return await _read(session, ids, viewer_id, site)


async def _read(session: AsyncSession, ids: list[int], viewer_id: int | None, site: CurrentSite) -> list[StatusOut]:
    hydrated = await hydrate(session, ids=ids, viewer_id=viewer_id)
    return [
        present_status(item, hydrated, site=site)
        for id in ids
        if (item := hydrated.posts.get(id)) and findable(item, hydrated)
    ]


async def _top(scores: Scores, board: Board, *, limit: int, offset: int) -> list[str]:
    try:
        return await scores.top(board, limit=limit, offset=offset)
    except ScoresUnavailable:
        logger.warning("no trends: their store does not answer")
        return []
