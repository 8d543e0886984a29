"""The forms that searches come in, each with values that change from one to the next."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.kit.db import Database
from app.search.index import JobQuery, PostQuery
from app.search.pg_index import PgIndex
from app.search.suggestions import KINDS, suggest
from tests.bench_search.full_index import AUTHORS, FIRST, STEP

_TODAY = date(2026, 11, 26)


@dataclass(frozen=True, slots=True)
class Form:
    """A search, asked by its number so that no two in a row are the same."""

    name: str
    ask: Callable[[int], Awaitable[object]]


def forms(db: Database, index: PgIndex, *, post_count: int, job_count: int) -> list[Form]:
    """All of them."""
    return [*_posts(index, post_count), *_jobs(index, job_count), *_suggestions(db)]


def _posts(index: PgIndex, count: int) -> list[Form]:
    def form(name: str, *texts: str, **fields: Any) -> Form:
        def ask(number: int) -> Awaitable[object]:
            changing = {key: value(number) if callable(value) else value for key, value in fields.items()}
            text = texts[number % len(texts)].replace("<n>", f"{number * 37 % 20_000}")
            return index.search_posts(PostQuery(text, 20, **changing))

        return Form(f"posts: {name}", ask)

    def home(number: int) -> tuple[int, ...]:
        return tuple((number * 13 + step * 2) % AUTHORS + 1 for step in range(2000))

    def brought(number: int) -> tuple[int, ...]:
        return tuple(FIRST + (number + step * 97) % count * STEP for step in range(1000))

    common, pairs = (
        ("面试", "后端", "数据库", "大模型", "杭州"),
        ("后端 杭州", "Python 爬虫", "外包 转正", "大模型 简历"),
    )
    home_fields: dict[str, Any] = {
        "author_ids": home,
        "post_ids": brought,
        "visibilities": ("public", "unlisted", "private"),
    }
    middle = FIRST + count // 2 * STEP
    return [
        form("a common word", *common),
        form("a rare word", "rare<n>"),
        form("no such word", "nowhere<n>"),
        form("two words", *pairs),
        form("a long question", "面试被问了动态规划怎么办", "数据库备份没有演练过"),
        form("a phrase", '"系统设计面试"', '"五险一金"', '"machine learning"'),
        form("without a word", "面试 -算法", "远程 -后端"),
        form("either word", "裁员 or 失业", "django or flask"),
        form("one character", "薪", "房"),
        form("by relevance", *common, sort="relevance"),
        form("by relevance, two words", *pairs, sort="relevance"),
        form("by relevance, a rare word", "rare<n>", sort="relevance"),
        form("by relevance, page 20", *common, sort="relevance", offset=400),
        form("home: a common word", *common, **home_fields),
        form("home: a rare word", "rare<n>", **home_fields),
        form("home: by relevance", *common, sort="relevance", **home_fields),
        form("home: links", "", traits=("link",), **home_fields),
        form("one author: a word", *common, author_ids=lambda number: (number % AUTHORS + 1,)),
        form("one author: all", "", author_ids=lambda number: (number % AUTHORS + 1,), written_by=lambda n: (n % 99,)),
        form("from an author", *common, written_by=lambda number: (number % AUTHORS + 1,)),
        form("quotes of a word", *common, kinds=("quote",)),
        form("in English", "interview", "startup", language="en"),
        form("with links", "面试", "数据库", traits=("link",)),
        form("all with media", "", traits=("media",)),
        form("all quotes", "", kinds=("quote",)),
        form("all jobs, of which there are none", "", kinds=("job",)),
        form("all polls, of which there are none", "", traits=("poll",)),
        form("a word before a time", *common, before=middle),
        form("a word after a time", *common, after=middle, ascending=True),
    ]


def _jobs(index: PgIndex, count: int) -> list[Form]:
    def form(name: str, *texts: str, facets: bool = False, **fields: Any) -> Form:
        def ask(number: int) -> Awaitable[object]:
            changing = {key: value(number) if callable(value) else value for key, value in fields.items()}
            asked = JobQuery(texts[number % len(texts)], 20, _TODAY, with_facets=facets, **changing)
            return index.search_jobs(asked)

        return Form(f"jobs: {name}{', facets' if facets else ''}", ask)

    def some(number: int) -> tuple[int, ...]:
        return tuple(FIRST + (number + step * 19) % count * STEP for step in range(1000))

    one, two = ("前端", "后端", "测试", "运维", "算法"), ("python 后端", "Vue 前端", "Java 微服务", "前端 杭州")
    cities = ("杭州", "上海", "浙江", "余杭区", "shenzhen")
    here = {"cities": lambda number: (cities[number % len(cities)],)}
    all_at_once: dict[str, Any] = {
        **here,
        "salary_min": 20_000,
        "experience_max": 5,
        "education": "bachelor",
        "employment_types": ("FULL_TIME",),
    }
    found = []
    for facets in (False, True):
        found += [
            form("a word", *one, facets=facets),
            form("two words", *two, facets=facets),
            form("everything", "", facets=facets),
            form("a place", "", facets=facets, **here),
            form("a word in a place, pay, experience", *one, facets=facets, **all_at_once),
            form("a skill", "", facets=facets, skills=("Python",)),
            form("an employer", "", facets=facets, organization_id=lambda number: number % 2000 + 1),
            form("pay of a year", "", facets=facets, salary_min=900_000, yearly=True),
            form("some of its words", "区块链 django 上海", "量子 前端", facets=facets, any_word=True),
        ]
    return [
        *found,
        form("a misspelt word", "pyhton", "javascirpt", "kuberntes"),
        form("words that mean the same", "backend", "k8s", "QA", "android"),
        form("a phrase", '"数据产品经理"', '"machine learning"'),
        form("a word, newest", *one, sort="newest"),
        form("a word, best paid", *one, sort="salary"),
        form("everything, best paid", "", sort="salary"),
        form("remote ones", "工程师", workplace_types=("remote",)),
        form("from people one follows", *one, ids=some),
        form("of the last days", "", post_after=FIRST + count * 9 // 10 * STEP),
        form("a word, page 20", *one, offset=400),
    ]


def _suggestions(db: Database) -> list[Form]:
    def form(name: str, *starts: str) -> Form:
        async def ask(number: int) -> object:
            async with db.reading() as session:
                return await suggest(session, start=starts[number % len(starts)], kinds=KINDS, limit=8)

        return Form(f"suggest: {name}", ask)

    return [form("a letter", "p", "j", "h"), form("a word", "前端", "python"), form("pinyin", "hangz", "yunshan")]
