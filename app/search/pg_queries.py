"""What the PostgreSQL engine asks of posts: one statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, String, any_, bindparam, cast, func, not_, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import InstrumentedAttribute

from app.search.index import MOST_RANKED, PostQuery, Trait
from app.search.keys import plain
from app.search.models import SearchPost


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
        conditions.append(SearchPost.visibility == any_(strings(query.visibilities)))
    if query.written_by is not None:
        conditions.append(is_any_id(SearchPost.author_id, query.written_by))
    if query.not_written_by:
        conditions.append(not_(is_any_id(SearchPost.author_id, query.not_written_by)))
    if query.kinds:
        conditions.append(SearchPost.kind == any_(strings(query.kinds)))
    if query.language is not None:
        conditions.append(SearchPost.language == plain(query.language))
    if query.before is not None:
        conditions.append(SearchPost.id < query.before)
    if query.after is not None:
        conditions.append(SearchPost.id > query.after)
    return conditions


def is_any_id(column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether `column` is one of `ids`, as one parameter however many there are."""
    return column == any_(bindparam(None, [*ids], type_=ARRAY(BigInteger)))


def strings(values: Sequence[str]) -> Any:
    """`values` as one parameter."""
    return bindparam(None, [*values], type_=ARRAY(String))
