"""The funnel of a job, through HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.exposures.days import day_of
from app.exposures.expiry import expire
from app.kit.clock import now
from app.posts.rules import DEEPEST_CASCADE
from tests.applications.test_routes import apply
from tests.cascades.test_routes import cascade, grow
from tests.organizations.test_routes import seat
from tests.people import A_JOB, Person, World

pytestmark = pytest.mark.anyio


async def funnel(person: Person, job: dict[str, Any], expect: int = 200, **params: Any) -> dict[str, Any]:
    return await person.get(f"/api/weizhi/v1/jobs/{job['id']}/funnel", expect=expect, **params)


def steps(line: dict[str, Any]) -> list[int | None]:
    return [line[step] for step in ("shown", "opened", "reposted", "applied", "interviewed", "hired")]


async def show(resources: Resources, job: dict[str, Any], count: int = 6) -> None:
    """Each living post of the tree is shown to `count` people of its own, of whom every second opens the job."""
    async with resources.db.transaction() as session:
        await session.execute(
            text(
                """
                WITH person AS (
                    INSERT INTO accounts (username, handle)
                    SELECT 'r' || n || '_' || now()::time, 'r' || n || '_' || now()::time
                    FROM generate_series(1, :count) n RETURNING id
                ), numbered AS (SELECT id, row_number() OVER () AS n FROM person), via AS (
                    SELECT post_id FROM cascade_nodes WHERE root_id = :root UNION ALL SELECT :root
                )
                INSERT INTO exposures (day, root_id, via_id, viewer_id, at, surface, opened_at)
                SELECT :day, :root, post_id, id, now(), 'home', CASE WHEN n % 2 = 0 THEN now() END
                FROM numbered CROSS JOIN via
                """
            ),
            {"count": count, "root": int(job["status_id"]), "day": day_of(now())},
        )


async def test_adds_up_to_the_tree_by_hop_account_and_day(world: World, resources: Resources) -> None:
    recruiter, a, b, c, d, viewer, stranger = await world.people("recruiter", "anna", "bo", "cy", "di", "eve", "fay")
    organization = await recruiter.organization()
    job = await recruiter.publishes_job(organization)
    await c.follows(b)
    by_a = await a.reposts({"id": job["status_id"]})
    by_b = await b.reposts({"id": job["status_id"]}, via=by_a["id"], visibility="private")
    await apply(c, job, via=by_b["id"])
    applied = await apply(d, job, via=by_a["id"])
    for stage in ("screen", "interview", "rejected"):
        await recruiter.request("PATCH", f"/api/weizhi/v1/applications/{applied['id']}", json={"stage": stage})
    await show(resources, job)
    shown = await funnel(recruiter, job)
    assert steps(shown["whole"]) == [18, 9, 2, 2, 1, 0]
    assert (shown["whole"]["readers"], [part["readers"] for part in shown["parts"]]) == (6, [6, 6, 6])
    assert [(part["depth"], *steps(part)) for part in shown["parts"]] == [
        (0, 6, 3, 1, 0, 0, 0),
        (1, 6, 3, 1, 1, 1, 0),
        (2, 6, 3, 0, 1, 0, 0),
    ]
    totals = (await cascade(recruiter, job))["totals"]
    assert shown["whole"]["reposted"] == totals["reposts"] + totals["quotes"]
    assert shown["whole"]["applied"] == totals["applications"]
    by_account = await funnel(recruiter, job, group_by="account")
    # Bo's repost is not public: it is counted, and nobody is named.
    assert [(part["account"] and part["account"]["id"], *steps(part)) for part in by_account["parts"]] == [
        (a.id, 6, 3, 1, 1, 1, 0),
        (recruiter.id, 6, 3, 1, 0, 0, 0),
        (None, 6, 3, 0, 1, 0, 0),
    ]
    assert [
        part["account"] and part["account"]["id"]
        for part in (await funnel(recruiter, job, group_by="account", limit=1))["parts"]
    ] == [a.id, None]
    today = day_of(now())
    by_day = await funnel(recruiter, job, group_by="day", **{"from": str(today - timedelta(days=1))})
    assert [(part["day"], *steps(part)) for part in by_day["parts"]] == [(str(today), *steps(shown["whole"]))]
    assert by_day["whole"]["readers"] is None
    before = await funnel(recruiter, job, **{"to": str(today - timedelta(days=1))})
    assert (steps(before["whole"]), before["parts"]) == ([0] * 6, [])
    # A month later all is as it was, but for who it was.
    await expire(resources.db, resources.exposures.reach, now=now() + timedelta(days=31))
    assert await funnel(recruiter, job) == shown
    await seat(resources, viewer, organization, "viewer")
    assert await funnel(viewer, job) == shown
    await funnel(stranger, job, expect=403)
    await funnel(recruiter, job, expect=422, group_by="reader")


async def test_tells_nothing_of_few_readers(world: World, resources: Resources) -> None:
    recruiter = await world.person("recruiter")
    job = await recruiter.publishes_job()
    await show(resources, job, count=4)
    shown = await funnel(recruiter, job)
    (part,) = shown["parts"]
    assert (steps(shown["whole"])[:2], steps(part)[:2], part["readers"]) == ([4, 2], [None, None], None)


async def test_is_empty_at_first_and_of_a_draft_there_is_none(world: World) -> None:
    recruiter = await world.person("recruiter")
    organization = await recruiter.organization()
    shown = await funnel(recruiter, await recruiter.publishes_job(organization))
    assert (steps(shown["whole"]), shown["whole"]["readers"], shown["parts"]) == ([0] * 6, 0, [])
    draft = await recruiter.post("/api/weizhi/v1/jobs", {**A_JOB, "organization_id": organization["id"]})
    assert (await funnel(recruiter, draft, expect=409))["code"] == "not_published"


async def test_of_fifty_thousand_reposts_adds_up(world: World, resources: Resources) -> None:
    recruiter = await world.person("recruiter")
    job = await recruiter.publishes_job()
    await grow(resources, job, 50_000)
    await show(resources, job, count=2)
    async with resources.db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        # The numbers of earlier tests' rows are the planner's else.
        await connection.execute(text("VACUUM ANALYZE"))
    for group_by in ("hop", "account", "day"):
        shown = await funnel(recruiter, job, group_by=group_by)
        assert shown["whole"]["reposted"] == 50_000
        assert (shown["whole"]["shown"], shown["whole"]["readers"]) == (100_002, 2)
    assert [part["depth"] for part in (await funnel(recruiter, job))["parts"]] == list(range(DEEPEST_CASCADE + 1))
