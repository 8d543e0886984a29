"""What is shown is counted once, whenever it is written, expires or is written again, and by whichever process."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.bootstrap import Resources
from app.exposures import expiry
from app.exposures.days import day_of
from app.exposures.reach import Reach
from app.exposures.writing import Row, write
from app.kit.clock import now
from app.kit.errors import Unavailable
from app.tidying import tidy
from tests.exposures.test_noting import job_by_bo
from tests.people import World

pytestmark = pytest.mark.anyio

# Of 120 readers a sketch may be wrong by one, and seldom by more (its standard error is 0.81 %); half would be lost.
_OFF = 6
NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
COUNTED = """
    SELECT via_id, day, sum(shown), sum(opened) FROM (
        SELECT via_id, day, count(*) AS shown, count(opened_at) AS opened FROM exposures GROUP BY 1, 2
        UNION ALL SELECT via_id, day, shown, opened FROM hop_days
    ) AS all_of_it GROUP BY 1, 2
"""
PEOPLE = """
    INSERT INTO accounts (username, handle) SELECT 'w' || n, 'w' || n FROM generate_series(1, :count) n RETURNING id
"""


async def people(resources: Resources, count: int) -> list[int]:
    async with resources.db.transaction() as session:
        ids = sorted((await session.scalars(text(PEOPLE), {"count": count})).all())
        await session.execute(
            text("INSERT INTO account_stats (account_id) SELECT id FROM accounts ON CONFLICT DO NOTHING")
        )
        return ids


async def counted(resources: Resources) -> dict[tuple[int, Any], tuple[int, int]]:
    async with resources.db.reading() as session:
        return {(row[0], row[1]): (int(row[2]), int(row[3])) for row in await session.execute(text(COUNTED))}


async def rows_left(resources: Resources) -> int:
    async with resources.db.reading() as session:
        return int(await session.scalar(text("SELECT count(*) FROM exposures")) or 0)


SERVED = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 40), st.booleans()), min_size=1, max_size=12
)


class TestTotals:
    async def test_and_rows_are_together_what_was_served(self, resources: Resources) -> None:
        viewers = await people(resources, 4)

        async def serve(served: list[tuple[int, int, int, bool]], cut: int) -> None:
            truth: dict[tuple[int, Any], dict[int, bool]] = {}
            rows = []
            for who, via, ago, opened in served:
                at = NOW - timedelta(days=ago)
                row = Row(day_of(at), 1, 1 + via, viewers[who], at, "home", at if opened else None)
                rows.append(row)
                seen = truth.setdefault((1 + via, row.day), {})
                seen[row.viewer_id] = seen.get(row.viewer_id, False) or opened
            # Any number of times, in any pieces, until the day they are counted.
            for piece in (rows[:cut], rows, rows[cut:]):
                for row in piece:
                    await write(resources.db, [row])
            for days in (40 - cut, 20, 0):
                await expiry.expire(resources.db, resources.exposures.reach, now=NOW - timedelta(days=days))
            expected = {key: (len(seen), sum(seen.values())) for key, seen in truth.items()}
            assert await counted(resources) == expected
            assert await rows_left(resources) == sum(
                len(seen) for (_, day), seen in truth.items() if day > day_of(NOW) - timedelta(days=30)
            )
            readers = {who for who, *_ in served}
            assert (await resources.exposures.reach.count(1)).total == len(readers)

        # One loop for all examples: the resources live on it.
        examples: list[tuple[list[tuple[int, int, int, bool]], int]] = []

        @settings(max_examples=12, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
        @given(SERVED, st.integers(0, 5))
        def draw(served: list[tuple[int, int, int, bool]], cut: int) -> None:
            examples.append((served, cut))

        draw()
        for served, cut in examples:
            await serve(served, cut)
            async with resources.db.transaction() as session:
                for table in ("exposures", "hop_days", "reach_sketches"):
                    await session.execute(text(f"DELETE FROM {table}"))
            await resources.exposures.reach.forget(1)
            await _clear(resources.exposures.reach, 1)

    async def test_are_not_counted_while_the_sketch_cannot_be_kept(self, resources: Resources) -> None:
        (viewer,) = await people(resources, 1)
        at = NOW - timedelta(days=35)
        await write(resources.db, [Row(day_of(at), 1, 1, viewer, at, "home")])
        away = Reach(resources.db, "redis://127.0.0.1:1")
        with pytest.raises(Unavailable):
            await expiry.expire(resources.db, away, now=NOW)
        await away.close()
        assert (await rows_left(resources), await counted(resources)) == (1, {(1, day_of(at)): (1, 0)})
        await expiry.expire(resources.db, resources.exposures.reach, now=NOW)
        await expiry.expire(resources.db, resources.exposures.reach, now=NOW)
        assert (await rows_left(resources), await counted(resources)) == (0, {(1, day_of(at)): (1, 0)})

    async def test_are_made_by_the_worker(self, resources: Resources) -> None:
        (viewer,) = await people(resources, 1)
        for days in (35, 29):
            at = now() - timedelta(days=days)
            await write(resources.db, [Row(day_of(at), 1, 1, viewer, at, "home")])
        before = await counted(resources)
        await tidy(resources)
        assert (await rows_left(resources), await counted(resources)) == (1, before)
        assert len(before) == 2


class TestWhoSaidNo:
    async def test_leaves_numbers_and_no_rows(self, world: World, resources: Resources) -> None:
        cast = await world.people("recruiter", "bo", "ann")
        _, repost = await job_by_bo(world, cast)
        await cast[2].home()
        await world.settle()
        before = await counted(resources)
        assert [key[0] for key in before] == [int(repost["id"])]
        await cast[2].request(
            "PATCH", "/api/v1/accounts/update_credentials", json={"source": {"log_exposures": False}}, expect=200
        )
        await world.settle()
        await cast[2].get(f"/api/v1/accounts/{cast[1].id}/statuses")
        await world.settle()
        assert (await rows_left(resources), await counted(resources)) == (0, before)
        assert (await resources.exposures.reach.count(int(repost["reblog"]["id"]))).total == 1


class TestReach:
    async def test_outlives_valkey_and_is_told_once_at_each_milestone(self, world: World, resources: Resources) -> None:
        recruiter = await world.person("recruiter")
        job = await recruiter.publishes_job()
        root, viewers = int(job["status_id"]), await people(resources, 120)
        reach = resources.exposures.reach
        old, new = NOW - timedelta(days=31), NOW

        def row(viewer: int, at: datetime) -> Row:
            return Row(day_of(at), root, root, viewer, at, "home")

        await reach.add(await write(resources.db, [row(viewer, old) for viewer in viewers[:60]]))
        await expiry.expire(resources.db, reach, now=NOW)
        assert await rows_left(resources) == 0
        # Another process, with what it knows alone.
        other = replace(resources).exposures.__class__(resources.db, reach)
        for exposures, some in ((resources.exposures, viewers[60:99]), (other, viewers[80:])):
            for viewer in some:
                exposures._add(row(viewer, new))
            await exposures.flush()
        assert (await reach.count(root)).total == pytest.approx(120, abs=_OFF)
        for lost in (f"{{reach:{root}}}:whole", f"{{reach:{root}}}:0"):
            await reach._valkey.call(lost, "DEL", lost)
        assert (await reach.count(root)).by_depth[0] == pytest.approx(120, abs=_OFF)
        await other.flush()
        async with resources.db.reading() as session:
            told = await session.execute(
                text(
                    """
                    SELECT milestone.reach FROM outbox_events AS event
                    JOIN reach_milestones AS milestone ON milestone.id = CAST(event.payload->>'milestone_id' AS bigint)
                    WHERE event.topic = 'job.reached'
                    """
                )
            )
            assert [reach for (reach,) in told] == [100]


async def _clear(reach: Reach, root_id: int) -> None:
    for name in ("whole", *map(str, range(9))):
        key = f"{{reach:{root_id}}}:{name}"
        await reach._valkey.call(key, "DEL", key)
