"""The courier: delivers what waits, webhook by webhook. Any number of couriers, in any number of processes.

A webhook is a *lane*, held by one courier at a time under a lease. In a lane messages go one after the other, each
outcome being kept before the next is sent: a courier that dies has at most one of them in its hands. What hangs holds
its own lane alone, and lanes whose receivers fail take half of a courier's room at most.
"""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import log, metrics
from app.kit.clock import now
from app.kit.db import Database
from app.kit.outward import DEADLINE_SECONDS, Failed, Outward
from app.kit.retry_after import parse_retry_after
from app.kit.site import Site
from app.webhooks import lanes, rules, signing
from app.webhooks.lanes import LaneLost, Parcel
from app.webhooks.rules import Outcome

logger = log.logger(__name__)

POLL_SECONDS = 0.5
# A lane with much to deliver lets others have their turn after so long.
_TURN_SECONDS = 30.0
# How long a courier that is told to stop waits for what it has in its hands.
GRACE_SECONDS = 8.0
_READ_BYTES = 16 * 1024
# Connections to PostgreSQL at a time; none is held while something is sent.
_CONNECTIONS = 2


class Courier:
    """Delivers until it is stopped. `ahead` is for tests: it lives so many seconds in the future."""

    def __init__(
        self,
        db: Database,
        outward: Outward,
        site: Site,
        *,
        lease_seconds: float,
        most_lanes: int,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        """`lease_seconds` a silent courier keeps a lane; `most_lanes` are held at a time."""
        self._db, self._outward, self._site = db, outward, site
        self._lease_seconds, self._most_lanes = lease_seconds, most_lanes
        self._deadline_seconds = deadline_seconds
        self._lease = secrets.token_hex(8)
        self._doors = asyncio.Semaphore(_CONNECTIONS)
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._failing: set[int] = set()
        self._stopping = asyncio.Event()
        self.ahead = 0.0

    async def run(self) -> None:
        """Deliver until `stop` is called; then end what is being sent, or give it back after a grace, and return."""
        keeper = asyncio.create_task(self._extend())
        try:
            while not self._stopping.is_set():
                try:
                    await self.take_up()
                except Exception:
                    logger.exception("cannot take up webhooks")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), POLL_SECONDS)
        finally:
            await self._finish()
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    def stop(self) -> None:
        """Ask `run` to return soon."""
        self._stopping.set()

    async def run_until_idle(self) -> None:
        """Deliver until nothing is due."""
        while await self.take_up():
            await asyncio.wait(self._lanes.values())

    async def take_up(self) -> bool:
        """Take lanes in which something is due, as far as there is room; whether there were any."""
        half = max(1, self._most_lanes // 2)
        room = self._most_lanes - len(self._lanes)
        found = await self._claim(failing=False, limit=room)
        room = min(room - len(found), half - len(self._failing))
        failing = await self._claim(failing=True, limit=room)
        self._failing.update(failing)
        for webhook_id in (*found, *failing):
            lane = asyncio.create_task(self._lane(webhook_id))
            self._lanes[webhook_id] = lane
            lane.add_done_callback(partial(self._left, webhook_id))
        return bool(found or failing)

    def _left(self, webhook_id: int, _lane: asyncio.Task[None]) -> None:
        self._lanes.pop(webhook_id, None)
        self._failing.discard(webhook_id)
        metrics.WEBHOOK_LANES.set(len(self._lanes))

    async def _claim(self, *, failing: bool, limit: int) -> Sequence[int]:
        if limit <= 0:
            return []
        async with self._session() as session:
            return await lanes.claim(
                session,
                lease=self._lease,
                seconds=self._lease_seconds,
                ahead=self.ahead,
                held=list(self._lanes),
                failing=failing,
                limit=limit,
            )

    async def _lane(self, webhook_id: int) -> None:
        metrics.WEBHOOK_LANES.set(len(self._lanes))
        try:
            rest = await self._turn(webhook_id)
            await self._give_back(webhook_id, rest)
        except asyncio.CancelledError:
            # What was being sent is sent again, by whoever takes the lane next.
            await self._give_back(webhook_id, 0.0)
            raise
        except LaneLost:
            logger.warning("another courier took a lane over", webhook=webhook_id)
        except Exception:
            # The lease ends by itself, and somebody takes the lane up again.
            logger.exception("a lane broke off", webhook=webhook_id)

    async def _turn(self, webhook_id: int) -> float:
        """Deliver what is due to one webhook, one after the other; the seconds it is to rest afterwards."""
        ends = time.monotonic() + _TURN_SECONDS
        while not self._stopping.is_set() and time.monotonic() < ends:
            async with self._session() as session:
                parcel = await lanes.find_due(session, webhook_id, lease=self._lease, ahead=self.ahead)
            if parcel is None:
                break
            started = time.monotonic()
            if rest := await self._deliver(parcel):
                return rest
            await self._pace(started + 1 / parcel.rate - time.monotonic())
        return 0.0

    async def _deliver(self, parcel: Parcel) -> float:
        """Send one message and keep what came of it; the seconds its webhook is to rest."""
        outcome = await self._send(parcel)
        metrics.WEBHOOK_ATTEMPTS.labels(outcome.label).inc()
        metrics.WEBHOOK_SECONDS.observe(outcome.milliseconds / 1000)
        async with self._session() as session:
            return await lanes.record(
                session, parcel, outcome, lease=self._lease, ahead=self.ahead, chance=random.random()
            )

    async def _send(self, parcel: Parcel) -> Outcome:
        started = time.monotonic()
        moment = now()
        key = signing.message_key(parcel.message_id)
        headers = {
            "content-type": "application/json",
            "user-agent": "Weizhi-Webhooks/1",
            **signing.headers(key, parcel.body, keys=parcel.secrets, now=moment),
        }
        if parcel.cloudevents:
            source = f"{self._site.url}/api/weizhi/v1/organizations/{parcel.organization_id}"
            headers |= signing.cloudevent(key, parcel.event_type, source=source, happened_at=parcel.happened_at)
        try:
            answer = await self._outward.request(
                "POST",
                parcel.url,
                headers=headers,
                body=parcel.body.encode(),
                deadline=self._deadline_seconds,
                most_bytes=_READ_BYTES,
            )
        except Failed as error:
            told = f"{error.kind}: {error.reason} ({error.step})"
            return Outcome(_milliseconds(started), error=error.kind, excerpt=rules.excerpt(told.encode()))
        return Outcome(
            _milliseconds(started),
            status=answer.status,
            excerpt=rules.excerpt(answer.body),
            retry_after=parse_retry_after(answer.headers.get("retry-after"), moment),
        )

    async def _pace(self, seconds: float) -> None:
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _give_back(self, webhook_id: int, rest: float) -> None:
        async with self._session() as session:
            await lanes.give_back(session, webhook_id, lease=self._lease, rest=rest, ahead=self.ahead)

    async def _finish(self) -> None:
        if self._lanes:
            _, late = await asyncio.wait(self._lanes.values(), timeout=GRACE_SECONDS)
            for lane in late:
                lane.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _extend(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                async with self._session() as session:
                    if self._lanes:
                        await lanes.extend(session, lease=self._lease, seconds=self._lease_seconds, ahead=self.ahead)
                    metrics.WEBHOOK_WAITING.set(await lanes.count_waiting(session))
            except Exception:
                logger.exception("could not extend the leases of lanes")

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        async with self._doors, self._db.transaction() as session:
            yield session


def _milliseconds(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
