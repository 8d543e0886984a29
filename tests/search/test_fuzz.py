"""Whatever people type into a search box is answered, or refused clearly, by either engine."""

# Chinese and emoji count twice in a line's width.

import random
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from app.bootstrap import Resources
from app.search.rebuild import build_mirror
from app.settings import Settings
from tests.people import Person, World
from tests.search.fake_meilisearch import FakeMeilisearch, serving

pytestmark = pytest.mark.anyio

TIMELINE = "/api/weizhi/v1/search/timeline"
BOXES = (
    (TIMELINE, {}),
    (TIMELINE, {"scope": "home", "sort": "relevance"}),
    ("/api/v2/search", {}),
    ("/api/v1/accounts/search", {}),
    ("/api/weizhi/v1/jobs", {}),
)
TYPED = (
    *(
        "后端",
        "🎉",
        "🎉后端🎉",
        "👩‍👩‍👧",
        "\u200b\u200d后端",
        "\u202eabc",
        "ｃ＋＋ Ｎｏｄｅ．ｊｓ",
        "Ⅷ ㎏ ﷺ",
        "𠮷野家",
        "ẞ İ ﬃ",
    ),
    *(
        "#",
        "##",
        "#后端",
        "@",
        "@anna",
        "@anna@weizhi.test",
        "#@",
        "＃求职 ＠某人",
        "https://weizhi.test/@anna",
        "http://[",
    ),
    *('"', '""', '"""', '"后端', '后端"', "“", "「后端", "'", "''", '"-"', '"a" "b" "c"', "\\", '\\"', '"\\"'),
    *(
        "-",
        "--",
        "-后端",
        "- 后端",
        '-"',
        '-"后端"',
        "or",
        "OR or OR",
        "a or",
        "or a",
        "a or or b",
        "后端 or -前端",
        "-or",
    ),
    *(
        "from:",
        "from:me",
        "from:@",
        "from:anna from:bo",
        "has:",
        "has:poll",
        "-has:link",
        "is:x",
        "before:",
        "before:x",
    ),
    *("before:2026-01-01 after:9999-12-31", "during:0001-01-01", "language:zh", "language:", ":", "a:b", "::"),
    *(
        "&",
        "|",
        "!",
        "<->",
        "a & b",
        "a | b",
        "!a",
        ":*",
        "a:*",
        "(a",
        "a)",
        "()",
        "<1>",
        "a <-> b",
        "'a' & !'b'",
        "=poll",
    ),
    *("' OR 1=1 --", "'; DROP TABLE posts; --", "1) OR (1=1", "%", "_", "%%", "\\x27", "$1", "$$", "{}", ":id", "NULL"),
    *('x" OR visibility = "private', "x' OR visibility = 'private", "] OR id EXISTS", "IN [", "NOT", "EXISTS", "TO"),
    *(
        "<script>alert(1)</script>",
        "&lt;",
        "<em>",
        "\ue000",
        "${7*7}",
        "{{7*7}}",
        "../../etc",
        "\t",
        "\n后端\r\n",
        "\x00",
        "\x7f",
    ),
    *(
        "a" * 200,
        "后" * 200,
        " " * 200,
        '"' * 200,
        "-" * 200,
        "a " * 100,
        "后 " * 100,
        "or " * 66,
        "(" * 200,
        "." * 200,
    ),
    *("a.b.c.d" * 20, "c++#.net" * 20, "\u0301" * 200, "a\u0301\u0302\u0303" * 40, "0" * 200, "١٢٣", "1e309", "-0"),
)
TOO_LONG = ("a" * 10_240, "后" * 3_414, '"后端" ' * 1_000, "🎉" * 2_560, "-x " * 3_414)
SIGNS = "后端前ab1 \"'-#@:|&!()<>*.+\\%_=[]{}🎉\u200b\u0301\t\x00or"


@pytest.fixture
def meilisearch() -> Iterator[FakeMeilisearch]:
    with serving(FakeMeilisearch()) as fake:
        yield fake


@pytest.fixture(params=["postgresql", "meilisearch"])
def settings(settings: Settings, meilisearch: FakeMeilisearch, request: pytest.FixtureRequest) -> Settings:
    return settings.model_copy(update={"meili_url": meilisearch.url} if request.param == "meilisearch" else {})


@pytest.fixture
async def anna(world: World, resources: Resources) -> Person:
    """Somebody who said something, and follows somebody with a job to give."""
    anna, bo = await world.people("anna", "bo")
    await anna.follows(bo)
    await anna.says("后端 a or b c++ 🎉")
    await bo.publishes_job()
    await world.settle()
    if resources.mirror:
        await build_mirror(resources.db, resources.mirror, lambda done, total: None)
    return anna


async def type_everywhere(anna: Person, text: str) -> set[int]:
    """The statuses of every box's answers. Where there is an answer, the engine itself gave it."""
    statuses = set()
    for path, parameters in BOXES:
        response = await anna.request("GET", path, params={"q": text, **parameters})
        answer = response.json()
        if response.status_code == 200:
            assert not (isinstance(answer, dict) and answer.get("degraded")), (path, text)
        else:
            assert {"error", "code"} <= answer.keys(), (path, text)
        statuses.add(response.status_code)
    return statuses


async def test_what_people_type_is_answered_or_refused(anna: Person) -> None:
    for text in TYPED:
        assert await type_everywhere(anna, text) <= {200, 400, 422}, text


async def test_what_chance_types_is_answered_or_refused(anna: Person) -> None:
    chance = random.Random(5)
    for _ in range(30):
        text = "".join(chance.choices(SIGNS, k=chance.randint(1, 60)))
        assert await type_everywhere(anna, text) <= {200, 400, 422}, text


async def test_what_is_too_long_is_refused(anna: Person) -> None:
    for text in TOO_LONG:
        assert await type_everywhere(anna, text) <= {400, 422}, text[:10]


BAD_VALUES = ("'; --", '" OR 1', "\x00", "\ud800", "🎉", "9" * 40)


@pytest.mark.parametrize("value", BAD_VALUES)
async def test_no_other_field_lets_anything_through(anna: Person, value: str) -> None:
    for name in ("scope", "kind", "from", "lang", "has", "before", "after", "sort", "cursor", "max_id", "limit"):
        response = await anna.request("GET", TIMELINE, params=encoded({"q": "后端", "sort": "relevance", name: value}))
        assert response.status_code in (200, 400, 404, 422), (name, response.text)


def encoded(parameters: dict[str, str]) -> str:
    """A query string, in which anything may be, half characters included."""
    return urlencode(parameters, errors="surrogatepass")
