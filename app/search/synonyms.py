"""Words that mean the same in a job, in Chinese and English (`tables/synonyms.txt`).

A word belongs to one group at most. Engines without an OR know a group by its `mark`, a word that no text holds
by chance: documents are given the marks of what they say.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.search.chinese import Run, normalize, runs

# A name as it is compared: its runs.
Name = tuple[str, ...]

_TABLE = Path(__file__).parent / "tables" / "synonyms.txt"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Group:
    """`words` that mean the same, normalised; and the mark for them."""

    words: tuple[str, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class _Table:
    groups: tuple[Group, ...]
    by_name: dict[Name, Group]
    by_first: dict[str, list[Name]]
    lengths: tuple[int, ...]


def group_of(name: Name) -> Group | None:
    """The words that mean the same as the one with these runs."""
    return _table().by_name.get(name)


def groups() -> Sequence[Group]:
    """All groups."""
    return _table().groups


def marks() -> list[str]:
    """All marks."""
    return [group.mark for group in _table().groups]


def spelled() -> set[str]:
    """The words in Latin letters that synonyms are made of."""
    return {run for name in _table().by_name for run in name if run.isascii()}


def marks_in(text: str) -> list[str]:
    """The marks of all that a normalised `text` says, each once."""
    found = [*runs(text)]
    return [*dict.fromkeys(group.mark for place in range(len(found)) for group in _beginning(found, place))]


def _beginning(found: Sequence[Run], place: int) -> Iterator[Group]:
    """Groups of which a word begins within the run at `place`."""
    table, run = _table(), found[place]
    if run.cjk:
        for start in range(len(run.text)):
            for length in table.lengths:
                if group := table.by_name.get((run.text[start : start + length],)):
                    yield group
        return
    for name in table.by_first.get(run.text, ()):
        if _continues(found[place : place + len(name)], name):
            yield table.by_name[name]
    # Node.js is also the words node and js.
    for part in run.text.split(".") if "." in run.text else ():
        if group := table.by_name.get((part,)):
            yield group


def _continues(found: Sequence[Run], name: Name) -> bool:
    """Whether these runs are `name`; Chinese characters at its end may go on."""
    if len(found) < len(name) or any(run.text != part for run, part in zip(found[:-1], name[:-1], strict=True)):
        return False
    last = found[-1]
    return last.text.startswith(name[-1]) if last.cjk else last.text == name[-1]


@cache
def _table() -> _Table:
    groups = []
    by_name: dict[Name, Group] = {}
    by_first: dict[str, list[Name]] = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("# "):
            continue
        words = tuple(normalize(word) for word in line.split(" = "))
        groups.append(Group(words, _mark(words[0])))
        for word in words:
            name = tuple(run.text for run in runs(word))
            by_name[name] = groups[-1]
            by_first.setdefault(name[0], []).append(name)
    lengths = sorted({len(name[0]) for name in by_name if not name[0].isascii()})
    return _Table(tuple(groups), by_name, by_first, tuple(lengths))


def _mark(word: str) -> str:
    """A word of eight letters that depends on the group's first word alone, not on its place in the table."""
    number, letters = zlib.crc32(word.encode()), "wz"
    for _ in range(6):
        number, letter = divmod(number, len(_LETTERS))
        letters += _LETTERS[letter]
    return letters
