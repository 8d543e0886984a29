"""How exposures are written: many at once, and as often as one likes, with the same result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from app.exposures.days import KEPT_DAYS
from app.kit.db import Database
from app.kit.work import Plain, Work, listed, working

_AT_ONCE = 5_000
REMEMBERED = timedelta(days=7)
# Surfaces that show one job alone.
LOOKED_AT = frozenset(("status", "job"))


@dataclass(frozen=True, slots=True)
class Row:
    """An exposure to write. `via_id` None: what the reader was shown last, or else the root itself.

    `sharer_id`: whose link it was; then it came by their own post in the tree, if they have one.
    """

    day: date
    root_id: int
    via_id: int | None
    viewer_id: int
    at: datetime
    surface: str
    opened_at: datetime | None = None
    known_by: str | None = None
    sharer_id: int | None = None

    def after(self, earlier: "Row") -> "Row":
        """What this row makes of an earlier one of the same key."""
        late, early = (self, earlier) if self.at >= earlier.at else (earlier, self)
        opened = [row.opened_at for row in (late, early) if row.opened_at]
        # Where it was found says more than that it was looked at.
        surface = early.surface if late.surface in LOOKED_AT else late.surface
        return replace(late, surface=surface, opened_at=min(opened, default=None))


# Who turned this off meanwhile is not written; nor a day whose rows were counted already.
_WRITE = Plain(
    f"""
    WITH written AS (
    INSERT INTO exposures AS kept (day, root_id, via_id, viewer_id, at, surface, opened_at, known_by)
    SELECT DISTINCT ON (given.day, given.root_id, via.id, given.viewer_id)
        given.day, given.root_id, via.id, given.viewer_id, given.at, given.surface, given.opened_at,
        nullif(given.known_by, '')
    FROM unnest(
        {listed("days", "date")}, {listed("roots")}, {listed("vias")}, {listed("viewers")},
        {listed("ats", "timestamptz")}, {listed("surfaces", "text")}, {listed("opened", "timestamptz")},
        {listed("known", "text")}, {listed("sharers")}
    ) AS given (day, root_id, via_id, viewer_id, at, surface, opened_at, known_by, sharer_id)
    JOIN accounts AS account ON account.id = given.viewer_id AND account.log_exposures
    CROSS JOIN LATERAL (
        SELECT coalesce(
            (
                SELECT node.post_id FROM cascade_nodes AS node JOIN posts AS post ON post.id = node.post_id
                WHERE given.sharer_id IS NOT NULL AND node.root_id = given.root_id
                    AND node.account_id = given.sharer_id AND post.deleted_at IS NULL
                    AND post.visibility IN ('public', 'unlisted')
                ORDER BY node.post_id DESC LIMIT 1
            ),
            given.via_id,
            (
                SELECT earlier.via_id FROM exposures AS earlier
                WHERE earlier.viewer_id = given.viewer_id AND earlier.root_id = given.root_id
                    AND earlier.at > given.at - CAST(:remembered AS interval)
                ORDER BY earlier.known_by IS NOT NULL DESC, earlier.at DESC, earlier.via_id DESC LIMIT 1
            ),
            given.root_id
        ) AS id
    ) AS via
    WHERE given.day > :counted
    ORDER BY given.day, given.root_id, via.id, given.viewer_id, given.known_by = '', given.at DESC
    ON CONFLICT (day, root_id, via_id, viewer_id) DO UPDATE SET
        at = greatest(kept.at, excluded.at),
        surface = CASE
            WHEN excluded.at > kept.at AND excluded.surface NOT IN ('status', 'job') THEN excluded.surface
            ELSE kept.surface
        END,
        opened_at = least(kept.opened_at, excluded.opened_at),
        known_by = coalesce(kept.known_by, excluded.known_by)
    RETURNING root_id, via_id, viewer_id
    )
    SELECT written.root_id, coalesce(node.depth, 0), written.viewer_id
    FROM written
    LEFT JOIN cascade_nodes AS node ON node.post_id = written.via_id AND node.root_id = written.root_id
    """
)


class Written(NamedTuple):
    """A row that is there now: by a post how deep in the tree, its reader came to the job."""

    root_id: int
    depth: int
    viewer_id: int


async def write(db: Database, rows: Sequence[Row]) -> list[Written]:
    """Write rows, those first that later ones may come by. Each day's exposure of someone is there once."""
    written: list[Written] = []
    known = [row for row in rows if row.via_id is not None]
    unknown = [row for row in rows if row.via_id is None]
    async with working(db) as work:
        for part in (known, unknown):
            for start in range(0, len(part), _AT_ONCE):
                written += await _write(work, part[start : start + _AT_ONCE])
    return written


async def _write(work: Work, rows: Sequence[Row]) -> list[Written]:
    newest = max(row.day for row in rows)
    found = await work.rows(
        _WRITE,
        days=[row.day for row in rows],
        roots=[row.root_id for row in rows],
        vias=[row.via_id for row in rows],
        viewers=[row.viewer_id for row in rows],
        ats=[row.at for row in rows],
        surfaces=[row.surface for row in rows],
        opened=[row.opened_at for row in rows],
        known=[row.known_by or "" for row in rows],
        sharers=[row.sharer_id for row in rows],
        remembered=REMEMBERED,
        counted=newest - timedelta(days=KEPT_DAYS),
    )
    return [Written(*row) for row in found]
