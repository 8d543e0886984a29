"""Settings of the two Meilisearch indexes, and the posts they hold.

Ids are strings: Meilisearch reads JSON numbers as floats, and ours would collide. Their two halves are
kept as numbers beside them, to sort and page by. Texts are given normalised, so that Meilisearch's own
partial treatment of traditional characters does not matter.
"""

from typing import Any

from meilisearch_python_sdk.models.settings import MeilisearchSettings

from app.search.chinese import normalize
from app.search.index import PostDocument
from app.search.synonyms import marks

_MOST_HITS = 10_000
# When a search has taken so long, Meilisearch skips its remaining rules, and does not say so.
CUTOFF_MILLISECONDS = 500


def _filterable(*names: str, comparison: bool) -> dict[str, Any]:
    filter = {"equality": True, "comparison": comparison}
    return {"attribute_patterns": [*names], "features": {"facet_search": False, "filter": filter}}


_COMMON: dict[str, Any] = {
    "displayed_attributes": ["id", "digest"],
    # One locale, so that short Chinese is never taken for Japanese.
    "localized_attributes": [{"attribute_patterns": ["*"], "locales": ["cmn"]}],
    # `+`, `#` and `.` separate words otherwise. Texts are lower case already.
    "dictionary": ["c++", "c#", "f#", ".net", "node.js", "vue.js", "next.js", "asp.net"],
    "proximity_precision": "byWord",
    # As in PostgreSQL: java must not find javascript.
    "prefix_search": "disabled",
    "facet_search": False,
    "pagination": {"max_total_hits": _MOST_HITS},
    "faceting": {"max_values_per_facet": 200, "sort_facet_values_by": {"*": "count"}},
    "search_cutoff_ms": CUTOFF_MILLISECONDS,
}
_NEWEST = ("created_ms:desc", "sequence:desc")
# `sort` first in both: newest means newest, and without it the other rules decide alone.
POSTS = MeilisearchSettings(
    **_COMMON,
    ranking_rules=["sort", "words", "typo", "proximity", "attributeRank", "wordPosition", "exactness", *_NEWEST],
    sortable_attributes=["created_ms", "sequence"],
    searchable_attributes=["text", "tags"],
    filterable_attributes=[
        _filterable("id", "author_id", "kind", "visibility", "language", "traits", comparison=False),
        _filterable("created_ms", "sequence", comparison=True),
    ],
    typo_tolerance={"enabled": False},
)
JOBS = MeilisearchSettings(
    **_COMMON,
    # Where a word stands counts for more than how close words are: what is in the title is what the job is.
    ranking_rules=["sort", "words", "typo", "attributeRank", "proximity", "exactness", *_NEWEST],
    sortable_attributes=["created_ms", "sequence", "pay"],
    searchable_attributes=["title", "organization", "skill_text", "city_text", "text"],
    filterable_attributes=[
        _filterable(
            *("id", "organization_id", "workplace_type", "employment_type", "open", "pay_known"),
            *("cities", "city_keys", "skills", "skill_keys"),
            *("experience_steps", "education_steps", "monthly_steps", "yearly_steps"),
            comparison=False,
        ),
        _filterable(
            *("monthly_min", "monthly_max", "yearly_min", "yearly_max", "experience", "education"),
            *("valid_through", "created_ms", "sequence"),
            comparison=True,
        ),
    ],
    typo_tolerance={
        "enabled": True,
        "disable_on_attributes": ["skill_text"],
        "disable_on_numbers": True,
        "disable_on_words": marks(),
    },
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


def _identity(id: int) -> dict[str, Any]:
    return {"id": str(id), "created_ms": id >> 16, "sequence": id & 0xFFFF}
