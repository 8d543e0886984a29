"""Questions in Meilisearch's words: the text to look for, and filters built from typed values alone."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import orjson

from app.search.chinese import cut, runs
from app.search.index import PostQuery
from app.search.keys import plain
from app.search.query import MOST_TERMS, Term, parse

# The outer list means AND, an inner one OR.
Filter: TypeAlias = list[str | list[str]]


def words(text: str) -> str:
    """What was typed, as Meilisearch should read it; empty when there is nothing to search for.

    Chinese words become phrases, because Meilisearch cuts many of them into single characters that match
    in any order; so do excluded ones, of which only the first token would count. It has no `or`:
    alternatives are all required. It ignores terms after the tenth.
    """
    query = parse(text)
    excluded = [f'-"{term.text}"' for term in query.excluded]
    required = [word for group in query.required for term in group for word in _required(term)]
    return " ".join(required[: MOST_TERMS - len(excluded)] + excluded)


def post_filter(query: PostQuery) -> Filter:
    """The filter for `query`, apart from its text."""
    filter: Filter = []
    if query.author_ids is None:
        filter.append(equals("visibility", "public"))
    else:
        whose = [one_of("author_id", map(str, query.author_ids))]
        if query.post_ids:
            whose.append(one_of("id", map(str, query.post_ids)))
        filter.append(whose)
        filter.append(one_of("visibility", query.visibilities))
    if query.written_by is not None:
        filter.append(one_of("author_id", map(str, query.written_by)))
    if query.not_written_by:
        filter.append(f"author_id NOT {in_any(map(str, query.not_written_by))}")
    if query.kinds:
        filter.append(one_of("kind", query.kinds))
    if query.language is not None:
        filter.append(equals("language", query.language))
    filter += [equals("traits", trait) for trait in query.traits]
    if query.without:
        filter.append(f"traits NOT {in_any(query.without)}")
    if query.before is not None:
        filter.append(beyond(query.before, "<"))
    if query.after is not None:
        filter.append(beyond(query.after, ">"))
    return filter


def asked(text: str) -> Iterator[str]:
    """The words of a term that is no phrase, each as Meilisearch should read it."""
    for run in runs(text):
        for word in cut(run.text) if run.cjk else [run.text]:
            plain_word = len(word) == 1 if run.cjk else word.isalnum()
            yield word if plain_word else f'"{word}"'


def _required(term: Term) -> Iterable[str]:
    return [f'"{term.text}"'] if term.phrase else asked(term.text)


def beyond(id: int, operator: str) -> list[str]:
    """Ids before (<) or after (>) `id`, by their two halves: milliseconds, then number."""
    milliseconds, number = id >> 16, id & 0xFFFF
    return [
        f"created_ms {operator} {milliseconds}",
        f"(created_ms = {milliseconds} AND sequence {operator} {number})",
    ]


def equals(field: str, value: str) -> str:
    """The condition that `field` is `value`."""
    return f"{field} = {_quoted(value)}"


def one_of(field: str, values: Iterable[str]) -> str:
    """The condition that `field` is one of `values`."""
    return f"{field} {in_any(values)}"


def in_any(values: Iterable[str]) -> str:
    """IN and the list of `values`."""
    return f"IN [{', '.join(map(_quoted, values))}]"


def _quoted(value: str) -> str:
    # JSON escapes the two characters that could end the string: the quote and the backslash.
    return orjson.dumps(plain(value)).decode()
