"""A full index in PostgreSQL, multiplied in the database from documents that were put in as ever.

Posts are two of the texts together, some with a word of their own; jobs are the committed ones again and again, each
at one of many employers. What the tables hold is what `PgIndex` would have written.
"""

from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.db import Database
from app.search.index import JobDocument, PostDocument
from app.search.pg_index import PgIndex
from tests.bench_search.rows import JobRow, jobs, posts

# As ids are made: one a second, so that filters by time can be asked.
STEP = 1000 << 16
FIRST = 110_000_000_000_000_000
AUTHORS, EMPLOYERS = 5000, 2000

_POSTS = """
    INSERT INTO search_posts (id, author_id, kind, visibility, language, has_link, words)
    SELECT CAST(:first AS bigint) + number * CAST(:step AS bigint),
        1 + (number * 7919 + number / 97) % CAST(:authors AS bigint),
        CASE WHEN number % 25 = 0 THEN 'quote' ELSE 'post' END,
        CASE WHEN number % 20 = 0 THEN 'private' ELSE 'public' END,
        CASE WHEN number % 4 = 0 THEN 'en' ELSE 'zh' END, false,
        one.words || other.words || CAST(
            CASE WHEN number % 10 = 0 THEN '''=link''' ELSE '' END
            || CASE WHEN number % 7 = 0 THEN ' ''=media''' ELSE '' END
            || ' ''rare' || number % 20000 || '''\\:900' AS tsvector)
    FROM generate_series(1, CAST(:count AS bigint)) AS number
    JOIN seeds AS one ON one.seed = (number * 31 + number / 13) % CAST(:seeds AS bigint)
    JOIN seeds AS other ON other.seed = (number * 17 + number / 7) % CAST(:seeds AS bigint)
"""
_JOBS = """
    WITH numbered AS (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM search_jobs WHERE id < CAST(:first AS bigint)
    ), made AS (
        SELECT numbered.id AS old_id, CAST(:first AS bigint) + number * CAST(:step AS bigint) AS id,
            1 + (number * 104729 + number / 3) % CAST(:employers AS bigint) AS organization_id
        FROM generate_series(1, CAST(:count AS bigint)) AS number
        JOIN numbered ON place = number % CAST(:seeds AS bigint)
    )
    INSERT INTO search_jobs
    SELECT (jsonb_populate_record(search_jobs, jsonb_build_object(
        'id', made.id, 'post_id', made.id, 'organization_id', made.organization_id))).*
    FROM made JOIN search_jobs ON search_jobs.id = old_id
"""
# Words that jobs could have: the table that misspelt ones are told by is as long as after many jobs.
_WORDS = """
    INSERT INTO search_words (word, deletions)
    SELECT 'word' || number, ARRAY['word' || number, 'wrd' || number, 'wor' || number]
    FROM generate_series(1, 30000) AS number
"""
_WORDS_INDEX = "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_search_posts_words'"
_TERMS = """
    INSERT INTO search_terms (term, kind, name, jobs)
    SELECT 'title:word' || number, 'title', 'word' || number, 1 FROM generate_series(1, 30000) AS number
"""
# Of the real jobs in the table every fourth is enough: all of them are for front-end engineers.
_OWN = 282


async def fill(db: Database, *, post_count: int, job_count: int) -> None:
    """Write so many posts and jobs into an empty index, and let PostgreSQL learn what is there."""
    index = PgIndex(db)
    texts = [PostDocument(number, 1, "post", "public", row.text, (), None) for number, row in enumerate(posts(), 1)]
    await index.put_posts(texts)
    rows = [*jobs()[:_OWN], *jobs()[_OWN::4]]
    await index.put_jobs([_document(number, row) for number, row in enumerate(rows, 1)])
    numbers = {"first": FIRST, "step": STEP, "authors": AUTHORS, "employers": EMPLOYERS}
    async with db.transaction() as session:
        for setting in ("statement_timeout = 0", "maintenance_work_mem = '512MB'"):
            await session.execute(text(f"SET LOCAL {setting}"))
        # An index of words is built in a tenth of the time once all are there.
        index_of_words = (await session.scalars(text(_WORDS_INDEX))).one()
        await session.execute(text("DROP INDEX ix_search_posts_words"))
        await session.execute(text("CREATE TEMP TABLE seeds (seed bigint PRIMARY KEY, words tsvector) ON COMMIT DROP"))
        await session.execute(text("INSERT INTO seeds SELECT id - 1, words FROM search_posts"))
        await session.execute(text("DELETE FROM search_posts"))
        await _multiply(session, _POSTS, {**numbers, "count": post_count, "seeds": len(texts)})
        await session.execute(text(index_of_words))
        await _multiply(session, _JOBS, {**numbers, "count": job_count, "seeds": len(rows)})
        await session.execute(text("DELETE FROM search_jobs WHERE id < :first"), {"first": FIRST})
        for made_up in (_WORDS, _TERMS):
            await session.execute(text(made_up))
        await session.execute(
            text("UPDATE search_terms SET jobs = greatest(1, jobs * :times)"), {"times": job_count // len(rows)}
        )
    async with db.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SET statement_timeout = 0"))
        await connection.execute(text("VACUUM ANALYZE"))


async def _multiply(session: AsyncSession, statement: str, values: dict[str, int]) -> None:
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    await session.execute(text(statement), used)


def _document(number: int, row: JobRow) -> JobDocument:
    return JobDocument(
        id=number,
        post_id=number,
        author_id=1,
        organization_id=number % EMPLOYERS + 1,
        organization_name=row.company,
        title=row.title,
        text=row.text,
        skills=row.skills,
        cities=(row.city,) if row.city else (),
        workplace_type=row.workplace,
        employment_type=row.employment,
        experience_min_years=row.experience or None,
        education=row.education,
        monthly_min=row.salary_min,
        monthly_max=row.salary_max,
        salary_months=row.salary_months,
        open=True,
        valid_through=date(2099, 1, 1) if number % 2 else None,
    )
