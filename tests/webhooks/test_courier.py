"""Couriers share lanes, keep neighbours apart, and end well."""

import asyncio
import time
from collections import Counter

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.webhooks import courier as couriers
from app.webhooks import lanes
from app.webhooks.courier import Courier
from app.worker import make_courier
from tests.kit.hostile import BEHAVIOURS
from tests.plans import join_by_nested_loops
from tests.webhooks.conftest import Employer

pytestmark = pytest.mark.anyio

_ASK = text(
    """
    WITH message AS (
        INSERT INTO webhook_messages (organization_id, event_type, body)
        SELECT :organization, 'webhook.ping', '{}' FROM generate_series(1, :count) RETURNING id
    ), due AS (UPDATE webhooks SET due_at = now() WHERE id = ANY(:webhooks))
    INSERT INTO webhook_deliveries (message_id, webhook_id)
    SELECT message.id, webhook FROM message, unnest(CAST(:webhooks AS bigint[])) AS webhook
    """
)
_STATES = text("SELECT state, count(*) FROM webhook_deliveries WHERE webhook_id = ANY(:webhooks) GROUP BY state")
_MAKE = text(
    """
    INSERT INTO webhooks (organization_id, created_by, url, secret, rate)
    SELECT :organization, :account, :origin || '/w' || number || '/' || :behaviour, :secret, 100
    FROM generate_series(1, :count) AS number RETURNING id
    """
)
# From the moment a message was there until it was taken.
_P99 = text(
    """
    SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM attempt.created_at - delivery.created_at))
    FROM webhook_attempts AS attempt JOIN webhook_deliveries AS delivery ON delivery.id = attempt.delivery_id
    WHERE delivery.webhook_id = ANY(:webhooks)
    """
)
_ROUNDS = 4
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


async def make(resources: Resources, employer: Employer, behaviour: str, count: int) -> list[int]:
    """Webhooks to as many paths of the receiver that behave alike."""
    async with resources.db.transaction() as session:
        values = {"organization": int(employer.organization["id"]), "account": int(employer.person.id)}
        told = {"origin": employer.receiver.origin, "behaviour": behaviour, "secret": SECRET, "count": count}
        return list(await session.scalars(_MAKE, values | told))


async def ask(resources: Resources, employer: Employer, webhooks: list[int], count: int) -> None:
    """So many messages to each webhook."""
    async with resources.db.transaction() as session:
        organization = int(employer.organization["id"])
        await session.execute(_ASK, {"organization": organization, "webhooks": webhooks, "count": count})


async def states(resources: Resources, webhooks: list[int]) -> dict[str, int]:
    """How many of their deliveries are in which state."""
    async with resources.db.reading() as session:
        rows = await session.execute(_STATES, {"webhooks": webhooks})
        return {row[0]: row[1] for row in rows}


async def until_none_waits(resources: Resources, webhooks: list[int]) -> None:
    """Wait until all deliveries are over."""
    started = time.monotonic()
    while (await states(resources, webhooks)).get("waiting"):
        assert time.monotonic() < started + 30, "deliveries are held up"
        await asyncio.sleep(0.02)


class TestNeighbours:
    async def test_of_receivers_that_hang_are_not_held_up(
        self, employer: Employer, resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(couriers, "POLL_SECONDS", 0.02)
        healthy = await make(resources, employer, "status_200", 8)
        hanging = await make(resources, employer, "hangs_before_head", 2)
        working = asyncio.create_task(employer.courier.run())

        async def p99() -> float:
            await ask(resources, employer, healthy, 3)
            await until_none_waits(resources, healthy)
            async with resources.db.transaction() as session:
                found = await session.scalar(_P99, {"webhooks": healthy})
                await session.execute(text("DELETE FROM webhook_attempts"))
            return float(found or 0)

        try:
            # What else the machine does makes rounds slow, alone or not; who is held up waits for deadlines: seconds.
            alone = [await p99() for _ in range(_ROUNDS)]
            await ask(resources, employer, hanging, 5)
            while len([path for path in employer.receiver.paths() if path.endswith("hangs_before_head")]) < 2:
                await asyncio.sleep(0.005)
            beside = [await p99() for _ in range(_ROUNDS)]

            assert await states(resources, healthy) == {"succeeded": 8 * 3 * 2 * _ROUNDS}
            # Each of those that hang holds one message, and nothing else.
            assert await states(resources, hanging) == {"waiting": 10}
            heard = Counter(path.rpartition("/")[2] for path in employer.receiver.paths())
            assert heard == {"status_200": 8 * 3 * 2 * _ROUNDS, "hangs_before_head": 2}
            assert min(beside) <= 1.5 * max(alone), (alone, beside)
        finally:
            monkeypatch.setattr(couriers, "GRACE_SECONDS", 0.05)
            employer.courier.stop()
            await working

    async def test_of_many_that_fail_find_half_of_the_room(self, employer: Employer, resources: Resources) -> None:
        failing = await make(resources, employer, "hangs_before_head", 9)
        await ask(resources, employer, failing, 1)
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE webhooks SET failures = 1"))
        courier = _courier(resources, most_lanes=6)
        assert await courier.take_up()
        await asyncio.sleep(0)
        assert len(courier._lanes) == 3
        healthy = await make(resources, employer, "status_200", 4)
        await ask(resources, employer, healthy, 2)
        while (await states(resources, healthy)).get("waiting"):
            await courier.take_up()
            await asyncio.sleep(0.01)
        assert len(courier._failing) == 3
        employer.receiver.over.set()
        await asyncio.gather(*courier._lanes.values())

    async def test_no_more_are_taken_than_there_is_room_for_whatever_the_plan(
        self, employer: Employer, resources: Resources
    ) -> None:
        waiting = await make(resources, employer, "status_200", 6)
        await ask(resources, employer, waiting, 1)
        async with resources.db.transaction() as session:
            await join_by_nested_loops(session)
            taken = await lanes.claim(session, lease="x", seconds=30, ahead=0, held=(), failing=False, limit=2)
        assert len(taken) == 2


class TestCouriers:
    async def test_deliver_each_message_once_and_one_at_a_time(self, employer: Employer, resources: Resources) -> None:
        webhooks = await make(resources, employer, "status_200", 5)
        await ask(resources, employer, webhooks, 6)
        together = [_courier(resources) for _ in range(3)]
        await asyncio.gather(*(courier.run_until_idle() for courier in together))
        assert await states(resources, webhooks) == {"succeeded": 30}
        heard = Counter((path, headers["webhook-id"]) for path, headers, _ in employer.receiver.heard)
        assert set(heard.values()) == {1}
        assert len(heard) == 30

    async def test_keep_to_the_order_of_what_happened(self, employer: Employer, resources: Resources) -> None:
        webhooks = await make(resources, employer, "status_200", 1)
        await ask(resources, employer, webhooks, 8)
        await employer.courier.run_until_idle()
        ids = [headers["webhook-id"] for _, headers, _ in employer.receiver.heard]
        assert ids == sorted(ids)

    async def test_send_no_faster_than_was_asked_for(self, employer: Employer, resources: Resources) -> None:
        webhook = await employer.listens(rate=20)
        await ask(resources, employer, [int(webhook["id"])], 6)
        started = time.monotonic()
        await asyncio.gather(employer.courier.run_until_idle(), _courier(resources).run_until_idle())
        assert len(employer.receiver.heard) == 6
        assert time.monotonic() - started >= 5 / 20

    async def test_that_were_silent_too_long_have_nothing_to_say(
        self, employer: Employer, resources: Resources
    ) -> None:
        (webhook,) = await make(resources, employer, "hangs_before_head", 1)
        await ask(resources, employer, [webhook], 1)
        await employer.courier.take_up()
        while not employer.receiver.heard:
            await asyncio.sleep(0.005)
        async with resources.db.transaction() as session:
            url = f"{employer.receiver.origin}/status_200"
            await session.execute(text("UPDATE webhooks SET url = :url"), {"url": url})
        other = _courier(resources)
        other.ahead = 60
        await other.run_until_idle()
        assert await states(resources, [webhook]) == {"succeeded": 1}
        employer.receiver.over.set()
        await asyncio.gather(*employer.courier._lanes.values())
        async with resources.db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM webhook_attempts")) == 1
            assert await session.scalar(text("SELECT attempts FROM webhook_deliveries")) == 1


class TestStop:
    async def test_ends_what_is_being_sent(self, employer: Employer, resources: Resources) -> None:
        webhooks = await make(resources, employer, "hangs_before_head", 1)
        await ask(resources, employer, webhooks, 2)
        working = asyncio.create_task(employer.courier.run())
        while not employer.receiver.heard:
            await asyncio.sleep(0.005)
        employer.courier.stop()
        await asyncio.sleep(0.02)
        assert not working.done()
        # The answer comes: the connection is closed.
        employer.receiver.over.set()
        await asyncio.wait_for(working, 5)
        async with resources.db.reading() as session:
            kept = await session.execute(text("SELECT error, number FROM webhook_attempts"))
            assert [tuple(row) for row in kept] == [("protocol", 1)]
            assert await session.scalar(text("SELECT lease FROM webhooks")) is None
        assert len(employer.receiver.heard) == 1

    async def test_gives_back_what_takes_too_long(
        self, employer: Employer, resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(couriers, "GRACE_SECONDS", 0.05)
        webhooks = await make(resources, employer, "hangs_before_head", 2)
        await ask(resources, employer, webhooks, 1)
        working = asyncio.create_task(employer.courier.run())
        while len(employer.receiver.heard) < 2:
            await asyncio.sleep(0.005)
        employer.courier.stop()
        await asyncio.wait_for(working, 5)
        async with resources.db.reading() as session:
            assert (
                await session.scalar(text("SELECT count(*) FROM webhooks WHERE lease IS NULL AND due_at <= now()")) == 2
            )
            assert await session.scalar(text("SELECT count(*) FROM webhook_attempts")) == 0


class TestHostility:
    async def test_of_any_kind_is_kept_as_an_attempt(self, employer: Employer, resources: Resources) -> None:
        employer.courier._deadline_seconds = 1.5
        async with resources.db.transaction() as session:
            for behaviour in BEHAVIOURS:
                values = {"organization": int(employer.organization["id"]), "account": int(employer.person.id)}
                told = {"origin": employer.receiver.origin, "behaviour": behaviour, "secret": SECRET, "count": 1}
                await session.execute(_MAKE, values | told)
            webhooks = list(await session.scalars(text("SELECT id FROM webhooks")))
        await ask(resources, employer, webhooks, 1)
        courier = _courier(resources, most_lanes=8, deadline_seconds=1.5)
        await courier.take_up()
        while courier._lanes:
            await asyncio.wait(courier._lanes.values(), return_when=asyncio.FIRST_COMPLETED)
            await courier.take_up()
        async with resources.db.reading() as session:
            rows = await session.execute(
                text(
                    """
                    SELECT url, delivery.state, delivery.attempts, attempt.status, attempt.error, attempt.excerpt
                    FROM webhooks JOIN webhook_deliveries AS delivery ON delivery.webhook_id = webhooks.id
                    JOIN webhook_attempts AS attempt ON attempt.delivery_id = delivery.id
                    """
                )
            )
            kept = {row.url.rpartition("/")[2]: row for row in rows}
        assert set(kept) == set(BEHAVIOURS)
        for name, row in kept.items():
            taken = row.status is not None and 200 <= row.status < 300
            assert row.attempts == 1, name
            assert (row.state == "succeeded") == taken, name
            assert (row.status is None) == (row.error is not None), name
            assert len(row.excerpt) <= 500, name
        assert len(employer.receiver.heard) == len(BEHAVIOURS), "nothing is followed or asked twice"


def _courier(resources: Resources, *, most_lanes: int = 64, deadline_seconds: float = 20.0) -> Courier:
    made = make_courier(resources)
    made._most_lanes, made._deadline_seconds = most_lanes, deadline_seconds
    return made
