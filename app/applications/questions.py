"""What a recruiter asks those who apply to a job, and whether an application answers it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.models import JobQuestions
from app.applications.schemas import Answer, Question
from app.jobs.queries import get_job_for_editing
from app.kit.errors import Detail, fields_error
from app.organizations.fairness import problems_in


async def load_questions(session: AsyncSession, *, job_id: int) -> list[Question]:
    """The questions of a job, in their order."""
    asked = await session.get(JobQuestions, job_id)
    return [Question.model_validate(one) for one in asked.questions] if asked else []


async def set_questions(
    session: AsyncSession, *, job_id: int, actor_id: int, questions: Sequence[Question], now: datetime
) -> None:
    """Ask these and no others from now on; answers that were given stay. Raises NotFound, NotSeatMember, Invalid."""
    job = await get_job_for_editing(session, id=job_id, account_id=actor_id)
    problems = problems_in({f"questions.{place}.question": one.question for place, one in enumerate(questions)})
    if problems:
        raise fields_error(problems)
    said = {"questions": [one.model_dump() for one in questions], "updated_at": now}
    row = insert(JobQuestions).values(job_id=job.id, **said)
    await session.execute(row.on_conflict_do_update(index_elements=[JobQuestions.job_id], set_=said))


def require_answers(questions: Sequence[Question], answers: Sequence[Answer]) -> None:
    """Raise Invalid unless `answers` are to `questions`, one to each at most, and to those that are required.

    Where nothing is asked, applicants may write what they like.
    """
    problems: dict[str, list[Detail]] = {}
    if not questions:
        return
    open_ones = {one.question: one.required for one in questions}
    for place, answer in enumerate(answers):
        if answer.question not in open_ones:
            field = f"answers.{place}.question"
            problems[field] = [Detail(error="ERR_INCLUSION", description="is not asked, or answered twice")]
        elif not open_ones.pop(answer.question) or answer.answer.strip():
            continue
        else:
            problems[f"answers.{place}.answer"] = [Detail(error="ERR_BLANK", description="can't be blank")]
    missing = [question for question, required in open_ones.items() if required]
    if missing:
        problems["answers"] = [Detail(error="ERR_BLANK", description=f"must answer “{one}”") for one in missing]
    if problems:
        raise fields_error(problems)
