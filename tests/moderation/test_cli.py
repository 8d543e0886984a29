"""`weizhi accounts …`, run as an operator runs it."""

import asyncio
import os
import subprocess
import sys

import pytest

from tests.people import World

pytestmark = pytest.mark.anyio


async def run(db_url: str, *arguments: str, redis_url: str | None = None) -> tuple[int, str]:
    def command() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", "accounts", *arguments],
            env={
                **os.environ,
                "WEIZHI_DATABASE_URL": db_url,
                "COLUMNS": "200",
                **({"WEIZHI_REDIS_URL": redis_url} if redis_url else {}),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    ran = await asyncio.to_thread(command)
    return ran.returncode, ran.stdout + ran.stderr


async def test_verifies_and_suspends_by_username(world: World, db_url: str) -> None:
    anna, bo = await world.people("anna", "Bo")
    assert await run(db_url, "verify", "bo", "--kind", "person", "--reason", "作家") == (0, "bo is verified\n")
    assert (await anna.get(f"/api/v1/accounts/{bo.id}"))["weizhi"]["verified"]["reason"] == "作家"
    assert (await run(db_url, "unverify", "@bo"))[0] == 0
    assert (await run(db_url, "suspend", "bo"))[0] == 0
    await anna.get(f"/api/v1/accounts/{bo.id}", expect=404)
    assert (await run(db_url, "unsuspend", "bo"))[0] == 0
    await world.settle()
    await anna.get(f"/api/v1/accounts/{bo.id}")


async def test_tells_the_caches_of_running_processes(world: World, db_url: str, redis_url: str) -> None:
    anna, bo = await world.people("anna", "bo")
    post = await bo.says("你好")
    await anna.get(f"/api/v1/statuses/{post['id']}")
    told = await run(db_url, "verify", "bo", "--kind", "person", "--reason", "作家", redis_url=redis_url)
    assert told == (0, "bo is verified\n")
    shown = await anna.get(f"/api/v1/statuses/{post['id']}")
    assert shown["account"]["weizhi"]["verified"]["reason"] == "作家"


async def test_tells_what_is_wrong_in_a_line(world: World, db_url: str) -> None:
    assert await run(db_url, "suspend", "nobody") == (1, "weizhi: There is no account named nobody (not_found)\n")
