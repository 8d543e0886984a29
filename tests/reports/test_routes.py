"""Complaints reach the operator."""

from typing import Any

import pytest
from sqlalchemy import text

from app.kit.db import Database
from tests.contract.test_entities import SCHEMA, validator
from tests.people import World

pytestmark = pytest.mark.anyio

PATH = "/api/v1/reports"


class TestFile:
    async def test_keeps_the_complaint_with_its_posts(self, world: World, db: Database) -> None:
        anna, bo = await world.people("anna", "bo")
        one, two = await bo.says("买号请私信"), await bo.says("再说一遍")

        report = await anna.post(
            PATH,
            {"account_id": bo.id, "status_ids": [two["id"], one["id"]], "comment": " 广告 ", "category": "spam"},
        )

        assert report["target_account"]["id"] == bo.id
        assert (report["comment"], report["category"], report["action_taken"]) == ("广告", "spam", False)
        assert report["status_ids"] == sorted([one["id"], two["id"]])
        assert report["forwarded"] is False
        if SCHEMA.exists():
            validator("Report").validate(report)
        async with db.reading() as session:
            kept = (await session.execute(text("SELECT account_id, target_id, comment FROM reports"))).one()
            audit = text("SELECT actor_id, object_id FROM audit_log WHERE action = 'report.filed'")
            assert tuple(kept) == (int(anna.id), int(bo.id), "广告")
            assert tuple((await session.execute(audit)).one()) == (int(anna.id), int(report["id"]))

    async def test_takes_rules_as_a_violation(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")

        report = await anna.post(PATH, {"account_id": bo.id, "rule_ids": ["2", "1"]})
        other = await anna.post(PATH, {"account_id": bo.id, "rule_ids": ["2"], "category": "other"})

        assert (report["category"], report["rule_ids"]) == ("violation", ["1", "2"])
        assert (other["category"], other["rule_ids"]) == ("other", [])

    async def test_takes_forms_with_little_in_them(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await bo.says("一")

        answer = await anna.request(
            "POST", f"{PATH}/", data={"account_id": bo.id, "status_ids[]": post["id"], "forward": "1"}, expect=200
        )

        assert (answer.json()["category"], answer.json()["status_ids"]) == ("other", [post["id"]])

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"comment": "长" * 1001}, "comment"),
            ({"category": "boring"}, "category"),
            ({"rule_ids": ["4"]}, "rule_ids"),
            ({"rule_ids": ["0"]}, "rule_ids"),
            ({"status_ids": ["x"]}, "status_ids.0"),
            ({"status_ids": [str(id) for id in range(101)]}, "status_ids"),
            ({"account_id": None}, "account_id"),
        ],
    )
    async def test_refuses_what_it_cannot_keep(self, world: World, fields: dict[str, Any], field: str) -> None:
        anna, bo = await world.people("anna", "bo")

        refused = await anna.post(PATH, {"account_id": bo.id, **fields}, expect=422)

        assert field in refused["details"]

    async def test_refuses_posts_of_others_and_posts_one_cannot_see(self, world: World, db: Database) -> None:
        anna, bo, eve = await world.people("anna", "bo", "eve")
        hers, hidden = await eve.says("一"), await bo.says("只给关注者", visibility="private")

        for id in (hers["id"], hidden["id"], "1"):
            await anna.post(PATH, {"account_id": bo.id, "status_ids": [id]}, expect=404)
        await anna.post(PATH, {"account_id": "1"}, expect=404)

        async with db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM reports")) == 0
