"""Which text may come in."""

import pytest

from app.kit.text import MOST_MARKS, one_line, refuse_unfit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "你好 #话题# 👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ☝️🏽",
        "שָׁלוֹם עֲלֵיכֶם",
        "مُحَمَّدٌ ﷺ",
        "བསྒྲིགས་ཧཱུྃ",
        "Tiếng Việt, e\u0301",
        "a" + "\u0301" * MOST_MARKS,
        "he said \u2067שלום\u2069!",
        "\u202bשלום\u202c\n\u2068x \u2066y\u2069\u2069",
        "mark\u200e and\u200f more\u061c",
    ],
)
def test_what_people_write_is_fit(text: str) -> None:
    refuse_unfit(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a\x00", "NUL"),
        ("a\ud800", "surrogate"),
        ("\udfff", "surrogate"),
        ("invoice\u202egnp.exe", "override"),
        ("\u202dabc\u202c", "override"),
        ("\u2067open", "close"),
        ("\u202bopen\nclosed later\u202c", "close"),
        ("stray\u2069", "close"),
        ("stray\u202c", "close"),
        ("\u2067\u202bcrossed\u2069\u202c", "close"),
        ("a" + "\u0301" * (MOST_MARKS + 1), "combining"),
        ("\u0489" * 100_000, "combining"),
    ],
    ids=lambda text: repr(text[:12]),
)
def test_the_rest_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        refuse_unfit(text)


@pytest.mark.parametrize("text", ["王小明", "O'Brien-Łoś", "שלום", " padded \n", "a\u200db"])
def test_a_name_is_one_line(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    "text", ["a\nb", "a\tb", "a\x1bb", "a\x85b", "a\u2028b", "\u2067שלום\u2069", "a\u202eb", "\u202aa\u202c"]
)
def test_a_name_holds_no_controls(text: str) -> None:
    with pytest.raises(ValueError, match="must not contain"):
        one_line(text)
