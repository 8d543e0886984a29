"""The relay's promises: every committed event is handled, none is lost, none that was rolled back runs."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import clock, log
from app.kit.db import Database
from app.kit.errors import Invalid, Unavailable
from app.kit.work import Plain
from app.outbox import queries
from app.outbox import relay as relay_module
from app.outbox.publish import Event, enqueue, publish
from app.outbox.relay import Handler, Relay
from app.outbox.steps import CLAIM, EXPAND, START
from tests.plans import join_by_nested_loops

pytestmark = pytest.mark.anyio

Run = Callable[[AsyncSession, Sequence[Mapping[str, Any]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ThingHappened(Event):
    topic: ClassVar[str] = "thing.happened"
    thing_id: int


class Recorder:
    """A handler that notes what it was given, and fails as often as told."""

    def __init__(self, *, failures: int = 0, error: Exception | None = None) -> None:
        self.seen: list[int] = []
        self.calls = 0
        self.failures = failures
        self.error = error or RuntimeError("boom 失败")

    async def __call__(self, session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        self.seen += [payload["thing_id"] for payload in payloads]


def make_relay(db: Database, *handlers: Handler, retries: Sequence[float] = (0, 0), lease: float = 30) -> Relay:
    return Relay(db, handlers, lease_seconds=lease, retry_seconds=retries, concurrency=4)


def on_thing(name: str, run: Run, **options: Any) -> Handler:
    return Handler(name, (ThingHappened,), run, **options)


@dataclass(frozen=True, slots=True)
class ThingChanged(Event):
    topic: ClassVar[str] = "thing.changed"
    thing_id: int


async def happen(db: Database, *ids: int) -> None:
    for id in ids:
        async with db.transaction() as session:
            await publish(session, ThingHappened(id), actor_id=7)


async def backlog(db: Database) -> queries.Backlog:
    async with db.reading() as session:
        return await queries.backlog(session)


class TestPublish:
    async def test_runs_each_handler_of_the_topic_once(self, db: Database) -> None:
        first, second = Recorder(), Recorder()
        await happen(db, 1, 2)

        await make_relay(db, on_thing("first", first), on_thing("second", second)).run_until_idle()

        assert (sorted(first.seen), sorted(second.seen)) == ([1, 2], [1, 2])
        assert await backlog(db) == queries.Backlog(0, 0, 0, 0, 0.0)

    async def test_a_rolled_back_event_never_happened(self, db: Database) -> None:
        recorder = Recorder()

        async def fail_after_publishing() -> None:
            async with db.transaction() as session:
                await publish(session, ThingHappened(1), actor_id=None)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail_after_publishing()

        await make_relay(db, on_thing("h", recorder)).run_until_idle()

        assert recorder.seen == []
        async with db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM audit_log")) == 0

    async def test_writes_the_audit_row_with_the_request(self, db: Database) -> None:
        token = log.request_id.set("request-42")
        await happen(db, 9)
        log.request_id.reset(token)

        async with db.reading() as session:
            row = (await session.execute(text("SELECT actor_id, action, object_id, request_id FROM audit_log"))).one()
        assert tuple(row) == (7, "thing.happened", 9, "request-42")

    async def test_the_request_id_follows_the_event_into_the_handler(self, db: Database) -> None:
        seen: list[str | None] = []

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            seen.append(log.request_id.get())

        token = log.request_id.set("request-42")
        await happen(db, 9)
        log.request_id.reset(token)
        await make_relay(db, on_thing("h", run)).run_until_idle()

        assert seen == ["request-42"]

    async def test_waiting_tasks_with_one_key_coalesce(self, db: Database) -> None:
        recorder = Recorder()
        await happen(db, 5, 5, 5)

        await make_relay(db, on_thing("h", recorder)).run_until_idle()

        assert recorder.seen == [5]

    @pytest.mark.parametrize("most", [0, 10])
    async def test_different_events_with_one_key_coalesce(self, db: Database, most: int) -> None:
        relay = make_relay(db, Handler("h", (ThingHappened, ThingChanged), Recorder()))
        async with db.transaction() as session:
            for event in (ThingHappened(5), ThingChanged(5), ThingChanged(6)):
                await publish(session, event, actor_id=7)

        expanded, held = await relay._expand(most)

        assert (expanded, len(held) or (await backlog(db)).waiting) == (3, 2)

    async def test_an_event_during_its_tasks_run_is_not_absorbed_by_it(self, db: Database) -> None:
        seen: list[int] = []

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            seen.append(payloads[0]["thing_id"])
            if len(seen) == 1:
                await happen(db, 5)

        await happen(db, 5)
        await make_relay(db, on_thing("h", run)).run_until_idle()

        assert seen == [5, 5]

    async def test_an_event_of_an_unknown_type_waits_for_a_version_that_knows_it(self, db: Database) -> None:
        await happen(db, 1)
        await Relay(db, [], lease_seconds=30, retry_seconds=(), concurrency=1).run_until_idle()
        assert (await backlog(db)).events == 1

        recorder = Recorder()
        await make_relay(db, on_thing("h", recorder)).run_until_idle()
        assert recorder.seen == [1]

    async def test_an_event_that_nothing_follows_from_is_done_at_once(self, db: Database) -> None:
        await happen(db, 1)
        relay = Relay(db, [], lease_seconds=30, retry_seconds=(), concurrency=1, unhandled=[ThingHappened])
        await relay.run_until_idle()
        assert await backlog(db) == queries.Backlog(0, 0, 0, 0, 0.0)


class TestTogether:
    async def test_events_for_a_handler_of_many_are_one_task(self, db: Database) -> None:
        recorder = Recorder()
        relay = make_relay(db, on_thing("h", recorder, batch=10), on_thing("one_by_one", Recorder()))
        await happen(db, *range(25), 3)
        await relay._expand(0)

        async with db.reading() as session:
            tasks = await queries.list_tasks(session, state="waiting", limit=100)
        await relay.run_until_idle()

        assert Counter(task.handler for task in tasks) == {"h": 3, "one_by_one": 25}
        assert (recorder.calls, sorted(recorder.seen)) == (3, list(range(25)))

    async def test_who_expands_events_holds_their_tasks_as_far_as_it_has_room(self, db: Database) -> None:
        seen = [Recorder(), Recorder()]
        relay, other = (make_relay(db, on_thing("h", recorder)) for recorder in seen)
        await happen(db, *range(5))
        expanded, held = await relay._expand(3)
        assert (expanded, [task.payloads[0]["thing_id"] for task in held]) == (5, [0, 1, 2])

        await other.run_until_idle()
        relay._hand_over(relay._handlers["h"], held)
        await relay._finish_running()

        assert [sorted(recorder.seen) for recorder in seen] == [[0, 1, 2], [3, 4]]
        assert await backlog(db) == queries.Backlog(0, 0, 0, 0, 0.0)

    async def test_what_one_process_cannot_hold_is_left_to_others_until_it_can(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for pause in ("POLL_SECONDS", "_CLAIM_SECONDS"):
            monkeypatch.setattr(relay_module, pause, 30.0)
        seen, may_go_on = list[int](), asyncio.Event()

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            seen.extend(payload["thing_id"] for payload in payloads)
            await may_go_on.wait()

        relay = make_relay(db, on_thing("h", run, batch=2))
        held = relay._held["h"]
        running = asyncio.create_task(relay.run())
        try:
            async with asyncio.timeout(20):
                # The first batch runs, eight are held, and the rest waits for whoever has room.
                for start in range(0, 40, 4):
                    await happen(db, *range(start, start + 4))
                    while (await backlog(db)).events:
                        await asyncio.sleep(0.005)
                assert held.payloads <= 8 * 2 + 4
                assert (await backlog(db)).waiting > 0
                may_go_on.set()
                while len(seen) < 40:
                    await asyncio.sleep(0.005)
        finally:
            may_go_on.set()
            relay.stop()
            await running
        assert sorted(seen) == list(range(40))

    async def test_what_comes_while_a_batch_runs_makes_up_the_next(self, db: Database) -> None:
        batches: list[list[int]] = []
        relay: Relay

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            batches.append([payload["thing_id"] for payload in payloads])
            if len(batches) == 1:
                for id in (2, 3, 4):
                    await happen(db, id)
                    await relay._take_up()

        relay = make_relay(db, on_thing("h", run, batch=10))
        await happen(db, 1)
        await relay.run_until_idle()

        assert batches == [[1], [2, 3, 4]]

    async def test_a_worker_leaves_to_others_what_it_cannot_get_to(self, db: Database) -> None:
        busy, others = make_relay(db, on_thing("h", Recorder(), batch=2)), Recorder()
        for id in range(40):
            await happen(db, id)
            await busy._expand(0)

        for task in await busy._claim(16):
            busy._held["h"].add(task)
        assert await busy._claim(10) == []
        await make_relay(db, on_thing("h", others, batch=2)).run_until_idle()

        assert len(others.seen) == 24

    async def test_a_task_of_many_that_fails_becomes_one_for_each(self, db: Database) -> None:
        recorder = Recorder(failures=1)
        relay = make_relay(db, on_thing("h", recorder, batch=10), retries=(3600,))
        await happen(db, 1, 2, 3)
        await relay.run_until_idle()

        async with db.reading() as session:
            tasks = await queries.list_tasks(session, state="waiting", limit=10)
        assert sorted(task.payload["thing_id"] for task in tasks) == [1, 2, 3]
        assert {(task.starts, task.error) for task in tasks} == {(1, "RuntimeError: boom 失败")}

    async def test_a_task_of_many_stays_whole_while_something_is_away(self, db: Database) -> None:
        recorder = Recorder(failures=1, error=Unavailable())
        relay = make_relay(db, on_thing("h", recorder, batch=10))
        await happen(db, 1, 2, 3)
        await relay.run_until_idle()

        async with db.reading() as session:
            (task,) = await queries.list_tasks(session, state="waiting", limit=10)
        assert (len(task.payload), task.starts) == (3, 0)

    async def test_only_what_kills_its_worker_is_parked_of_a_task_of_many(self, db: Database) -> None:
        recorder = Recorder()
        await happen(db, *range(8))
        for _ in range(4):
            # Each starts what holds 7, and is never heard of again; a task of many is taken apart first.
            worker = make_relay(db, on_thing("h", recorder, batch=10), lease=0.0)
            await worker._expand(0)
            for task in await worker._claim(100):
                if len(task.payloads) > 1 and task.vanished:
                    await worker._execute(worker._handlers["h"], [task])
                elif any(payload["thing_id"] == 7 for payload in task.payloads):
                    async with db.transaction() as session:
                        await session.execute(START.text, {"ids": [task.id], "lease": worker._lease})

        await make_relay(db, on_thing("h", recorder, batch=10), retries=(0, 0)).run_until_idle()

        assert sorted(recorder.seen) == list(range(7))
        async with db.reading() as session:
            (task,) = await queries.list_tasks(session, state="dead", limit=10)
        assert (task.payload, task.error) == ({"thing_id": 7}, "started 3 times without finishing")


class TestRetry:
    async def test_one_failing_handler_retries_alone(self, db: Database) -> None:
        failing, fine = Recorder(failures=2), Recorder()
        await happen(db, 1)

        await make_relay(db, on_thing("failing", failing), on_thing("fine", fine)).run_until_idle()

        assert (failing.calls, failing.seen) == (3, [1])
        assert (fine.calls, fine.seen) == (1, [1])

    async def test_waits_before_it_retries(self, db: Database) -> None:
        recorder = Recorder(failures=1)
        await happen(db, 1)

        await make_relay(db, on_thing("h", recorder), retries=(3600,)).run_until_idle()

        assert recorder.calls == 1
        assert (await backlog(db)).waiting == 1

    async def test_is_dead_with_its_error_after_the_last_retry(self, db: Database) -> None:
        recorder = Recorder(failures=99)
        await happen(db, 1)

        await make_relay(db, on_thing("h", recorder), retries=(0, 0)).run_until_idle()

        assert recorder.calls == 3
        async with db.reading() as session:
            (task,) = await queries.list_tasks(session, state="dead", limit=10)
        assert task.error == "RuntimeError: boom 失败"
        assert task.died_at is not None

    async def test_does_not_retry_what_can_never_work(self, db: Database) -> None:
        recorder = Recorder(failures=99, error=Invalid("never"))
        await happen(db, 1)

        await make_relay(db, on_thing("h", recorder)).run_until_idle()

        assert recorder.calls == 1
        assert (await backlog(db)).dead == 1

    async def test_what_is_away_is_waited_for_however_long(self, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(relay_module, "_UNAVAILABLE_SECONDS", 0.0)
        recorder = Recorder(failures=30, error=Unavailable())
        await happen(db, 1)

        await make_relay(db, on_thing("h", recorder), retries=(0, 0)).run_until_idle()

        assert recorder.seen == [1]

    async def test_rolls_back_what_a_failed_run_wrote(self, db: Database) -> None:
        calls = 0

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            nonlocal calls
            calls += 1
            await session.execute(text("INSERT INTO audit_log (action) VALUES ('effect')"))
            if calls == 1:
                raise RuntimeError

        await happen(db, 1)
        await make_relay(db, on_thing("h", run)).run_until_idle()

        async with db.reading() as session:
            effects = await session.scalar(text("SELECT count(*) FROM audit_log WHERE action = 'effect'"))
        assert (calls, effects) == (2, 1)

    async def test_one_poisonous_task_does_not_spoil_its_batch(self, db: Database) -> None:
        seen: set[int] = set()

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            if any(payload["thing_id"] == 3 for payload in payloads):
                raise RuntimeError
            seen.update(payload["thing_id"] for payload in payloads)

        await happen(db, 1, 2, 3, 4)
        await make_relay(db, on_thing("h", run, batch=10)).run_until_idle()

        assert seen == {1, 2, 4}
        assert (await backlog(db)).dead == 1

    async def test_a_handler_that_hangs_is_cut_off_and_retried(self, db: Database) -> None:
        calls = 0

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            nonlocal calls
            calls += 1
            if calls == 1:
                await asyncio.Event().wait()

        await happen(db, 1)
        await make_relay(db, on_thing("h", run, deadline_seconds=0.05)).run_until_idle()

        assert calls == 2

    async def test_a_failed_task_gives_way_to_a_newer_one_with_its_key(self, db: Database) -> None:
        calls = 0

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            nonlocal calls
            calls += 1
            if calls == 1:
                await happen(db, 5)
                await relay._expand(0)
                raise RuntimeError

        relay = make_relay(db, on_thing("h", run), retries=(3600,))
        await happen(db, 5)
        await relay.run_until_idle()

        assert calls == 2
        assert await backlog(db) == queries.Backlog(0, 0, 0, 0, 0.0)


class TestLease:
    async def test_two_relays_never_run_one_task_together(self, db: Database) -> None:
        recorder = Recorder()
        await happen(db, *range(60))
        relays = [make_relay(db, on_thing("h", recorder)) for _ in range(3)]

        await asyncio.gather(*(relay.run_until_idle() for relay in relays))

        assert sorted(recorder.seen) == list(range(60))

    async def test_taking_up_work_does_not_wait_for_another_worker_that_does(self, db: Database) -> None:
        await happen(db, 1, 2)
        first, second = make_relay(db, on_thing("h", Recorder())), make_relay(db, on_thing("h", Recorder()))
        await first._expand(0)

        async with db.transaction() as session:
            taken = await session.execute(CLAIM.text, {"lease": "first", "seconds": 30, "most": 1, "but": []})
            rest = await asyncio.wait_for(second._claim(10), 5)

        assert {taken.one().id, *(task.id for task in rest)} == {1, 2}

    @pytest.mark.parametrize("statement", [EXPAND, CLAIM], ids=["expand", "claim"])
    async def test_no_more_is_taken_than_asked_for_whatever_the_plan(self, db: Database, statement: Plain) -> None:
        await happen(db, *range(10))
        relay = make_relay(db, on_thing("h", Recorder()))
        if statement is CLAIM:
            await relay._expand(0)
        taking = relay._taking(3 if statement is CLAIM else 10) | {"limit": 3, "known": relay._known, "batches": [1]}
        taking |= {"topics": [topic for topic, _ in relay._routes], "handlers": ["h"]}

        async with db.transaction() as session:
            await join_by_nested_loops(session)
            values = {name: taking[name] for name in statement.names}
            taken = (await session.execute(statement.text, values)).all()

        assert len(taken) == 3

    async def test_a_task_of_a_silent_worker_is_taken_over(self, db: Database) -> None:
        recorder = Recorder()
        await happen(db, 1)
        dead_worker = make_relay(db, on_thing("h", recorder), lease=0.0)
        await dead_worker._expand(0)
        assert len(await dead_worker._claim(10)) == 1

        await make_relay(db, on_thing("h", recorder)).run_until_idle()

        assert recorder.seen == [1]

    @pytest.mark.parametrize("batch", [1, 10])
    async def test_a_task_whose_outcome_could_not_be_recorded_falls_due_again(
        self, db: Database, monkeypatch: pytest.MonkeyPatch, batch: int
    ) -> None:
        recorder, recorded = Recorder(failures=1), asyncio.Event()
        relay = make_relay(db, on_thing("h", recorder, batch=batch), lease=0.3)
        fail = relay._fail

        async def fail_once(*args: Any, **options: Any) -> None:
            monkeypatch.setattr(relay, "_fail", fail)
            recorded.set()
            raise OSError("the connection is gone")

        monkeypatch.setattr(relay, "_fail", fail_once)
        await happen(db, 1)
        running = asyncio.create_task(relay.run())
        try:
            async with asyncio.timeout(10):
                await recorded.wait()
                while not recorder.seen:
                    relay._wake.set()
                    await asyncio.sleep(0.01)
        finally:
            relay.stop()
            await running
        assert recorder.seen == [1]

    async def test_a_worker_that_lost_its_lease_leaves_no_effects(self, db: Database) -> None:
        async def steal_and_write(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            async with db.transaction() as other:
                await other.execute(text("UPDATE tasks SET lease = 'another'"))
            await session.execute(text("INSERT INTO audit_log (action) VALUES ('effect')"))

        await happen(db, 1)
        await make_relay(db, on_thing("h", steal_and_write)).run_until_idle()

        async with db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM audit_log WHERE action = 'effect'")) == 0
        assert (await backlog(db)).leased == 1

    async def test_what_others_took_of_a_batch_is_left_to_them(self, db: Database) -> None:
        recorder = Recorder()
        relay = make_relay(db, on_thing("h", recorder, batch=10))
        for number in (1, 2, 3):
            await happen(db, number)
            _, held = await relay._expand(10)
            relay._held["h"].tasks.extend(held)
        tasks = [*relay._held["h"].tasks]
        async with db.transaction() as session:
            await session.execute(text("UPDATE tasks SET lease = 'another' WHERE id = :id"), {"id": tasks[1].id})
        await relay._execute(relay._handlers["h"], tasks)
        assert recorder.seen == [1, 3]
        assert recorder.calls == 1
        assert (await backlog(db)).leased == 1

    async def test_a_task_that_is_held_is_not_taken_twice(self, db: Database) -> None:
        """Its lease ran out meanwhile: it is due, and held."""
        recorder = Recorder()
        relay = make_relay(db, on_thing("h", recorder, batch=10), lease=0.0)
        await happen(db, 1)
        _, held = await relay._expand(10)
        assert len(held) == 1
        assert await relay._claim(10) == []
        relay._hand_out(held)
        await relay._finish_running()
        assert recorder.seen == [1]

    async def test_a_task_that_kills_its_workers_is_parked(self, db: Database) -> None:
        recorder = Recorder()
        await happen(db, 1)
        for _ in range(3):
            await _die_running(db, recorder, ids={1})

        await make_relay(db, on_thing("h", recorder), retries=(0, 0)).run_until_idle()

        assert recorder.calls == 0
        async with db.reading() as session:
            (task,) = await queries.list_tasks(session, state="dead", limit=10)
        assert task.error == "started 3 times without finishing"

    async def test_tasks_that_a_dying_worker_only_held_are_not_blamed(self, db: Database) -> None:
        recorder = Recorder()
        await happen(db, *range(20))
        for _ in range(9):
            await _die_running(db, recorder, ids={7})

        await make_relay(db, on_thing("h", recorder), retries=(0, 0)).run_until_idle()

        assert sorted(recorder.seen) == [number for number in range(20) if number != 7]
        assert (await backlog(db)).dead == 1

    async def test_what_may_kill_its_worker_runs_beside_nothing_else(self, db: Database) -> None:
        running, beside = 0, []

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            nonlocal running
            running += 1
            await session.execute(text("SELECT pg_sleep(0.01)"))
            if payloads[0]["thing_id"] == 7:
                beside.append(running - 1)
            running -= 1

        await happen(db, *range(12))
        await _die_running(db, run, ids={7})
        await make_relay(db, on_thing("h", run)).run_until_idle()

        assert beside == [0]


async def _die_running(db: Database, run: Run, *, ids: set[int]) -> None:
    """A worker takes up everything, starts these, and is never heard of again."""
    worker = make_relay(db, on_thing("h", run), lease=0.0)
    await worker._expand(0)
    started = [task.id for task in await worker._claim(100) if task.payloads[0]["thing_id"] in ids]
    async with db.transaction() as session:
        await session.execute(START.text, {"ids": started, "lease": worker._lease})


class TestRun:
    async def test_a_published_event_wakes_a_running_relay(self, db: Database) -> None:
        done = asyncio.Event()

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            done.set()

        relay = make_relay(db, on_thing("h", run))
        running = asyncio.create_task(relay.run())
        await happen(db, 1)
        await asyncio.wait_for(done.wait(), 5)
        relay.stop()
        await asyncio.wait_for(running, 5)

        assert await backlog(db) == queries.Backlog(0, 0, 0, 0, 0.0)

    async def test_what_was_expanded_runs_whatever_becomes_of_claiming(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recorder = Recorder()
        relay = make_relay(db, on_thing("h", recorder))

        async def broken(most: int) -> list[Any]:
            raise OSError("the connection is gone")

        monkeypatch.setattr(relay, "_claim", broken)
        running = asyncio.create_task(relay.run())
        try:
            await happen(db, 1)
            async with asyncio.timeout(10):
                while recorder.seen != [1]:
                    await asyncio.sleep(0.005)
        finally:
            relay.stop()
            await running

    async def test_what_is_enqueued_wakes_a_running_relay(self, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(relay_module, "POLL_SECONDS", 30.0)
        monkeypatch.setattr(relay_module, "_CLAIM_SECONDS", 30.0)
        events, tasks = Recorder(), Recorder()
        relay = make_relay(db, on_thing("event", events), Handler("task", (), tasks))
        running = asyncio.create_task(relay.run())
        try:
            async with asyncio.timeout(10):
                await happen(db, 1)
                while events.seen != [1]:
                    await asyncio.sleep(0.005)
                async with db.transaction() as session:
                    await enqueue(session, "task", [("2", {"thing_id": 2})])
                while tasks.seen != [2]:
                    await asyncio.sleep(0.005)
        finally:
            relay.stop()
            await running

    async def test_what_came_before_it_listened_is_found_when_it_does(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "POLL_SECONDS", 30.0)
        recorder, may, taken = Recorder(), asyncio.Event(), asyncio.Event()
        relay = make_relay(db, on_thing("h", recorder))
        listen, take_up = relay._listen, relay._take_up

        async def listen_late() -> None:
            await may.wait()
            await listen()

        async def note() -> bool:
            found = await take_up()
            taken.set()
            return found

        monkeypatch.setattr(relay, "_listen", listen_late)
        monkeypatch.setattr(relay, "_take_up", note)
        running = asyncio.create_task(relay.run())
        try:
            async with asyncio.timeout(10):
                await taken.wait()
                await happen(db, 1)
                may.set()
                while recorder.seen != [1]:
                    await asyncio.sleep(0.005)
        finally:
            relay.stop()
            await running

    async def test_what_falls_due_is_found_while_events_keep_coming(self, db: Database) -> None:
        events, tasks = Recorder(), Recorder()
        relay = make_relay(db, on_thing("event", events, batch=1000), Handler("task", (), tasks))
        running = asyncio.create_task(relay.run())
        try:
            async with asyncio.timeout(10):
                await happen(db, 0)
                while not events.seen:
                    await asyncio.sleep(0.005)
                async with db.transaction() as session:
                    await enqueue(
                        session, "task", [("1", {"thing_id": 1})], run_at=clock.now() + timedelta(seconds=0.1)
                    )
                number = 1
                while not tasks.seen:
                    # Nobody is told of it, and the relay never rests.
                    await happen(db, number := number + 1)
        finally:
            relay.stop()
            await running
        assert tasks.seen == [1]

    async def test_paced_tasks_wait_for_each_other_and_nothing_else_does(self, db: Database) -> None:
        now, later = Recorder(), Recorder()
        relay = make_relay(db, on_thing("now", now), on_thing("later", later, batch=10, pace=0.4))
        running = asyncio.create_task(relay.run())
        try:
            async with asyncio.timeout(10):
                # From the beginning of a span: the test does not end in the middle of the next.
                async with db.reading() as session:
                    await session.execute(text("SELECT pg_sleep(0.4 - extract(epoch FROM clock_timestamp()) % 0.4)"))
                for id in (1, 2, 3):
                    await happen(db, id)
                    while id not in now.seen:
                        await asyncio.sleep(0.005)
                while len(later.seen) < 3:
                    await asyncio.sleep(0.005)
        finally:
            relay.stop()
            await running
        assert now.calls >= later.calls
        assert sorted(later.seen) == [1, 2, 3]
        assert later.calls <= 2

    async def test_a_full_batch_does_not_wait_for_its_pace(self, db: Database) -> None:
        later = Recorder()
        relay = make_relay(db, on_thing("later", later, batch=3, pace=60))
        running = asyncio.create_task(relay.run())
        try:
            async with asyncio.timeout(10):
                await happen(db, 1)
                while later.calls < 1:
                    await asyncio.sleep(0.005)
                await happen(db, 2, 3, 4)
                while later.calls < 2:
                    await asyncio.sleep(0.005)
        finally:
            relay.stop()
            await running
        assert later.seen == [1, 2, 3, 4]

    async def test_stop_finishes_the_task_at_hand(self, db: Database) -> None:
        started, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def run(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            started.set()
            await may_end.wait()
            ended.set()

        relay = make_relay(db, on_thing("h", run))
        running = asyncio.create_task(relay.run())
        await happen(db, 1)
        await asyncio.wait_for(started.wait(), 5)
        relay.stop()
        may_end.set()
        await asyncio.wait_for(running, 5)

        assert ended.is_set()
        assert await backlog(db) == queries.Backlog(0, 0, 0, 0, 0.0)


class TestEnqueue:
    async def test_a_handler_splits_its_work(self, db: Database) -> None:
        parts = Recorder()

        async def split(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
            await enqueue(session, "part", [(f"{part}", {"thing_id": part}) for part in range(3)])

        await happen(db, 1)
        await make_relay(db, on_thing("whole", split), Handler("part", (), parts)).run_until_idle()

        assert sorted(parts.seen) == [0, 1, 2]


class TestRetryDead:
    async def test_sends_dead_tasks_back_to_work(self, db: Database) -> None:
        recorder = Recorder(failures=3)
        await happen(db, 1)
        relay = make_relay(db, on_thing("h", recorder), retries=(0, 0))
        await relay.run_until_idle()
        assert (await backlog(db)).dead == 1

        async with db.transaction() as session:
            assert await queries.retry_dead(session, ids=None) == 1
        await relay.run_until_idle()

        assert recorder.seen == [1]

    async def test_drops_dead_tasks_whose_key_waits_already(self, db: Database) -> None:
        recorder = Recorder(failures=99)
        relay = make_relay(db, on_thing("h", recorder), retries=())
        for _ in range(2):
            await happen(db, 1)
            await relay.run_until_idle()
        await happen(db, 1)
        await relay._expand(0)

        async with db.transaction() as session:
            assert await queries.retry_dead(session, ids=None) == 0

        held = await backlog(db)
        assert (held.waiting, held.dead) == (1, 0)
