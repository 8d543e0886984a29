"""What a question about jobs asks for: its words, each with those that mean the same or were meant."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from app.search.chinese import cut, finer, runs
from app.search.query import Term, parse
from app.search.synonyms import Name, group_of

_MOST_WORDS = 40
_LONGEST_NAME = 5
_DIVISIBLE = 4
# What nearly every job is: said beside other words, these tell which jobs come first, not which are found.
_GENERAL = frozenset(
    [
        *("工程师", "开发", "程序员", "人员", "专员", "岗位", "职位", "职务", "工作", "招聘", "招人", "求职", "找工作"),
        *("job", "jobs", "position", "role", "hiring", "vacancy"),
    ]
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing asked for: any of `texts` must occur, as it stands. `mark` is that of the group they are, if any.

    `general`: it need not occur, but is better if it does.
    """

    typed: str
    texts: tuple[str, ...]
    phrase: bool = False
    mark: str | None = None
    general: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """`required`: all of these, and of each any one way, which is all of its pieces. `excluded`: none of these."""

    required: tuple[tuple[tuple[Piece, ...], ...], ...]
    excluded: tuple[str, ...]

    @property
    def needed(self) -> tuple[tuple[tuple[Piece, ...], ...], ...]:
        """What is required apart from what is general; all of it, where nothing else is."""
        return tuple(ways for ways in self.required if not ways[0][0].general or len(ways) > 1) or self.required


class _Word(NamedTuple):
    """A word, and the run of the question that it stands in."""

    text: str
    cjk: bool
    run: tuple[int, int]


def understand(
    text: str, corrections: Mapping[str, tuple[str, ...]] | None = None, *, loosely: bool = False
) -> Wording:
    """Read what was typed. `corrections` are what misspelt words may have been meant as, the best guess first.

    `loosely`: long Chinese words that are no name are taken for the shorter ones they are made of.
    """
    query, corrected = parse(text), corrections or {}
    required: list[tuple[tuple[Piece, ...], ...]] = []
    simple: list[_Word] = []
    for number, group in enumerate(query.required):
        if len(group) == 1 and not group[0].phrase:
            # Words of neighbouring terms may be one name: machine learning.
            simple += _words(group[0], number)
            continue
        required += [((piece,),) for piece in _pieces(simple, corrected)]
        required.append(tuple(tuple(_term(term, number, corrected)) for term in group))
        simple = []
    required += [((piece,),) for piece in _pieces(simple, corrected)]
    if loosely:
        required = [part for ways in required for part in _divided(ways)]
    return Wording(tuple(required[:_MOST_WORDS]), tuple(term.text for term in query.excluded))


def divisible(text: str) -> bool:
    """Whether what was typed says more than one thing, so that some of it may be found where all of it is not."""
    return len(understand(text, loosely=True).required) > 1


def latin_words(text: str) -> list[str]:
    """The words of letters in what was typed, outside quotation marks: those that may be misspelt."""
    terms = [term for group in parse(text).required for term in group if not term.phrase]
    words = [run.text for term in terms for run in runs(term.text) if not run.cjk]
    return [*dict.fromkeys(word for word in words if word.isascii() and word.isalpha())]


def _divided(ways: tuple[tuple[Piece, ...], ...]) -> Iterable[tuple[tuple[Piece, ...], ...]]:
    piece = ways[0][0]
    whole = len(ways) > 1 or len(ways[0]) > 1 or piece.phrase or piece.mark
    if whole or piece.typed.isascii() or len(piece.typed) < _DIVISIBLE:
        return [ways]
    words = [_Word(word, True, (number, 0)) for number, word in enumerate(finer(piece.typed))]
    return [((part,),) for part in _pieces(words, {})] or [ways]


def _term(term: Term, number: int, corrections: Mapping[str, tuple[str, ...]]) -> Iterable[Piece]:
    return [Piece(term.text, (term.text,), phrase=True)] if term.phrase else _pieces(_words(term, number), corrections)


def _words(term: Term, number: int) -> list[_Word]:
    return [
        _Word(word, run.cjk, (number, run.start))
        for run in runs(term.text)
        for word in (cut(run.text) if run.cjk else [run.text])
    ]


def _pieces(words: list[_Word], corrections: Mapping[str, tuple[str, ...]]) -> Iterator[Piece]:
    """The longest names first, from left to right; words that are part of none stand for themselves."""
    start = 0
    while start < len(words):
        for end in range(min(start + _LONGEST_NAME, len(words)), start, -1):
            if group := group_of(_name(words[start:end], corrections)):
                typed = " ".join(word.text for word in words[start:end])
                yield Piece(typed, group.words, mark=group.mark, general=not _GENERAL.isdisjoint(group.words))
                start = end
                break
        else:
            word = words[start].text
            yield Piece(word, (word, *corrections.get(word, ())), general=word in _GENERAL)
            start += 1


def _name(words: list[_Word], corrections: Mapping[str, tuple[str, ...]]) -> Name:
    """The runs these words make: characters of one run stand together again."""
    name: list[str] = []
    for (_, cjk), together in groupby(words, key=lambda word: (word.run, word.cjk)):
        if cjk:
            name.append("".join(word.text for word in together))
        else:
            name += [corrections.get(word.text, (word.text,))[0] for word in together]
    return tuple(name)
