"""What a person typed into the search box, understood once for every engine.

Words must all occur; "quoted words" in this order; -word must not occur; `a or b` needs one of the two.
Nothing a person types is an error.
"""

import re
from dataclasses import dataclass

from app.search.chinese import normalize, runs

MOST_TERMS = 10
_LONGEST = 200
_QUOTES = str.maketrans(dict.fromkeys("“”„‟「」『』«»", '"'))
_TERM = re.compile(r'(?P<minus>-+)?(?:"(?P<phrase>[^"]+)"|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase, normalised. A phrase must occur as it is; a word may be cut further."""

    text: str
    phrase: bool


@dataclass(frozen=True, slots=True)
class Query:
    """`required`: of each group at least one term must occur. `excluded`: none of these may."""

    required: tuple[tuple[Term, ...], ...]
    excluded: tuple[Term, ...]

    @property
    def has_alternatives(self) -> bool:
        """Whether the question uses `or`."""
        return any(len(group) > 1 for group in self.required)


def parse(text: str) -> Query:
    """Read what was typed: its first 200 characters and its first 10 terms. Terms without words are left out."""
    required: list[tuple[Term, ...]] = []
    excluded: list[Term] = []
    alternative = False
    for match in _TERM.finditer(normalize(text[:_LONGEST]).translate(_QUOTES)):
        if len(required) + len(excluded) == MOST_TERMS:
            break
        if match[0] == "or":
            alternative = bool(required)
            continue
        term = Term(match["phrase"] or match["word"], match["phrase"] is not None)
        if next(runs(term.text), None) is None:
            continue
        if match["minus"]:
            excluded.append(term)
        elif alternative and len(required[-1]) < MOST_TERMS:
            required[-1] += (term,)
        else:
            required.append((term,))
        alternative = False
    return Query(tuple(required), tuple(excluded))
