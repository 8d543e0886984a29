"""/api/v1/polls: show and vote."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.kit.errors import NotFound
from app.kit.http import CurrentSite, PathId, Reading, Transaction
from app.kit.site import Site
from app.oauth.actor import Actor, ViewerId, requires
from app.polls import queries, service
from app.polls.schemas import VoteIn
from app.reading.pipeline import read_status
from app.reading.schemas import PollOut

router = APIRouter(prefix="/api/v1/polls", tags=["polls"])

Voter = Annotated[Actor, requires("write:statuses")]


@router.get("/{id}", response_model=PollOut)
async def get_poll(id: PathId, viewer_id: ViewerId, session: Reading, site: CurrentSite) -> PollOut:
    """A poll of a post that you may see."""
    poll = await queries.get_visible_poll(session, id=id, viewer_id=viewer_id)
    return await _present(session, poll.post_id, viewer_id, site)


@router.post("/{id}/votes", response_model=PollOut)
async def vote(
    id: PathId,
    body: VoteIn,
    actor: Annotated[Actor, requires("write:statuses")],
    session: Transaction,
    site: CurrentSite,
) -> PollOut:
    """Vote, once, for one option or, where the poll takes several, for some."""
    poll = await service.vote(session, poll_id=id, account_id=actor.account_id, choices=body.choices, now=now())
    return await _present(session, poll.post_id, actor.account_id, site)


async def _present(session: AsyncSession, post_id: int, viewer_id: int | None, site: Site) -> PollOut:
    status = await read_status(session, id=post_id, viewer_id=viewer_id, site=site)
    if status.poll is None:
        raise NotFound
    return status.poll
