"""Finds conditions that no employer may have, in jobs or in what it says of itself.

What they are stands in `discrimination.toml`, not here.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from app.kit.errors import Detail

MOST_FINDINGS = 20
_FIRST_CHINESE = "\u2e80"
# What people put between characters so that machines do not read them.
_BETWEEN = " \t\u00a0·•*_"
_INVISIBLE = frozenset(("Cf", "Mn"))


@dataclass(frozen=True, slots=True)
class Ground:
    """One thing nobody may be refused for."""

    name: str
    zh: str
    law: tuple[str, ...]
    terms: re.Pattern[str]
    unless: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Finding:
    """The words of a condition, where they stand (`start` up to `end`, in characters), and what forbids them."""

    ground: Ground
    words: str
    start: int
    end: int


def find_conditions(text: str) -> list[Finding]:
    """The forbidden conditions in a text, in their order; however they are written: width, script, spaces."""
    plain, places = _plain(text)
    found = []
    for ground in grounds():
        meant_otherwise = [match.span() for match in ground.unless.finditer(plain)] if ground.unless else []
        for match in ground.terms.finditer(plain):
            if any(start < match.end() and match.start() < end for start, end in meant_otherwise):
                continue
            start, end = places[match.start()], places[match.end() - 1] + 1
            found.append(Finding(ground, text[start:end], start, end))
    return sorted(found, key=lambda one: (one.start, one.end))[:MOST_FINDINGS]


def problems_in(texts: Mapping[str, str]) -> dict[str, list[Detail]]:
    """The forbidden conditions in each field's text, as reasons to refuse it."""
    problems = {field: [_detail(one) for one in find_conditions(text)] for field, text in texts.items()}
    return {field: found for field, found in problems.items() if found}


@cache
def grounds() -> tuple[Ground, ...]:
    """The table."""
    table = tomllib.loads((Path(__file__).parent / "discrimination.toml").read_text(encoding="utf-8"))
    return tuple(
        Ground(
            name=row["name"],
            zh=row["zh"],
            law=tuple(row["law"]),
            terms=re.compile("|".join(f"(?:{term})" for term in row["terms"])),
            unless=re.compile("|".join(f"(?:{term})" for term in row["unless"])) if row["unless"] else None,
        )
        for row in table["ground"]
    )


def _detail(finding: Finding) -> Detail:
    ground = finding.ground
    return Detail(
        error="discriminatory_term",
        description=f"must not say “{finding.words}” ({ground.zh} · {ground.name}: {'；'.join(ground.law)})",
        term=finding.words,
        position=[finding.start, finding.end],
        ground=ground.name,
        law=list(ground.law),
    )


def _plain(text: str) -> tuple[str, list[int]]:
    """`text` in one form of writing, and where each of its characters came from."""
    letters = [(letter, place) for place, character in enumerate(text) for letter in _forms(character)]
    kept: list[tuple[str, int]] = []
    before = ""
    for index, (letter, place) in enumerate(letters):
        if letter in _BETWEEN:
            after = next((other for other, _ in letters[index + 1 : index + 20] if other not in _BETWEEN), "")
            if before in ("", " ") or before >= _FIRST_CHINESE or after >= _FIRST_CHINESE or not after:
                continue
            letter = " " if letter in " \t\u00a0" else letter
        kept.append((letter, place))
        before = letter
    return "".join(letter for letter, _ in kept), [place for _, place in kept]


@lru_cache(maxsize=50_000)
def _forms(character: str) -> str:
    """What a character is among others in half width, small and simplified; nothing for one that is not seen."""
    if unicodedata.category(character) in _INVISIBLE:
        return ""
    letters = unicodedata.normalize("NFKC", character).lower()
    if character < _FIRST_CHINESE:
        return letters
    simplified = str(_converter().convert(letters))
    return simplified if len(simplified) == len(letters) else letters


@cache
def _converter() -> Any:
    # Its dictionaries take a while to load, and most processes check no jobs.
    from opencc_pyo3 import OpenCC

    return OpenCC("t2s")
