"""Characters as people count them: a flag, a family or a letter with its marks is one."""

import regex

_CHARACTER = regex.compile(r"\X")


def count(text: str) -> int:
    """How many characters a person would say `text` has."""
    return len(text) if text.isascii() else len(_CHARACTER.findall(text))
