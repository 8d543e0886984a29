"""PostgreSQL's full-text search, fed with our own tokens: tsvector and tsquery as text, to be bound and cast.

Positions count characters within runs, so that a phrase is a chain of exact distances and the spaces
between Chinese and Latin words do not matter. Tokens hold letters, digits, `.`, `+` and `#` alone:
nothing in them needs escaping.
"""

from collections.abc import Iterable, Iterator
from operator import add
from typing import Literal

from app.search.chinese import Run, cut, normalize, runs
from app.search.query import Term, parse

Weight = Literal["A", "B", "C", "D"]

# PostgreSQL keeps positions up to 16,383: phrases cannot be found beyond.
_LAST_POSITION = 16_383
_LONGEST_FIELD = 16_000
# Between two fields, so that no phrase begins in one and ends in the next.
_GAP = 100
_LONGEST_TOKEN = 64


def tsvector(*fields: tuple[str, Weight]) -> str:
    """The tsvector of a document's fields, each with its weight. Of a field, the first 16,000 characters count."""
    positions: dict[str, list[str]] = {}
    offset = 1
    for text, weight in fields:
        for run in runs(normalize(text[:_LONGEST_FIELD])):
            for place, token in _indexed(run):
                positions.setdefault(token, []).append(f"{min(offset + place, _LAST_POSITION)}{weight}")
            offset += len(run.text)
        offset += _GAP
    return " ".join([f"'{token}':{','.join(places)}" for token, places in positions.items()])


def tsquery(text: str) -> str:
    """The tsquery for what a person typed; empty when there is nothing to search for."""
    query = parse(text)
    groups = [" | ".join(_expression(term) for term in group) for group in query.required]
    return " & ".join([f"({group})" for group in groups] + [f"!({phrase(term.text)})" for term in query.excluded])


def phrase(text: str, weight: Weight | Literal[""] = "") -> str:
    """The tsquery for the runs of a normalised `text` in this order, in fields of `weight` alone or in any."""
    expression = ""
    offset = last = 0
    for run in runs(text):
        for token, place in _asked(run, weight):
            if expression:
                # Each at its distance from the one before.
                expression += f" <{offset + place - last}> "
            expression += token
            last = offset + place
        offset += len(run.text)
    return expression


def _indexed(run: Run) -> Iterable[tuple[int, str]]:
    """The tokens a document's run is found by, each after its place within the run."""
    if run.cjk:
        # Pairs, and the last character alone: single ones are found as beginnings of pairs, it begins none.
        return enumerate(map(add, run.text, [*run.text[1:], ""]))
    if "." not in run.text:
        return [(0, run.text[:_LONGEST_TOKEN])]
    return [(0, run.text[:_LONGEST_TOKEN]), *_parts(run.text)]


def _parts(name: str) -> Iterator[tuple[int, str]]:
    """The words a dotted name is made of."""
    place = 0
    for part in name.split("."):
        if part:
            yield place, part[:_LONGEST_TOKEN]
        place += len(part) + 1


def _expression(term: Term) -> str:
    if term.phrase:
        return f"({phrase(term.text)})"
    words = [word for run in runs(term.text) for word in (cut(run.text) if run.cjk else [run.text])]
    return "(" + " & ".join(f"({phrase(word)})" for word in words) + ")"


def _asked(run: Run, weight: str) -> Iterator[tuple[str, int]]:
    """As few tokens as pin the run down, with their places within it."""
    length = len(run.text)
    of_weight = f":{weight}" if weight else ""
    if not run.cjk:
        yield f"'{run.text[:_LONGEST_TOKEN]}'{of_weight}", 0
    elif length == 1:
        yield f"'{run.text}':*{weight}", 0
    else:
        for place in [*range(0, length - 2, 2), length - 2]:
            yield f"'{run.text[place : place + 2]}'{of_weight}", place
