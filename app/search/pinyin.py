"""Chinese names as people type them in Latin letters: without tones, whole, in part, or their initials alone.

Only those who index need it: it costs a second and 50 MB where it is first used. Questions need no turning.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from app.search.chinese import cut, normalize, runs

_SHORT_NAME = 4
_LONGEST_NAME = 20
_MOST_WORDS_TOGETHER = 3


@lru_cache(maxsize=4096)
def pinyin_words(name: str) -> str:
    """The words by which `name` is found in pinyin; empty where it holds no Chinese characters.

    A short name (张晓明) is spelled up to and from each of its characters, a longer one (字节跳动科技) by one to three
    of its words together; and each of these by its initials.
    """
    found: dict[str, None] = {}
    for run in runs(normalize(name)):
        if run.cjk:
            for part in _parts(_syllables(run.text[:_LONGEST_NAME])):
                found["".join(part)] = None
                if len(part) > 1:
                    found["".join(syllable[0] for syllable in part)] = None
    return " ".join(found)


def spelled_out(name: str) -> tuple[str, str] | None:
    """The whole of a normalised `name` in pinyin, and its initials; other letters stay. None if it has no Chinese."""
    found = [*runs(name)]
    if not any(run.cjk for run in found):
        return None
    parts = [syllable for run in found for syllable in (_pinyin(run.text) if run.cjk else [run.text])]
    initials = [part if part[0].isdigit() else part[0] for part in parts if part]
    return "".join(parts), "".join(initials)


def _parts(words: list[list[str]]) -> Iterator[list[str]]:
    syllables = [syllable for word in words for syllable in word]
    if len(syllables) <= _SHORT_NAME:
        for place in range(len(syllables)):
            yield syllables[: place + 1]
            yield syllables[place:]
        return
    yield syllables
    yield syllables[:2]
    for start in range(len(words)):
        for end in range(start + 1, min(start + _MOST_WORDS_TOGETHER, len(words)) + 1):
            yield [syllable for word in words[start:end] for syllable in word]


def _syllables(characters: str) -> list[list[str]]:
    """The pinyin of each character, word by word; the reading of a character may depend on those around it."""
    read = _pinyin(characters)
    if len(read) != len(characters):
        return [read]
    starts = [0]
    for word in cut(characters):
        # What lies between two words (的) belongs to the first.
        starts.append(max(characters.find(word, starts[-1]), 0))
    return [read[start:end] for start, end in pairwise([*dict.fromkeys(starts), len(read)])]


def _pinyin(characters: str) -> list[str]:
    return [syllable for syllable in _speller()(characters, errors="ignore") if syllable]


@cache
def _speller() -> Any:
    from pypinyin import lazy_pinyin

    return lazy_pinyin
