"""How organisations are verified, and what an unverified one may do."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import text

from app.bootstrap import Resources
from app.jobs.room import OrganizationUnverified, require_room
from app.kit.errors import Invalid, NotFound
from app.operating import report_pending
from app.organizations import review
from app.organizations.queries import get_organization
from app.organizations.rules import due_after, is_credit_code
from app.settings import Settings
from tests.people import A_JOB, Person, World

pytestmark = pytest.mark.anyio

ORGANIZATIONS = "/api/weizhi/v1/organizations"
CODE = "91330106MA2CFLDG4R"
SHOWN = {"credit_code": CODE.lower(), "evidence": "营业执照", "domain": "Yunshan.example"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"unverified_jobs": 2})


async def decide(resources: Resources, organization: dict[str, Any], verdict: str, **given: Any) -> None:
    """What the operator's command line does."""
    words = {"reviewer": "li", "reason": "营业执照清楚", "now": datetime.now(UTC), **given}
    async with resources.db.transaction() as session:
        await getattr(review, verdict)(session, organization_id=int(organization["id"]), **words)


async def verified(person: Person, resources: Resources, **given: Any) -> dict[str, Any]:
    organization = await person.organization()
    await person.post(f"{ORGANIZATIONS}/{organization['id']}/verify", SHOWN)
    await decide(resources, organization, "verify", **given)
    return organization


async def mailed(resources: Resources, subject: str) -> list[str]:
    """The letters whose subject has these words."""
    letters = [await resources.mailer.find(name) or "" for name in await resources.mailer.list_names()]
    return [letter for letter in letters if f"· {subject} (" in letter]


class TestCreditCode:
    # Public ones of large companies.
    @pytest.mark.parametrize(
        "code", ["9111000071093123XX", "9144030071526726XG", "914403001922038216", "91330100799655058B"]
    )
    def test_is_right_when_its_last_character_is(self, code: str) -> None:
        assert is_credit_code(code)
        others = [code[:17] + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if last != code[17]]
        assert not any(is_credit_code(other) for other in others)
        assert not is_credit_code(code[:5] + code[6] + code[5] + code[7:]) or code[5] == code[6]

    @pytest.mark.parametrize("wrong", ["", "9111000071093123X", "911100007109312 XX", "９111000071093123XX", "I" * 18])
    def test_has_eighteen_characters(self, wrong: str) -> None:
        assert not is_credit_code(wrong)

    def test_is_due_after_six_months(self) -> None:
        assert due_after(datetime(2026, 8, 31, 9, tzinfo=UTC)) == datetime(2027, 2, 28, 9, tzinfo=UTC)
        assert due_after(datetime(2026, 1, 15, tzinfo=UTC)) == datetime(2026, 7, 15, tzinfo=UTC)


class TestSubmit:
    async def test_waits_for_a_reviewer_and_is_seen_by_seats_alone(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        organization = await anna.organization()
        path = f"{ORGANIZATIONS}/{organization['id']}"
        assert (await anna.get(f"{path}/verification"))["state"] == "none"
        submitted = await anna.post(f"{path}/verify", SHOWN)
        assert (submitted["state"], submitted["submission"]["credit_code"]) == ("pending", CODE)
        assert submitted["submission"]["domain"] == "yunshan.example"
        assert await anna.get(f"{path}/verification") == submitted
        assert (await anna.post(f"{path}/verify", SHOWN, expect=409))["code"] == "verification_pending"
        for method, tail in (("GET", "verification"), ("POST", "verify")):
            await bo.request(method, f"{path}/{tail}", json=SHOWN, expect=403)
        async with resources.db.reading() as session:
            assert [one.id for _, one in await review.list_pending(session, limit=5)] == [int(organization["id"])]
        assert (await bo.get(path))["label"] == "未认证"

    async def test_is_shown_to_the_operator_whole_however_narrow_the_screen(
        self, world: World, resources: Resources
    ) -> None:
        anna = await world.person("anna")
        organization = await anna.organization("[bold]云杉[/bold]")
        shown = {**SHOWN, "evidence_url": "https://yunshan.example/a-long-way-to-the-license.pdf"}
        await anna.post(f"{ORGANIZATIONS}/{organization['id']}/verify", shown)
        screen = StringIO()
        await report_pending(resources.settings, Console(file=screen, width=30), limit=5)
        for words in (organization["id"], CODE, "[bold]云杉[/bold]", "营业执照", shown["evidence_url"], "80 人"):
            assert words in screen.getvalue()

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"credit_code": CODE[:17] + "8"}, "credit_code"),
            ({"evidence": " "}, "evidence"),
            ({"domain": "https://x"}, "domain"),
            ({"evidence_url": "javascript:x"}, "evidence_url"),
        ],
    )
    async def test_names_what_is_wrong(self, world: World, fields: dict[str, Any], field: str) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        refused = await anna.post(f"{ORGANIZATIONS}/{organization['id']}/verify", {**SHOWN, **fields}, expect=422)
        assert list(refused["details"]) == [field]


class TestReview:
    async def test_takes_the_label_from_every_post_and_puts_it_back(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        jobs = [await anna.publishes_job(organization) for _ in range(2)]
        path = f"{ORGANIZATIONS}/{organization['id']}"
        await anna.post(f"{path}/verify", SHOWN)
        await decide(resources, organization, "verify")
        await world.settle()
        shown = await anna.get(path)
        assert (shown["verified"], shown["label"]) == (True, None)
        posts = [await anna.get(f"/api/v1/statuses/{job['status_id']}") for job in jobs]
        assert all("认证" not in post["content"] and post["edited_at"] is None for post in posts)
        state = await anna.get(f"{path}/verification")
        assert (state["state"], state["submission"]["reason"]) == ("verified", "营业执照清楚")
        assert state["verify_due_at"] > state["verified_at"]
        assert len(await mailed(resources, "verified")) == 1
        await decide(resources, organization, "revoke", reason="注销")
        await world.settle()
        assert (await anna.get(path))["label"] == "认证已过期"
        assert "（认证已过期）" in (await anna.get(f"/api/v1/statuses/{jobs[0]['status_id']}"))["content"]
        assert (await anna.get(f"{path}/verification"))["state"] == "lapsed"
        assert len(await mailed(resources, "lapsed")) == 1

    async def test_tells_owners_why_not_and_lets_them_ask_again(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        path = f"{ORGANIZATIONS}/{organization['id']}"
        with pytest.raises(NotFound):
            await decide(resources, organization, "verify")
        await anna.post(f"{path}/verify", SHOWN)
        with pytest.raises(Invalid):
            await decide(resources, organization, "reject", reason=" ")
        await decide(resources, organization, "reject", reason="看不清")
        await world.settle()
        state = await anna.get(f"{path}/verification")
        assert (state["state"], state["submission"]["reason"]) == ("rejected", "看不清")
        assert ["看不清" in letter for letter in await mailed(resources, "not verified")] == [True]
        await anna.post(f"{path}/verify", SHOWN)
        async with resources.db.reading() as session:
            query = text("SELECT actor_id, action FROM audit_log WHERE object_id = :id ORDER BY id")
            rows = [tuple(row) for row in await session.execute(query, {"id": int(organization["id"])})]
        mine = (int(anna.id), "verification.submitted")
        assert rows == [(int(anna.id), "organization.created"), mine, (None, "verification.rejected"), mine]

    async def test_verifies_one_organization_by_a_code(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        await verified(anna, resources)
        with pytest.raises(review.CreditCodeTaken):
            await verified(bo, resources)

    async def test_is_of_a_name(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        organization = await verified(anna, resources)
        path = f"{ORGANIZATIONS}/{organization['id']}"
        kept = (await anna.request("PATCH", path, json={"profile": "别的"}, expect=200)).json()
        assert kept["verified"]
        renamed = (await anna.request("PATCH", path, json={"name": "别家"}, expect=200)).json()
        assert (renamed["verified"], renamed["label"]) == (False, "认证已过期")


class TestDue:
    async def test_reminds_before_and_lapses_when_due(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        now = datetime.now(UTC)
        # So long ago that it is due in some days; then so long ago that it was due.
        organization = await verified(anna, resources, now=now - timedelta(days=175))
        await world.settle()
        assert len(await mailed(resources, "due")) == 1
        path = f"{ORGANIZATIONS}/{organization['id']}"
        await anna.post(f"{path}/verify", SHOWN)
        assert (await anna.get(path))["verified"]
        await decide(resources, organization, "verify", now=now - timedelta(days=190))
        await world.settle()
        assert (await anna.get(path))["label"] == "认证已过期"

    async def test_is_put_off_by_a_new_verification(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        organization = await verified(anna, resources, now=datetime.now(UTC) - timedelta(days=190))
        await anna.post(f"{ORGANIZATIONS}/{organization['id']}/verify", SHOWN)
        await decide(resources, organization, "verify")
        await world.settle()
        assert (await anna.get(f"{ORGANIZATIONS}/{organization['id']}"))["verified"]
        assert await mailed(resources, "due") == []


class TestUnverified:
    async def test_keeps_so_many_jobs_open_and_no_more_even_at_once(self, world: World) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        draft = {**A_JOB, "organization_id": organization["id"]}
        jobs = [await anna.post("/api/weizhi/v1/jobs", draft) for _ in range(4)]
        answers = await asyncio.gather(
            *(anna.request("POST", f"/api/weizhi/v1/jobs/{job['id']}/publish", json={}) for job in jobs)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 200, 403, 403]
        assert {answer.json().get("code") for answer in answers} == {None, "organization_unverified"}
        opened = next(answer.json() for answer in answers if answer.status_code == 200)
        refused = next(job for job, answer in zip(jobs, answers, strict=True) if answer.status_code == 403)
        await anna.post(f"/api/weizhi/v1/jobs/{opened['id']}/pause")
        await anna.post(f"/api/weizhi/v1/jobs/{refused['id']}/publish")
        again = await anna.post(f"/api/weizhi/v1/jobs/{opened['id']}/publish", expect=403)
        assert again["code"] == "organization_unverified"

    async def test_keeps_three_unless_told_and_none_where_none_may(self, world: World, resources: Resources) -> None:
        assert Settings.model_fields["unverified_jobs"].default == 3
        anna = await world.person("anna")
        made = await anna.organization()
        async with resources.db.transaction() as session:
            organization = await get_organization(session, id=int(made["id"]))
            await require_room(session, organization=organization, site=replace(resources.site, unverified_jobs=1))
            with pytest.raises(OrganizationUnverified):
                await require_room(session, organization=organization, site=replace(resources.site, unverified_jobs=0))

    async def test_is_free_once_verified(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        organization = await verified(anna, resources)
        for _ in range(3):
            assert (await anna.publishes_job(organization))["state"] == "open"
