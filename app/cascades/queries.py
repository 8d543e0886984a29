"""Reads of whole cascades."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Branch:
    """A repost, quote or application in a job's cascade."""

    id: int
    kind: str
    parent_id: int
    account_id: int
    depth: int
    inference: str
    confidence: float
    created_at: datetime
    visibility: str | None
    removed: bool
    stage: str | None
    children: int
    applications: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A cascade in numbers. `depth` is the deepest repost's."""

    reposts: int
    quotes: int
    applications: int
    accounts: int
    depth: int


_BRANCHES = text(
    """
    WITH branch AS (
        SELECT node.post_id AS id, post.kind, node.parent_id, node.account_id, node.depth, node.inference,
            node.confidence, node.created_at, post.visibility,
            post.deleted_at IS NOT NULL OR post.quote_state IS NOT DISTINCT FROM 'revoked' AS removed,
            CAST(NULL AS text) AS stage
        FROM cascade_nodes AS node JOIN posts AS post ON post.id = node.post_id
        WHERE node.root_id = :root_id AND node.depth <= :deepest
        UNION ALL
        SELECT application.id, 'application', application.via_post_id, application.applicant_id,
            coalesce(node.depth, 0) + 1, application.inference, application.confidence, application.created_at,
            NULL, false, application.stage
        FROM applications AS application LEFT JOIN cascade_nodes AS node ON node.post_id = application.via_post_id
        WHERE application.job_id = :job_id AND coalesce(node.depth, 0) + 1 <= :deepest
    ), page AS (
        SELECT * FROM branch WHERE (depth, id) > (:after_depth, :after_id) ORDER BY depth, id LIMIT :limit
    )
    SELECT page.id, page.kind, page.parent_id, page.account_id, page.depth, page.inference, page.confidence,
        page.created_at, page.visibility, page.removed, page.stage,
        (SELECT count(*) FROM cascade_nodes AS child WHERE child.parent_id = page.id),
        (SELECT count(*) FROM applications AS leaf WHERE leaf.via_post_id = page.id)
    FROM page ORDER BY page.depth, page.id
    """
)
_TOTALS = text(
    """
    SELECT
        count(*) FILTER (WHERE post.kind = 'repost'),
        count(*) FILTER (WHERE post.kind = 'quote'),
        (SELECT count(*) FROM applications WHERE job_id = :job_id),
        count(DISTINCT node.account_id),
        coalesce(max(node.depth), 0)
    FROM cascade_nodes AS node JOIN posts AS post ON post.id = node.post_id
    WHERE node.root_id = :root_id AND post.deleted_at IS NULL AND post.quote_state IS DISTINCT FROM 'revoked'
    """
)


async def list_branches(
    session: AsyncSession, *, root_id: int, job_id: int, deepest: int, after: tuple[int, int], limit: int
) -> Sequence[Branch]:
    """Branches after the cursor (depth, id), level by level: a parent always comes before its children."""
    rows = await session.execute(
        _BRANCHES,
        {
            "root_id": root_id,
            "job_id": job_id,
            "deepest": deepest,
            "after_depth": after[0],
            "after_id": after[1],
            "limit": limit,
        },
    )
    return [Branch(*row) for row in rows]


async def total(session: AsyncSession, *, root_id: int, job_id: int) -> Totals:
    """What still stands of the cascade, in numbers."""
    row = (await session.execute(_TOTALS, {"root_id": root_id, "job_id": job_id})).one()
    return Totals(*row)
