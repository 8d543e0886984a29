"""The funnel of a job: how many were shown it, opened it, passed it on, applied and were hired, and by which posts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.exposures.days import kept_days

GroupBy: TypeAlias = Literal["hop", "account", "day"]
# Fewer readers than this are not told for a part of the tree: whoever knows someone's few followers would know them.
FEWEST = 5
STEPS = ("shown", "opened", "reposted", "applied", "interviewed", "hired")


@dataclass(frozen=True, slots=True)
class Counted:
    """One line: the depth, account or day it is about (None: of accounts, all that are not named), and its counts."""

    key: Any
    counts: Mapping[str, int]


# Each thing is counted where the post stands through which it came: a repost at its parent. So a hop's reposts are the
# next hop's posts, and all lines together are the tree. Days are China's.
_FACTS = """
    WITH fact AS (
        SELECT via_id, day, 1 AS shown, CAST(opened_at IS NOT NULL AS integer) AS opened,
            0 AS reposted, 0 AS applied, 0 AS interviewed, 0 AS hired
        FROM exposures WHERE day = ANY(CAST(:kept AS date[])) AND root_id = :root_id
        UNION ALL
        SELECT via_id, day, CAST(shown AS integer), CAST(opened AS integer), 0, 0, 0, 0
        FROM hop_days WHERE root_id = :root_id
        UNION ALL
        SELECT node.parent_id, CAST(node.created_at AT TIME ZONE 'Asia/Shanghai' AS date), 0, 0, 1, 0, 0, 0
        FROM cascade_nodes AS node JOIN posts AS post ON post.id = node.post_id
        WHERE node.root_id = :root_id AND post.deleted_at IS NULL AND post.quote_state IS DISTINCT FROM 'revoked'
        UNION ALL
        SELECT application.via_post_id, CAST(application.created_at AT TIME ZONE 'Asia/Shanghai' AS date), 0, 0, 0,
            1,
            CAST(application.stage IN ('interview', 'offer', 'hired') OR EXISTS (
                SELECT FROM application_changes AS change
                WHERE change.application_id = application.id AND change.stage IN ('interview', 'offer', 'hired')
            ) AS integer),
            CAST(application.stage = 'hired' AS integer)
        FROM applications AS application WHERE application.job_id = :job_id
    )
"""
_KEYS: Mapping[GroupBy, str] = {
    "hop": "coalesce(node.depth, 0)",
    "day": "fact.day",
    # Only those who posted in public; the job's own post is its author's.
    "account": """CASE
        WHEN post.deleted_at IS NULL AND post.visibility IN ('public', 'unlisted')
            AND post.quote_state IS DISTINCT FROM 'revoked' THEN post.author_id
    END""",
}
# Sums of 64 bits would be made in decimals, at several times the cost.
_SUMS = ", ".join(f"sum({step}) AS {step}" for step in STEPS)
_ORDERS: Mapping[GroupBy, str] = {
    "hop": "key",
    "day": "key DESC",
    "account": "hired DESC, interviewed DESC, applied DESC, reposted DESC, opened DESC, shown DESC, key",
}
_STATEMENTS = {
    group_by: text(
        f"""
        {_FACTS}
        SELECT grouping({key}) = 1 AS whole, {key} AS key, {_SUMS}
        FROM fact
        LEFT JOIN cascade_nodes AS node ON node.post_id = fact.via_id AND node.root_id = :root_id
        {"LEFT JOIN posts AS post ON post.id = fact.via_id" if group_by == "account" else ""}
        WHERE (CAST(:first AS date) IS NULL OR fact.day >= :first)
            AND (CAST(:last AS date) IS NULL OR fact.day <= :last)
        GROUP BY GROUPING SETS (({key}), ())
        ORDER BY whole DESC, {_ORDERS[group_by]} LIMIT :limit
        """
    )
    for group_by, key in _KEYS.items()
}


async def count_funnel(
    session: AsyncSession,
    *,
    root_id: int,
    job_id: int,
    group_by: GroupBy,
    first: date | None,
    last: date | None,
    today: date,
    limit: int,
) -> tuple[Counted, Sequence[Counted]]:
    """The whole, and its parts (`limit` at most, of accounts those first that brought most), in one statement."""
    rows = await session.execute(
        _STATEMENTS[group_by],
        {
            "root_id": root_id,
            "job_id": job_id,
            "first": first,
            "last": last,
            "kept": kept_days(today),
            "limit": limit + 1,
        },
    )
    whole, *parts = [Counted(key, dict(zip(STEPS, counts, strict=True))) for _, key, *counts in rows]
    return Counted(None, {step: count or 0 for step, count in whole.counts.items()}), parts


def rest_of(whole: Counted, parts: Sequence[Counted]) -> Counted | None:
    """What `parts` leave of the whole; None where that is nothing."""
    counts = {step: whole.counts[step] - sum(part.counts[step] for part in parts) for step in STEPS}
    return Counted(None, counts) if any(counts.values()) else None
