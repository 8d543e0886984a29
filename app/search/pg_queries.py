"""What the PostgreSQL engine asks: one statement for posts, two for jobs (a page, and the counts)."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    String,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import InstrumentedAttribute

from app.search.index import MOST_RANKED, Facet, JobQuery, PostQuery, Trait
from app.search.keys import place_key, plain, skill_key
from app.search.models import SearchJob, SearchPost

_RANKED = 500
_FACET_VALUES = 100
_TOTAL = "total"


def posts(query: PostQuery, words: str) -> Select[int]:
    """Ids of matching posts, in the order asked for."""
    conditions = _post_conditions(query, words)
    if words and query.sort == "relevance":
        newest = SearchPost.id.desc()
        matching = (
            select(SearchPost.id, SearchPost.words).where(*conditions).order_by(newest).limit(MOST_RANKED).subquery()
        )
        rank = func.ts_rank(matching.c.words, cast(words, TSQUERY), 1)
        ranked = select(matching.c.id).order_by(rank.desc(), matching.c.id.desc())
        return ranked.limit(query.limit).offset(query.offset)
    order = SearchPost.id.asc() if query.ascending else SearchPost.id.desc()
    return select(SearchPost.id).where(*conditions).order_by(order).limit(query.limit).offset(query.offset or None)


def trait_token(trait: Trait) -> str:
    """A trait as a word of a tsvector or tsquery. No word that people write has a `=`."""
    return f"'={trait}'"


def _post_conditions(query: PostQuery, words: str) -> list[ColumnElement[bool]]:
    traits = [*map(trait_token, query.traits), *(f"!{trait_token(trait)}" for trait in query.without)]
    asked = " & ".join([*([f"({words})"] if words else []), *traits])
    conditions: list[ColumnElement[bool]] = [SearchPost.words.op("@@")(cast(asked, TSQUERY))] if asked else []
    if query.author_ids is None:
        conditions.append(SearchPost.visibility == "public")
    else:
        theirs = is_any_id(SearchPost.author_id, query.author_ids)
        conditions.append(or_(theirs, is_any_id(SearchPost.id, query.post_ids)) if query.post_ids else theirs)
        conditions.append(SearchPost.visibility == any_(_strings(query.visibilities)))
    if query.written_by is not None:
        conditions.append(is_any_id(SearchPost.author_id, query.written_by))
    if query.not_written_by:
        conditions.append(not_(is_any_id(SearchPost.author_id, query.not_written_by)))
    if query.kinds:
        conditions.append(SearchPost.kind == any_(_strings(query.kinds)))
    if query.language is not None:
        conditions.append(SearchPost.language == plain(query.language))
    if query.before is not None:
        conditions.append(SearchPost.id < query.before)
    if query.after is not None:
        conditions.append(SearchPost.id > query.after)
    return conditions


def jobs(query: JobQuery, words: str) -> Select[int]:
    """Ids of the matching jobs on the page asked for."""
    statement = select(SearchJob.id).where(*_job_conditions(query, words))
    if words and query.sort == "relevance":
        # Ranking reads every ranked document's words: all matches of a common word would take too long.
        recent = func.row_number().over(order_by=SearchJob.id.desc()) <= _RANKED
        rank = case((recent, func.ts_rank(SearchJob.words, cast(words, TSQUERY), 1)), else_=0)
        statement = statement.order_by(rank.desc())
    return statement.order_by(SearchJob.id.desc()).limit(query.limit).offset(query.offset)


def job_counts(query: JobQuery, words: str) -> Any:
    """How many jobs match in all, and how many of them have each value of each facet: (facet, value, count)."""
    columns = (
        *(SearchJob.workplace_type, SearchJob.employment_type),
        *(SearchJob.cities, SearchJob.city_keys, SearchJob.skills, SearchJob.skill_keys),
    )
    hit = select(*columns).where(*_job_conditions(query, words)).cte("hit")
    count = func.count().label("count")
    total = select(literal(_TOTAL).label("facet"), literal("").label("value"), count).select_from(hit)
    plain_facets = [
        select(literal(name), hit.c[name], count).group_by(hit.c[name])
        for name in ("workplace_type", "employment_type")
    ]
    listed_facets = []
    for name, names, keys in (("city", hit.c.cities, hit.c.city_keys), ("skills", hit.c.skills, hit.c.skill_keys)):
        item = func.unnest(names, keys).table_valued("name", "key", name=name).render_derived()
        counted = select(literal(name), func.mode().within_group(item.c.name), count).select_from(
            hit.join(item, true())
        )
        listed_facets.append(counted.group_by(item.c.key))
    return union_all(total, *plain_facets, *listed_facets)


def counted(rows: Iterable[Any]) -> tuple[int, dict[str, Sequence[Facet]]]:
    """The answer to `job_counts` as a total and facets, commonest value first."""
    total = 0
    facets: dict[str, list[Facet]] = {name: [] for name in ("city", "workplace_type", "employment_type", "skills")}
    for name, value, count in rows:
        if name == _TOTAL:
            total = count
        else:
            facets[name].append(Facet(value, count))
    return total, {
        name: sorted(values, key=lambda facet: (-facet.count, facet.value))[:_FACET_VALUES]
        for name, values in facets.items()
    }


def is_any_id(column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether `column` is one of `ids`, as one parameter however many there are."""
    return column == any_(bindparam(None, [*ids], type_=ARRAY(BigInteger)))


def _strings(values: Sequence[str]) -> Any:
    return bindparam(None, [*values], type_=ARRAY(String))


def _job_conditions(query: JobQuery, words: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        SearchJob.open.is_(True),
        or_(SearchJob.valid_through.is_(None), SearchJob.valid_through >= query.today),
    ]
    if words:
        conditions.append(SearchJob.words.op("@@")(cast(words, TSQUERY)))
    if query.city is not None:
        conditions.append(SearchJob.city_keys.op("@>")(_strings([place_key(query.city)])))
    if query.salary_min is not None:
        conditions.append(SearchJob.monthly_max >= query.salary_min)
    if query.salary_max is not None:
        conditions.append(SearchJob.monthly_min <= query.salary_max)
    if query.workplace_type is not None:
        conditions.append(SearchJob.workplace_type == plain(query.workplace_type))
    if query.employment_type is not None:
        conditions.append(SearchJob.employment_type == plain(query.employment_type))
    if query.skills:
        conditions.append(SearchJob.skill_keys.op("@>")(_strings([skill_key(skill) for skill in query.skills])))
    if query.organization_id is not None:
        conditions.append(SearchJob.organization_id == query.organization_id)
    return conditions
