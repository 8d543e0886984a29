"""What the search box understands besides words."""

from datetime import UTC, datetime

import pytest

from app.kit.ids import at
from app.search.operators import Typed, read_operators


def noon(day: int, hour: int = 0) -> int:
    return at(datetime(2026, 11, day, hour, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("后端 from:@Anna@weizhi.test -from:me", Typed("后端", authors=["anna"], not_authors=["me"])),
        ("has:image has:embed -has:poll HAS:image", Typed("", traits=["image", "link"], without=["poll"])),
        ("is：job is:quote is:reply", Typed("", kinds=["job", "quote"], traits=["reply"])),
        ("lang:ZH 后端", Typed("后端", language="zh")),
        ("before:2026-11-20 before:2026-11-10 after:2026-11-01", Typed("", before=noon(10), after=noon(1))),
        ("during:2026-11-10", Typed("", before=noon(11), after=noon(10) - 1)),
        ("after:0001-01-01", Typed("", after=0)),
    ],
)
def test_is_understood(text: str, typed: Typed) -> None:
    assert read_operators(text) == typed
    assert typed.any


@pytest.mark.parametrize(
    "text",
    [
        '"from:anna 后端"',
        "“has:media”",
        "https://example.com",
        "has: 媒体",
        "has:money",
        "is:",
        "-is:job",
        "-language:zh",
        "language:chinese",
        "before:tomorrow",
        "during:9999-99-99",
        "from:安娜",
        "::",
        "a:b:c",
    ],
)
def test_stays_words(text: str) -> None:
    assert read_operators(text) == Typed(text)
