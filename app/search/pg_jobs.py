"""How the PostgreSQL engine keeps jobs: with their words, and counted by the terms they have in common."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.search.digest import PG_FORMAT, digest_of
from app.search.full_text import Weight, tsvector
from app.search.index import JobDocument
from app.search.keys import place_words, places_by_key, skills_by_key
from app.search.models import SearchJob
from app.search.pg_queries import is_any_id
from app.search.pg_spelling import put_words, spelled_in
from app.search.pinyin import pinyin_words
from app.search.steps import education_rank
from app.search.suggestions import Term, count_terms, terms_of

_COLUMNS = {
    **{"id": "bigint", "post_id": "bigint", "organization_id": "bigint"},
    **{"workplace_type": "text", "employment_type": "text", "experience": "int", "education": "int"},
    **{"cities": "text[]", "city_keys": "text[]", "skills": "text[]", "skill_keys": "text[]"},
    **{"monthly_min": "bigint", "monthly_max": "bigint", "yearly_min": "bigint", "yearly_max": "bigint"},
    **{"open": "boolean", "valid_through": "date", "terms": "text[]", "head": "tsvector", "words": "tsvector"},
    "digest": "text",
}
_PUT = text(
    f"""
    INSERT INTO search_jobs ({", ".join(_COLUMNS)})
    SELECT * FROM json_to_recordset(CAST(:rows AS json))
    AS new ({", ".join(f"{name} {type}" for name, type in _COLUMNS.items())})
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in [*_COLUMNS][1:])}
    """
)


class JobRows:
    """Jobs turned into rows, which takes a while: do not make it in the event loop. Each job is there once."""

    def __init__(self, documents: Sequence[JobDocument]) -> None:
        self.ids = [document.id for document in documents]
        terms = {document.id: terms_of(document) for document in documents}
        # Of names that differ in case alone the first is shown.
        self.terms: dict[str, Term] = {term.id: term for id in reversed(self.ids) for term in terms[id]}
        self.counts = Counter(id for some in terms.values() for id in {term.id for term in some})
        self.words = spelled_in(
            text
            for document in documents
            for text in (document.title, document.organization_name, *document.skills, place_words(document.cities))
        )
        self.rows = orjson.dumps(
            [_row(document, sorted({term.id for term in terms[document.id]})) for document in documents]
        ).decode()


async def put_jobs(session: AsyncSession, rows: JobRows) -> None:
    """Insert or replace jobs, learn their words and count their terms, in the caller's transaction."""
    before = await _counted(session, rows.ids)
    await session.execute(_PUT, {"rows": rows.rows})
    await put_words(session, rows.words)
    await count_terms(session, before=before, after=rows.terms, counts=rows.counts)


async def delete_jobs(session: AsyncSession, ids: Sequence[int]) -> None:
    """Forget jobs, in the caller's transaction; unknown ids are fine."""
    before = await _counted(session, ids)
    await session.execute(delete(SearchJob).where(is_any_id(SearchJob.id, ids)))
    await count_terms(session, before=before, after={}, counts=Counter())


async def _counted(session: AsyncSession, ids: Sequence[int]) -> Counter[str]:
    """How often these jobs have been counted by each term. Locks them, so that nobody else counts them meanwhile."""
    rows = select(SearchJob.terms).where(is_any_id(SearchJob.id, ids)).order_by(SearchJob.id).with_for_update()
    return Counter(term for terms in await session.scalars(rows) for term in terms)


def _row(document: JobDocument, terms: list[str]) -> dict[str, Any]:
    cities, skills = places_by_key(document.cities), skills_by_key(document.skills)
    head = _head(document)
    return {
        "id": document.id,
        "post_id": document.post_id,
        "organization_id": document.organization_id,
        "workplace_type": document.workplace_type,
        "employment_type": document.employment_type,
        "experience": document.experience_min_years or 0,
        "education": education_rank(document.education),
        "cities": [*cities.values()],
        "city_keys": [*cities],
        "skills": [*skills.values()],
        "skill_keys": [*skills],
        "monthly_min": document.known_minimum,
        "monthly_max": document.known_maximum,
        "yearly_min": document.yearly_minimum,
        "yearly_max": document.yearly_maximum,
        "open": document.open,
        "valid_through": document.valid_through,
        "terms": terms,
        "head": tsvector(*head),
        "words": tsvector(*head, (document.text, "D")),
        "digest": digest_of(document, format=PG_FORMAT),
    }


def _head(document: JobDocument) -> list[tuple[str, Weight]]:
    """What a job is ranked by."""
    company = f"{document.organization_name} {pinyin_words(document.organization_name)}"
    return [
        (document.title, "A"),
        (" ".join(document.skills), "B"),
        # Employers are often named after what they sell: 北辰安全 looks for accountants, too.
        (f"{company} {place_words(document.cities)}", "C"),
    ]
