"""What the PostgreSQL engine asks of jobs: one statement for a page, one for the counts."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY, array
from sqlalchemy.orm import aliased

from app.search import steps
from app.search.full_text import Weight
from app.search.index import Facet, JobQuery
from app.search.job_words import all_of_it, each, together
from app.search.keys import place_facets, place_keys, plain, skill_key
from app.search.models import SearchJob, SearchTerm
from app.search.pg_queries import is_any_id, strings
from app.search.wording import Wording, understand

_RANKED = 2000
_RANKED_TERMS = 10
_FACET_VALUES = 100
_TOTAL, _PLACE = "total", "place"
_STEPPED = ("experience_max", "education", "salary_min")
_COUNTED = ("workplace_type", "employment_type", "org", "skills")
# What a word counts for in a title; in skills; in the names of employer and places; and, not listed, in the text.
_WORTH: dict[Weight, int] = {"A": 9, "B": 4, "C": 2}
_WORTH_TOGETHER = 3
# What nearly every title says (工程师) tells jobs apart where all else is alike.
_WORTH_GENERAL = 1
# Where one word is enough, having one more of them comes before all this.
_WORTH_ONE_MORE = 30


class JobSearch:
    """A `JobQuery` with its words understood, which takes a moment: do not make it in the event loop."""

    def __init__(self, query: JobQuery, corrections: Mapping[str, tuple[str, ...]]) -> None:
        """`corrections` are what misspelt words of the query may have been meant as."""
        self._query = query
        wording = understand(query.text, corrections, loosely=query.any_word)
        words = all_of_it(wording, any_word=query.any_word)
        self._rank = partial(_rank, wording, query.any_word) if words and query.sort == "relevance" else None
        self._conditions = [*_of_time(query), *_of_kind(query), *_of_person(query), *_of_pay(query)]
        if words:
            self._conditions.append(_has(SearchJob.words, words))

    def page(self) -> Select[int]:
        """Ids of the jobs on the page asked for; fewer where the ranked ones end.

        By relevance, the newest 2,000 matches are ranked, and older ones follow by age: all matches of a common
        word would take too long.
        """
        query, newest = self._query, SearchJob.post_id.desc()
        statement = select(SearchJob.id).where(*self._conditions)
        if self._rank is not None and query.offset < _RANKED:
            recent = select(SearchJob).where(*self._conditions).order_by(newest).limit(_RANKED).subquery()
            job = aliased(SearchJob, recent)
            limit = min(query.limit, _RANKED - query.offset)
            return select(job.id).order_by(self._rank(job).desc(), job.post_id.desc()).limit(limit).offset(query.offset)
        if query.sort == "salary":
            statement = statement.order_by(SearchJob.yearly_max.desc().nulls_last())
        return statement.order_by(newest).limit(query.limit).offset(query.offset)

    def counts(self) -> Any:
        """How many jobs match in all, and how many of them have each value of each facet: (facet, value, count)."""
        columns = (
            *(SearchJob.workplace_type, SearchJob.employment_type, SearchJob.organization_id),
            *(SearchJob.experience, SearchJob.education, SearchJob.monthly_max, SearchJob.yearly_max),
            *(SearchJob.cities, SearchJob.skill_keys),
        )
        hit = select(*columns).where(*self._conditions).cte("hit")
        if not self._query.with_facets:
            return select(literal(_TOTAL), literal(""), func.count()).select_from(hit)
        return union_all(
            self._at_steps(hit),
            _grouped("workplace_type", hit.c.workplace_type),
            _grouped("employment_type", hit.c.employment_type),
            _grouped("org", hit.c.organization_id),
            _listed(_PLACE, hit, hit.c.cities),
            _named_skills(hit),
        )

    def _at_steps(self, hit: Any) -> Any:
        pay = hit.c.yearly_max if self._query.yearly else hit.c.monthly_max
        unknown = pay.is_(None) if self._query.negotiable else literal(False)
        counted: list[tuple[str, str, Any]] = [
            (_TOTAL, "", true()),
            *(("experience_max", str(years), hit.c.experience <= years) for years in steps.YEARS),
            *(("education", name, hit.c.education <= rank) for rank, name in enumerate(steps.EDUCATIONS)),
            *(
                ("salary_min", str(amount), or_(pay >= amount, unknown))
                for amount in (steps.YEARLY_PAY if self._query.yearly else steps.MONTHLY_PAY)
            ),
        ]
        names, values, conditions = zip(*counted, strict=True)
        counts = array([func.count().filter(condition) for condition in conditions])
        return select(func.unnest(strings(names)), func.unnest(strings(values)), func.unnest(counts)).select_from(hit)


def counted(rows: Iterable[Any]) -> tuple[int, dict[str, Sequence[Facet]]]:
    """The answer to `JobSearch.counts` as a total and facets: steps as they go up, else the commonest value first."""
    total = 0
    facets: dict[str, list[Facet]] = {name: [] for name in (*_STEPPED, *_COUNTED, _PLACE)}
    for name, value, count in rows:
        if name == _TOTAL:
            total = count
        else:
            facets[name].append(Facet(value, count))
    answer: dict[str, Sequence[Facet]] = {name: facets.pop(name) for name in _STEPPED}
    facets |= place_facets(facets.pop(_PLACE))
    for name, values in facets.items():
        answer[name] = sorted(values, key=lambda facet: (-facet.count, facet.value))[:_FACET_VALUES]
    return total, answer


def _rank(wording: Wording, any_word: bool, job: type[SearchJob]) -> ColumnElement[Any]:
    """The sum of what each word counts for in the best place it stands in, and more where all stand together."""
    by_weight = [each(wording, weight)[:_RANKED_TERMS] for weight in _WORTH]
    worths: list[Any] = [
        case(*((_has(job.head, words), worth) for words, worth in zip(term, _WORTH.values(), strict=True)), else_=0)
        if ways in wording.needed
        else case((_has(job.head, term[0]), _WORTH_GENERAL), else_=0)
        for ways, *term in zip(wording.required[:_RANKED_TERMS], *by_weight, strict=True)
    ]
    if phrase := together(wording, "A"):
        worths.append(case((_has(job.head, phrase), _WORTH_TOGETHER), else_=0))
    if any_word:
        anywhere = each(wording, "")[:_RANKED_TERMS]
        worths += [case((_has(job.words, words), _WORTH_ONE_MORE), else_=0) for words in anywhere]
    return reduce(add, worths, literal(0))


def _has(vector: Any, words: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = vector.op("@@")(cast(words, TSQUERY))
    return found


def _grouped(name: str, column: Any) -> Any:
    return select(literal(name), cast(column, String), func.count()).group_by(column)


def _listed(name: str, hit: Any, values: Any) -> Any:
    item = func.unnest(values).table_valued("value", name=name).render_derived()
    return select(literal(name), item.c.value, func.count()).select_from(hit.join(item, true())).group_by(item.c.value)


def _named_skills(hit: Any) -> Any:
    """Skills are counted by key, and shown as they were first written."""
    listed = _listed("skills", hit, hit.c.skill_keys).order_by(func.count().desc(), literal_column("2"))
    most = listed.limit(_FACET_VALUES).subquery()
    key, count = most.c[1], most.c[2]
    term = SearchTerm.term == literal("skill:") + key
    return select(literal("skills"), func.coalesce(SearchTerm.name, key), count).select_from(
        most.outerjoin(SearchTerm, term)
    )


def _of_time(query: JobQuery) -> Iterable[ColumnElement[bool]]:
    # Written so, PostgreSQL knows the condition of the partial indexes.
    yield SearchJob.open == true()
    yield or_(SearchJob.valid_through.is_(None), SearchJob.valid_through >= query.today)
    if query.post_after is not None:
        yield SearchJob.post_id > query.post_after
    if query.post_until is not None:
        yield SearchJob.post_id <= query.post_until


def _of_kind(query: JobQuery) -> Iterable[ColumnElement[bool]]:
    if query.cities:
        yield SearchJob.city_keys.op("&&")(strings(place_keys(query.cities)))
    if query.skills:
        yield SearchJob.skill_keys.op("@>")(strings([skill_key(skill) for skill in query.skills]))
    if query.workplace_types:
        yield SearchJob.workplace_type == func.any(strings([plain(type) for type in query.workplace_types]))
    if query.employment_types:
        yield SearchJob.employment_type == func.any(strings([plain(type) for type in query.employment_types]))
    if query.organization_id is not None:
        yield SearchJob.organization_id == query.organization_id
    if query.ids is not None:
        yield is_any_id(SearchJob.id, query.ids)
    if query.excluded_ids:
        yield ~is_any_id(SearchJob.id, query.excluded_ids)


def _of_person(query: JobQuery) -> Iterable[ColumnElement[bool]]:
    if query.experience_min is not None:
        yield SearchJob.experience >= query.experience_min
    if query.experience_max is not None:
        yield SearchJob.experience <= query.experience_max
    if query.education is not None:
        yield SearchJob.education <= steps.education_rank(query.education)


def _of_pay(query: JobQuery) -> Iterable[ColumnElement[bool]]:
    least, most = SearchJob.monthly_min, SearchJob.monthly_max
    if query.yearly:
        least, most = SearchJob.yearly_min, SearchJob.yearly_max
    bounds = [most >= query.salary_min] if query.salary_min is not None else []
    bounds += [least <= query.salary_max] if query.salary_max is not None else []
    if query.negotiable:
        yield from (or_(bound, most.is_(None)) for bound in bounds)
    else:
        yield from bounds
        if query.negotiable is False and not bounds:
            yield most.is_not(None)
