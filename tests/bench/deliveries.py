"""Fan-out into full feeds through the feeds port: deliveries a second, what they cost, and what an entry takes."""

import asyncio
import time
from dataclasses import dataclass

import redis.asyncio as redis

from app.bootstrap import Resources
from app.timeline.feeds import CAPACITY, Feeds
from tests.bench.servers import Servers

POSTS = 10
# Accounts and posts that nobody is or wrote: only the feeds are real.
_FIRST_ACCOUNT = 10**15
_FIRST_POST = 10**18
_AT_ONCE = 1000


@dataclass(frozen=True)
class Delivered:
    """What was found. Seconds of CPU are for 10,000 deliveries."""

    feeds: int
    a_second: float
    valkey_seconds: float
    bytes_per_entry: float


async def measure(servers: Servers, resources: Resources, *, feeds: int) -> Delivered:
    """Fill `feeds` feeds and push posts to all of them, a thousand feeds a call."""
    accounts = range(_FIRST_ACCOUNT, _FIRST_ACCOUNT + feeds)
    client = redis.Redis.from_url(servers.redis_url)
    empty = (await client.info("memory"))["used_memory"]
    await _fill(resources.feeds, accounts)
    full = (await client.info("memory"))["used_memory"]
    before, started = servers.cpu(), time.perf_counter()
    for number in range(POSTS):
        post_id = _FIRST_POST + CAPACITY + number
        # Each chunk of followers is a task, and a worker runs several at once.
        chunks = [accounts[start : start + _AT_ONCE] for start in range(0, feeds, _AT_ONCE)]
        await asyncio.gather(*(resources.feeds.push(chunk, [post_id]) for chunk in chunks))
    seconds, after = time.perf_counter() - started, servers.cpu()
    await client.aclose()
    deliveries = POSTS * feeds
    return Delivered(
        feeds,
        deliveries / seconds,
        (after["valkey"] - before["valkey"]) * 10_000 / deliveries,
        (full - empty) / (feeds * CAPACITY),
    )


async def _fill(feeds: Feeds, accounts: range) -> None:
    posts = range(_FIRST_POST, _FIRST_POST + CAPACITY)
    for account_id in accounts:
        await feeds.fill(account_id, await feeds.open(account_id), posts, whole=False)
