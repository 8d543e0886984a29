"""Nothing acknowledged is lost: the API is killed wherever it waits while somebody applies, the worker while a hire is
shared out."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.applications.test_stages import events, move
from tests.credits.test_routes import credits, given, passed_on
from tests.inbound.test_killed import EVERY, dying, end_leases
from tests.people import World
from tests.resumes.test_routes import upload

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("durability")]


@pytest.fixture(autouse=True)
def _same_private_folder(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIZHI_PRIVATE", str(resources.settings.private_folder))


def places_of(waits: int) -> list[int]:
    """Where to kill: a dozen of these waits from end to end, and the last ones, around commit and answer.

    With WEIZHI_TEST_EVERY_WAIT at each of them, which takes minutes.
    """
    if EVERY:
        return list(range(1, waits + 1))
    return sorted({*range(1, waits + 1, max(1, waits // 8)), *range(max(1, waits - 7), waits + 1)})


async def kept(resources: Resources, message: str) -> tuple[int, ...]:
    """How many applications there are with these words, and of each how many first steps, audit rows, events, keys."""
    query = """
        WITH made AS (SELECT id FROM applications WHERE message = :message)
        SELECT (SELECT count(*) FROM made),
            (SELECT count(*) FROM application_changes JOIN made ON made.id = application_id WHERE previous IS NULL),
            (SELECT count(*) FROM audit_log JOIN made ON made.id = object_id WHERE action = 'application.created'),
            (SELECT count(*) FROM outbox_events JOIN made ON made.id = CAST(payload->>'application_id' AS bigint)
             WHERE topic = 'application.created'),
            (SELECT count(*) FROM idempotency_keys JOIN made ON made.id = object_id)
    """
    async with resources.db.reading() as session:
        return tuple((await session.execute(text(query), {"message": message})).one())


async def file_of(resources: Resources, message: str) -> Path | None:
    async with resources.db.reading() as session:
        query = text("SELECT resume_key FROM applications WHERE message = :message")
        return resources.private.find(await session.scalar(query, {"message": message}))


async def test_the_api_killed_wherever_it_waits_loses_no_application_it_acknowledged(
    world: World, resources: Resources
) -> None:
    recruiter, applicant = await world.people("recruiter", "cy")
    job = await recruiter.publishes_job()
    resume = await upload(applicant)
    await world.settle()
    path = f"/api/weizhi/v1/jobs/{job['id']}/applications"
    none, whole = (0,) * 5, (1,) * 5
    lost, acknowledged = 0, 0
    async with dying(resources) as order:
        # The first is let live, and tells how often it waits.
        places = [0]
        for at in places:
            body = {"message": f"第 {at} 次", "resume_id": resume["id"]}
            headers = {
                "content-type": "application/json",
                "authorization": f"Bearer {applicant.token}",
                "idempotency-key": f"k{at}",
            }
            told = await order({"at": at, "request": {"path": path, "headers": headers, "body": json.dumps(body)}})
            before = await kept(resources, body["message"])
            assert before in (none, whole), f"half of it was done at wait {at}: {before}"
            if before == whole:
                assert await file_of(resources, body["message"]), f"the file was lost at wait {at}"
            if told["acknowledged"] is not None:
                assert (told["acknowledged"], before) == (200, whole), f"acknowledged at wait {at}, and lost"
                acknowledged += 1
            lost += before == none
            again = await applicant.post(path, body, **{"Idempotency-Key": f"k{at}"})
            assert await kept(resources, body["message"]) == whole
            assert await file_of(resources, body["message"])
            await applicant.post(f"/api/weizhi/v1/applications/{again['id']}/withdraw")
            places += places_of(told["waits"]) if at == 0 else []
    # It was killed on both sides of the commit, and after the answer.
    assert lost > 5
    assert acknowledged > 1
    assert await events(resources, "application.created") == len(places)


async def test_the_worker_killed_wherever_it_waits_shares_a_hire_out_once(world: World, resources: Resources) -> None:
    (recruiter, *_), _, made = await passed_on(world)
    await world.settle()
    killed, credited, taken_back = 0, 0, 0
    async with dying(resources) as order:
        # The first is let live, and tells how often it waits; then some of those waits, from end to end.
        places = [0]
        for number, at in enumerate(places):
            hire = number % 2 == 0
            await move(recruiter, made, "hired" if hire else "offer")
            told = await order({"at": at, "work": True})
            killed += told["killed"]
            places += range(3, told["waits"], told["waits"] // 6) if at == 0 else []
            await end_leases(resources)
            await world.settle()
            current = (await credits(recruiter, made))["current"]
            assert bool(current) == hire, f"killed at wait {at}"
            if current:
                assert given(current) == [("bo", 5000, "pending"), ("anna", 2500, "pending")]
            credited, taken_back = credited + hire, taken_back + (not hire)
            assert await events(resources, "referral.credited") == credited
            assert await events(resources, "referral.reversed") == taken_back
    assert killed > 4
