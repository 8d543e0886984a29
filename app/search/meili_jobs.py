"""Jobs in Meilisearch: the documents it holds, and the filters it is asked with."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.search import steps
from app.search.chinese import normalize
from app.search.index import Facet, JobDocument, JobQuery
from app.search.keys import place_facets, place_keys, place_words, places_by_key, skill_key, skills_by_key
from app.search.meili_query import Filter, asked, beyond, equals, in_any, one_of
from app.search.pinyin import pinyin_words
from app.search.query import MOST_TERMS
from app.search.synonyms import marks_in
from app.search.wording import Piece, understand

# Ordinal of 9999-12-31: an open end compares like a late one, where null would match nothing.
_NO_END = 3_652_059
_UNKNOWN = "unknown"
# The fields counted, and what their counts are facets of.
FACETS: Mapping[str, str] = {
    "cities": "place",
    "workplace_type": "workplace_type",
    "employment_type": "employment_type",
    "organization_id": "org",
    "skills": "skills",
    "experience_steps": "experience_max",
    "education_steps": "education",
    "monthly_steps": "salary_min",
    "yearly_steps": "salary_min",
}


def job_document(document: JobDocument) -> dict[str, Any]:
    """A job as Meilisearch keeps it. `…_steps` hold each step at which it counts."""
    cities, skills = places_by_key(document.cities), skills_by_key(document.skills)
    experience, education = document.experience_min_years or 0, steps.education_rank(document.education)
    yearly_maximum = document.yearly_maximum
    return {
        "id": str(document.id),
        "created_ms": document.post_id >> 16,
        "sequence": document.post_id & 0xFFFF,
        "organization_id": str(document.organization_id),
        "workplace_type": document.workplace_type,
        "employment_type": document.employment_type,
        "open": document.open,
        "cities": [*cities.values()],
        "city_keys": [*cities],
        "skills": [*skills.values()],
        "skill_keys": [*skills],
        "experience": experience,
        "experience_steps": [str(years) for years in steps.YEARS if years >= experience],
        "education": education,
        "education_steps": [*steps.EDUCATIONS[education:]],
        "monthly_min": document.known_minimum,
        "monthly_max": document.known_maximum,
        "monthly_steps": _pay_steps(steps.MONTHLY_PAY, document.known_maximum),
        "yearly_min": document.yearly_minimum,
        "yearly_max": yearly_maximum,
        "yearly_steps": _pay_steps(steps.YEARLY_PAY, yearly_maximum),
        "pay_known": yearly_maximum is not None,
        # To sort by: what is not known comes last.
        "pay": -1 if yearly_maximum is None else yearly_maximum,
        "valid_through": document.valid_through.toordinal() if document.valid_through else _NO_END,
        "title": _marked(document.title),
        "organization": [normalize(document.organization_name), pinyin_words(document.organization_name)],
        "skill_text": [_marked(skill) for skill in document.skills],
        "city_text": normalize(place_words(document.cities)),
        "text": _marked(document.text),
    }


def job_words(text: str, *, any_word: bool = False) -> str:
    """What was typed, as Meilisearch should read it; empty when there is nothing to search for.

    Words that others mean the same as are asked for by their mark. See `meili_query.words` for the rest.
    """
    wording = understand(text, loosely=any_word)
    asked_for = wording.required if any_word else wording.needed
    excluded = [f'-"{word}"' for word in wording.excluded]
    required = [word for ways in asked_for for pieces in ways for piece in pieces for word in _asked(piece)]
    return " ".join([*dict.fromkeys(required)][: MOST_TERMS - len(excluded)] + excluded)


def job_filter(query: JobQuery) -> Filter:
    """The filter for `query`, apart from its text."""
    return ["open = true", f"valid_through >= {query.today.toordinal()}", *_of_kind(query), *_of_facts(query)]


def facets_asked(query: JobQuery) -> list[str]:
    """The fields whose values are to be counted."""
    return [field for field in FACETS if field != ("monthly_steps" if query.yearly else "yearly_steps")]


def facets(query: JobQuery, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Sequence[Facet]]:
    """What Meilisearch counted, as facets: steps as they go up, else the commonest value first."""
    named = {FACETS[field]: counts.get(field, {}) for field in facets_asked(query)}
    pay = steps.YEARLY_PAY if query.yearly else steps.MONTHLY_PAY
    unknown = named["salary_min"].get(_UNKNOWN, 0) if query.negotiable else 0
    answer: dict[str, Sequence[Facet]] = {
        "experience_max": _stepwise(map(str, steps.YEARS), named.pop("experience_max")),
        "education": _stepwise(steps.EDUCATIONS, named.pop("education")),
        "salary_min": _stepwise(map(str, pay), named.pop("salary_min"), unknown),
        **place_facets(_commonest(named.pop("place"))),
    }
    return answer | {name: _commonest(values) for name, values in named.items()}


def _asked(piece: Piece) -> Iterable[str]:
    if piece.mark:
        return [piece.mark]
    return [f'"{piece.typed}"'] if piece.phrase else asked(piece.typed)


def _marked(text: str) -> str:
    """A text with the marks of what it says, by which it is found under words that mean the same."""
    normalized = normalize(text)
    return " ".join([normalized, *marks_in(normalized)])


def _pay_steps(amounts: Sequence[int], pay: int | None) -> list[str]:
    return [_UNKNOWN] if pay is None else [str(amount) for amount in amounts if amount <= pay]


def _stepwise(values: Iterable[str], counts: Mapping[str, int], besides: int = 0) -> list[Facet]:
    return [Facet(value, counts.get(value, 0) + besides) for value in values]


def _commonest(counts: Mapping[str, int]) -> list[Facet]:
    return sorted((Facet(*item) for item in counts.items()), key=lambda facet: (-facet.count, facet.value))


def _of_kind(query: JobQuery) -> Iterator[str | list[str]]:
    if query.ids is not None:
        yield one_of("id", map(str, query.ids))
    if query.cities:
        yield one_of("city_keys", place_keys(query.cities))
    for skill in query.skills:
        yield equals("skill_keys", skill_key(skill))
    if query.workplace_types:
        yield one_of("workplace_type", query.workplace_types)
    if query.employment_types:
        yield one_of("employment_type", query.employment_types)
    if query.organization_id is not None:
        yield equals("organization_id", str(query.organization_id))
    if query.excluded_ids:
        yield f"id NOT {in_any(map(str, query.excluded_ids))}"


def _of_facts(query: JobQuery) -> Iterator[str | list[str]]:
    if query.post_after is not None:
        yield beyond(query.post_after, ">")
    if query.post_until is not None:
        yield beyond(query.post_until + 1, "<")
    if query.experience_min is not None:
        yield f"experience >= {query.experience_min:d}"
    if query.experience_max is not None:
        yield f"experience <= {query.experience_max:d}"
    if query.education is not None:
        yield f"education <= {steps.education_rank(query.education):d}"
    period = "yearly" if query.yearly else "monthly"
    bounds = [f"{period}_max >= {query.salary_min:d}"] if query.salary_min is not None else []
    bounds += [f"{period}_min <= {query.salary_max:d}"] if query.salary_max is not None else []
    if query.negotiable:
        yield from ([bound, "pay_known = false"] for bound in bounds)
    else:
        yield from bounds
        if query.negotiable is False:
            yield "pay_known = true"
