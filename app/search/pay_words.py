"""Pay that people type among the words they search jobs by: 25k, 20-30k, 2万以上, 年薪40万."""

import re
from dataclasses import dataclass

from app.search.chinese import normalize

_NUMBER = r"\d{1,3}(?:\.\d)?"
_PAY = re.compile(
    r"(?<![a-z0-9.+#-])(?P<year>年薪)?(?:月薪|薪资|工资)?(?:不低于|至少)?\s?"
    rf"(?P<least>{_NUMBER})(?:[k千w万]?\s?[-–—~到至]\s?(?P<most>{_NUMBER}))?"
    r"\s?(?P<unit>[k千w万])(?![a-z0-9])(?P<bound>\+|以上|起|以下|以内)?(?:/月)?(?:\s?[·x×*]?\s?\d\d薪)?"
)
_UNITS = {"k": 1_000, "千": 1_000, "w": 10_000, "万": 10_000}
# Less is no pay (4k screens), and so much is a year's.
_LEAST_MONTHLY, _MOST_MONTHLY = 5_000, 100_000


@dataclass(frozen=True, slots=True)
class Pay:
    """What is to be paid, in CNY a month or, `yearly`, a year: a range that overlaps that from `least` to `most`."""

    least: int | None
    most: int | None
    yearly: bool


def read_pay(text: str) -> tuple[str, Pay | None]:
    """What was typed without the first pay in it, and that pay. What is quoted stands for itself."""
    normalized = normalize(text)
    match = None if '"' in normalized else _PAY.search(normalized)
    pay = _pay(match) if match else None
    if match is None or pay is None:
        return text, None
    return f"{normalized[: match.start()]} {normalized[match.end() :]}".strip(), pay


def pay_as_word(text: str) -> str:
    """What was typed, with the first monthly pay also as the word of its least: 2万以上 or 20k. What is less stays."""
    _, pay = read_pay(text)
    if pay is None or pay.least is None or pay.yearly:
        return text
    normalized = normalize(text)
    match = _PAY.search(normalized)
    assert match is not None
    word, typed = f"{pay.least // 1_000}k", "".join(match[0].split())
    either = word if typed == word else f"{typed} or {word}"
    return f"{normalized[: match.start()]} {either} {normalized[match.end() :]}"


def words_of_pay(most: int | None) -> str:
    """The words that find a job which pays `most` a month: that and each thousand less, down to what is no pay."""
    thousands = range(_LEAST_MONTHLY // 1_000, min(most or 0, _MOST_MONTHLY - 1) // 1_000 + 1)
    return " ".join(f"{number}k" for number in thousands)


def _pay(match: re.Match[str]) -> Pay | None:
    least, most = (
        round(float(match[name]) * _UNITS[match["unit"]]) if match[name] else None for name in ("least", "most")
    )
    assert least is not None
    yearly = match["year"] is not None or (most or least) >= _MOST_MONTHLY
    if (most or least) < _LEAST_MONTHLY or (most is not None and most < least):
        return None
    if most is None and match["bound"] in ("以下", "以内"):
        return Pay(None, least, yearly)
    return Pay(least, most, yearly)
