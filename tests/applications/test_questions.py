"""What recruiters ask those who apply, through HTTP."""

from typing import Any

import pytest

from tests.applications.test_routes import apply
from tests.people import Person, World

pytestmark = pytest.mark.anyio

ASKED = [{"question": "何时到岗？", "required": True}, {"question": "有作品吗？", "required": False}]


async def asks(recruiter: Person, job: dict[str, Any], questions: Any = ASKED, expect: int = 200) -> Any:
    path = f"/api/weizhi/v1/jobs/{job['id']}/questions"
    return (await recruiter.request("PUT", path, json={"questions": questions}, expect=expect)).json()


def said(*answers: str) -> list[dict[str, str]]:
    return [{"question": str(one["question"]), "answer": answer} for one, answer in zip(ASKED, answers, strict=False)]


class TestQuestions:
    async def test_are_shown_to_whoever_may_see_the_job_and_replaced_as_a_whole(self, world: World) -> None:
        recruiter, reader = await world.people("recruiter", "reader")
        job = await recruiter.publishes_job()
        path = f"/api/weizhi/v1/jobs/{job['id']}/questions"
        assert await reader.get(path) == {"questions": []}
        assert await asks(recruiter, job, [{"question": "  何时 到岗？ "}]) != {"questions": []}
        assert await asks(recruiter, job) == await reader.get(path) == {"questions": ASKED}
        assert (await world.client.get(path)).json() == {"questions": ASKED}
        await reader.get("/api/weizhi/v1/jobs/1/questions", expect=404)

    @pytest.mark.parametrize(
        ("questions", "field"),
        [
            ([{"question": ""}], "questions.0.question"),
            ([{"question": "x" * 501}], "questions.0.question"),
            ([{"question": "a\nb"}], "questions.0.question"),
            ([{"question": "x"}] * 2, "body"),
            ([{"question": f"{number}"} for number in range(21)], "questions"),
            ([{"question": "可以吗？"}, {"question": "限男性，您是吗？"}], "questions.1.question"),
        ],
    )
    async def test_name_the_field_at_fault(self, world: World, questions: Any, field: str) -> None:
        recruiter = await world.person("recruiter")
        refused = await asks(recruiter, await recruiter.publishes_job(), questions, 422)
        assert list(refused["details"]) == [field]

    async def test_go_with_a_draft_as_the_policy_of_its_credit_does(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization()
        body = {"organization_id": organization["id"], "title": "草稿"}
        job = await recruiter.post("/api/weizhi/v1/jobs", body)
        path = f"/api/weizhi/v1/jobs/{job['id']}"
        await asks(recruiter, job)
        await recruiter.request("PUT", f"{path}/credit_policy", json={"policy": "equal"}, expect=200)
        await recruiter.request("DELETE", path, expect=200)
        await recruiter.get(f"{path}/questions", expect=404)


class TestAnswers:
    async def test_are_to_the_questions_and_stay_when_these_change(self, world: World) -> None:
        recruiter, cy, di = await world.people("recruiter", "cy", "di")
        job = await recruiter.publishes_job()
        await asks(recruiter, job)
        made = await apply(cy, job, answers=said("下月", "有"))
        await asks(recruiter, job, [])
        assert made["answers"] == said("下月", "有")
        assert (await recruiter.get(f"/api/weizhi/v1/applications/{made['id']}"))["answers"] == said("下月", "有")
        # Where nothing is asked one may say what one likes.
        await apply(di, job, answers=[{"question": "别的", "answer": "x"}])

    @pytest.mark.parametrize(
        ("answers", "field"),
        [
            ([], "answers"),
            (said("", "有")[1:], "answers"),
            (said("  "), "answers.0.answer"),
            ([*said("下月"), {"question": "没问的", "answer": "x"}], "answers.1.question"),
            (said("下月") * 2, "answers.1.question"),
        ],
    )
    async def test_that_do_not_fit_are_refused_and_leave_nothing(self, world: World, answers: Any, field: str) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        await asks(recruiter, job)
        assert list((await apply(applicant, job, 422, answers=answers))["details"]) == [field]
        assert await applicant.get("/api/weizhi/v1/applications") == []
        await apply(applicant, job, answers=said("下月", ""))
