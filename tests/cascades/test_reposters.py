"""Who brings whom, through HTTP; and how it is added up."""

from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.cascades.reposters import NAMELESS, tally
from app.cascades.tree import HIDDEN, Leaves, Nodes, Tree
from tests.applications.test_routes import apply
from tests.cascades.test_funnel import show
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def reposters(person: Person, job: dict[str, Any], expect: int = 200, **params: Any) -> dict[str, Any]:
    return await person.get(f"/api/weizhi/v1/jobs/{job['id']}/reposters", expect=expect, **params)


COUNTS = ("own_count", "reposts_count", "applications_count", "interviews_count", "hires_count")


def counts(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(row[name] for name in COUNTS)


async def test_tells_what_came_through_each(world: World, resources: Resources) -> None:
    recruiter, a, b, shy, gone, c, e = await world.people("recruiter", "anna", "bo", "shy", "gone", "cy", "ed")
    await c.follows(b)
    job = await recruiter.publishes_job()
    by_a = await a.reposts({"id": job["status_id"]})
    by_b = await b.says("好职位", quoted_status_id=job["status_id"], via=by_a["id"])
    await shy.reposts({"id": job["status_id"]}, via=by_b["id"], visibility="private")
    by_gone = await gone.reposts({"id": job["status_id"]})
    await world.settle()
    await c.home()
    await world.settle()
    hired = await apply(c, job, via=by_b["id"])
    await apply(e, job, via=by_gone["id"])
    await gone.post(f"/api/v1/statuses/{job['status_id']}/unreblog")
    async with resources.db.transaction() as session:
        await session.execute(text("UPDATE applications SET stage = 'hired' WHERE id = :id"), {"id": int(hired["id"])})

    shown = await reposters(recruiter, job, sort="hires")
    named = {row["account"]["username"]: counts(row) for row in shown["reposters"]}
    assert named == {"anna": (1, 2, 1, 1, 1), "bo": (1, 1, 1, 1, 1)}
    assert (shown["private"]["people"], counts(shown["private"])) == (2, (2, 0, 1, 0, 0))
    for name in ("shy", "gone"):
        assert f'"{name}"' not in str(shown).replace("'", '"')
    first = await reposters(recruiter, job, sort="reposts", limit=1)
    second = await reposters(recruiter, job, sort="reposts", limit=1, cursor=first["next"])
    last = await reposters(recruiter, job, sort="reposts", limit=1, cursor=second["next"])
    assert [row["account"]["id"] for page in (first, second, last) for row in page["reposters"]] == [a.id, b.id]
    # Of fewer than five readers nothing is told, by the order neither: cy alone was shown bo's.
    by_reach = await reposters(recruiter, job, sort="reach", limit=1)
    assert [(row["account"]["id"], row["reach"]) for row in by_reach["reposters"]] == [(a.id, 0)]
    by_reach = await reposters(recruiter, job, sort="reach", cursor=by_reach["next"])
    assert [(row["account"]["id"], row["reach"]) for row in by_reach["reposters"]] == [(b.id, None)]
    await show(resources, job)
    by_reach = await reposters(recruiter, job, sort="reach")
    assert [(row["account"]["id"], row["reach"]) for row in by_reach["reposters"]] == [(b.id, 7), (a.id, 6)]
    assert by_reach["private"]["reach"] == 12

    # Who keeps the recruiter away is not named either.
    await b.post(f"/api/v1/accounts/{recruiter.id}/block")
    shown = await reposters(recruiter, job)
    assert [row["account"]["id"] for row in shown["reposters"]] == [a.id]
    assert shown["private"]["people"] == 3
    for params in ({"cursor": "x"}, {"cursor": "1-99999999999999999999"}, {"sort": "fame"}, {"limit": 0}):
        assert list((await reposters(recruiter, job, expect=422, **params))["details"]) == list(params)


def test_what_is_below_two_posts_of_one_account_counts_once() -> None:
    # 1 < 2 < 3 < 4, and 2 and 4 are by one account; 5 and 6 are private, 6 below 5.
    nodes = Nodes([2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 1, 6], [20, 30, 20, 40, 50, 60], [0, 0, 0, 0, HIDDEN, HIDDEN])
    leaves = Leaves([100, 101], [4, 7], [True, False], [True, False])
    found = tally(Tree(1, 10, nodes, leaves), reach={2: 1, 4: 4, 6: 2, 7: 3, 1: 9}, unnamed=[])
    twice, nameless = found[20], found[NAMELESS]
    assert (twice.own, twice.reach) == (2, 5)
    assert (twice.reposts, twice.applications, twice.interviews, twice.hires) == (3, 1, 1, 1)
    assert (nameless.people, nameless.own, nameless.reach) == (2, 2, 5)
    assert (nameless.reposts, nameless.applications, nameless.hires) == (1, 1, 0)
    assert tally(Tree(1, 10, nodes, leaves), reach={}, unnamed=[20])[NAMELESS].people == 3
