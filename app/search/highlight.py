"""Marking what was found in the words of the post itself."""

import html
import re

from app.search.chinese import cut, fold, runs
from app.search.query import parse

_LONGEST = 20_000


def highlight(text: str, query: str) -> str:
    """`text` as HTML with `<em>` around what `query` asks for, whichever script either is written in.

    Everything is escaped. Only the first 20,000 characters are looked at; the rest follows unmarked.
    """
    words, characters = _wanted(query)
    folded = fold(text[:_LONGEST])
    spans = [(run.start, run.end) for run in runs(folded) if run.text in words]
    if characters:
        # Longer ones first: alternation takes the first that fits.
        pattern = "|".join(sorted(characters, key=len, reverse=True))
        spans += [match.span() for match in re.finditer(pattern, folded)]
    marked, position = [], 0
    for start, end in _merged(spans):
        marked += [html.escape(text[position:start]), "<em>", html.escape(text[start:end]), "</em>"]
        position = end
    return "".join(marked) + html.escape(text[position:])


def _wanted(query: str) -> tuple[set[str], set[str]]:
    """Whole words, and strings of Chinese characters, that `query` requires."""
    words: set[str] = set()
    characters: set[str] = set()
    for group in parse(query).required:
        for term in group:
            for run in runs(term.text):
                if not run.cjk:
                    words.add(run.text)
                elif term.phrase:
                    characters.add(run.text)
                else:
                    characters.update(cut(run.text))
    return words, characters


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same places, in order, where they touch or overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
