"""Reads a job's cascade into memory, for whoever sits in its organisation."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, fetch_profiles
from app.cascades import queries
from app.cascades.tree import Tree
from app.jobs.models import Job
from app.jobs.queries import get_visible_job
from app.kit.errors import Conflict
from app.kit.ids import LARGEST
from app.kit.work import through
from app.organizations.queries import EVERY_ROLE, require_seat


class NotPublished(Conflict):
    code = "not_published"
    message = "This job has not been published, so it has not travelled"


async def read_tree(
    session: AsyncSession, *, job_id: int, viewer_id: int, until: int | None = None
) -> tuple[Job, Tree]:
    """A job of the viewer's organisation and its cascade. Raises NotFound, NotSeatMember, NotPublished.

    With what is younger than `until` left out it stands, and weighs, as it did then: nodes are never taken away.
    """
    job = await get_visible_job(session, id=job_id, viewer_id=viewer_id)
    await require_seat(session, organization_id=job.organization_id, account_id=viewer_id, roles=EVERY_ROLE)
    if job.post_id is None:
        raise NotPublished
    until = LARGEST if until is None else until
    leaves = await queries.read_leaves(session, job_id=job.id, until=until)
    nodes = await queries.read_nodes(session, root_id=job.post_id, until=until)
    # Not on the loop: a large tree takes it some hundredths of a second, in which it should answer others.
    return job, await asyncio.to_thread(Tree, job.post_id, job.author_id, nodes, leaves)


async def load_named(session: AsyncSession, *, viewer_id: int, tree: Tree, places: list[int]) -> dict[int, Profile]:
    """By place, who is told to be there: public reposters who are not suspended nor keep the viewer away."""
    accounts = {place: tree.accounts[place] for place in places if tree.names(place)}
    people = set(accounts.values())
    unnamed = await queries.load_unnamed(session, ids=people, viewer_id=viewer_id)
    profiles = await fetch_profiles(through(session), ids=people - unnamed)
    return {place: profiles[id] for place, id in accounts.items() if id in profiles}
