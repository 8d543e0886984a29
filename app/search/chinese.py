"""Chinese and mixed text, taken apart the same way when it is indexed and when it is asked for.

A text is a row of runs: Chinese characters without a break, or one word of another script. Chinese runs
are indexed as overlapping pairs of characters, so that what is found never depends on how a dictionary
would cut the document. The dictionary only cuts long questions into the words they are made of.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

_CJK = (
    "\u3005\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_LETTER = rf"[^\W_{_CJK}]"
# "C" must not find "C++" or "C#", so these names are one word; and so are ".NET" and "Node.js".
_RUN = re.compile(
    rf"(?P<cjk>[{_CJK}]+)"
    r"|(?<![a-z0-9])(?:c\+\+|[cf]\#)"
    rf"|(?:(?<![.a-z0-9])\.(?=[a-z]))?{_LETTER}+(?:\.{_LETTER}+)*"
)
_CJK_RUN = re.compile(f"[{_CJK}]+")
_PARTICLES = frozenset("的了和与及或在是吗呢吧啊")
_QUESTIONS = frozenset(("怎么", "怎样", "如何", "什么", "哪些", "哪里", "多少"))
# What the dictionary would cut wrongly, or join with its neighbours, in a question about work; as common as 公司.
_COMMON = 20_000
_OUR_WORDS = (
    *("后端", "前端", "全栈", "客户端", "大模型", "外包", "双休", "五险一金"),
    *("内推", "校招", "社招", "秋招", "春招"),
    *("小红书", "拼多多", "字节跳动"),
)


class Run(NamedTuple):
    """One unbroken piece of a text, from `start` to `end` in it; `cjk` tells characters from words."""

    text: str
    start: int
    end: int
    cjk: bool


def normalize(text: str) -> str:
    """`text` as it is indexed and asked for: NFKC, simplified characters, mainland terms, lower case.

    The length may change. What no database can store (lone surrogates) is left out.
    """
    storable = text.encode("utf-8", "ignore").decode()
    return _to_simplified(unicodedata.normalize("NFKC", storable)).lower()


def fold(text: str) -> str:
    """`text` normalised as far as every character can keep its place: for marking matches in the original."""
    if unicodedata.is_normalized("NFKC", text) and len(lowered := text.lower()) == len(text):
        folded = lowered
    else:
        folded = "".join(_fold_character(character) for character in text)
    return _CJK_RUN.sub(lambda match: _simplified_in_place(match[0]), folded)


def runs(normalized: str) -> Iterator[Run]:
    """The runs of a normalised or folded text, in order. Punctuation and spaces are in none of them."""
    for match in _RUN.finditer(normalized):
        yield Run(match[0], *match.span(), match.lastgroup == "cjk")


def cut(characters: str) -> list[str]:
    """The words a Chinese run is made of, for a question; particles such as 的 are left out.

    A character that belongs to no word joins its neighbour: 小红书 stays whole where a dictionary does
    not know it, instead of matching every text with these three characters in any order.
    """
    if len(characters) <= 2:
        return [characters]
    words = [""]
    for word in _dictionary().cut(characters, True):
        if word in _PARTICLES or word in _QUESTIONS:
            words.append("")
        elif len(word) == 1 or len(words[-1]) <= 1:
            words[-1] += word
        else:
            words.append(word)
    return [word for word in words if word] or [characters]


@cache
def load() -> None:
    """Load the dictionaries, which takes most of a second, so that no deadline of a first search need cover it."""
    for profile in ("t2s", "tw2sp"):
        _converter(profile).convert("国")
    _dictionary().cut("后端工程师", True)


def finer(characters: str) -> list[str]:
    """The shorter words within a Chinese word, each once; they may overlap."""
    found = _dictionary().cut_for_search(characters, True)
    return [*dict.fromkeys(word for word in found if 1 < len(word) < len(characters))]


def _to_simplified(text: str) -> str:
    # Most text is simplified already and stays as it is: taken for Taiwanese, 程序员 would become 进程员.
    if text.isascii() or _converter("t2s").convert(text) == text:
        return text
    return _CJK_RUN.sub(lambda match: _run_to_simplified(match[0]), text)


def _run_to_simplified(characters: str) -> str:
    simplified = str(_converter("t2s").convert(characters))
    # Characters alone are not enough: 軟體 would become 软体, which no mainland text contains.
    return characters if simplified == characters else str(_converter("tw2sp").convert(characters))


def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


def _simplified_in_place(characters: str) -> str:
    simplified = _run_to_simplified(characters)
    return simplified if len(simplified) == len(characters) else characters


@cache
def _converter(profile: str) -> Any:
    # Imported when first needed, like the dictionary below: processes that never search start faster.
    from opencc_pyo3 import OpenCC

    return OpenCC(profile)


@cache
def _dictionary() -> Any:
    from rjieba import Jieba

    dictionary = Jieba()
    for word in _OUR_WORDS:
        dictionary.add_word(word, _COMMON, "n")
    return dictionary
