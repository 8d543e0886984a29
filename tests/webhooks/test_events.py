"""What is told of which event, and to whom."""

from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.exposures.milestones import Milestones
from app.kit.clock import now
from app.kit.wire import WireModel
from app.webhooks.messages import LARGEST, MessageTooLarge, tell
from app.webhooks.payloads import EVENT_TYPES
from tests.applications.test_routes import apply
from tests.applications.test_stages import move
from tests.jobs.test_lifecycle import make_overdue
from tests.people import A_JOB, Person
from tests.webhooks.conftest import SCOPE, Employer

pytestmark = pytest.mark.anyio


async def applies(person: Person, job: dict[str, Any]) -> dict[str, Any]:
    return await person.post(
        f"{SCOPE}/jobs/{job['id']}/applications", {"message": "你好，这是我的秘密", "consent": True}
    )


def kinds(employer: Employer) -> list[str]:
    return [message["type"] for message in employer.heard()]


def held(employer: Employer, event_type: str) -> None:
    """Every message of the type has the shape that is documented."""
    for message in employer.heard(event_type):
        EVENT_TYPES[event_type][1].model_validate(message["data"])  # type: ignore[index]


class TestJob:
    async def test_is_told_through_its_life(self, employer: Employer) -> None:
        await employer.listens()
        job = await employer.person.publishes_job(employer.organization)
        await employer.settles()
        path = f"{SCOPE}/jobs/{job['id']}"
        await employer.person.request("PATCH", path, expect=200, json={"title": "资深后端工程师"})
        await employer.settles()
        await employer.person.post(f"{path}/pause")
        await employer.settles()
        await employer.person.post(f"{path}/close")
        await employer.settles()

        states = [(message["type"], message["data"]["job"]["state"]) for message in employer.heard()]
        assert states == [
            ("job.published", "open"),
            ("job.updated", "open"),
            ("job.updated", "paused"),
            ("job.closed", "closed"),
        ]
        published, updated = employer.heard()[:2]
        assert published["data"]["organization_id"] == employer.organization["id"]
        told = published["data"]["job"]
        assert (told["id"], told["status_id"], told["url"]) == (job["id"], job["status_id"], job["url"])
        assert told["salary"] == A_JOB["salary"]
        assert updated["data"]["job"]["title"] == "资深后端工程师"
        for kind in ("job.published", "job.updated", "job.closed"):
            held(employer, kind)

    async def test_is_told_when_it_expires(self, employer: Employer, resources: Resources) -> None:
        await employer.listens(event_types=["job.expired", "job.closed"])
        job = await employer.person.publishes_job(employer.organization)
        await make_overdue(resources, employer.world)
        await employer.settles()
        assert [(m["type"], m["data"]["job"]["state"]) for m in employer.heard()] == [("job.expired", "expired")]
        assert employer.heard()[0]["data"]["job"]["id"] == job["id"]
        held(employer, "job.expired")

    async def test_is_told_to_its_own_employer_alone(self, employer: Employer) -> None:
        await employer.listens()
        other = await employer.world.person("other")
        await other.publishes_job()
        await employer.person.post(f"{SCOPE}/jobs", {**A_JOB, "organization_id": employer.organization["id"]})
        await employer.settles()
        assert employer.heard() == []

    async def test_fits_however_much_it_says(self, employer: Employer) -> None:
        await employer.listens()
        place = {"city": "😀" * 60, "region": "😀" * 60, "country": "😀" * 60, "name": "😀" * 200}
        skills = [f"{number:02d}{'😀' * 58}" for number in range(30)]
        await employer.person.publishes_job(
            employer.organization, title="😀" * 120, locations=[place] * 20, skills=skills
        )
        await employer.settles()
        ((_, _, body),) = employer.receiver.heard
        assert 15_000 < len(body) < LARGEST

    async def test_is_kept_only_where_somebody_listens(self, employer: Employer, resources: Resources) -> None:
        await employer.person.publishes_job(employer.organization)
        await employer.world.settle()
        async with resources.db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM webhook_messages")) == 0


class TestRepost:
    async def test_has_a_name_only_when_it_is_public(self, employer: Employer, resources: Resources) -> None:
        webhook = await employer.listens(event_types=["job.reposted"])
        one, two, three, four = await employer.world.people("one", "two", "three", "four")
        job = await employer.person.publishes_job(employer.organization)
        await employer.settles()
        await one.reposts({"id": job["status_id"]})
        await two.reposts({"id": job["status_id"]}, visibility="private")
        await three.post(f"/api/v1/accounts/{employer.person.id}/block")
        await four.says("看看这个", quoted_status_id=job["status_id"])
        await one.says("与职位无关")
        await employer.settles()

        told = employer.heard()
        assert kinds(employer) == ["job.reposted"] * 3
        names = [(m["data"]["repost"]["account"] or {}).get("username") for m in told]
        assert names == ["one", None, "four"]
        assert [m["data"]["repost"]["kind"] for m in told] == ["repost", "repost", "quote"]
        assert {m["data"]["repost"]["parent_id"] for m in told} == {job["status_id"]}
        assert {m["data"]["job"]["id"] for m in told} == {job["id"]}
        assert b"two" not in b"".join(body for _, _, body in employer.receiver.heard)
        held(employer, "job.reposted")
        assert len(await employer.deliveries(webhook)) == 3


class TestApplication:
    async def test_is_told_without_the_applicant(self, employer: Employer) -> None:
        await employer.listens(event_types=["application.created", "application.stage_changed", "application.hired"])
        applicant = await employer.world.person("applicant")
        job = await employer.person.publishes_job(employer.organization)
        application = await applies(applicant, job)
        await employer.settles()
        for stage in ("interview", "hired"):
            path = f"{SCOPE}/applications/{application['id']}"
            await employer.person.request("PATCH", path, expect=200, json={"stage": stage})
        await employer.settles()

        told = [(m["type"], m["data"]["application"]["stage"]) for m in employer.heard()]
        assert told[0] == ("application.created", "applied")
        assert sorted(told[1:]) == [
            ("application.hired", "hired"),
            ("application.stage_changed", "hired"),
            ("application.stage_changed", "interview"),
        ]
        everything = b"".join(body for _, _, body in employer.receiver.heard)
        for secret in ('applicant"', "秘密", f'"{applicant.id}"'):
            assert secret.encode() not in everything
        for kind in ("application.created", "application.stage_changed", "application.hired"):
            held(employer, kind)


class TestReferral:
    async def test_is_told_when_it_is_credited_and_when_it_is_taken_back(self, employer: Employer) -> None:
        await employer.listens(event_types=["referral.credited", "referral.reversed"])
        job = await employer.person.publishes_job(employer.organization)
        friend, applicant = await employer.world.people("friend", "applicant")
        repost = await friend.reposts({"id": job["status_id"]})
        made = await apply(applicant, job, via=repost["id"])
        await move(employer.person, made, "hired")
        await employer.settles()
        await move(employer.person, made, "offer")
        await employer.settles()

        assert kinds(employer) == ["referral.credited", "referral.reversed"]
        one, other = (message["data"] for message in employer.heard())
        assert one == other
        assert (one["application_id"], one["job"]["id"]) == (made["id"], job["id"])
        held(employer, "referral.credited")


class TestReach:
    async def test_is_told_at_its_milestones(self, employer: Employer, resources: Resources) -> None:
        await employer.listens(event_types=["job.reach_milestone"])
        job = await employer.person.publishes_job(employer.organization)
        await employer.settles()
        await Milestones(resources.db).tell({int(job["status_id"]): 150})
        await employer.settles()
        (message,) = employer.heard()
        assert (message["data"]["job"]["id"], message["data"]["reach"]) == (job["id"], 100)
        held(employer, "job.reach_milestone")


class TestFilter:
    async def test_lets_through_what_was_asked_for(self, employer: Employer) -> None:
        closed = await employer.listens("/closed", event_types=["job.closed"])
        everything = await employer.listens("/everything")
        off = await employer.listens("/off")
        await employer.person.request("PATCH", f"{SCOPE}/webhooks/{off['id']}", expect=200, json={"enabled": False})
        job = await employer.person.publishes_job(employer.organization)
        await employer.settles()
        await employer.person.post(f"{SCOPE}/jobs/{job['id']}/close")
        await employer.settles()

        assert employer.receiver.paths().count("/closed") == 1
        assert employer.receiver.paths().count("/everything") == 2
        assert "/off" not in employer.receiver.paths()
        (one,) = await employer.deliveries(closed)
        two = await employer.deliveries(everything, event_type="job.closed")
        # One fact is one message, whoever hears it.
        assert [one["message_id"]] == [delivery["message_id"] for delivery in two]


class TestExamples:
    async def test_are_what_their_schemas_say(self, employer: Employer) -> None:
        listed = (await employer.world.client.get(f"{SCOPE}/webhooks/event_types")).json()
        assert [one["type"] for one in listed] == list(EVENT_TYPES)
        for one in listed:
            assert one["example"]["type"] == one["type"]
            held_to = EVENT_TYPES[one["type"]][1]
            shown = held_to.model_validate(one["example"]["data"]).model_dump(mode="json")
            assert shown == one["example"]["data"]
            assert set(one["data_schema"]["properties"]) == set(shown)


class TestMessage:
    async def test_that_would_be_too_large_is_our_mistake(self, employer: Employer, resources: Resources) -> None:
        class Huge(WireModel):
            words: str

        async with resources.db.transaction() as session:
            facts = [(int(employer.organization["id"]), Huge(words="长" * LARGEST))]
            with pytest.raises(MessageTooLarge):
                await tell(session, "webhook.ping", facts, now=now())
