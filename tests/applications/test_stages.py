"""Stages of applications, through HTTP."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.applications import rules
from app.bootstrap import Resources
from tests.applications.test_routes import APPLICATIONS, apply
from tests.organizations.test_routes import seat
from tests.people import Person, World

pytestmark = pytest.mark.anyio

NOTIFICATIONS = "/api/v1/notifications"


async def move(person: Person, application: dict[str, Any], stage: str, expect: int = 200, **fields: Any) -> Any:
    path = f"{APPLICATIONS}/{application['id']}"
    return (await person.request("PATCH", path, json={"stage": stage, **fields}, expect=expect)).json()


async def withdraw(person: Person, application: dict[str, Any], expect: int = 200, **fields: Any) -> Any:
    return await person.post(f"{APPLICATIONS}/{application['id']}/withdraw", fields, expect=expect)


async def events(resources: Resources, action: str) -> int:
    async with resources.db.reading() as session:
        count = text("SELECT count(*) FROM audit_log WHERE action = :action")
        return int(await session.scalar(count, {"action": action}) or 0)


async def senders(person: Person, **chosen: Any) -> list[str]:
    return [one["account"]["id"] for one in await person.get(NOTIFICATIONS, **chosen)]


class TestMove:
    async def test_keeps_every_step_and_shows_notes_to_seats_alone(self, world: World, resources: Resources) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        made = await apply(applicant, await recruiter.publishes_job())
        await move(recruiter, made, "interview", reason=" 想和你聊聊 ", note=" 找李雷二面 ")
        moved = await move(recruiter, made, "hired")
        assert moved["stage"] == "hired"
        assert moved["moved_at"] == moved["history"][-1]["created_at"] > moved["created_at"]
        steps = [(step["previous"], step["stage"], step["by"]["id"], step["reason"]) for step in moved["history"]]
        assert steps == [
            (None, "applied", applicant.id, ""),
            ("applied", "interview", recruiter.id, "想和你聊聊"),
            ("interview", "hired", recruiter.id, ""),
        ]
        assert [step["note"] for step in moved["history"]] == [None, "找李雷二面", None]
        seen = await applicant.get(f"{APPLICATIONS}/{made['id']}")
        assert [step["note"] for step in seen["history"]] == [None] * 3
        assert "李雷" not in str(seen) + str(await applicant.get(APPLICATIONS))
        assert seen["history"][1]["reason"] == "想和你聊聊"
        assert await events(resources, "application.stage_changed") == 2
        assert await events(resources, "application.hired") == 1

    async def test_follows_the_rules_from_every_stage(self, world: World, resources: Resources) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        made = await apply(applicant, await recruiter.publishes_job())
        for before, allowed in rules.MOVES.items():
            for stage in rules.MOVES:
                async with resources.db.transaction() as session:
                    await session.execute(text("UPDATE applications SET stage = :stage"), {"stage": before})
                # Nobody but the applicant withdraws: the field takes no such stage.
                expect = 422 if stage == "withdrawn" else 200 if stage in allowed else 409
                answer = await move(recruiter, made, stage, expect)
                if expect == 409:
                    assert answer["code"] == "invalid_transition"

    async def test_is_for_editors_of_the_organization_alone(self, world: World, resources: Resources) -> None:
        recruiter, viewer, applicant, rival, stranger = await world.people("recruiter", "viewer", "cy", "rival", "di")
        organization = await recruiter.organization()
        await seat(resources, viewer, organization, "viewer")
        await rival.publishes_job()
        made = await apply(applicant, await recruiter.publishes_job(organization))
        for person, status in ((viewer, 403), (applicant, 403), (rival, 404), (stranger, 404)):
            answer = await move(person, made, "rejected", status)
            assert answer["code"] == ("not_seat_member" if status == 403 else "not_found")
        assert (await applicant.get(f"{APPLICATIONS}/{made['id']}"))["stage"] == "applied"
        assert await events(resources, "application.stage_changed") == 0

    async def test_by_many_at_once_is_told_once(self, world: World, resources: Resources) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        made = await apply(applicant, await recruiter.publishes_job())
        path = f"{APPLICATIONS}/{made['id']}"
        answers = await asyncio.gather(
            *(recruiter.request("PATCH", path, json={"stage": "hired"}) for _ in range(5)),
            *(applicant.request("POST", f"{path}/withdraw", json={}) for _ in range(5)),
        )
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) <= {200, 409}
        assert statuses[:5].count(200) <= 1
        assert statuses[5:].count(200) == 1
        history = (await applicant.get(path))["history"]
        assert [(step["previous"], step["stage"]) for step in history] in (
            [(None, "applied"), ("applied", "hired"), ("hired", "withdrawn")],
            [(None, "applied"), ("applied", "withdrawn")],
        )
        assert await events(resources, "application.stage_changed") == len(history) - 1

    async def test_with_the_same_key_moves_once(self, world: World) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        made = await apply(applicant, await recruiter.publishes_job())
        for _ in range(2):
            answer = await recruiter.request(
                "PATCH",
                f"{APPLICATIONS}/{made['id']}",
                json={"stage": "screen"},
                headers={"Idempotency-Key": "k"},
                expect=200,
            )
            assert len(answer.json()["history"]) == 2


class TestWithdraw:
    async def test_is_for_the_applicant_who_may_apply_again(self, world: World) -> None:
        recruiter, applicant, stranger = await world.people("recruiter", "cy", "di")
        job = await recruiter.publishes_job()
        made = await apply(applicant, job)
        assert (await withdraw(recruiter, made, 403))["code"] == "not_applicant"
        await withdraw(stranger, made, 404)
        gone = await withdraw(applicant, made, reason="另有去处")
        assert (gone["stage"], gone["history"][-1]["reason"]) == ("withdrawn", "另有去处")
        assert (await withdraw(applicant, made, 409))["code"] == "invalid_transition"
        assert (await move(recruiter, made, "screen", 409))["code"] == "invalid_transition"
        assert (await apply(applicant, job))["id"] != made["id"]

    async def test_is_possible_from_every_stage_but_the_lost_ones(self, world: World, resources: Resources) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        made = await apply(applicant, await recruiter.publishes_job())
        for stage in rules.MOVES:
            async with resources.db.transaction() as session:
                await session.execute(text("UPDATE applications SET stage = :stage"), {"stage": stage})
            lost = stage in ("rejected", "withdrawn")
            await withdraw(applicant, made, 409 if lost else 200)
            assert (await applicant.get(f"{APPLICATIONS}/{made['id']}"))["stage"] == (stage if lost else "withdrawn")

    async def test_of_what_was_refused_is_refused(self, world: World) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        made = await apply(applicant, job)
        await move(recruiter, made, "rejected")
        await withdraw(applicant, made, 409)
        assert (await apply(applicant, job, expect=409))["code"] == "already_applied"


class TestApplicant:
    async def test_is_told_of_every_move_of_the_seats(self, world: World) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        made = await apply(applicant, job)
        told = []
        for stage in ("screen", "offer"):
            await move(recruiter, made, stage, reason="请看邮件", note="不给看")
            await world.settle()
            [notification] = await applicant.get("/api/v1/notifications")
            told.append(notification["id"])
            assert (notification["type"], notification["status"]["id"]) == ("update", job["status_id"])
            assert notification["account"]["id"] == recruiter.id
            assert notification["weizhi"] == {
                "type": "application_stage",
                "application_id": made["id"],
                "stage": stage,
                "reason": "请看邮件",
            }
            assert "不给看" not in str(notification)
        assert told[0] != told[1]
        [group] = (await applicant.get("/api/v2/notifications"))["notification_groups"]
        assert group["weizhi"]["stage"] == "offer"
        chosen = {"types[]": "application_stage"}
        assert len(await applicant.get("/api/v1/notifications", **chosen)) == 1
        await withdraw(applicant, made)
        await world.settle()
        assert [one["id"] for one in await applicant.get("/api/v1/notifications")] == [told[1]]
        assert "application_stage" not in str(await recruiter.get("/api/v1/notifications"))


class TestPublisher:
    async def test_is_told_once_of_each_application_in_one_group(self, world: World) -> None:
        recruiter, cy, di = await world.people("recruiter", "cy", "di")
        job = await recruiter.publishes_job()
        first = await apply(cy, job)
        await world.settle()
        [told] = await recruiter.get(NOTIFICATIONS)
        assert (told["type"], told["status"]["id"], told["account"]["id"]) == ("update", job["status_id"], cy.id)
        assert told["weizhi"] == {"type": "application", "application_id": first["id"], "job_id": job["id"]}
        await apply(di, job)
        await world.settle()
        assert await senders(recruiter, **{"types[]": "application"}) == [di.id, cy.id]
        assert await senders(recruiter, **{"exclude_types[]": "application"}) == []
        assert await senders(cy) == await senders(di) == []
        [group] = (await recruiter.get("/api/v2/notifications"))["notification_groups"]
        assert (group["notifications_count"], group["sample_account_ids"]) == (2, [di.id, cy.id])
        # An app that does not say that it knows such groups is told one by one.
        apart = await recruiter.get("/api/v2/notifications", **{"grouped_types[]": "favourite"})
        assert [one["notifications_count"] for one in apart["notification_groups"]] == [1, 1]
        await recruiter.post(f"{NOTIFICATIONS}/{told['id']}/dismiss")
        await move(recruiter, first, "screen")
        await world.settle()
        assert await senders(recruiter) == [di.id]

    async def test_hears_no_more_of_what_was_withdrawn_and_again_of_the_next(self, world: World) -> None:
        recruiter, cy = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        made = await apply(cy, job)
        await world.settle()
        await withdraw(cy, made)
        await world.settle()
        assert await senders(recruiter) == []
        again = await apply(cy, job)
        await withdraw(cy, again)
        # What is told late is told as it is by then.
        last = await apply(cy, job)
        await world.settle()
        [told] = await recruiter.get(NOTIFICATIONS)
        assert told["weizhi"]["application_id"] == last["id"]

    async def test_is_told_and_shown_only_while_the_seat_may_edit(self, world: World, resources: Resources) -> None:
        owner, recruiter, cy, di = await world.people("owner", "recruiter", "cy", "di")
        organization = await owner.organization()
        await seat(resources, recruiter, organization, "recruiter")
        job = await recruiter.publishes_job(organization)
        await apply(cy, job)
        await world.settle()
        assert (await senders(recruiter), await senders(owner)) == ([cy.id], [])
        path = f"/api/weizhi/v1/organizations/{organization['id']}/seats/{recruiter.id}"
        await owner.request("PATCH", path, json={"role": "viewer"}, expect=200)
        await apply(di, job)
        await world.settle()
        assert await senders(recruiter, **{"types[]": "application"}) == []
        assert await recruiter.get(f"{NOTIFICATIONS}/unread_count") == {"count": 0}
        await owner.request("PATCH", path, json={"role": "recruiter"}, expect=200)
        assert await senders(recruiter, **{"types[]": "application"}) == [cy.id]
