"""Misspelt words in Latin letters, set right by the words that jobs are made of.

As in Meilisearch: one slip is forgiven from five letters on, two from nine; a slip is a letter too many, too few,
wrong, or swapped with its neighbour. Two words so close have a form in common that both become when some letters are
left out of them. A word that occurs in jobs is never taken for another.
"""

from collections.abc import Collection, Iterable
from itertools import combinations

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.search.chinese import normalize, runs
from app.search.models import SearchWord
from app.search.pg_queries import strings
from app.search.synonyms import spelled

_SHORTEST, _LONGEST = 4, 24
_MOST_GUESSES = 3
_MOST_CANDIDATES = 300

_PUT = text(
    """
    INSERT INTO search_words (word, deletions)
    SELECT word, deletions FROM json_to_recordset(CAST(:rows AS json)) AS new (word text, deletions text[])
    ON CONFLICT (word) DO NOTHING
    """
)


def spelled_in(texts: Iterable[str]) -> set[str]:
    """The words of these texts that others may be told by."""
    found = {run.text for text in texts for run in runs(normalize(text)) if not run.cjk}
    return {word for word in found if word.isascii() and word.isalnum() and _SHORTEST <= len(word) <= _LONGEST}


async def put_words(session: AsyncSession, words: Collection[str]) -> None:
    """Learn words, where they are new."""
    known = set(await session.scalars(select(SearchWord.word).where(SearchWord.word == _any(words))))
    rows = [{"word": word, "deletions": sorted(_deletions(word, _kept(word)))} for word in sorted(set(words) - known)]
    if rows:
        await session.execute(_PUT, {"rows": orjson.dumps(rows).decode()})


async def find_corrections(session: AsyncSession, words: Collection[str]) -> dict[str, tuple[str, ...]]:
    """For each word that no job has, the closest that some have, at most three; two statements."""
    common = spelled()
    doubtful = [word for word in words if _forgiven(word) and len(word) <= _LONGEST and word not in common]
    if not doubtful:
        return {}
    known = set(await session.scalars(select(SearchWord.word).where(SearchWord.word == _any(doubtful))))
    misspelt = {word: _deletions(word, _forgiven(word)) for word in doubtful if word not in known}
    if not misspelt:
        return {}
    wanted = sorted(set().union(*misspelt.values()))
    near = select(SearchWord.word).where(SearchWord.deletions.op("&&")(strings(wanted))).limit(_MOST_CANDIDATES)
    candidates = {*await session.scalars(near), *(word for word in common if len(word) >= _SHORTEST)}
    guesses = {word: _closest(word, candidates) for word in misspelt}
    return {word: found for word, found in guesses.items() if found}


def _closest(word: str, candidates: Iterable[str]) -> tuple[str, ...]:
    slips = {other: _slips(word, other) for other in candidates if abs(len(other) - len(word)) <= _forgiven(word)}
    least = min(slips.values(), default=_LONGEST)
    if least > _forgiven(word):
        return ()
    # Few err in the first letter.
    alike = sorted((other[0] != word[0], other) for other, count in slips.items() if count == least)
    return tuple(other for _, other in alike[:_MOST_GUESSES])


def _any(words: Collection[str]) -> object:
    return func.any(strings([*words]))


def _forgiven(word: str) -> int:
    """How many slips are forgiven in a word as typed."""
    length = len(word)
    return 0 if length < 5 else 1 if length < 9 else 2


def _kept(word: str) -> int:
    """How many letters must be left out of a word, so that what is typed for it can be told by what is left."""
    return 1 if len(word) < 7 else 2


def _deletions(word: str, most: int) -> set[str]:
    """`word`, and what is left of it without up to `most` letters."""
    return {
        "".join(letter for place, letter in enumerate(word) if place not in left_out)
        for count in range(most + 1)
        for left_out in combinations(range(len(word)), count)
    }


def _slips(one: str, other: str) -> int:
    """The least number of slips that make `other` of `one`, each letter touched once."""
    before: list[int] = []
    row: list[int] = [*range(len(other) + 1)]
    for i, letter in enumerate(one, 1):
        last, before = before, row
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
