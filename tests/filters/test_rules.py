"""Which words meet a filter."""

import time

import pytest

from app.filters.rules import FilterRule, matches


def rule(*keywords: tuple[str, bool], posts: frozenset[int] = frozenset(), id: int = 1) -> FilterRule:
    return FilterRule(id, "", ("home",), "warn", None, keywords, posts)


class TestMatches:
    @pytest.mark.parametrize(
        ("keyword", "whole", "text", "meets"),
        [
            ("cat", True, "a cat sat", True),
            ("cat", True, "Cat!", True),
            ("cat", True, "concatenate", False),
            ("cat", True, "cats and a cat", True),
            ("cat", False, "concatenate", True),
            ("cat", True, "cat_food", False),
            ("cat", True, "我的cat很好", True),
            ("cat", True, "ｃａｔ", True),
            ("ＣＡＴ", True, "a cat", True),
            ("été", True, "cet ÉTÉ", True),
            ("e\u0301te\u0301", True, "été", True),
            ("été", True, "étés", False),
            ("кот", True, "котик", False),
            ("加班", True, "天天加班的公司", True),
            ("加班", True, "不加 班", False),
            ("加班!", True, "加班！", True),
            ("STRASSE", True, "die straße", True),
            ("#招聘", True, "看 #招聘# 信息", True),
            ("@bo", True, "hi @bo", True),
            ("@bo", True, "hi @bob", False),
            ("a & b", True, "x a & b y", True),
            ("<b>", True, "1 <b> 2", True),
            ("c++", True, "I like C++.", True),
            (".*", False, "anything", False),
            ("996", True, "拒绝996工作制", True),
            ("996", True, "19960", False),
            ("ねこ", True, "このねこは", True),
        ],
    )
    def test_goes_by_words_as_people_read_them(self, keyword: str, whole: bool, text: str, meets: bool) -> None:
        found = matches((rule((keyword, whole)),), text=text, post_ids=())

        assert [match.keywords for match in found] == ([(keyword,)] if meets else [])

    def test_tells_every_word_and_post(self) -> None:
        asked = rule(("加班", True), ("996", True), ("远程", True), posts=frozenset({7, 8}))

        (match,) = matches((asked, rule(("没有", True))), text="加班 996", post_ids=(6, 7))

        assert (match.keywords, match.post_ids) == (("加班", "996"), (7,))

    def test_is_quick_with_all_the_filters_one_can_have(self) -> None:
        rules = tuple(
            rule(*((f"关键词{number}x{each}", True) for each in range(50)), id=number) for number in range(100)
        )
        text = "我们在找做推荐系统的后端工程师，关键词很多 " * 40
        matches(rules, text=text, post_ids=())

        started = time.perf_counter()
        for _ in range(20):
            matches(rules, text=text, post_ids=())
        spent = time.perf_counter() - started

        # 5,000 words over twenty posts of a thousand characters: some tenths of a second, with room for slow machines.
        assert spent < 3

    def test_takes_time_linear_in_a_text_full_of_almost_words(self) -> None:
        text = "aa" * 50_000
        started = time.perf_counter()

        assert matches((rule(("a" * 50, True)),), text="x" + text, post_ids=()) == []
        assert time.perf_counter() - started < 2
