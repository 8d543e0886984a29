"""What the PostgreSQL engine asks of posts: one statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, String, any_, bindparam, cast, func, not_, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.search.index import MOST_RANKED, PostQuery, Trait
from app.search.keys import plain
from app.search.models import SearchPost

# A page of the newest is looked for among so many posts, before the index of words is asked for all matches.
_AT_HAND = 2000
_FEW_AUTHORS = 50


def posts(query: PostQuery, words: str) -> list[Select[int]]:
    """Ids of matching posts, in the order asked for: where the first statement finds no whole page, the next is asked.

    PostgreSQL cannot tell a rare word from one it has never met, and would look for the newest with it by reading
    posts one after the other, all of them in the end. So a few are read like that, and then the words' index decides.
    """
    conditions = _post_conditions(query, words)
    if words and query.sort == "relevance":
        newest = SearchPost.id.desc()
        matching = (
            select(SearchPost.id, SearchPost.words).where(*conditions).order_by(newest).limit(MOST_RANKED).subquery()
        )
        rank = func.ts_rank(matching.c.words, cast(words, TSQUERY), 1)
        ranked = select(matching.c.id).order_by(rank.desc(), matching.c.id.desc())
        return [ranked.limit(query.limit).offset(query.offset)]
    matches = select(SearchPost.id).where(*conditions).limit(query.limit).offset(query.offset or None)
    if not words.startswith("(") and not query.traits:
        # What only must not be there is no help in finding anything.
        return [matches.order_by(_order(query, SearchPost.id))]
    # Ordered by an expression: the order of the primary key is of no use then.
    all_matches = matches.order_by(_order(query, SearchPost.id + 0))
    whose = query.author_ids if query.written_by is None else query.written_by
    if whose is not None and len(whose) <= _FEW_AUTHORS:
        return [all_matches]
    bounded = select(SearchPost).where(*_bounds(query, SearchPost)).order_by(_order(query, SearchPost.id))
    near = aliased(SearchPost, bounded.limit(_AT_HAND).subquery())
    at_hand = select(near.id).where(*_post_conditions(query, words, near)).order_by(_order(query, near.id))
    return [at_hand.limit(query.limit).offset(query.offset or None), all_matches]


def trait_token(trait: Trait) -> str:
    """A trait as a word of a tsvector or tsquery. No word that people write has a `=`."""
    return f"'={trait}'"


def _order(query: PostQuery, id: Any) -> Any:
    return id.asc() if query.ascending else id.desc()


def _asked(query: PostQuery, words: str) -> str:
    """The tsquery for words and traits."""
    traits = [*map(trait_token, query.traits), *(f"!{trait_token(trait)}" for trait in query.without)]
    return " & ".join([*([f"({words})"] if words else []), *traits])


def _post_conditions(query: PostQuery, words: str, post: type[SearchPost] = SearchPost) -> list[ColumnElement[bool]]:
    asked = _asked(query, words)
    conditions: list[ColumnElement[bool]] = [post.words.op("@@")(cast(asked, TSQUERY))] if asked else []
    if query.author_ids is None:
        conditions.append(post.visibility == "public")
    else:
        theirs = is_any_id(post.author_id, query.author_ids)
        conditions.append(or_(theirs, is_any_id(post.id, query.post_ids)) if query.post_ids else theirs)
        conditions.append(post.visibility == any_(strings(query.visibilities)))
    if query.written_by is not None:
        conditions.append(is_any_id(post.author_id, query.written_by))
    if query.not_written_by:
        conditions.append(not_(is_any_id(post.author_id, query.not_written_by)))
    if query.kinds:
        conditions.append(post.kind == any_(strings(query.kinds)))
    if query.language is not None:
        conditions.append(post.language == plain(query.language))
    return [*conditions, *_bounds(query, post)]


def _bounds(query: PostQuery, post: type[SearchPost]) -> list[ColumnElement[bool]]:
    before = [post.id < query.before] if query.before is not None else []
    after = [post.id > query.after] if query.after is not None else []
    return before + after


def is_any_id(column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether `column` is one of `ids`, as one parameter however many there are."""
    return column == any_(bindparam(None, [*ids], type_=ARRAY(BigInteger)))


def strings(values: Sequence[str]) -> Any:
    """`values` as one parameter."""
    return bindparam(None, [*values], type_=ARRAY(String))
