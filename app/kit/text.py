"""Which text may come in: what can be stored, and what cannot be used to show people something else than is there."""

import re
import unicodedata

import regex

# Marks that stand on one letter. Living scripts need up to four or so; more is drawn over its neighbours.
MOST_MARKS = 10
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_OVERRIDES = re.compile("[\u202d\u202e]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PILED = regex.compile(rf"\p{{M}}{{{MOST_MARKS + 1}}}")
_OPENS = {"\u202a": "\u202c", "\u202b": "\u202c", "\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
_CLOSES = frozenset(_OPENS.values())


def refuse_unfit(text: str) -> None:
    """Raise ValueError for text nobody may send.

    NUL and lone surrogates, which PostgreSQL does not keep; piles of combining marks; the bidi overrides, which turn
    letters around; and bidi marks that are opened and not closed, which turn around what others wrote after them.
    """
    if "\x00" in text:
        raise ValueError("must not contain NUL or lone surrogate characters")
    if text.isascii():
        return
    if _UNSTORABLE.search(text):
        raise ValueError("must not contain NUL or lone surrogate characters")
    if _OVERRIDES.search(text):
        raise ValueError("must not contain characters that override the direction of text")
    if not _is_balanced(text):
        raise ValueError("must close what changes the direction of text in the line that opens it")
    if _PILED.search(text):
        raise ValueError(f"must not have more than {MOST_MARKS} combining marks in a row")


def one_line(text: str) -> str:
    """A name or title as given; raises ValueError when it holds line ends or controls, bidi ones among them."""
    if _BIDI.search(text):
        raise ValueError("must not contain characters that change the direction of text")
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text.strip()):
        raise ValueError("must not contain control characters")
    return text


def _is_balanced(text: str) -> bool:
    if not _BIDI.search(text):
        return True
    for line in text.splitlines():
        due: list[str] = []
        for character in line:
            if character in _OPENS:
                due.append(_OPENS[character])
            elif character in _CLOSES and (not due or due.pop() != character):
                return False
        if due:
            return False
    return True
