"""Recruiting by word of mouth, from one system to another: a job is pushed in, travels three hops by an app that knows
nothing of paths, brings somebody who is hired; and every number is the one computed by hand."""

import json
from collections import Counter
from typing import Any
from xml.etree import ElementTree

import pytest
from standardwebhooks import Webhook

from tests.people import Person, World
from tests.test_story import GREENHOUSE_POST, push
from tests.webhooks.conftest import Employer, courier, employer, receiver, settings

pytestmark = pytest.mark.anyio
__all__ = ["courier", "employer", "receiver", "settings"]

API = "/api/weizhi/v1"


async def passes_on(world: World, person: Person, *, by_its_wrapper: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """What somebody finds at home, and their repost of it, as any app of Mastodon makes it: some send the id of the
    repost they were shown, some that of what it carries."""
    (seen,) = await person.home()
    await world.settle()
    target = seen if by_its_wrapper or seen["reblog"] is None else seen["reblog"]
    made = await person.post(f"/api/v1/statuses/{target['id']}/reblog")
    await world.settle()
    return seen, made


async def test_a_job_is_pushed_in_travels_and_is_filled(world: World, employer: Employer) -> None:
    recruiter, organization = employer.person, employer.organization
    anna, bo, cy, di = await world.people("anna", "bo", "cy", "di")
    for follower, followed in ((anna, recruiter), (bo, anna), (cy, bo), (di, cy)):
        await follower.follows(followed)
    webhook = await employer.listens()
    source = await recruiter.post(
        f"{API}/inbound_sources", {"kind": "greenhouse", "organization_id": organization["id"]}
    )

    # The recruiting system says so twice; once is enough.
    pushed = [await push(world, source, GREENHOUSE_POST) for _ in range(2)]
    assert [answer.status_code for answer in pushed] == [202, 200]
    job_id = pushed[0].json()["job_id"]
    await world.settle()

    seen, by_anna = await passes_on(world, anna, by_its_wrapper=False)
    root = seen["id"]
    assert seen["weizhi"]["job"]["id"] == job_id
    assert "预算" not in json.dumps(seen, ensure_ascii=False)
    seen, by_bo = await passes_on(world, bo, by_its_wrapper=True)
    assert (seen["id"], seen["reblog"]["id"]) == (by_anna["id"], root)
    seen, by_cy = await passes_on(world, cy, by_its_wrapper=False)
    assert (seen["id"], seen["reblog"]["id"]) == (by_bo["id"], root)
    (seen,) = await di.home()
    await world.settle()
    assert seen["id"] == by_cy["id"]
    await di.get(f"/api/v1/statuses/{root}")
    await world.settle()

    # How it reached di: nobody said so, but it is known who was shown what.
    path = await di.get(f"{API}/statuses/{root}/path")
    assert [step["account"]["username"] for step in path["steps"]] == ["recruiter", "anna", "bo", "cy"]
    assert (path["inference"], path["confidence"]) == ("exposure", 0.75)

    application = await di.post(f"{API}/jobs/{job_id}/applications", {"message": "你好", "consent": True})
    assert (application["via"], application["inference"]) == (by_cy["id"], "exposure")
    for stage in ("interview", "hired"):
        await recruiter.request("PATCH", f"{API}/applications/{application['id']}", json={"stage": stage}, expect=200)
        await world.settle()
    await employer.settles()

    await _shows_the_tree(recruiter, job_id, root, [by_anna, by_bo, by_cy], application)
    await _counts_the_steps(recruiter, job_id)
    await _shares_it_out(recruiter, [cy, bo, anna], di, application)
    _told_the_system_once(employer, webhook, job_id)


async def _shows_the_tree(
    recruiter: Person, job_id: str, root: str, reposts: list[dict[str, Any]], application: dict[str, Any]
) -> None:
    by_anna, by_bo, by_cy = (repost["id"] for repost in reposts)
    tree = await recruiter.get(f"{API}/jobs/{job_id}/cascade")
    assert [
        (node["id"], node["parent_id"], node["depth"], node["inference"], node["confidence"]) for node in tree["nodes"]
    ] == [
        (by_anna, root, 1, "exposure", 0.75),
        (by_bo, by_anna, 2, "wrapper", 0.95),
        (by_cy, by_bo, 3, "exposure", 0.75),
        (application["id"], by_cy, 4, "exposure", 0.75),
    ]
    assert [node["account"]["username"] for node in tree["nodes"]] == ["anna", "bo", "cy", "di"]
    assert [node["subtree_count"] for node in tree["nodes"]] == [2, 1, 0, 0]
    assert [node["subtree_hires_count"] for node in tree["nodes"]] == [1, 1, 1, 0]
    assert tree["totals"] == {
        **{"reposts": 3, "quotes": 0, "applications": 1, "interviews": 1, "hires": 1},
        **{"accounts": 3, "depth": 3},
    }
    told = await recruiter.get(f"{API}/jobs/{job_id}/reposters", sort="reposts")
    counts = ("own_count", "reposts_count", "applications_count", "interviews_count", "hires_count")
    assert {row["account"]["username"]: [row[name] for name in counts] for row in told["reposters"]} == {
        "anna": [1, 2, 1, 1, 1],
        "bo": [1, 1, 1, 1, 1],
        "cy": [1, 0, 1, 1, 1],
    }
    assert told["private"] is None
    picture = await recruiter.request("GET", f"{API}/jobs/{job_id}/cascade.svg", expect=200)
    kinds = Counter(element.get("class", "").split()[0:1][0] for element in _with_class(picture.text))
    assert (kinds["star"] >= 2, kinds["won"], kinds["root"]) == (True, 1, 1), "one star in the tree, one in the legend"


async def _counts_the_steps(recruiter: Person, job_id: str) -> None:
    """Four were shown it, each by one post, and di opened it; of so few no part tells that."""

    async def parts(group_by: str) -> list[tuple[Any, ...]]:
        funnel = await recruiter.get(f"{API}/jobs/{job_id}/funnel", group_by=group_by)
        whole = {"shown": 4, "opened": 1, "reposted": 3, "applied": 1, "interviewed": 1, "hired": 1, "readers": 4}
        assert funnel["whole"] == whole
        assert group_by == "day" or all(part["shown"] is part["opened"] is None for part in funnel["parts"])
        steps = ("reposted", "applied", "interviewed", "hired")
        return [(part["depth"], part["account"], *(part[step] for step in steps)) for part in funnel["parts"]]

    assert await parts("hop") == [
        (0, None, 1, 0, 0, 0),
        (1, None, 1, 0, 0, 0),
        (2, None, 1, 0, 0, 0),
        (3, None, 0, 1, 1, 1),
    ]
    by_account = {account["username"]: steps for _, account, *steps in await parts("account")}
    one = [1, 0, 0, 0]
    assert by_account == {"recruiter": one, "anna": one, "bo": one, "cy": [0, 1, 1, 1]}
    # It may have become midnight in China meanwhile.
    days = await parts("day")
    assert [sum(counts) for counts in list(zip(*days, strict=True))[2:]] == [3, 1, 1, 1]


def _with_class(svg: str) -> list[ElementTree.Element]:
    return [element for element in ElementTree.fromstring(svg).iter() if element.get("class")]


async def _shares_it_out(
    recruiter: Person, introducers: list[Person], applicant: Person, application: dict[str, Any]
) -> None:
    """Half to who stood nearest, then a quarter, then an eighth; the rest is nobody's."""
    points = [5000, 2500, 1250]
    # Of each the steps up to it: di's by exposure, cy's by exposure, bo's by its wrapper.
    confidences = [0.75, 0.75 * 0.75, 0.75 * 0.75 * 0.95]
    for reader in (applicant, recruiter):
        award = (await reader.get(f"{API}/applications/{application['id']}/credits"))["current"]
        assert [(one["account"]["username"], one["hop"], one["basis_points"]) for one in award["credits"]] == [
            (person.username, hop, given)
            for hop, (person, given) in enumerate(zip(introducers, points, strict=True), start=1)
        ]
        assert [one["confidence"] for one in award["credits"]] == pytest.approx(confidences)
        assert (award["policy"], award["unassigned"]) == ("path_geometric", 1250)
    for person, given in zip(introducers, points, strict=True):
        record = await applicant.get(f"{API}/accounts/{person.id}/referrals")
        assert (record["applications"], record["hires"], record["points_pending"]) == (1, 1, given)


def _told_the_system_once(employer: Employer, webhook: dict[str, Any], job_id: str) -> None:
    """Every event, signed, and none twice."""
    said = [Webhook(webhook["secret"]).verify(body, headers) for _, headers, body in employer.receiver.heard]
    ids = [headers["webhook-id"] for _, headers, _ in employer.receiver.heard]
    assert len(set(ids)) == len(ids)
    assert Counter(message["type"] for message in said) == {
        "job.published": 1,
        "job.reposted": 3,
        "application.created": 1,
        "application.stage_changed": 2,
        "application.hired": 1,
        "referral.credited": 1,
    }
    assert all(job_id in json.dumps(message) for message in said)
