"""Several API and worker processes share the load: everything arrives, and nothing twice."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.people import A_JOB, SCOPES

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("durability")]

READERS, POSTS = 3, 12


@asynccontextmanager
async def process(name: str, env: dict[str, str]) -> AsyncIterator[None]:
    """`weizhi api` or `weizhi worker` in a process of its own."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", name, env=env, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        started.kill()
        await started.wait()


@pytest.fixture
def env(new_database: Callable[[str], str], new_redis: str, tmp_path: Path) -> dict[str, str]:
    """What all processes are told."""
    return {
        **os.environ,
        "WEIZHI_DATABASE_URL": new_database("many_processes"),
        "WEIZHI_REDIS_URL": new_redis,
        "WEIZHI_DATA": str(tmp_path),
        "WEIZHI_RATE_LIMITS": "off",
        "WEIZHI_DATABASE_POOL": "8",
        "WEIZHI_LOG_LEVEL": "WARNING",
    }


@pytest.fixture
async def clients(env: dict[str, str]) -> AsyncIterator[list[httpx2.AsyncClient]]:
    """Clients of two API processes, beside which two workers run, all on the same servers."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(2):
            port = _free_port()
            await stack.enter_async_context(process("api", {**env, "PORT": str(port)}))
            await stack.enter_async_context(process("worker", env))
            client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30)
            opened.append(await stack.enter_async_context(client))
        for client in opened:
            await _until_ready(client)
        yield opened


async def test_nothing_is_lost_or_doubled(clients: list[httpx2.AsyncClient]) -> None:
    first, second = clients
    app = await _post(first, "/api/v1/apps", client_name="t", redirect_uris="urn:ietf:wg:oauth:2.0:oob", scopes=SCOPES)
    granted = {"grant_type": "client_credentials", "scope": SCOPES}
    known = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    token = (await _post(second, "/oauth/token", **granted, **known))["access_token"]
    authors = [await _register(first, token, f"author{number}") for number in range(2)]
    readers = [await _register(second, token, f"reader{number}") for number in range(READERS)]
    for author in authors:
        me = (await first.get("/api/v1/accounts/verify_credentials", headers=author)).json()
        for reader in readers:
            await _post(second, f"/api/v1/accounts/{me['id']}/follow", headers=reader)

    async def write(number: int) -> str:
        client, author = clients[number % 2], authors[number // 2 % 2]
        # Every post is sent twice, to both processes at once, as a client does that heard no answer.
        same = {"headers": {**author, "Idempotency-Key": str(number)}, "status": f"第 {number} 条 #微职#"}
        answers = await asyncio.gather(*(_post(one, "/api/v1/statuses", **same) for one in (client, *clients)))
        assert len({answer["id"] for answer in answers}) == 1
        return str(answers[0]["id"])

    async def read(reader: dict[str, str]) -> None:
        for number in range(POSTS):
            page = await _home(clients[number % 2], reader)
            assert page == sorted(set(page), key=int, reverse=True)

    written, *_ = await asyncio.gather(
        asyncio.gather(*(write(number) for number in range(POSTS))), *(read(reader) for reader in readers)
    )

    expected = sorted(written, key=int, reverse=True)
    for reader in readers:
        for client in clients:
            deadline = time.monotonic() + 30
            while (page := await _home(client, reader)) != expected:
                assert len(page) == len(set(page))
                assert time.monotonic() < deadline, set(expected) - set(page)
                await asyncio.sleep(0.05)

    await _each_reader_of_a_job_counts_once(clients, authors[0], readers)


async def _each_reader_of_a_job_counts_once(
    clients: list[httpx2.AsyncClient], author: dict[str, str], readers: list[dict[str, str]]
) -> None:
    """However often and by whichever process they are shown it: each notes for itself, within a moment."""
    api, (first, second) = "/api/weizhi/v1", clients
    profile = {"name": "云杉科技", "url": "https://yunshan.example", "profile": "做推荐系统的公司，80 人。"}
    organization = await _post(first, f"{api}/organizations", headers=author, **profile)
    draft = await _post(second, f"{api}/jobs", headers=author, **A_JOB, organization_id=organization["id"])
    job = await _post(first, f"{api}/jobs/{draft['id']}/publish", headers=author)
    deadline = time.monotonic() + 60

    async def told(**expected: int) -> dict[str, int]:
        """The funnel's counts, once these are among them."""
        while True:
            whole = (await second.get(f"{api}/jobs/{job['id']}/funnel", headers=author)).json()["whole"]
            if expected.items() <= whole.items():
                return {step: whole[step] for step in ("shown", "opened", "readers")}
            assert time.monotonic() < deadline, whole
            await asyncio.sleep(0.05)

    async def show(client: httpx2.AsyncClient) -> None:
        for reader in readers:
            while job["status_id"] not in await _home(client, reader):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)

    await show(first)
    assert await told(shown=READERS, readers=READERS) == {"shown": READERS, "opened": 0, "readers": READERS}
    # What the other shows is written before what is opened there later.
    await show(second)
    for reader in readers:
        assert (await second.get(f"/api/v1/statuses/{job['status_id']}", headers=reader)).status_code == 200
    assert await told(opened=READERS, readers=READERS) == {"shown": READERS, "opened": READERS, "readers": READERS}


async def _home(client: httpx2.AsyncClient, reader: dict[str, str]) -> list[str]:
    response = await client.get("/api/v1/timelines/home?limit=40", headers=reader)
    assert response.status_code == 200, response.text
    return [status["id"] for status in response.json()]


async def _register(client: httpx2.AsyncClient, token: str, name: str) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}"}
    person = {"username": name, "email": f"{name}@example.com", "password": "correct horse", "locale": "zh-CN"}
    answer = await _post(client, "/api/v1/accounts", headers=headers, agreement=True, **person)
    return {"Authorization": f"Bearer {answer['access_token']}"}


async def _post(client: httpx2.AsyncClient, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> Any:
    response = await client.post(path, headers=headers, json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def _until_ready(client: httpx2.AsyncClient) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            if (await client.get("/livez")).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        assert time.monotonic() < deadline, "the API did not start in time"
        await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
