"""Reads of whole cascades, and of the entries of one page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.cascades.tree import HIDDEN, QUOTE, REMOVED, Leaves, Nodes
from app.exposures.days import kept_days
from app.kit.work import any_of
from app.posts.models import Post

# The oldest nodes of a cascade: those that are read. A parent is older than its children, so they are a tree as well.
LARGEST = 200_000


@dataclass(frozen=True, slots=True)
class Branch:
    """A repost, quote or application, for a page."""

    id: int
    kind: str
    parent_id: int
    account_id: int
    depth: int
    inference: str
    confidence: float
    created_at: datetime
    stage: str | None = None


# As columns: fifty thousand rows would take the driver ten times as long.
_NODES = text(
    f"""
    SELECT array_agg(id), array_agg(parent_id), array_agg(account_id), array_agg(flags) FROM (
        SELECT node.post_id AS id, node.parent_id, node.account_id,
            CASE WHEN post.kind = 'quote' THEN {QUOTE} ELSE 0 END
            + CASE WHEN post.deleted_at IS NOT NULL OR post.quote_state IS NOT DISTINCT FROM 'revoked'
                THEN {REMOVED} ELSE 0 END
            + CASE WHEN post.visibility IN ('public', 'unlisted') THEN 0 ELSE {HIDDEN} END AS flags
        FROM cascade_nodes AS node JOIN posts AS post ON post.id = node.post_id AND post.author_id = node.account_id
        WHERE node.root_id = :root_id AND node.post_id <= :until ORDER BY node.post_id LIMIT {LARGEST}
    ) AS node
    """
)
_LEAVES = text(
    f"""
    SELECT array_agg(id), array_agg(via_post_id), array_agg(interviewed), array_agg(hired) FROM (
        SELECT id, via_post_id, stage = 'hired' AS hired, stage IN ('interview', 'offer', 'hired') OR EXISTS (
            SELECT FROM application_changes AS change
            WHERE change.application_id = application.id AND change.stage IN ('interview', 'offer', 'hired')
        ) AS interviewed
        FROM applications AS application WHERE job_id = :job_id AND id <= :until ORDER BY id LIMIT {LARGEST}
    ) AS leaf
    """
)
_BRANCHES = text(
    f"""
    SELECT node.post_id, post.kind, node.parent_id, node.account_id, node.depth, node.inference, node.confidence,
        node.created_at, NULL
    FROM cascade_nodes AS node JOIN posts AS post ON post.id = node.post_id WHERE node.post_id {any_of("nodes")}
    UNION ALL
    SELECT leaf.id, 'application', leaf.via_post_id, leaf.applicant_id, coalesce(node.depth, 0) + 1, leaf.inference,
        leaf.confidence, leaf.created_at, leaf.stage
    FROM applications AS leaf LEFT JOIN cascade_nodes AS node ON node.post_id = leaf.via_post_id
    WHERE leaf.id {any_of("leaves")}
    """
)


async def read_leaves(session: AsyncSession, *, job_id: int, until: int) -> Leaves:
    """Everyone who applied to a job, up to the id `until`. To be read before the nodes: else one may have come through
    a node not seen."""
    columns = (await session.execute(_LEAVES, {"job_id": job_id, "until": until})).one()
    return Leaves(*(column or () for column in columns))


async def read_nodes(session: AsyncSession, *, root_id: int, until: int) -> Nodes:
    """Every repost and quote in the cascade of a post up to the id `until`, or its `LARGEST` oldest ones."""
    columns = (await session.execute(_NODES, {"root_id": root_id, "until": until})).one()
    return Nodes(*(column or () for column in columns))


async def load_branches(session: AsyncSession, *, nodes: Collection[int], leaves: Collection[int]) -> dict[int, Branch]:
    """Nodes and applications by their ids."""
    rows: Sequence[tuple[object, ...]] = (
        await session.execute(_BRANCHES, {"nodes": list(nodes), "leaves": list(leaves)})
    ).all()
    return {branch.id: branch for branch in (Branch(*row) for row in rows)}  # type: ignore[arg-type]


_UNNAMED = text(
    f"""
    SELECT account.id FROM accounts AS account
    LEFT JOIN blocks AS block ON block.account_id = account.id AND block.target_id = :viewer_id
    WHERE account.id {any_of("ids")} AND (account.suspended_at IS NOT NULL OR block.account_id IS NOT NULL)
    """
)
# Day by day: the index of exposures begins with the day.
_READERS = text(
    """
    SELECT via_id, CAST(sum(readers) AS bigint) AS readers FROM (
        SELECT via_id, count(*) AS readers FROM exposures
        WHERE day = ANY(CAST(:days AS date[])) AND root_id = :root_id GROUP BY via_id
        UNION ALL SELECT via_id, sum(shown) FROM hop_days WHERE root_id = :root_id GROUP BY via_id
    ) AS shown GROUP BY via_id
    """
)


async def load_unnamed(session: AsyncSession, *, ids: Collection[int], viewer_id: int) -> set[int]:
    """Which of these accounts must not be named to the viewer: they are suspended, or keep the viewer away."""
    return set(await session.scalars(_UNNAMED, {"ids": list(ids), "viewer_id": viewer_id}))


async def load_readers(session: AsyncSession, *, root_id: int, today: date) -> dict[int, int]:
    """By post how many readers were shown the original by it, each counted once a day."""
    rows = await session.execute(_READERS, {"root_id": root_id, "days": kept_days(today)})
    return {row.via_id: row.readers for row in rows}


async def load_words(session: AsyncSession, *, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """What posts say: their text and the warning before it. Whether they may be shown is left to who asks."""
    rows = await session.execute(select(Post.id, Post.text, Post.spoiler_text).where(Post.id.in_(ids)))
    return {id: (words, warning) for id, words, warning in rows}
