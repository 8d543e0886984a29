"""Reads of saved searches: one's own; and, for a new job, everybody's that it matches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from app.alerts.models import SavedSearch
from app.alerts.rules import Anchor
from app.kit.errors import NotFound
from app.search.models import SearchJob
from app.search.pg_queries import strings

# Beyond so many jobs, one thing that most have is as good to find a search by as another.
_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Match:
    """An account and those of its searches ({id, name}) that a job matches."""

    account_id: int
    searches: list[dict[str, str]]


async def list_saved_searches(session: AsyncSession, *, account_id: int) -> Sequence[SavedSearch]:
    """An account's saved searches in the order they were made: a bounded number."""
    query = select(SavedSearch).where(SavedSearch.account_id == account_id).order_by(SavedSearch.id)
    return (await session.scalars(query)).all()


async def get_own_saved_search(session: AsyncSession, *, id: int, account_id: int) -> SavedSearch:
    """An account's saved search; raises NotFound for any other."""
    query = select(SavedSearch).where(SavedSearch.id == id, SavedSearch.account_id == account_id)
    found = (await session.scalars(query)).first()
    if found is None:
        raise NotFound
    return found


async def find_rarest(session: AsyncSession, anchors: Sequence[Anchor]) -> Anchor | None:
    """The one of `anchors` that the fewest jobs have. One statement; none for one anchor."""
    if len(anchors) < 2:
        return next(iter(anchors), None)
    counts = (await session.execute(select(*[_count(anchor) for anchor in anchors]))).one()
    return min(zip(counts, anchors, strict=True), key=lambda pair: int(pair[0]))[1]


def _count(anchor: Anchor) -> Any:
    if anchor.words:
        has = SearchJob.words.op("@@")(cast(anchor.words, TSQUERY))
    elif anchor.city_keys:
        has = SearchJob.city_keys.op("&&")(strings(anchor.city_keys))
    else:
        has = SearchJob.skill_keys.op("@>")(strings(anchor.skill_keys))
    some = select(literal(1)).where(has).limit(_COUNTED).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


# OFFSET 0 keeps the planner from joining whole tables: the hooks of one job are looked up one by one, and what is
# found through them by its key, however many searches there are. The conditions are those of `JobSearch` in
# `search.pg_job_queries`, with the question in the row.
MATCH = text(
    """
    WITH job AS MATERIALIZED (
        SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS job (
            id bigint, organization_id bigint, workplace_type text, employment_type text, experience int,
            education int, city_keys varchar[], skill_keys varchar[], monthly_min bigint, monthly_max bigint,
            yearly_min bigint, yearly_max bigint, words tsvector
        )
    ), word AS MATERIALIZED (
        SELECT unnest(tsvector_to_array(words)) AS word FROM job
    ), hook AS MATERIALIZED (
        SELECT 'word:' || word AS hook FROM word
        UNION SELECT 'start:' || left(word, 1) FROM word WHERE ascii(word) > 127
        UNION SELECT 'place:' || unnest(city_keys) FROM job
        UNION SELECT 'skill:' || unnest(skill_keys) FROM job
        UNION SELECT 'employer:' || organization_id FROM job
    ), candidate AS MATERIALIZED (
        SELECT DISTINCT found.search_id, found.account_id
        FROM hook CROSS JOIN LATERAL (
            SELECT search_id, account_id FROM saved_search_hooks WHERE saved_search_hooks.hook = hook.hook OFFSET 0
        ) AS found
    )
    SELECT search.account_id,
        json_agg(json_build_object('id', CAST(search.id AS text), 'name', search.name) ORDER BY search.id) AS searches
    FROM job CROSS JOIN candidate
    CROSS JOIN LATERAL (
        SELECT * FROM saved_searches
        WHERE saved_searches.id = candidate.search_id AND saved_searches.account_id = candidate.account_id OFFSET 0
    ) AS search
    WHERE search.since <= CAST(:published_at AS timestamptz) AND search.account_id <> :author_id
        AND (search.posted_within IS NULL
            OR CAST(:published_at AS timestamptz) > now() - search.posted_within * interval '1 day')
        AND (search.words IS NULL OR job.words @@ search.words)
        AND (search.city_keys = '{}' OR job.city_keys && search.city_keys)
        AND job.skill_keys @> search.skill_keys
        AND (search.workplace_types = '{}' OR job.workplace_type = ANY(search.workplace_types))
        AND (search.employment_types = '{}' OR job.employment_type = ANY(search.employment_types))
        AND (search.organization_id IS NULL OR job.organization_id = search.organization_id)
        AND (search.experience_min IS NULL OR job.experience >= search.experience_min)
        AND (search.experience_max IS NULL OR job.experience <= search.experience_max)
        AND (search.education IS NULL OR job.education <= search.education)
        AND CASE
            WHEN job.monthly_max IS NULL THEN coalesce(
                search.negotiable, search.salary_min IS NULL AND search.salary_max IS NULL)
            WHEN search.yearly THEN job.yearly_max >= coalesce(search.salary_min, 0)
                AND (search.salary_max IS NULL OR job.yearly_min <= search.salary_max)
            ELSE job.monthly_max >= coalesce(search.salary_min, 0)
                AND (search.salary_max IS NULL OR job.monthly_min <= search.salary_max)
        END
        AND NOT EXISTS (SELECT FROM job_alerts
            WHERE job_alerts.account_id = search.account_id AND job_alerts.job_id = job.id)
        AND NOT EXISTS (SELECT FROM mutes WHERE mutes.account_id = search.account_id
            AND mutes.target_id = :author_id AND (expires_at IS NULL OR expires_at > now()))
        AND NOT EXISTS (SELECT FROM blocks WHERE blocks.account_id = search.account_id AND target_id = :author_id)
        AND NOT EXISTS (SELECT FROM blocks WHERE blocks.account_id = :author_id AND target_id = search.account_id)
    GROUP BY search.account_id
    ORDER BY search.account_id
    LIMIT :most
    """
)


async def match(session: AsyncSession, *, rows: str, author_id: int, published_at: Any, most: int) -> list[Match]:
    """Who has saved a search that the job in `rows` (the engine's row of it, as JSON) matches, and was not told of it.

    People who mute or block its author, or are blocked by it, have none. The first `most` by account.
    """
    found = await session.execute(
        MATCH, {"rows": rows, "author_id": author_id, "published_at": published_at, "most": most}
    )
    return [Match(row.account_id, row.searches) for row in found]
