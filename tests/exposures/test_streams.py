"""Jobs that come by open streams."""

import pytest

from app.bootstrap import Resources
from tests.exposures.test_noting import noted
from tests.people import World
from tests.streaming.conftest import Served, served

__all__ = ["served"]

pytestmark = pytest.mark.anyio


async def test_are_noted_and_carry_nobody_s_name(world: World, served: Served, resources: Resources) -> None:
    recruiter, bo, ann = await world.people("recruiter", "bo", "ann")
    await ann.follows(bo)
    job = await recruiter.publishes_job()
    await world.settle()
    async with served.sse("user", ann.token) as stream, served.sse("user", bo.token):
        repost = await bo.reposts({"id": job["status_id"]})
        await world.settle()
        _, status = await stream.next()
    assert (status["id"], status["card"]["url"]) == (repost["id"], job["url"])
    row = (int(ann.id), int(job["status_id"]), int(repost["id"]), "stream", False, None)
    assert await noted(resources) == [row]
