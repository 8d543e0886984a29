"""A source posts in its maker's name only as long as that account might do so itself."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.people import World
from tests.test_story import GREENHOUSE_POST, greenhouse_source, push

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM seats WHERE account_id = :id",
        "UPDATE seats SET role = 'viewer' WHERE account_id = :id",
        "UPDATE accounts SET suspended_at = now() WHERE id = :id",
    ],
)
async def test_a_push_after_the_maker_lost_its_standing_is_kept_and_refused(
    world: World, resources: Resources, change: str
) -> None:
    recruiter = await world.person("recruiter")
    source = await greenhouse_source(recruiter)
    async with resources.db.transaction() as session:
        await session.execute(text(change), {"id": int(recruiter.id)})

    refused = await push(world, source, GREENHOUSE_POST)

    assert (refused.status_code, refused.json()["code"]) == (403, "source_not_authorized")
    async with resources.db.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM receipts WHERE status = 'rejected'")) == 1
        assert await session.scalar(text("SELECT count(*) FROM posts")) == 0


async def test_a_message_nested_too_deeply_is_kept_and_refused(world: World, resources: Resources) -> None:
    recruiter = await world.person("recruiter")
    source = await greenhouse_source(recruiter)
    nested: Any = "x"
    for _ in range(900):
        nested = [nested]
    message = {**GREENHOUSE_POST, "payload": {**GREENHOUSE_POST["payload"], "content": nested}}

    refused = await push(world, source, json.dumps(message).encode())

    assert (refused.status_code, refused.json()["status"]) == (400, "rejected")
    assert len(await recruiter.get(f"/api/weizhi/v1/inbound_sources/{source['id']}/receipts")) == 1


async def test_an_assumed_end_that_passed_moves_on_with_the_next_push(world: World, resources: Resources) -> None:
    recruiter = await world.person("recruiter")
    source = await greenhouse_source(recruiter)
    job_id = (await push(world, source, GREENHOUSE_POST)).json()["job_id"]
    async with resources.db.transaction() as session:
        await session.execute(text("UPDATE jobs SET valid_through = '2020-01-01'"))
    changed = {
        "action": "job_post_updated",
        "payload": {**GREENHOUSE_POST["payload"], "title": "远程高级后端工程师"},
    }

    updated = await push(world, source, changed, event_id="evt-2")

    assert (updated.status_code, updated.json()["status"]) == (202, "updated")
    assert (await recruiter.get(f"/api/weizhi/v1/jobs/{job_id}"))["valid_through"] > "2026-01-01"
