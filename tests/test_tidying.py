"""What the worker does every hour: all of it, a bounded number of rows in each transaction."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import tidying
from app.bootstrap import Resources
from app.kit import idempotency
from tests.people import World

pytestmark = pytest.mark.anyio

_KEYS = text(
    """
    INSERT INTO idempotency_keys (account_id, operation, key, request, created_at)
    SELECT 1, 'posts', number::text, '', now() - make_interval(days => CASE WHEN number > 2 THEN 3 ELSE 0 END)
    FROM generate_series(1, 9) AS number
    """
)


async def test_each_chore_is_done_to_its_end_some_rows_at_a_time_whatever_fails_before_it(
    world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_FORGOTTEN_AT_ONCE", 3)
    async with resources.db.transaction() as session:
        await session.execute(_KEYS)
    goes: list[int] = []

    async def fails(_session: AsyncSession, _resources: object, _at: datetime) -> int:
        raise RuntimeError("no")

    async def counted(session: AsyncSession, _resources: object, at: datetime) -> int:
        goes.append(await idempotency.forget(session, now=at))
        return goes[-1]

    chores: dict[str, Any] = {"fails": fails, **tidying.CHORES, "idempotency keys": counted}
    monkeypatch.setattr(tidying, "CHORES", chores)

    await tidying.tidy(resources)

    assert goes == [3, 3, 1, 0]
    async with resources.db.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM idempotency_keys")) == 2


async def test_every_chore_runs_and_ends(world: World, resources: Resources) -> None:
    for name, chore in tidying.CHORES.items():
        async with resources.db.transaction() as session:
            assert not await chore(session, resources, datetime.now().astimezone()), name
