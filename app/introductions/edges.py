"""Reads of the follow graph for ways through it. Each touches a bounded number of rows, however large the graph is.

Tests for what stands between two people are sub-selects by primary key: as joins, the planner would read whole tables.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.introductions.rules import Pair, Someone
from app.kit import ids as kit_ids


def _follows(follower: str, followee: str) -> str:
    return f"(SELECT true FROM follows WHERE follower_id = {follower} AND followee_id = {followee}) IS NOT NULL"


def _apart(one: str, other: str) -> str:
    """Whether either blocks or mutes the other."""
    found = [
        f"(SELECT true FROM {table} WHERE account_id = {a} AND target_id = {b}{lasts}) IS NOT NULL"
        for table, lasts in (("blocks", ""), ("mutes", " AND (expires_at IS NULL OR expires_at > now())"))
        for a, b in ((one, other), (other, one))
    ]
    return f"({' OR '.join(found)})"


@dataclass(frozen=True, slots=True)
class Near:
    """`of_id` follows `id`, who may introduce people; `mutual`: and is followed back."""

    of_id: int
    id: int
    mutual: bool
    may_ask: str


_NEAR = text(
    f"""
    WITH reached AS (
        SELECT one.id AS of_id, latest.followee_id AS id
        FROM unnest(CAST(:of AS bigint[])) AS one (id)
        CROSS JOIN LATERAL (
            SELECT followee_id FROM follows WHERE follower_id = one.id ORDER BY follows.id DESC LIMIT :most
        ) AS latest
        UNION
        SELECT one.id, other.id
        FROM unnest(CAST(:of AS bigint[])) AS one (id) CROSS JOIN unnest(CAST(:also AS bigint[])) AS other (id)
        WHERE {_follows("one.id", "other.id")}
    )
    SELECT reached.of_id, reached.id, {_follows("reached.id", "reached.of_id")} AS mutual,
        coalesce(preference.may_ask, 'everyone') AS may_ask
    FROM reached
    JOIN accounts ON accounts.id = reached.id
    LEFT JOIN introduction_preferences AS preference ON preference.account_id = reached.id
    WHERE accounts.suspended_at IS NULL AND NOT accounts.hide_collections AND NOT accounts.bot
        AND coalesce(preference.may_ask, 'everyone') <> 'nobody'
        AND reached.id <> ALL(CAST(:but AS bigint[]))
        AND NOT {_apart("reached.id", "reached.of_id")} AND NOT {_apart("reached.id", ":asker")}
    """
)


async def list_near(
    session: AsyncSession, *, of: Sequence[int], also: Collection[int], but: Collection[int], asker_id: int, most: int
) -> list[Near]:
    """Whom each of `of` follows: the latest `most`, and those among `also`; who could introduce the asker.

    Without those in `but`, whom the asker keeps away, or who keep the asker or the one who follows them away.
    """
    rows = await session.execute(
        _NEAR, {"of": list(of), "also": list(also), "but": list(but), "asker": asker_id, "most": most}
    )
    return [Near(**row._mapping) for row in rows]


_BRIDGES = text(
    f"""
    SELECT first.id AS first_id, second.id AS second_id, {_follows("first.id", "second.id")} AS mutual
    FROM unnest(CAST(:firsts AS bigint[])) AS first (id) CROSS JOIN unnest(CAST(:seconds AS bigint[])) AS second (id)
    WHERE first.id <> second.id AND {_follows("second.id", "first.id")}
    """
)


async def load_bridges(session: AsyncSession, *, firsts: Collection[int], seconds: Collection[int]) -> dict[Pair, bool]:
    """The pairs (first, second) of which the second follows the first; whether the first follows back."""
    if not firsts or not seconds:
        return {}
    rows = await session.execute(_BRIDGES, {"firsts": list(firsts), "seconds": list(seconds)})
    return {(row.first_id, row.second_id): row.mutual for row in rows}


_STANDING = text(
    f"""
    SELECT pair.one, pair.other, {_follows("pair.one", "pair.other")} AS follows,
        {_follows("pair.other", "pair.one")} AS followed, {_apart("pair.one", "pair.other")} AS apart
    FROM unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[])) AS pair (one, other)
    """
)


async def load_standing(session: AsyncSession, *, pairs: Collection[Pair]) -> tuple[set[Pair], set[Pair]]:
    """Of these pairs, either way round: who follows whom; and who keep away from each other."""
    if not pairs:
        return set(), set()
    ones, others = zip(*pairs, strict=True)
    follows, apart = set(), set()
    for row in await session.execute(_STANDING, {"ones": list(ones), "others": list(others)}):
        follows |= {(row.one, row.other)} if row.follows else set()
        follows |= {(row.other, row.one)} if row.followed else set()
        apart |= {(row.one, row.other), (row.other, row.one)} if row.apart else set()
    return follows, apart


_PEOPLE = text(
    """
    SELECT accounts.id, accounts.hide_collections AS hidden, accounts.bot,
        coalesce(preference.may_ask, 'everyone') AS may_ask, coalesce(preference.may_reach, 'everyone') AS may_reach
    FROM accounts LEFT JOIN introduction_preferences AS preference ON preference.account_id = accounts.id
    WHERE accounts.id = ANY(CAST(:ids AS bigint[])) AND accounts.suspended_at IS NULL
    """
)


async def load_people(session: AsyncSession, *, ids: Collection[int]) -> dict[int, Someone]:
    """What matters of accounts, of those that exist and are not suspended."""
    return {row.id: Someone(**row._mapping) for row in await session.execute(_PEOPLE, {"ids": list(ids)})}


# Only what anyone may see counts: a private word must not show as a strong tie.
_TIES = text(
    """
    SELECT one.id AS by_id, met.id AS with_id, count(*) AS number
    FROM unnest(CAST(:ids AS bigint[])) AS one (id)
    CROSS JOIN LATERAL (
        SELECT coalesce(said.in_reply_to_account_id, original.author_id) AS id
        FROM (
            SELECT in_reply_to_account_id, coalesce(repost_of_id, quote_of_id) AS original_id, visibility FROM posts
            WHERE author_id = one.id AND deleted_at IS NULL AND posts.id > :since ORDER BY posts.id DESC LIMIT :most
        ) AS said
        LEFT JOIN posts AS original ON original.id = said.original_id AND original.deleted_at IS NULL
        WHERE said.visibility IN ('public', 'unlisted')
        UNION ALL
        SELECT liked.author_id
        FROM (
            SELECT post_id FROM likes WHERE account_id = one.id AND likes.id > :since ORDER BY likes.id DESC LIMIT :most
        ) AS given
        JOIN posts AS liked ON liked.id = given.post_id AND liked.deleted_at IS NULL
            AND liked.visibility IN ('public', 'unlisted')
    ) AS met
    WHERE met.id <> one.id
    GROUP BY by_id, with_id
    """
)


async def load_ties(session: AsyncSession, *, ids: Collection[int], since: datetime, most: int) -> Counter[Pair]:
    """(who, with whom) → how often since then one answered, passed on, quoted or liked what the other said in public.

    Of each of `ids` the latest `most` posts and as many likes are looked at.
    """
    if not ids:
        return Counter()
    rows = await session.execute(_TIES, {"ids": list(ids), "since": kit_ids.at(since), "most": most})
    return Counter({(row.by_id, row.with_id): row.number for row in rows})


_REPRESENTATIVES = text(
    """
    SELECT open.author_id
    FROM (
        SELECT jobs.id, jobs.author_id, jobs.post_id FROM jobs
        WHERE organization_id = :organization_id AND state = 'open' ORDER BY jobs.id DESC LIMIT :jobs
    ) AS open
    JOIN posts ON posts.id = open.post_id AND posts.deleted_at IS NULL
    GROUP BY open.author_id ORDER BY max(open.id) DESC LIMIT :most
    """
)
_LATEST_JOBS = 200


async def list_representatives(session: AsyncSession, *, organization_id: int, most: int) -> list[int]:
    """Who speaks for an organisation where everyone sees it: the authors of its open jobs, the latest job's first."""
    asked = {"organization_id": organization_id, "jobs": _LATEST_JOBS, "most": most}
    return list(await session.scalars(_REPRESENTATIVES, asked))
