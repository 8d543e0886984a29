"""Nothing acknowledged is lost: the API, and then the worker, are killed wherever they wait while a job comes in."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.settings import Settings
from tests.inbound.feed_server import FeedServer
from tests.inbound.signing import SOURCES, hex_of, source_of, verified
from tests.people import World
from tests.test_story import GREENHOUSE_POST, greenhouse_source

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("durability")]

# Each wait costs a process: by default some are tried, and each of the last, around the commit and the answer.
EVERY = bool(os.environ.get("WEIZHI_TEST_EVERY_WAIT"))

Order = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"outbound_allow_networks": "127.0.0.0/8"})


@asynccontextmanager
async def dying(resources: Resources) -> AsyncIterator[Order]:
    """A process whose forks die when told to."""
    settings = resources.settings
    assert settings.database_url
    assert settings.redis_url
    env = {
        **os.environ,
        "WEIZHI_DATABASE_URL": settings.database_url.get_secret_value(),
        "WEIZHI_REDIS_URL": settings.redis_url.get_secret_value(),
        "WEIZHI_BASE_URL": "http://weizhi.test",
        "WEIZHI_OUTBOUND_ALLOW_NETWORKS": settings.outbound_allow_networks,
        "WEIZHI_RATE_LIMITS": "off",
        "WEIZHI_DATABASE_POOL": "5",
        "WEIZHI_DATA": str(settings.media),
    }
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tests.dying")
    process = await asyncio.create_subprocess_exec(*command, env=env, stdin=pipe, stdout=pipe)
    assert process.stdin
    assert process.stdout

    async def order(what: dict[str, Any]) -> dict[str, Any]:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(what).encode() + b"\n")
        answer = await asyncio.wait_for(process.stdout.readline(), 60)
        told: dict[str, Any] = json.loads(answer)
        return told

    try:
        yield order
    finally:
        process.stdin.close()
        await process.wait()


async def kept(resources: Resources, external_id: str) -> tuple[int, int, int]:
    """How many receipts, jobs and living posts there are of one of the source's jobs."""
    query = """
        SELECT (SELECT count(*) FROM receipts WHERE message_id = :id),
            (SELECT count(*) FROM jobs WHERE external_id = :id),
            (SELECT count(*) FROM jobs JOIN posts ON posts.id = jobs.post_id
             WHERE external_id = :id AND posts.deleted_at IS NULL)
    """
    async with resources.db.reading() as session:
        row = (await session.execute(text(query), {"id": external_id})).one()
    return row[0], row[1], row[2]


async def test_the_api_killed_wherever_it_waits_loses_nothing_that_it_acknowledged(
    world: World, resources: Resources
) -> None:
    recruiter = await world.person("recruiter")
    source = await verified(resources, await greenhouse_source(recruiter))
    path = source["url"].removeprefix("http://weizhi.test")
    lost_before, acknowledged_before = 0, 0

    # The first is let live, and tells how often it waits.
    places = [0]
    async with dying(resources) as order:
        for at in places:
            id = str(at)
            body = json.dumps({**GREENHOUSE_POST, "payload": {**GREENHOUSE_POST["payload"], "id": id}})
            headers = {
                "content-type": "application/json",
                "signature": f"sha256 {hex_of(source['secret'], body.encode())}",
                "greenhouse-event-id": id,
            }
            told = await order({"at": at, "request": {"path": path, "headers": headers, "body": body}})
            before = await kept(resources, id)
            assert before in ((0, 0, 0), (1, 1, 1)), f"half of it was done at wait {at}: {before}"
            if told["acknowledged"] is not None:
                assert told["acknowledged"] == 202
                assert before == (1, 1, 1), f"acknowledged at wait {at}, and lost"
                acknowledged_before += 1
            lost_before += before == (0, 0, 0)
            again = await world.client.post(source["url"], content=body, headers=headers)
            assert again.status_code == (202 if before == (0, 0, 0) else 200), again.text
            assert await kept(resources, id) == (1, 1, 1)
            if at == 0:
                waits = told["waits"]
                places += sorted({*range(1, waits, 1 if EVERY else 6), *range(waits - 8, waits + 1)})
            else:
                assert told["killed"], f"there was no wait {at}"

    # It was killed on both sides of the commit, and after the answer.
    assert lost_before > 3
    assert acknowledged_before > 1
    await world.settle()
    shown = await recruiter.get("/api/v1/timelines/public", limit=40)
    assert len({status["id"] for status in shown}) == min(len(places), 40)


async def test_the_worker_killed_wherever_it_waits_in_a_poll_brings_each_job_in_once(
    world: World, resources: Resources
) -> None:
    recruiter = await world.person("recruiter")
    jobs: list[dict[str, Any]] = []
    async with FeedServer({"/feed": lambda: (200, {}, json.dumps(jobs).encode())}) as feed, dying(resources) as order:
        source = await verified(resources, await source_of(recruiter, "lever", url=f"{feed.url}/feed"))
        await world.settle()
        killed = 0
        # The first is let live, and tells how often it waits.
        places = [0]
        for at in places:
            jobs.append({"id": str(at), "text": f"职位{at}", "description": "<p>职责</p>", "workplaceType": "remote"})
            await due(resources, source)
            told = await order({"at": at, "work": True})
            killed += told["killed"]
            places += range(2, told["waits"], 1 if EVERY else told["waits"] // 7) if at == 0 else []
            before = await kept(resources, str(at))
            assert before[1:] in ((0, 0), (1, 1)), f"half of it was done at wait {at}: {before}"
            await end_leases(resources)
            await world.settle()
            assert (await kept(resources, str(at)))[1:] == (1, 1), f"killed at wait {at}"
    assert killed > 5
    receipts = await recruiter.get(f"{SOURCES}/{source['id']}/receipts", limit=100)
    assert {receipt["status"] for receipt in receipts} <= {"polled", "unchanged"}


async def due(resources: Resources, source: dict[str, Any]) -> None:
    """Let the time of a source's next poll come."""
    async with resources.db.transaction() as session:
        id = {"id": int(source["id"])}
        await session.execute(text("UPDATE inbound_sources SET next_poll_at = now() WHERE id = :id"), id)
        await session.execute(text("UPDATE tasks SET run_at = now() WHERE handler = 'inbound.poll'"))


async def end_leases(resources: Resources) -> None:
    """Let the leases of a killed worker end, as they do after some seconds."""
    async with resources.db.transaction() as session:
        await session.execute(
            text("UPDATE tasks SET state = 'waiting', lease = NULL, run_at = now() WHERE state = 'leased'")
        )
