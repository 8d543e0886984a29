"""What every search engine must do, asked of each: PostgreSQL and Meilisearch."""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.kit.db import Database
from app.search.errors import EmptyQuery
from app.search.index import JobDocument, JobQuery, PostDocument, PostQuery, SearchIndex
from app.search.meili_index import MeiliIndex
from app.search.pg_index import PgIndex
from tests.search.fake_meilisearch import FakeMeilisearch, serving

pytestmark = pytest.mark.anyio

REAL_SERVER = os.environ.get("WEIZHI_TEST_MEILI_URL")
TODAY = date(2026, 11, 23)
MILLISECOND = 1_790_000_000_000 << 16

ENGINES = ["postgresql", "meilisearch", *(["meilisearch-server"] if REAL_SERVER else [])]


@pytest.fixture(params=ENGINES)
async def index(request: pytest.FixtureRequest, db: Database) -> AsyncIterator[SearchIndex]:
    if request.param == "postgresql":
        engine: SearchIndex = PgIndex(db)
        await engine.prepare()
        yield engine
    elif request.param == "meilisearch-server":
        key = os.environ.get("WEIZHI_TEST_MEILI_KEY")
        engine = MeiliIndex(str(REAL_SERVER), key, f"test_{secrets.token_hex(4)}_")
        await engine.prepare()
        yield engine
        await engine.clear()
        await engine.close()
    else:
        with serving(FakeMeilisearch(key="a key")) as fake:
            engine = MeiliIndex(fake.url, "a key", "weizhi_")
            await engine.prepare()
            yield engine
            await engine.close()


def post(id: int, text: str, **fields: Any) -> PostDocument:
    document = PostDocument(id=id, author_id=1, kind="post", visibility="public", text=text, tags=(), language=None)
    return replace(document, **fields)


def job(id: int, **fields: Any) -> JobDocument:
    document = JobDocument(
        id=id,
        post_id=id + 1,
        author_id=1,
        organization_id=5,
        organization_name="微光科技",
        title="后端工程师",
        text="负责交易系统的设计与开发",
        skills=("Python",),
        cities=("上海",),
        workplace_type="on_site",
        employment_type="FULL_TIME",
        experience_min_years=None,
        education=None,
        monthly_min=20_000,
        monthly_max=35_000,
        salary_months=None,
        open=True,
        valid_through=None,
    )
    return replace(document, **fields)


async def found(index: SearchIndex, text: str, **fields: Any) -> list[int]:
    hits = await index.search_posts(PostQuery(text, fields.pop("limit", 20), **fields))
    assert not hits.degraded
    return [*hits.ids]


async def found_jobs(index: SearchIndex, text: str = "", **fields: Any) -> list[int]:
    hits = await index.search_jobs(JobQuery(text, fields.pop("limit", 20), TODAY, **fields))
    assert hits.total == len(hits.ids)
    return [*hits.ids]


class TestKeeping:
    async def test_putting_twice_keeps_one(self, index: SearchIndex) -> None:
        await index.put_posts([post(1, "招聘后端")])
        await index.put_posts([post(1, "招聘后端")])
        assert await found(index, "招聘") == [1]

    async def test_putting_again_replaces(self, index: SearchIndex) -> None:
        await index.put_posts([post(1, "招聘后端", tags=("急招",)), post(2, "招聘后端")])
        await index.put_posts([post(1, "招聘前端")])
        assert await found(index, "后端") == [2]
        assert await found(index, "前端") == [1]
        assert await found(index, "急招") == []

    async def test_the_last_of_the_same_id_in_one_call_wins(self, index: SearchIndex) -> None:
        await index.put_posts([post(1, "后端"), post(2, "测试"), post(1, "前端")])
        assert await found(index, "前端") == [1]
        assert await found(index, "后端") == []

    async def test_deleting_is_repeatable_and_takes_unknown_ids(self, index: SearchIndex) -> None:
        await index.put_posts([post(1, "后端"), post(2, "后端")])
        await index.put_jobs([job(7)])
        for _ in range(2):
            await index.delete_posts([1, 99])
            await index.delete_jobs([7, 99])
        assert await found(index, "后端") == [2]
        assert await found_jobs(index) == []

    async def test_a_deleted_one_can_be_put_again(self, index: SearchIndex) -> None:
        await index.put_jobs([job(7)])
        await index.delete_jobs([7])
        await index.put_jobs([job(7)])
        assert await found_jobs(index, "后端") == [7]

    async def test_clearing_forgets_everything(self, index: SearchIndex) -> None:
        await index.put_posts([post(1, "后端")])
        await index.put_jobs([job(7)])
        await index.clear()
        assert await found(index, "后端") == []
        assert await found_jobs(index) == []

    async def test_preparing_again_keeps_what_is_there(self, index: SearchIndex) -> None:
        await index.put_posts([post(1, "后端")])
        await index.prepare()
        assert await found(index, "后端") == [1]

    async def test_more_than_one_batch(self, index: SearchIndex) -> None:
        await index.put_posts([post(id, f"后端 第{id}号") for id in range(1, 1202)])
        assert len(await found(index, "后端", limit=1000)) == 1000
        assert await found(index, "第1201号") == [1201]


class TestWords:
    @pytest.mark.parametrize(
        ("text", "query"),
        [
            ("招聘高级软件工程师", "软件"),
            ("招聘高级软件工程师", "软件工程师"),
            ("招聘高级软件工程师", "师"),
            ("诚聘职工", "工"),
            ("我们在做软件开发", "軟體開發"),
            ("我們在做軟體開發", "软件开发"),
            ("遠程辦公", "远程"),
            ("小红书招聘", "小红书"),
            ("Python后端", "python"),
            ("Python后端", "后端"),
            ("Python后端", "PYTHON后端"),
            ("Python 后端", '"python后端"'),
            ("熟悉Ｃ＋＋", "c++"),
            ("用 Node.js 写服务", "node.js"),
            ("招聘.NET工程师", ".net"),
            ("深圳市腾讯计算机系统有限公司", "腾讯"),
            ("远程优先，招后端两名", "远程 后端"),
            ("红黑树与跳表", "“红黑树”"),
            ("it's a job", "it's"),
        ],
    )
    async def test_finds(self, index: SearchIndex, text: str, query: str) -> None:
        await index.put_posts([post(1, text), post(2, "完全无关")])
        assert await found(index, query) == [1]

    @pytest.mark.parametrize(
        ("text", "query"),
        [
            ("红书小", "小红书"),
            ("小店卖红色的书", "小红书"),
            ("C 语言", "C++"),
            ("C++ 与 C#", "C"),
            ("C++", "C#"),
            ("javascript", "java"),
            ("招聘前端", "前端 后端"),
            ("工程软件", '"软件工程"'),
            ("招聘 外包公司 实习", "招聘 -外包公司"),
            ("招聘 外包公司 实习", '招聘 -"外包"'),
            ("远程", "' | \\ ) :* & 后端"),
        ],
    )
    async def test_does_not_find(self, index: SearchIndex, text: str, query: str) -> None:
        await index.put_posts([post(1, text)])
        assert await found(index, query) == []

    async def test_excluding_leaves_the_rest(self, index: SearchIndex) -> None:
        await index.put_posts([post(1, "招聘 外包 驻场"), post(2, "招聘 自研公司"), post(3, "外地包吃住 招聘")])
        assert await found(index, "招聘 -外包") == [3, 2]
        assert await found(index, "-外包") == [3, 2]

    async def test_tags_are_words(self, index: SearchIndex) -> None:
        await index.put_posts([post(1, "看这里", tags=("求职",))])
        assert await found(index, "#求职") == [1]

    @pytest.mark.parametrize("query", ["", "   ", "###", "？！，。", "🎉", '""', "-"])
    async def test_refuses_posts_without_a_word(self, index: SearchIndex, query: str) -> None:
        await index.put_posts([post(1, "招聘")])
        with pytest.raises(EmptyQuery):
            await index.search_posts(PostQuery(query, 20))


class TestPaging:
    # Four share each millisecond, so pages begin and end among ids that differ in their number alone.
    IDS = tuple(MILLISECOND + (n // 4 << 16) + n % 4 for n in range(30))

    @pytest.mark.parametrize("limit", [1, 3, 4, 7])
    async def test_has_no_gap_and_no_repeat(self, index: SearchIndex, limit: int) -> None:
        await index.put_posts([post(id, "后端") for id in sorted(self.IDS, key=lambda id: id % 7)])
        seen: list[int] = []
        for _ in range(0, len(self.IDS), limit):
            seen += await found(index, "后端", limit=limit, before=seen[-1] if seen else None)
        assert seen == sorted(self.IDS, reverse=True)

    async def test_both_bounds_are_exclusive(self, index: SearchIndex) -> None:
        await index.put_posts([post(id, "后端") for id in self.IDS])
        assert await found(index, "后端", after=self.IDS[4], before=self.IDS[7]) == [self.IDS[6], self.IDS[5]]

    async def test_ascending_gives_the_nearest_above_newest_first(self, index: SearchIndex) -> None:
        await index.put_posts([post(id, "后端") for id in self.IDS])
        page = await found(index, "后端", after=self.IDS[4], limit=2, ascending=True)
        assert page == [self.IDS[6], self.IDS[5]]


class TestScope:
    async def test_public_is_public_alone(self, index: SearchIndex) -> None:
        await index.put_posts(
            [post(1, "后端"), post(2, "后端", visibility="unlisted"), post(3, "后端", visibility="private")]
        )
        assert await found(index, "后端") == [1]

    async def test_home_is_authors_and_visibilities(self, index: SearchIndex) -> None:
        await index.put_posts(
            [
                post(1, "后端", author_id=10),
                post(2, "后端", author_id=10, visibility="private"),
                post(3, "后端", author_id=20, visibility="unlisted"),
                post(4, "后端", author_id=30),
                post(5, "前端", author_id=10),
            ]
        )
        everything = ("public", "unlisted", "private")
        assert await found(index, "后端", author_ids=(10, 20), visibilities=everything) == [3, 2, 1]
        assert await found(index, "后端", author_ids=(10, 20)) == [1]
        assert await found(index, "后端", author_ids=()) == []

    async def test_home_of_two_thousand_authors(self, index: SearchIndex) -> None:
        authors = tuple(range(1 << 60, (1 << 60) + 2000))
        await index.put_posts([post(n, "后端", author_id=author) for n, author in enumerate(authors[:50], 1)])
        # Numbers this large are equal as floats.
        await index.put_posts([post(99, "后端", author_id=(1 << 60) - 1)])
        assert await found(index, "后端", author_ids=authors, limit=40) == [*range(50, 10, -1)]

    async def test_kind_language_and_traits(self, index: SearchIndex) -> None:
        await index.put_posts(
            [
                post(1, "后端", kind="quote", language="zh"),
                post(2, "后端", kind="job", traits=("link", "media")),
                post(3, "后端 =poll link", traits=("media",)),
            ]
        )
        assert await found(index, "后端", kinds=("quote", "job")) == [2, 1]
        assert await found(index, "后端", language="zh") == [1]
        assert await found(index, "后端", traits=("link",)) == [2]
        assert await found(index, "后端", traits=("media",)) == [3, 2]
        assert await found(index, "后端", traits=("media", "link")) == [2]
        assert await found(index, "后端", without=("link",)) == [3, 1]
        assert await found(index, "后端", traits=("media",), without=("link", "poll")) == [3]
        assert await found(index, "后端", traits=("poll",)) == []

    async def test_written_by(self, index: SearchIndex) -> None:
        await index.put_posts([post(id, "后端", author_id=id * 10) for id in (1, 2, 3)])
        assert await found(index, "后端", written_by=(10, 30)) == [3, 1]
        assert await found(index, "后端", not_written_by=(10,)) == [3, 2]
        assert await found(index, "后端", author_ids=(10, 20), written_by=(20, 30)) == [2]
        assert await found(index, "后端", post_ids=(3,), author_ids=(10,), written_by=(30,)) == [3]
        assert await found(index, "后端", written_by=()) == []

    async def test_without_words_by_author_kind_or_trait(self, index: SearchIndex) -> None:
        await index.put_posts([post(1, "甲", author_id=7), post(2, "乙", kind="job"), post(3, "丙", traits=("poll",))])
        assert await found(index, "", written_by=(7,)) == [1]
        assert await found(index, " ", kinds=("job",)) == [2]
        assert await found(index, "", traits=("poll",)) == [3]
        with pytest.raises(EmptyQuery):
            await index.search_posts(PostQuery("#", 20, traits=("poll",)))

    async def test_relevance_has_the_same_posts(self, index: SearchIndex) -> None:
        await index.put_posts([post(id, "后端 " * id) for id in range(1, 8)])
        best: list[int] = []
        for offset in (0, 3, 6):
            best += await found(index, "后端", sort="relevance", limit=3, offset=offset)
        assert sorted(best) == [*range(1, 8)]

    @pytest.mark.parametrize("value", ['zh" OR visibility = "private', 'zh\\" OR visibility = private OR "', "zh\x00"])
    async def test_a_value_cannot_become_a_filter(self, index: SearchIndex, value: str) -> None:
        await index.put_posts([post(1, "后端", visibility="private", language="zh"), post(2, "后端", language="en")])
        assert await found(index, "后端", language=value) == []


class TestJobs:
    async def test_words_may_be_anywhere_in_a_job(self, index: SearchIndex) -> None:
        await index.put_jobs([job(1, title="Rust 工程师", skills=("Tokio",), cities=("杭州市",), text="做数据库内核")])
        for query in ("rust", "微光科技", "tokio", "杭州", "数据库", "数据库 rust 杭州"):
            assert await found_jobs(index, query) == [1], query
        assert await found_jobs(index, "后端") == []

    @pytest.mark.parametrize(
        ("title", "query"),
        [
            ("后端工程师", "backend"),
            ("Senior Backend Engineer", "高级 后端"),
            ("前端开发", "frontend developer"),
            ("Front-end Engineer", "前端工程师"),
            ("产品经理", "product manager"),
            ("Product Manager", "产品经理"),
            ("PM", "产品经理"),
            ("Machine Learning 专家", "机器学习"),
            ("机器学习专家", "machine learning"),
            ("K8s 运维", "kubernetes"),
            ("Golang 开发", "go"),
            ("全栈", "fullstack"),
            ("測試工程師", "QA"),
            ("Node.js 工程师", "nodejs"),
        ],
    )
    async def test_words_that_mean_the_same_find_each_other(self, index: SearchIndex, title: str, query: str) -> None:
        await index.put_jobs([job(1, title=title, skills=(), text=""), job(2, title="出纳", skills=(), text="")])
        assert await found_jobs(index, query) == [1]

    @pytest.mark.parametrize("query", ["zijietiaodong", "ZJTD", "zijie", "keji", "字节", "後端 zijie"])
    async def test_employers_are_found_in_pinyin(self, index: SearchIndex, query: str) -> None:
        await index.put_jobs([job(1, organization_name="字节跳动科技有限公司"), job(2)])
        assert 1 in await found_jobs(index, query)
        assert query == "keji" or await found_jobs(index, query) == [1]

    @pytest.mark.parametrize("query", ['"backend"', "后端 -backend", "javascript"])
    async def test_words_are_taken_as_they_are_where_that_is_asked_for(self, index: SearchIndex, query: str) -> None:
        await index.put_jobs([job(1, title="后端 Backend" if "-" in query else "后端", skills=("Java",))])
        assert await found_jobs(index, query) == []

    async def test_no_words_means_all_newest_first(self, index: SearchIndex) -> None:
        await index.put_jobs([job(MILLISECOND + n) for n in (2, 1, 3)])
        for text in ("", "？"):
            assert await found_jobs(index, text) == [MILLISECOND + n for n in (3, 2, 1)]

    async def test_newest_first_by_request(self, index: SearchIndex) -> None:
        await index.put_jobs([job(MILLISECOND + 1), job(MILLISECOND + 2, title="测试", text="与后端合作")])
        assert await found_jobs(index, "后端", sort="newest") == [MILLISECOND + 2, MILLISECOND + 1]

    async def test_pages_by_offset_with_the_whole_total(self, index: SearchIndex) -> None:
        await index.put_jobs([job(MILLISECOND + n) for n in range(5)])
        hits = await index.search_jobs(JobQuery("", 2, TODAY, offset=2))
        assert [*hits.ids] == [MILLISECOND + 2, MILLISECOND + 1]
        assert hits.total == 5
        beyond = await index.search_jobs(JobQuery("", 2, TODAY, offset=6))
        assert ([*beyond.ids], beyond.total) == ([], 5)

    async def test_closed_and_expired_ones_are_left_out(self, index: SearchIndex) -> None:
        await index.put_jobs(
            [
                job(1, open=False),
                job(2, valid_through=date(2026, 11, 22)),
                job(3, valid_through=TODAY),
                job(4, valid_through=date(2027, 1, 1)),
                job(5),
            ]
        )
        assert sorted(await found_jobs(index)) == [3, 4, 5]

    @pytest.mark.parametrize(
        ("least", "most", "offers"),
        [
            (None, None, {"20-35", "20-", "-35", "面议"}),
            (20_000, None, {"20-35", "20-", "-35"}),
            (20_001, None, {"20-35", "-35"}),
            (35_000, None, {"20-35", "-35"}),
            (35_001, None, set()),
            (None, 35_000, {"20-35", "20-", "-35"}),
            (None, 20_000, {"20-35", "20-"}),
            (None, 19_999, set()),
            (25_000, 30_000, {"20-35"}),
            (10_000, 20_000, {"20-35", "20-"}),
            (35_000, 50_000, {"20-35", "-35"}),
        ],
    )
    async def test_pay_ranges_must_overlap(
        self, index: SearchIndex, least: int | None, most: int | None, offers: set[str]
    ) -> None:
        ranges = {
            1: ("20-35", 20_000, 35_000),
            2: ("20-", 20_000, None),
            3: ("-35", None, 35_000),
            4: ("面议", None, None),
        }
        await index.put_jobs([job(id, monthly_min=low, monthly_max=high) for id, (_, low, high) in ranges.items()])
        assert {ranges[id][0] for id in await found_jobs(index, salary_min=least, salary_max=most)} == offers

    @pytest.mark.parametrize(
        ("city", "ids"),
        [
            ("上海", [1, 2]),
            ("上海市", [1, 2]),
            ("广东", [3]),
            ("广东省", [3]),
            ("深圳", [3]),
            ("臺北", [4]),
            ("台北市", [4]),
            ("海", []),
            ("市", []),
            ('某地" OR open = "true', []),
            ("上海 北京", [1, 2]),
        ],
    )
    async def test_city_is_any_of_its_places(self, index: SearchIndex, city: str, ids: list[int]) -> None:
        await index.put_jobs(
            [job(1), job(2, cities=("北京", "上海市")), job(3, cities=("深圳市", "广东省")), job(4, cities=("台北",))]
        )
        assert sorted(await found_jobs(index, cities=(city,))) == ids

    @pytest.mark.parametrize(
        ("city", "ids"),
        [
            ("浙江", [1, 2, 3]),
            ("浙江省", [1, 2, 3]),
            ("zhejiang", [1, 2, 3]),
            ("杭州", [1, 2]),
            ("Hangzhou", [1, 2]),
            ("余杭", [1]),
            ("杭州市余杭区", [1]),
            ("北京朝阳区", [5]),
            ("朝阳区", [5, 6]),
            ("长春", [6]),
            ("江浙沪", [1, 2, 3, 4]),
            ("Hong Kong", [7]),
            ("singapore", [8]),
        ],
    )
    async def test_a_place_is_found_by_what_it_lies_in(self, index: SearchIndex, city: str, ids: list[int]) -> None:
        places = (
            *("浙江, 杭州·余杭区·仓前", "杭州市", "宁波", "浦东新区"),
            *("北京, 朝阳区", "吉林, 长春, 朝阳区", "中国香港", "Singapore"),
        )
        await index.put_jobs([job(id, cities=(place,)) for id, place in enumerate(places, 1)])
        assert sorted(await found_jobs(index, cities=(city,))) == ids

    async def test_words_find_what_a_place_lies_in(self, index: SearchIndex) -> None:
        await index.put_jobs([job(1, cities=("余杭区",)), job(2, cities=("宁波",)), job(3)])
        assert sorted(await found_jobs(index, "浙江 后端")) == [1, 2]
        assert await found_jobs(index, "hangzhou") == [1]

    async def test_one_of_several_places_and_kinds_is_enough(self, index: SearchIndex) -> None:
        await index.put_jobs([job(1), job(2, cities=("北京",)), job(3, cities=("杭州",), workplace_type="remote")])
        assert sorted(await found_jobs(index, cities=("上海", "浙江"))) == [1, 3]
        assert sorted(await found_jobs(index, workplace_types=("on_site", "remote"))) == [1, 2, 3]

    @pytest.mark.parametrize(
        ("asked", "ids"),
        [
            ({}, [1, 2, 3, 4]),
            ({"experience_max": 0}, [1]),
            ({"experience_max": 3}, [1, 2, 3]),
            ({"experience_min": 3}, [3, 4]),
            ({"experience_min": 1, "experience_max": 4}, [2, 3]),
            ({"education": "none"}, [1]),
            ({"education": "bachelor"}, [1, 2, 3]),
            ({"education": "doctor"}, [1, 2, 3, 4]),
        ],
    )
    async def test_asks_for_no_more_than_the_reader_has(
        self, index: SearchIndex, asked: dict[str, Any], ids: list[int]
    ) -> None:
        await index.put_jobs(
            [
                job(1),
                job(2, experience_min_years=1, education="associate"),
                job(3, experience_min_years=3, education="bachelor"),
                job(4, experience_min_years=8, education="master"),
            ]
        )
        assert sorted(await found_jobs(index, **asked)) == ids

    async def test_pay_of_a_year_counts_every_month_paid(self, index: SearchIndex) -> None:
        months = {1: 12, 2: 14, 3: 16}
        await index.put_jobs(
            [job(id, monthly_min=20_000, monthly_max=25_000, salary_months=n) for id, n in months.items()]
        )
        assert sorted(await found_jobs(index, salary_min=25_000)) == [1, 2, 3]
        assert sorted(await found_jobs(index, salary_min=350_000, yearly=True)) == [2, 3]
        assert sorted(await found_jobs(index, salary_max=240_000, yearly=True)) == [1]
        assert await found_jobs(index, salary_min=400_001, yearly=True) == []

    async def test_pay_that_is_not_known_is_found_as_the_reader_wishes(self, index: SearchIndex) -> None:
        await index.put_jobs([job(1), job(2, monthly_min=None, monthly_max=None), job(3, monthly_min=90_000)])
        assert sorted(await found_jobs(index)) == [1, 2, 3]
        assert sorted(await found_jobs(index, salary_max=40_000)) == [1]
        assert sorted(await found_jobs(index, salary_max=40_000, negotiable=True)) == [1, 2]
        assert sorted(await found_jobs(index, negotiable=False)) == [1, 3]
        assert sorted(await found_jobs(index, salary_max=40_000, negotiable=False)) == [1]

    async def test_best_paid_first_by_request(self, index: SearchIndex) -> None:
        await index.put_jobs(
            [
                job(1, monthly_max=50_000),
                job(2, monthly_max=40_000, salary_months=16),
                job(3, monthly_min=None, monthly_max=None),
                job(4, monthly_max=50_000),
            ]
        )
        assert await found_jobs(index, sort="salary") == [2, 4, 1, 3]
        assert await found_jobs(index, "后端", sort="salary") == [2, 4, 1, 3]

    async def test_time_of_publication_and_single_jobs(self, index: SearchIndex) -> None:
        await index.put_jobs([job(id, post_id=MILLISECOND + id) for id in range(1, 6)])
        assert await found_jobs(index, post_after=MILLISECOND + 3) == [5, 4]
        assert await found_jobs(index, post_until=MILLISECOND + 2) == [2, 1]
        assert await found_jobs(index, ids=(1, 4, 99)) == [4, 1]
        assert await found_jobs(index, ids=()) == []
        assert await found_jobs(index, excluded_ids=(1, 4, 99)) == [5, 3, 2]

    async def test_every_skill_is_needed_in_any_case(self, index: SearchIndex) -> None:
        await index.put_jobs(
            [job(1, skills=("Python", "Redis")), job(2, skills=("PYTHON", "C++")), job(3, skills=("C",))]
        )
        assert sorted(await found_jobs(index, skills=("python",))) == [1, 2]
        assert await found_jobs(index, skills=("PyThOn", "redis")) == [1]
        assert await found_jobs(index, skills=("c++",)) == [2]
        assert await found_jobs(index, skills=("c",)) == [3]

    async def test_workplace_employment_and_organization(self, index: SearchIndex) -> None:
        await index.put_jobs(
            [job(1, workplace_type="remote"), job(2, employment_type="INTERN"), job(3, organization_id=6)]
        )
        assert await found_jobs(index, workplace_types=("remote",)) == [1]
        assert await found_jobs(index, employment_types=("INTERN",)) == [2]
        assert await found_jobs(index, organization_id=6) == [3]
        assert await found_jobs(index, "后端", workplace_types=("remote",), organization_id=6) == []

    async def test_facets_agree_with_the_filters(self, index: SearchIndex) -> None:
        await index.put_jobs(
            [
                job(1, cities=("上海市",), skills=("Python", "Go")),
                job(2, cities=("上海", "北京"), skills=("python",), workplace_type="remote"),
                job(3, cities=("北京",), skills=("Java",), workplace_type="remote", employment_type="INTERN"),
                job(4, cities=("上海",), open=False),
            ]
        )
        hits = await index.search_jobs(JobQuery("后端", 20, TODAY))
        facets = {name: {facet.value.lower(): facet.count for facet in values} for name, values in hits.facets.items()}
        for name in ("experience_max", "education", "salary_min"):
            assert set(facets.pop(name).values()) <= {0, 3}
        assert facets == {
            "region": {"上海": 2, "北京": 2},
            "city": {"上海": 2, "北京": 2},
            "district": {},
            "org": {"5": 3},
            "workplace_type": {"remote": 2, "on_site": 1},
            "employment_type": {"FULL_TIME".lower(): 2, "intern": 1},
            "skills": {"python": 2, "go": 1, "java": 1},
        }
        for facet in hits.facets["city"]:
            assert len(await found_jobs(index, "后端", cities=(facet.value,))) == facet.count
        for facet in hits.facets["skills"]:
            assert len(await found_jobs(index, "后端", skills=(facet.value,))) == facet.count
        narrowed = await index.search_jobs(JobQuery("后端", 20, TODAY, cities=("北京",)))
        assert {facet.value: facet.count for facet in narrowed.facets["city"]} == {"北京": 2, "上海": 1}
        assert narrowed.total == 2

    @pytest.mark.parametrize(
        "asked", [{}, {"yearly": True}, {"salary_min": 20_000}, {"negotiable": True, "salary_max": 60_000}]
    )
    async def test_counts_at_steps_are_what_the_filter_finds(self, index: SearchIndex, asked: dict[str, Any]) -> None:
        await index.put_jobs(
            [
                job(1, monthly_max=20_000, salary_months=15, education="bachelor"),
                job(2, monthly_min=None, monthly_max=None, experience_min_years=3),
                job(3, monthly_max=60_000, experience_min_years=2, education="master"),
                job(4, monthly_min=None, monthly_max=15_000, experience_min_years=10),
            ]
        )
        facets = (await index.search_jobs(JobQuery("后端", 20, TODAY, **asked))).facets
        assert [facet.value for facet in facets["education"]][::5] == ["none", "doctor"]
        for facet in facets["experience_max"]:
            assert len(await found_jobs(index, "后端", **asked, experience_max=int(facet.value))) == facet.count
        for facet in facets["education"]:
            assert len(await found_jobs(index, "后端", **asked, education=facet.value)) == facet.count
        for facet in facets["salary_min"]:
            least = max(int(facet.value), asked.get("salary_min", 0))
            assert len(await found_jobs(index, "后端", **{**asked, "salary_min": least})) == facet.count
        assert {facet.count for facet in facets["salary_min"]} > {1}

    async def test_places_are_counted_at_every_level(self, index: SearchIndex) -> None:
        await index.put_jobs(
            [job(1, cities=("杭州 余杭区",)), job(2, cities=("宁波市",)), job(3), job(4, cities=("Oslo",))]
        )
        facets = (await index.search_jobs(JobQuery("", 20, TODAY))).facets
        counts = {name: {facet.value: facet.count for facet in facets[name]} for name in ("region", "city", "district")}
        assert counts == {
            "region": {"浙江": 2, "上海": 1},
            "city": {"杭州": 1, "宁波": 1, "上海": 1, "Oslo": 1},
            "district": {"余杭区": 1},
        }
        for values in counts.values():
            for value, count in values.items():
                assert len(await found_jobs(index, cities=(value,))) == count

    async def test_facets_may_be_left_out(self, index: SearchIndex) -> None:
        await index.put_jobs([job(1), job(2)])
        hits = await index.search_jobs(JobQuery("", 1, TODAY, with_facets=False))
        assert (hits.total, hits.facets) == (2, {})

    async def test_facets_put_the_commonest_first(self, index: SearchIndex) -> None:
        await index.put_jobs([job(1, cities=("北京",)), job(2, cities=("上海",)), job(3, cities=("上海",))])
        hits = await index.search_jobs(JobQuery("", 1, TODAY))
        assert [facet.value for facet in hits.facets["city"]] == ["上海", "北京"]
