"""Who opened a job by which link, and what reposts and applications make of it."""

from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.applications.test_routes import apply
from tests.exposures.test_noting import job_by_bo, noted
from tests.people import Person, World

pytestmark = [pytest.mark.anyio, pytest.mark.asks_once]


@pytest.fixture
async def cast(world: World) -> list[Person]:
    return await world.people("recruiter", "bo", "ann")


def token_of(status: dict[str, Any]) -> str:
    """What the card of a repost carries: the same inside and outside."""
    token = status["card"]["url"].partition("?t=")[2]
    assert token
    assert status["reblog"]["card"]["url"].endswith(f"?t={token}")
    return str(token)


def via(shown: dict[str, Any]) -> tuple[str, str]:
    return shown["weizhi"]["via"]["status_id"], shown["weizhi"]["via"]["inference"]


async def test_by_one_s_own_card_comes_before_what_was_shown_later(
    world: World, cast: list[Person], resources: Resources
) -> None:
    job, repost = await job_by_bo(world, cast)
    ann = cast[2]
    (status, *_) = await ann.home()
    assert status["weizhi"]["job"]["url"] == status["reblog"]["weizhi"]["job"]["url"] == job["url"]
    page = await world.client.get(f"/jobs/{job['id']}", params={"t": token_of(status)})
    assert page.headers["cache-control"] == "private, no-store"
    assert f'<link rel="canonical" href="{job["url"]}">' in page.text
    assert token_of(status) not in page.text
    assert "cache-control" not in (await world.client.get(f"/jobs/{job['id']}")).headers
    await world.settle()
    await ann.get("/api/v1/timelines/tag/招聘")
    assert [row[1:] for row in await noted(resources)] == [
        (int(job["status_id"]), int(repost["id"]), "card", True, "card"),
        (int(job["status_id"]), int(job["status_id"]), "tag", False, None),
    ]
    assert via(await ann.reposts({"id": job["status_id"]})) == (repost["id"], "card")


async def test_a_shared_link_leads_to_the_post_it_names_then_to_the_sharer_s_own(
    world: World, cast: list[Person], resources: Resources
) -> None:
    job, repost = await job_by_bo(world, cast)
    ann = cast[2]
    cy, dee = await world.people("cy", "dee")
    token = token_of((await ann.home())[0])
    await cy.get(f"/api/weizhi/v1/jobs/{job['id']}", t=token)
    await world.settle()
    made = await apply(cy, job)
    assert (made["via"], made["inference"], made["confidence"]) == (repost["id"], "link", 0.8)
    by_ann = await ann.reposts(repost)
    await dee.get(f"/api/weizhi/v1/jobs/{job['id']}", t=token)
    await world.settle()
    assert via(await dee.reposts({"id": job["status_id"]})) == (by_ann["id"], "link")


async def test_forged_and_misplaced_tokens_count_as_none(
    world: World, cast: list[Person], resources: Resources
) -> None:
    job, _ = await job_by_bo(world, cast)
    recruiter, _, ann = cast
    other = await recruiter.publishes_job(await recruiter.organization("别家"))
    token = token_of((await ann.home())[0])
    before = await noted(resources)
    for path, text_ in ((other["id"], token), (job["id"], token[:-2] + "xx"), (job["id"], "职" * 300), (job["id"], "")):
        assert (await world.client.get(f"/jobs/{path}", params={"t": text_})).status_code == 200
    assert await noted(resources) == before


async def test_looking_at_the_job_itself_is_by_what_showed_it(
    world: World, cast: list[Person], resources: Resources
) -> None:
    job, repost = await job_by_bo(world, cast)
    recruiter, _, ann = cast
    dee = await world.person("dee")
    root, by_bo = int(job["status_id"]), int(repost["id"])
    await ann.home()
    await world.settle()
    await ann.get(f"/api/v1/statuses/{root}")
    await dee.get(f"/api/weizhi/v1/jobs/{job['id']}")
    await recruiter.get(f"/api/weizhi/v1/jobs/{job['id']}")
    assert sorted(await noted(resources)) == [
        (int(ann.id), root, by_bo, "home", True, None),
        (int(dee.id), root, root, "job", True, None),
    ]
    assert via(await ann.reposts({"id": job["status_id"]})) == (repost["id"], "exposure")


@pytest.mark.parametrize(
    ("change", "inference"),
    [
        ("at = now() - interval '6 days'", "exposure"),
        ("at = now() - interval '8 days'", "follow"),
        ("via_id = root_id, surface = 'search'", "search"),
        ("via_id = root_id, surface = 'tag'", "tag"),
        ("via_id = root_id", "exposure"),
        ("known_by = 'card'", "card"),
    ],
)
async def test_order_of_inference(
    world: World, cast: list[Person], resources: Resources, change: str, inference: str
) -> None:
    job, repost = await job_by_bo(world, cast)
    ann = cast[2]
    await ann.home()
    await world.settle()
    async with resources.db.transaction() as session:
        await session.execute(text(f"UPDATE exposures SET {change}"))
    explicit = await ann.reposts({"id": job["status_id"]}, via=repost["id"])
    assert via(explicit) == (repost["id"], "explicit")
    await ann.post(f"/api/v1/statuses/{job['status_id']}/unreblog")
    assert via(await ann.reposts(repost)) == (repost["id"], "wrapper")
    await ann.post(f"/api/v1/statuses/{job['status_id']}/unreblog")
    came = await ann.reposts({"id": job["status_id"]})
    assert via(came) == (job["status_id"] if "via_id" in change else repost["id"], inference)
