"""Ashby's web hooks, through HTTP."""

from typing import Any

import pytest

from tests.inbound.signing import ashby, hex_of, job_of, receipts_of, source_of
from tests.people import World

pytestmark = pytest.mark.anyio

# The fields of a posting on Ashby's board (captured by michaeldinhmai/job-agent, MIT); our own words in them.
POSTING: dict[str, Any] = {
    "id": "558f18ed-c98c-4928-aa2b-2f9e297eea42",
    "jobId": "0a5d6f6f-5a3c-4b56-8b61-8f7c2b7f2a11",
    "title": "平台工程师",
    "department": "Engineering",
    "employmentType": "Contract",
    "location": "Remote: United States",
    "secondaryLocations": [
        {"location": "Remote: Canada", "address": {"postalAddress": {"addressCountry": "Canada"}}},
    ],
    "isListed": True,
    "isRemote": True,
    "workplaceType": "Remote",
    "address": {"postalAddress": {"addressCountry": "United States"}},
    "applyUrl": "https://jobs.ashbyhq.com/yunshan/558f18ed/application",
    "descriptionHtml": "<p style='x'>负责云平台。</p>",
    "updatedAt": "2026-11-20T10:00:00.000Z",
    "compensation": {
        "summaryComponents": [
            {"compensationType": "EquityPercentage", "interval": "NONE"},
            {
                "compensationType": "Salary",
                "interval": "1 YEAR",
                "currencyCode": "USD",
                "minValue": 120000,
                "maxValue": 150000.4,
            },
        ]
    },
}


class TestReceive:
    async def test_publishes_updates_and_takes_down(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        created = await ashby(world, source, "jobPostingPublish", {"jobPosting": POSTING})
        assert (created.status_code, created.json()["status"]) == (202, "created"), created.text
        job = await job_of(recruiter, created)
        assert (job["state"], job["title"], job["description_html"]) == ("open", "平台工程师", "<p>负责云平台。</p>")
        assert (job["workplace_type"], job["employment_type"]) == ("remote", "CONTRACTOR")
        assert [(place["country"], place["name"]) for place in job["locations"]] == [
            ("United States", "Remote: United States"),
            ("Canada", "Remote: Canada"),
        ]
        assert (job["salary"]["currency"], job["salary"]["min"], job["salary"]["max"]) == ("USD", 120000, 150000)
        assert (job["salary"]["interval"], job["apply_url"]) == ("YEAR", POSTING["applyUrl"])
        newer = {**POSTING, "title": "平台专家", "updatedAt": "2026-11-21T10:00:00.000Z"}
        updated = await ashby(world, source, "jobPostingUpdate", {"jobPosting": newer})
        assert updated.json()["status"] == "updated"
        gone = await ashby(world, source, "jobPostingUnpublish", {"jobPosting": newer})
        assert gone.json()["status"] == "closed"
        assert (await job_of(recruiter, gone))["state"] == "closed"

    async def test_answers_a_ping_and_what_is_not_about_jobs(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        for action in ("ping", "candidateHire", "jobCreate"):
            answer = await ashby(world, source, action, {"webhookActionId": action})
            assert (answer.status_code, answer.json()["status"]) == (202, "ignored")

    async def test_closes_the_postings_of_a_job_that_is_closed(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        created = await ashby(world, source, "jobPostingPublish", {"jobPosting": POSTING})
        closed = await ashby(world, source, "jobUpdate", {"job": {"id": POSTING["jobId"], "status": "Closed"}})
        assert (closed.json()["status"], closed.json()["job_id"]) == ("closed", created.json()["job_id"])
        assert (await job_of(recruiter, created))["state"] == "closed"

    @pytest.mark.parametrize("signature", ["", "sha256=", "sha1=x", "x", "sha256={body}x", "{body}", "sha256 {body}"])
    async def test_refuses_what_is_not_signed(self, world: World, signature: str) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        right = hex_of(source["secret"], b"{}")
        headers = {"ashby-signature": signature.format(body=right), "content-type": "application/json"}
        refused = await world.client.post(source["url"], content=b"{}", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature")
        assert await receipts_of(recruiter, source) == []

    async def test_knows_the_same_bytes_again(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        first, again = [await ashby(world, source, "jobPostingPublish", {"jobPosting": POSTING}) for _ in range(2)]
        assert (first.status_code, again.status_code, first.text == again.text) == (202, 200, True)
        assert len(await recruiter.get("/api/v1/timelines/public")) == 1

    async def test_keeps_another_content_type_with_the_reason(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        said = {"jobPosting": POSTING}
        refused = await ashby(world, source, "jobPostingPublish", said, **{"content-type": "text/plain"})
        assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_payload")
        assert [receipt["status"] for receipt in await receipts_of(recruiter, source)] == ["rejected"]
