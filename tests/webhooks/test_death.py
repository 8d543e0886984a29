"""A courier may be killed at any of its awaits: nothing is lost, and nothing comes more than twice."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.webhooks.conftest import SCOPE, Employer

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("durability")]


@pytest.fixture
async def zygote(resources: Resources) -> AsyncIterator[asyncio.subprocess.Process]:
    assert resources.settings.database_url
    env = {**os.environ, "WEIZHI_DATABASE_URL": resources.settings.database_url.get_secret_value()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.webhooks.zygote",
        env=env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    yield process
    process.kill()
    await process.wait()


async def dies_at(zygote: asyncio.subprocess.Process, moment: int) -> bool:
    """Have a courier die at a moment; whether it came so far."""
    assert zygote.stdin
    assert zygote.stdout
    zygote.stdin.write(f"{moment}\n".encode())
    said = (await asyncio.wait_for(zygote.stdout.readline(), 30)).decode().strip()
    assert said in ("killed", "done"), said
    return said == "killed"


async def test_killed_at_every_await_it_loses_nothing_and_repeats_once_at_most(
    employer: Employer, resources: Resources, zygote: asyncio.subprocess.Process
) -> None:
    webhook = await employer.listens()
    # What a courier left behind is taken up when its lease is over.
    employer.courier.ahead = 60
    wanted, repeated, moment = 0, 0, 1
    while True:
        delivery = await employer.person.post(f"{SCOPE}/webhooks/{webhook['id']}/test")
        wanted += 1
        killed = await dies_at(zygote, moment)
        await employer.courier.run_until_idle()
        heard = Counter(headers["webhook-id"] for _, headers, _ in employer.receiver.heard)
        assert 1 <= heard[delivery["message_id"]] <= 2, f"killed at moment {moment}"
        repeated += heard[delivery["message_id"]] - 1
        employer.receiver.heard.clear()
        if not killed:
            break
        moment += 1

    assert moment > 60, "there are that many awaits at least: finding, sending, keeping, giving back"
    assert 0 < repeated < moment, "some of the moments lie between sending and keeping, others do not"
    async with resources.db.reading() as session:
        states = dict((await session.execute(text("SELECT state, count(*) FROM webhook_deliveries GROUP BY 1"))).all())
    assert states == {"succeeded": wanted}
