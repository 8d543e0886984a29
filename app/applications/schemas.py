"""The wire of applications."""

from typing import Annotated, Literal

from pydantic import Field

from app.kit.wire import IdIn, IdOut, RequestModel, Time, WireModel
from app.reading.schemas import AccountOut

Stage = Literal["applied", "screen", "interview", "offer", "hired", "rejected", "withdrawn"]


class Answer(RequestModel):
    """An answer to one of the recruiter's questions."""

    question: Annotated[str, Field(min_length=1, max_length=500)]
    answer: Annotated[str, Field(max_length=5000)]


class ApplicationCreate(RequestModel):
    """An application. `via` names the repost or quote of the job you came through.

    `consent`: you agree to be shown to the people along that path.
    """

    message: Annotated[str, Field(max_length=5000)] = ""
    answers: Annotated[list[Answer], Field(max_length=50)] = []
    via: IdIn | None = None
    consent: bool = False


class PathStepOut(WireModel):
    """One post on the way. Who posted it is told only where the reader may see the post."""

    status_id: IdOut
    account: AccountOut | None
    kind: Literal["post", "repost", "quote", "job"]
    depth: int
    inference: str | None
    confidence: float | None
    created_at: Time


class ApplicationOut(WireModel):
    """An application. `path` leads from the job's post to the post the applicant came through.

    `inference` says how that last step is known, `confidence` (0..1) how surely.
    """

    id: IdOut
    job_id: IdOut
    applicant: AccountOut
    stage: Stage
    message: str
    answers: list[Answer]
    consent: bool
    via: IdOut
    inference: str
    confidence: float
    path: list[PathStepOut]
    created_at: Time
