"""Résumés, through HTTP: kept for oneself, handed on as copies, seen by nobody else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.applications import retention
from app.bootstrap import Resources
from app.kit.clock import now
from app.media.handlers import sweep
from app.resumes import limits
from app.resumes.queries import load_used_keys
from tests.applications.test_routes import APPLICATIONS, apply
from tests.applications.test_stages import move
from tests.organizations.test_routes import seat
from tests.people import Person, World

pytestmark = pytest.mark.anyio

RESUMES = "/api/weizhi/v1/resumes"
PDF = "%PDF-1.7\n张伟，后端三年".encode()


async def upload(person: Person, content: bytes = PDF, expect: int = 200, **fields: str) -> Any:
    answer = await person.request("POST", RESUMES, files={"file": ("a", content)}, data=fields, expect=expect)
    return answer.json()


def kept(resources: Resources) -> list[Path]:
    return [path for path in resources.settings.private_folder.rglob("*") if path.is_file()]


class TestResume:
    async def test_is_its_owners_alone(self, world: World, resources: Resources) -> None:
        owner, other = await world.people("owner", "other")
        made = await upload(owner, name="张伟.pdf")
        assert {**made, "id": "", "created_at": ""} == {
            "id": "",
            "name": "张伟.pdf",
            "content_type": "application/pdf",
            "size": len(PDF),
            "created_at": "",
        }
        assert await owner.get(RESUMES) == [made]
        answer = await owner.request("GET", f"{RESUMES}/{made['id']}/file", expect=200)
        assert (answer.content, answer.headers["content-type"]) == (PDF, "application/pdf")
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["cache-control"] == "private, no-store"
        assert await other.get(RESUMES) == []
        for method, path in (("GET", f"{RESUMES}/{made['id']}/file"), ("DELETE", f"{RESUMES}/{made['id']}")):
            await other.request(method, path, expect=404)
        [path] = kept(resources)
        # Nor has it an address among public files.
        assert (await world.client.get(f"/media/{path.name}")).status_code == 404
        await owner.request("DELETE", f"{RESUMES}/{made['id']}", expect=200)
        await world.settle()
        assert kept(resources) == []

    async def test_is_refused_by_its_content_and_size_and_number(self, world: World, resources: Resources) -> None:
        owner = await world.person("owner")
        assert list((await upload(owner, b"MZ\x90\x00 program", 422))["details"]) == ["file"]
        assert list((await upload(owner, PDF + b"x" * limits.BYTES, 422))["details"]) == ["file"]
        await owner.post(RESUMES, {"name": "x"}, expect=422)
        assert kept(resources) == []
        for _ in range(limits.PER_ACCOUNT):
            await upload(owner)
        assert (await upload(owner, expect=422))["code"] == "too_many_resumes"


class TestApplication:
    async def test_has_a_copy_and_the_profile_of_then(self, world: World, resources: Resources) -> None:
        recruiter, applicant, other = await world.people("recruiter", "cy", "other")
        job = await recruiter.publishes_job()
        resume = await upload(applicant, name="张伟.pdf")
        stolen = await apply(other, job, 422, resume_id=resume["id"])
        assert list(stolen["details"]) == ["resume_id"]
        await applicant.request(
            "PATCH", "/api/v1/accounts/update_credentials", json={"headline": "后端工程师"}, expect=200
        )
        made = await apply(applicant, job, resume_id=resume["id"])
        assert made["resume"] == {"name": "张伟.pdf", "content_type": "application/pdf", "size": len(PDF)}
        assert (made["profile"]["username"], made["profile"]["headline"]) == ("cy", "后端工程师")
        await applicant.request(
            "PATCH", "/api/v1/accounts/update_credentials", json={"headline": "产品经理"}, expect=200
        )
        await applicant.request("DELETE", f"{RESUMES}/{resume['id']}", expect=200)
        await world.settle()
        path = f"{APPLICATIONS}/{made['id']}"
        assert (await recruiter.get(path))["profile"]["headline"] == "后端工程师"
        for person in (applicant, recruiter):
            answer = await person.request("GET", f"{path}/resume", expect=200)
            assert answer.content == PDF
        await other.get(f"{path}/resume", expect=404)
        assert len(kept(resources)) == 1

    async def test_tells_the_applicant_who_looked_once_a_quarter_of_an_hour(
        self, world: World, resources: Resources
    ) -> None:
        recruiter, viewer, applicant, rival = await world.people("recruiter", "viewer", "cy", "rival")
        organization = await recruiter.organization()
        await seat(resources, viewer, organization, "viewer")
        job = await recruiter.publishes_job(organization)
        made = await apply(applicant, job, resume_id=(await upload(applicant))["id"])
        path = f"{APPLICATIONS}/{made['id']}"
        await applicant.get(path)
        await applicant.request("GET", f"{path}/resume", expect=200)
        assert await applicant.get(f"{path}/accesses") == []
        for _ in range(3):
            await recruiter.get(path)
            await recruiter.request("GET", f"{path}/resume", expect=200)
            await viewer.get(APPLICATIONS, job_id=job["id"])
        await rival.get(path, expect=404)
        seen = await applicant.get(f"{path}/accesses")
        assert [(one["by"]["username"], one["kind"]) for one in seen] == [
            ("viewer", "viewed"),
            ("recruiter", "resume"),
            ("recruiter", "viewed"),
        ]
        async with resources.db.transaction() as session:
            earlier = text(
                "UPDATE application_accesses SET created_at = created_at - interval '16 min', quarter = quarter - 1"
            )
            await session.execute(earlier)
        await recruiter.get(path)
        assert len(await applicant.get(f"{path}/accesses")) == 4
        for person, status in ((recruiter, 403), (viewer, 403), (rival, 404)):
            await person.get(f"{path}/accesses", expect=status)

    async def test_is_erased_some_time_after_its_end(self, world: World, resources: Resources) -> None:
        recruiter, applicant, other = await world.people("recruiter", "cy", "other")
        job = await recruiter.publishes_job()
        resume = await upload(applicant)
        made = await apply(applicant, job, resume_id=resume["id"], message="机密")
        await apply(other, job, message="还在进行")
        await move(recruiter, made, "rejected", reason="机密", note="机密")

        async def erase(days: int) -> int:
            async with resources.db.transaction() as session:
                return await retention.erase_due(session, days=180, now=now() + timedelta(days=days))

        assert await erase(179) == 0
        assert await erase(181) == 1
        await world.settle()
        path = f"{APPLICATIONS}/{made['id']}"
        shown = await recruiter.get(path)
        assert "机密" not in str(shown)
        assert (shown["resume"], shown["profile"], shown["stage"]) == (None, None, "rejected")
        assert shown["erased_at"] is not None
        await recruiter.get(f"{path}/resume", expect=404)
        # The applicant's own résumé is still there, the copy is not.
        assert len(kept(resources)) == 1
        assert await erase(181) == 0

    async def test_keeps_its_file_when_what_is_left_over_is_swept(self, world: World, resources: Resources) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        resume = await upload(applicant)
        await apply(applicant, await recruiter.publishes_job(), resume_id=resume["id"])
        async with resources.private.workspace() as folder:
            (folder / "orphan").write_bytes(PDF)
            await resources.private.keep(folder / "orphan", ending="source")
        assert len(kept(resources)) == 3
        users = (load_used_keys, retention.load_used_keys)
        assert await sweep(resources.db, resources.private, users, now=now() + timedelta(days=2)) == 1
        assert len(kept(resources)) == 2
