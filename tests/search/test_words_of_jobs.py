"""Words that mean the same, words that were misspelt, and which jobs come first in PostgreSQL."""

import pytest

from app.kit.db import Database
from app.search.chinese import normalize, runs
from app.search.index import JobQuery
from app.search.meili_jobs import job_words
from app.search.pg_index import PgIndex
from app.search.synonyms import group_of, groups, marks, marks_in
from app.search.wording import divisible, understand
from tests.ports.test_search_index import TODAY, job

pytestmark = pytest.mark.anyio


class TestSynonyms:
    def test_each_word_is_in_one_group_and_read_as_one_thing(self) -> None:
        for mark in marks():
            assert len([other for other in marks() if other == mark]) == 1
        seen: dict[tuple[str, ...], str] = {}
        for text in [word for group in groups() for word in group.words]:
            name = tuple(run.text for run in runs(normalize(text)))
            group = group_of(name)
            assert group is not None
            assert text in group.words
            assert seen.setdefault(name, text) == text, f"{text} is {seen[name]}"
            assert len(name) == 1 or name[0].isascii(), f"{text}: characters may only come last"
            assert [[[piece.mark for piece in way] for way in ways] for ways in understand(text).required] == [
                [[group.mark]]
            ]
            assert group.mark in marks_in(f"我们招{text}")

    @pytest.mark.parametrize(
        ("query", "typed"),
        [
            ("资深前端 杭州", ["资深", "前端", "杭州"]),
            ("machine learning 平台", ["machine learning", "平台"]),
            ("运营商", ["运营商"]),
            ('"machine learning" 平台', ["machine learning", "平台"]),
        ],
    )
    def test_questions_are_read_by_their_longest_names(self, query: str, typed: list[str]) -> None:
        assert [piece.typed for ways in understand(query).required for way in ways for piece in way] == typed


class TestSpelling:
    TITLES = (
        "Python 工程师",
        "Java 工程师",
        "JavaScript 工程师",
        "Kubernetes 专家",
        "Rust 工程师",
        "Elasticsearch 工程师",
    )

    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("pyhton", [1]),
            ("pythn", [1]),
            ("pythonn", [1]),
            ("javascrpt", [3]),
            ("kubernets", [4]),
            ("kubrenetes 专家", [4]),
            ("elastcsaerch", [6]),
            ("jvaa", []),
            ("rusty", [5]),
            ("rustt", [5]),
            ("paython or rust", [5, 1]),
            ('"pyhton"', []),
            ("pxxxon", []),
            ("工程帅", []),
        ],
    )
    async def test_slips_are_forgiven_in_longer_words(self, db: Database, query: str, ids: list[int]) -> None:
        index = PgIndex(db)
        await index.put_jobs([job(id, title=title, skills=(), text="") for id, title in enumerate(self.TITLES, 1)])
        assert [*(await index.search_jobs(JobQuery(query, 20, TODAY))).ids] == ids

    async def test_a_word_that_is_known_is_not_taken_for_another(self, db: Database) -> None:
        index = PgIndex(db)
        await index.put_jobs([job(1, title="Reach 工程师"), job(2, title="React 工程师"), job(3, title="Peach 工程师")])
        assert [*(await index.search_jobs(JobQuery("reach", 20, TODAY))).ids] == [1]
        assert [*(await index.search_jobs(JobQuery("beach", 20, TODAY))).ids] == [3, 1]

    async def test_what_was_misspelt_also_finds_what_means_the_same(self, db: Database) -> None:
        index = PgIndex(db)
        await index.put_jobs([job(1, title="前端"), job(2, title="机器学习"), job(3, title="后端")])
        assert [*(await index.search_jobs(JobQuery("forntend", 20, TODAY))).ids] == [1]
        assert [*(await index.search_jobs(JobQuery("machin leraning", 20, TODAY))).ids] == [2]


class TestGeneralWords:
    async def test_they_decide_the_order_beside_others_and_what_is_found_alone(self, db: Database) -> None:
        index = PgIndex(db)
        plain = {"skills": (), "text": "", "organization_name": "安全科技"}
        titles = ("Rust 研究员", "Rust 工程师", "Java 工程师")
        await index.put_jobs([job(id, title=title, **plain) for id, title in enumerate(titles, 1)])

        async def found(text: str) -> list[int]:
            return [*(await index.search_jobs(JobQuery(text, 20, TODAY))).ids]

        assert await found("rust 工程师") == [2, 1]
        assert await found("工程师") == [3, 2]
        assert await found('rust "工程师"') == [2]
        assert await found("工程师 -rust") == [3]

    async def test_they_weigh_less_than_any_other(self, db: Database) -> None:
        index = PgIndex(db)
        plain = {"skills": (), "text": ""}
        await index.put_jobs([job(1, title="安全运营", **plain)])
        await index.put_jobs([job(2, title="工程师", **plain, organization_name="北辰安全")])
        assert [*(await index.search_jobs(JobQuery("安全工程师", 20, TODAY))).ids] == [1, 2]


class TestLongWords:
    async def test_are_taken_for_their_parts_where_one_is_enough(self, db: Database) -> None:
        index = PgIndex(db)
        await index.put_jobs([job(1, title="会计", text=""), job(2, title="出纳", text="")])
        assert not (await index.search_jobs(JobQuery("财务会计", 20, TODAY))).ids
        assert [*(await index.search_jobs(JobQuery("财务会计", 20, TODAY, any_word=True))).ids] == [1]
        assert [len(job_words("财务会计", any_word=any_word).split()) for any_word in (False, True)] == [1, 2]

    @pytest.mark.parametrize(
        ("typed", "more"),
        [
            ("财务会计", True),
            ("想找一份杭州的前端工作", True),
            ("rust 杭州", True),
            ("前端", False),
            ('"财务会计"', False),
        ],
    )
    def test_tell_whether_less_could_be_asked_for(self, typed: str, more: bool) -> None:
        assert divisible(typed) is more


class TestOrder:
    async def test_the_title_comes_before_skills_places_and_text_and_then_the_newest(self, db: Database) -> None:
        index = PgIndex(db)
        plain = {"title": "工程师", "skills": (), "cities": (), "text": ""}
        await index.put_jobs(
            [
                job(1, **{**plain, "title": "杭州 站长"}),
                job(2, **{**plain, "skills": ("杭州",)}),
                job(3, **{**plain, "cities": ("余杭区",)}),
                job(4, **{**plain, "text": "常去杭州"}),
                job(5, **{**plain, "text": "也去杭州"}),
                job(6, **plain, organization_name="杭州微光"),
            ]
        )
        assert [*(await index.search_jobs(JobQuery("杭州", 20, TODAY))).ids] == [1, 2, 6, 3, 5, 4]

    async def test_words_that_stand_together_in_the_title_come_first(self, db: Database) -> None:
        index = PgIndex(db)
        await index.put_jobs([job(1, title="数据分析师"), job(2, title="分析师（数据）")])
        assert [*(await index.search_jobs(JobQuery("数据 分析师", 20, TODAY))).ids] == [1, 2]

    async def test_more_of_the_words_come_first_where_one_is_enough(self, db: Database) -> None:
        index = PgIndex(db)
        await index.put_jobs([job(1, title="Rust", text="在火星"), job(2, title="Rust"), job(3, title="测试")])
        assert [*(await index.search_jobs(JobQuery("火星 rust 木星", 20, TODAY, any_word=True))).ids] == [1, 2]
