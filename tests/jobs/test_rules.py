"""Pay per month, and how jobs are written as plain text."""

from datetime import date
from typing import Any

import pytest

from app.jobs.rendering import job_post_text, place_line, salary_line
from app.jobs.rules import TRANSITIONS, per_month


class TestSalaryLine:
    @pytest.mark.parametrize(
        ("facts", "line"),
        [
            ({"low": 25000, "high": 40000, "months": 14}, "25K–40K/月 ×14薪"),
            ({"low": 25000, "high": 40000, "months": 12}, "25K–40K/月"),
            ({"low": 25000, "high": 25000}, "25K/月"),
            ({"low": 25000}, "25K 起/月"),
            ({"high": 40000}, "最高 40K/月"),
            ({"low": 300, "high": 400, "interval": "DAY"}, "300–400 元/天"),
            ({"low": 25500, "high": 40000}, "25,500–40,000 元/月"),
            ({"low": 45, "interval": "HOUR"}, "45 起 元/小时"),
            ({"low": 90000, "high": 120000, "interval": "YEAR", "currency": "USD"}, "USD 90K–120K/年"),
            ({"low": 800, "high": 1200, "interval": "WEEK", "currency": "HKD"}, "HKD 800–1,200/周"),
            ({"low": 0, "high": 0}, "0 元/月"),
            ({"negotiable": True}, "面议"),
            ({}, "未填"),
        ],
    )
    def test_is_what_people_write(self, facts: dict[str, Any], line: str) -> None:
        given = {"currency": "CNY", "low": None, "high": None, "interval": "MONTH", "months": None, "negotiable": False}
        assert salary_line(**{**given, **facts}) == line


class TestPlaceLine:
    @pytest.mark.parametrize(
        ("places", "workplace", "line"),
        [
            ([{"city": "杭州"}, {"city": "上海"}, {"city": "杭州"}], "hybrid", "杭州、上海（混合办公）"),
            ([{"city": "杭州", "region": "浙江"}], "on_site", "杭州"),
            ([{"name": "Remote - EMEA", "city": None}], "remote", "Remote - EMEA（远程）"),
            ([], "remote", "远程"),
            ([], "on_site", "地点未填"),
            ([{"country": "CN"}], "on_site", "CN"),
        ],
    )
    def test_names_each_place_once(self, places: list[dict[str, Any]], workplace: str, line: str) -> None:
        assert place_line(places, workplace) == line


class TestPostText:
    def test_looks_complete_in_any_app(self) -> None:
        text = job_post_text(
            title="后端",
            organization="云杉",
            label="未认证",
            place="杭州",
            salary="面议",
            headcount=None,
            valid_through=date(2099, 1, 31),
            skills=["C#", "Go", "Python", "Rust", "@x"],
            url="http://w/jobs/1",
        )
        assert text.split("\n") == [
            "【招聘】后端｜云杉（未认证）",
            "地点：杭州",
            "薪资：面议",
            "人数：若干",
            "有效期至：2099-01-31",
            "#招聘# #Go# #Python#",
            "http://w/jobs/1",
        ]


class TestPerMonth:
    @pytest.mark.parametrize(
        ("amount", "interval", "months", "result"),
        [
            (25000, "MONTH", 14, 25000),
            (300000, "YEAR", None, 25000),
            (350000, "YEAR", 14, 25000),
            (400, "DAY", None, 8700),
            (50, "HOUR", None, 8700),
            (2000, "WEEK", None, 8700),
            (None, "MONTH", None, None),
            (5, None, None, None),
        ],
    )
    def test_counts_as_chinese_labour_law_does(
        self, amount: int | None, interval: str | None, months: int | None, result: int | None
    ) -> None:
        assert per_month(amount, currency="CNY", interval=interval, months=months) == result
        assert per_month(amount, currency="USD", interval=interval, months=months) is None


def test_every_verb_of_the_lifecycle_starts_and_ends_in_known_states() -> None:
    states = {"draft", "open", "paused", "closed", "filled", "expired"}
    for moves in TRANSITIONS.values():
        assert set(moves) | set(moves.values()) <= states
