"""A courier may be killed at any of its awaits: nothing is lost, and nothing comes more than twice."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.webhooks.conftest import Employer
from tests.webhooks.test_courier import ask, make, states

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("durability")]

# More than there are.
_MOMENTS = 200


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
    webhooks = await make(resources, employer, "status_200", _MOMENTS)
    moment = 0
    for webhook in webhooks:
        moment += 1
        await ask(resources, employer, [webhook], 1)
        if not await dies_at(zygote, moment):
            break
    else:
        raise AssertionError("it never came to its end")
    assert moment > 50, "there are that many moments at least: taking up, finding, sending, keeping, giving back"
    heard = Counter(headers["webhook-id"] for _, headers, _ in employer.receiver.heard)
    assert 0 < len(heard) < moment
    assert set(heard.values()) == {1}
    sent = set(heard)
    assert (await states(resources, webhooks))["succeeded"] >= 1, "the last one lived"

    # Their leases end, and another courier takes up what it left.
    employer.courier.ahead = 1000
    await employer.courier.run_until_idle()

    assert await states(resources, webhooks) == {"succeeded": moment}
    heard = Counter(headers["webhook-id"] for _, headers, _ in employer.receiver.heard)
    assert len(heard) == moment, "something is lost"
    # Each died once: no crash repeats more than one message, and only one that had been sent.
    assert max(heard.values()) == 2, "none of the moments lay between sending and keeping, or something came thrice"
    assert {id for id, times in heard.items() if times == 2} < sent
    async with resources.db.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM webhook_attempts")) == moment
