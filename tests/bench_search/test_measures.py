"""The measures against values worked out by hand, and the rules that grade."""

import pytest

from tests.bench_search import rows
from tests.bench_search.judging import Judged, grades, queries
from tests.bench_search.measures import ndcg, recall, reciprocal_rank


class TestNdcg:
    def test_is_the_gain_over_the_best_possible(self) -> None:
        # 7 + 0 + 3 / log2(4) = 8.5 of 7 + 3 / log2(3) + 1 / log2(4) = 9.392789.
        assert ndcg([3, 0, 2], [1, 2, 3]) == pytest.approx(8.5 / 9.392789, abs=1e-6)

    def test_is_one_for_the_best_order_and_nothing_for_nothing(self) -> None:
        assert ndcg([3, 2, 2, 1, 0], [1, 2, 3, 2]) == 1
        assert ndcg([0, 0], [3]) == ndcg([], [3]) == ndcg([], []) == 0

    def test_looks_at_the_first_ten(self) -> None:
        assert ndcg([0] * 10 + [3], [3]) == 0
        assert ndcg([2] * 10, [2] * 30) == 1


class TestReciprocalRank:
    def test_is_one_over_the_place_of_the_first_good_one(self) -> None:
        assert reciprocal_rank([0, 1, 0, 2, 3]) == 1 / 4
        assert reciprocal_rank([3]) == 1
        assert reciprocal_rank([1, 0]) == reciprocal_rank([]) == 0


class TestRecall:
    def test_is_the_share_of_what_could_be_on_the_page(self) -> None:
        assert recall([2, 0, 3, 1], [2, 3, 3, 2, 1]) == 2 / 4
        assert recall([3, 3, 0], [3] * 10, at=3) == 2 / 3
        assert recall([0], [1]) == 0


class TestGrades:
    def test_there_are_queries_of_every_class_with_something_to_find(self) -> None:
        jobs, posts, people = rows.jobs(), rows.posts(), rows.people()
        asked = [query for query in queries() if any(grades(query, jobs=jobs, posts=posts, people=people).values())]
        assert len(asked) >= 200
        assert {query.group for query in asked} >= {
            *("chinese", "english", "mixed", "traditional", "typo", "pinyin", "synonym", "filter", "company", "hard"),
        }

    def test_the_first_thing_weighs_most(self) -> None:
        def job(key: str, title: str, *skills: str, city: str = "杭州", text: str = "") -> rows.JobRow:
            return rows.JobRow(key, title, "云", city, "", 1, 2, None, 0, None, "on_site", "FULL_TIME", skills, text)

        jobs = [
            job("a", "Python后端工程师"),
            job("b", "后端工程师", "Python"),
            job("c", "Python工程师", "后端"),
            job("d", "后端工程师", text="会 Python 更好"),
            job("e", "Java后端工程师"),
            job("f", "Python后端工程师", city="上海"),
        ]
        asked = Judged("mixed", "job", "", (), "backend python @杭州")
        assert grades(asked, jobs=jobs, posts=[], people=[]) == {"a": 3, "b": 3, "c": 2, "d": 2}
        filtered = Judged("mixed", "job", "", (("city", "上海"),), "backend python")
        assert grades(filtered, jobs=jobs, posts=[], people=[]) == {"f": 3}

    def test_a_latin_word_ends_where_a_chinese_one_begins(self) -> None:
        def graded(title: str) -> dict[str, int]:
            row = rows.JobRow("a", title, "", "", "", None, None, None, 0, None, "", "", (), "")
            return grades(Judged("", "job", "", (), "java"), jobs=[row], posts=[], people=[])

        assert graded("高级Java开发") == {"a": 3}
        assert graded("JavaScript开发") == {}
