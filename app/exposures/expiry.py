"""Exposures are kept one by one for 30 days, and of who wants none not at all: then they are counted, and go."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.exposures.days import KEPT_DAYS, day_of
from app.exposures.reach import Reach
from app.kit.db import Database
from app.kit.work import Plain, Work, work_of, working, writing

_ROOTS_AT_ONCE = 500
_OLD_ROOTS = Plain("SELECT DISTINCT root_id FROM exposures WHERE day <= :last LIMIT :limit")
_READERS = """
    SELECT DISTINCT least(coalesce(node.depth, 0), 8), exposure.viewer_id
    FROM exposures AS exposure
    LEFT JOIN cascade_nodes AS node ON node.post_id = exposure.via_id AND node.root_id = exposure.root_id
    WHERE exposure.root_id = :root_id AND {which}
"""
# Counted and gone in one statement: whoever dies in between has done neither.
_FOLD = """
    WITH gone AS (
        DELETE FROM exposures AS exposure WHERE exposure.root_id = :root_id AND {which}
        RETURNING root_id, via_id, day, opened_at
    )
    INSERT INTO hop_days AS kept (root_id, via_id, day, shown, opened)
    SELECT root_id, via_id, day, count(*), count(opened_at) FROM gone GROUP BY root_id, via_id, day
    ON CONFLICT (root_id, via_id, day) DO UPDATE
    SET shown = kept.shown + excluded.shown, opened = kept.opened + excluded.opened
"""
_OLD, _OWN = "exposure.day <= :last", "exposure.viewer_id = :viewer_id"
_OLD_READERS, _FOLD_OLD = Plain(_READERS.format(which=_OLD)), Plain(_FOLD.format(which=_OLD))
_OWN_READERS, _FOLD_OWN = Plain(_READERS.format(which=_OWN)), Plain(_FOLD.format(which=_OWN))
_OWN_ROOTS = Plain(
    """
    SELECT DISTINCT exposure.root_id FROM exposures AS exposure JOIN accounts ON accounts.id = exposure.viewer_id
    WHERE exposure.viewer_id = :viewer_id AND NOT accounts.log_exposures
    """
)


async def expire(db: Database, reach: Reach, *, now: datetime) -> int:
    """Count the exposures of days that are over for so long, job by job; how many jobs had some. May run twice."""
    last, done = day_of(now) - timedelta(days=KEPT_DAYS), 0
    while True:
        async with working(db) as work:
            roots = [root_id for (root_id,) in await work.rows(_OLD_ROOTS, last=last, limit=_ROOTS_AT_ONCE)]
        for root_id in roots:
            async with writing(db) as work:
                await _fold(work, reach, root_id, _OLD_READERS, _FOLD_OLD, last=last)
            # Should Valkey have missed some, they are there from now on.
            await reach.forget(root_id)
        done += len(roots)
        if len(roots) < _ROOTS_AT_ONCE:
            return done


async def forget_who_said_no(session: AsyncSession, reach: Reach, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Of accounts that want nothing noted, as they changed their profiles: numbers stay, rows go."""
    work = await work_of(session)
    for payload in payloads:
        viewer_id = payload["account_id"]
        for (root_id,) in await work.rows(_OWN_ROOTS, viewer_id=viewer_id):
            await _fold(work, reach, root_id, _OWN_READERS, _FOLD_OWN, viewer_id=viewer_id)


async def _fold(work: Work, reach: Reach, root_id: int, readers: Plain, fold: Plain, **which: Any) -> None:
    await work.rows(_LOCK, root_id=root_id)
    found = await work.rows(readers, root_id=root_id, **which)
    if found:
        await reach.keep(work, root_id, [tuple(row) for row in found])
        await work.rows(fold, root_id=root_id, **which)


# One at a time for each job: a sketch is read, added to and written.
_LOCK = Plain("SELECT pg_advisory_xact_lock(hashtextextended('exposures', :root_id))")
