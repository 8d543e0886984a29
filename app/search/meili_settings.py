"""Settings of the two Meilisearch indexes, and the documents they hold.

Ids are strings: Meilisearch reads JSON numbers as floats, and ours would collide. Their two halves are
kept as numbers beside them, to sort and page by. Texts are given normalised, so that Meilisearch's own
partial treatment of traditional characters does not matter.
"""

from typing import Any

from meilisearch_python_sdk.models.settings import MeilisearchSettings

from app.search.chinese import normalize
from app.search.index import JobDocument, PostDocument
from app.search.keys import places_by_key, skills_by_key

# Ordinal of 9999-12-31: an open end compares like a late one, where null would match nothing.
_NO_END = 3_652_059
_MOST_HITS = 10_000


def _filterable(*names: str, comparison: bool) -> dict[str, Any]:
    filter = {"equality": True, "comparison": comparison}
    return {"attribute_patterns": [*names], "features": {"facet_search": False, "filter": filter}}


_COMMON: dict[str, Any] = {
    "displayed_attributes": ["id"],
    "sortable_attributes": ["created_ms", "sequence"],
    # `sort` first: newest means newest, and without it the other rules decide alone.
    "ranking_rules": [
        *("sort", "words", "typo", "proximity", "attributeRank", "wordPosition", "exactness"),
        *("created_ms:desc", "sequence:desc"),
    ],
    # One locale, so that short Chinese is never taken for Japanese.
    "localized_attributes": [{"attribute_patterns": ["*"], "locales": ["cmn"]}],
    # `+`, `#` and `.` separate words otherwise. Texts are lower case already.
    "dictionary": ["c++", "c#", "f#", ".net", "node.js", "vue.js", "next.js", "asp.net"],
    "proximity_precision": "byWord",
    # As in PostgreSQL: java must not find javascript.
    "prefix_search": "disabled",
    "facet_search": False,
    "pagination": {"max_total_hits": _MOST_HITS},
    "faceting": {"max_values_per_facet": 100, "sort_facet_values_by": {"*": "count"}},
    "search_cutoff_ms": 1000,
}
POSTS = MeilisearchSettings(
    **_COMMON,
    searchable_attributes=["text", "tags"],
    filterable_attributes=[
        _filterable("id", "author_id", "kind", "visibility", "language", "traits", comparison=False),
        _filterable("created_ms", "sequence", comparison=True),
    ],
    typo_tolerance={"enabled": False},
)
JOBS = MeilisearchSettings(
    **_COMMON,
    searchable_attributes=["title", "organization", "skill_text", "city_text", "text"],
    filterable_attributes=[
        _filterable(
            *("organization_id", "workplace_type", "employment_type", "open"),
            *("cities", "city_keys", "skills", "skill_keys"),
            comparison=False,
        ),
        _filterable("monthly_min", "monthly_max", "valid_through", comparison=True),
    ],
    typo_tolerance={"enabled": True, "disable_on_attributes": ["skill_text"], "disable_on_numbers": True},
)


def post_document(document: PostDocument) -> dict[str, Any]:
    """A post as Meilisearch keeps it."""
    return {
        **_identity(document.id),
        "author_id": str(document.author_id),
        "kind": document.kind,
        "visibility": document.visibility,
        "language": document.language,
        "traits": [*document.traits],
        "text": normalize(document.text),
        "tags": [normalize(tag) for tag in document.tags],
    }


def job_document(document: JobDocument) -> dict[str, Any]:
    """A job as Meilisearch keeps it."""
    cities, skills = places_by_key(document.cities), skills_by_key(document.skills)
    return {
        **_identity(document.id),
        "organization_id": str(document.organization_id),
        "workplace_type": document.workplace_type,
        "employment_type": document.employment_type,
        "open": document.open,
        "cities": [*cities.values()],
        "city_keys": [*cities],
        "skills": [*skills.values()],
        "skill_keys": [*skills],
        "monthly_min": document.known_minimum,
        "monthly_max": document.known_maximum,
        "valid_through": document.valid_through.toordinal() if document.valid_through else _NO_END,
        "title": normalize(document.title),
        "organization": normalize(document.organization_name),
        "skill_text": [normalize(skill) for skill in document.skills],
        "city_text": [normalize(city) for city in document.cities],
        "text": normalize(document.text),
    }


def _identity(id: int) -> dict[str, Any]:
    return {"id": str(id), "created_ms": id >> 16, "sequence": id & 0xFFFF}
