"""What a saved search asks for, read as the search engine reads it, and what it can be found by. Pure, but slow."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.search.full_text import phrase
from app.search.index import JobQuery
from app.search.job_words import all_of_it, each
from app.search.jobs import job_query
from app.search.keys import place_keys, plain, skill_key
from app.search.schemas import JobFilters
from app.search.steps import education_rank
from app.search.wording import Piece, Wording, understand

# So many of a question's words are considered to find it by.
_MOST_ANCHORS = 10
_TOKEN = re.compile(r"'([^']+)'(:\*)?")


@dataclass(frozen=True, slots=True)
class Anchor:
    """One thing a search cannot do without: a job that matches has one of `hooks`.

    `words`, `city_keys` or `skill_keys` ask the engine's table for the jobs that have it.
    """

    hooks: tuple[str, ...]
    words: str = ""
    city_keys: tuple[str, ...] = ()
    skill_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """`columns` of SavedSearch from `words` on, and the things to find it by; none: it is too wide."""

    columns: dict[str, Any]
    anchors: Sequence[Anchor]


def read(q: str, filters: JobFilters, *, now: datetime) -> Asked:
    """What a search for jobs asks for. Takes a moment: do not call it in the event loop."""
    query = job_query(filters, q=q, limit=1, now=now)
    wording = understand(query.text)
    words = all_of_it(wording, any_word=False)
    # What need not be there is nothing to find a job by.
    needed = Wording(wording.needed, ())
    cities = place_keys(query.cities) if query.cities else []
    skills = [skill_key(skill) for skill in query.skills]
    anchors = [
        Anchor(tuple(_word_hooks(ways)), words=part)
        for ways, part in zip(needed.required, each(needed, ""), strict=True)
    ][:_MOST_ANCHORS]
    anchors += [Anchor((f"skill:{key}",), skill_keys=(key,)) for key in skills]
    if cities:
        anchors.append(Anchor(tuple(f"place:{key}" for key in cities), city_keys=tuple(cities)))
    if query.organization_id is not None:
        # Nothing is rarer.
        anchors = [Anchor((f"employer:{query.organization_id}",))]
    return Asked(
        {"words": words or None, "city_keys": cities, "skill_keys": skills, **_plain_columns(query, filters)}, anchors
    )


def _plain_columns(query: JobQuery, filters: JobFilters) -> dict[str, Any]:
    return {
        "workplace_types": [plain(type) for type in query.workplace_types],
        "employment_types": [plain(type) for type in query.employment_types],
        "organization_id": query.organization_id,
        "experience_min": query.experience_min,
        "experience_max": query.experience_max,
        "education": None if query.education is None else education_rank(query.education),
        "salary_min": query.salary_min,
        "salary_max": query.salary_max,
        "yearly": query.yearly,
        "negotiable": query.negotiable,
        "posted_within": filters.posted_within,
    }


def _word_hooks(ways: Iterable[Sequence[Piece]]) -> dict[str, None]:
    """Of each way its first piece, which must occur; of each text of that, the longest word."""
    return dict.fromkeys(_hook(text) for pieces in ways for text in pieces[0].texts)


def _hook(text: str) -> str:
    tokens = _TOKEN.findall(phrase(text))
    token, beginning = max(tokens, key=lambda found: (not found[1], len(found[0])))
    return f"start:{token}" if beginning else f"word:{token}"
