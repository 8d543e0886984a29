"""The wire of applications."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from app.applications.examples import APPLICATION
from app.applications.words import CONSENT
from app.kit.wire import IdIn, IdOut, OneLine, RequestModel, Time, WireModel
from app.reading.schemas import CONFIDENCE, INFERENCE, AccountOut

Stage = Literal["applied", "screen", "interview", "offer", "hired", "rejected", "withdrawn"]


_QUESTIONS: dict[str, JsonValue] = {"questions": [{"question": "何时到岗？", "required": True}]}


class Question(RequestModel):
    """Something that a recruiter asks. A `required` one must be answered."""

    question: Annotated[str, Field(min_length=1, max_length=500), OneLine]
    required: bool = False


class QuestionsChange(RequestModel):
    """What those who apply are asked from now on, each in words of its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [_QUESTIONS]})

    questions: Annotated[list[Question], Field(max_length=20)]

    @model_validator(mode="after")
    def _different(self) -> Self:
        if len({one.question for one in self.questions}) < len(self.questions):
            raise ValueError("must not ask the same twice")
        return self


class QuestionOut(WireModel):
    """Something that a recruiter asks."""

    question: str
    required: bool


class QuestionsOut(WireModel):
    """What those who apply to a job are asked."""

    model_config = ConfigDict(json_schema_extra={"examples": [_QUESTIONS]})

    questions: list[QuestionOut]


class Answer(RequestModel):
    """An answer to one of the recruiter's questions."""

    question: Annotated[str, Field(min_length=1, max_length=500)]
    answer: Annotated[str, Field(max_length=5000)]


class ApplicationCreate(RequestModel):
    """An application. `via` names the repost or quote of the job you came through.

    `consent`: you agree to be shown to the people along that path, in the words of `GET
    /api/weizhi/v1/applications/consent`, which are kept with it. Where the job asks questions (`GET
    /api/weizhi/v1/jobs/:id/questions`), `answers` are to these. `mode` url notes that you apply on the employer's
    own page, where the job names one.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "message": "做过三年推荐系统，想聊聊。",
                    "answers": [{"question": "何时到岗？", "answer": "下月"}],
                    "resume_id": "117680834534375440",
                    "via": "117680834534300001",
                    "consent": True,
                }
            ]
        }
    )

    mode: Literal["internal", "url"] = "internal"
    resume_id: Annotated[IdIn | None, Field(description="A résumé of yours: the application gets a copy.")] = None
    message: Annotated[str, Field(max_length=5000)] = ""
    answers: Annotated[list[Answer], Field(max_length=50)] = []
    via: IdIn | None = None
    consent: bool = False


class ApplicationMove(RequestModel):
    """Where an application goes. The `reason` is shown to the applicant, the `note` to the seats alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"stage": "interview", "reason": "想和你聊聊，时间见邮件", "note": "二面找李雷"}]
        }
    )

    stage: Annotated[
        Literal["applied", "screen", "interview", "offer", "hired", "rejected"],
        Field(description="On along the pipeline, back, or out of it; `hired` can be taken back."),
    ]
    reason: Annotated[str, Field(max_length=2000)] = ""
    note: Annotated[str, Field(max_length=5000)] = ""


class Withdrawal(RequestModel):
    """Why an application is taken back, if one likes to say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "已接受别家的邀请"}]})

    reason: Annotated[str, Field(max_length=2000)] = ""


class ApplicationChangeOut(WireModel):
    """A step: who moved the application, when, and where to; `previous` is null in the first.

    `note` is null where there is none, and to all but the seats of the organisation.
    """

    id: IdOut
    by: AccountOut | None
    previous: Stage | None
    stage: Stage
    reason: str
    note: str | None
    created_at: Time


class AttachedResumeOut(WireModel):
    """The résumé as it was when you applied; fetch it at `GET /api/weizhi/v1/applications/:id/resume`."""

    name: str
    content_type: str
    size: int


class ProfileFieldOut(WireModel):
    """One line of a profile's table."""

    name: str
    value: str


class ProfileSnapshotOut(WireModel):
    """The applicant's profile as it was then, as it was typed."""

    username: str
    display_name: str
    headline: str
    note: str
    fields: list[ProfileFieldOut]


class ConsentOut(WireModel):
    """What `consent` agrees to. Show it before somebody says yes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"words": CONSENT}]})

    words: str


class AccessOut(WireModel):
    """Somebody of the organisation saw your application, or fetched its résumé. Within 15 minutes, once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": "117680834534375440", "by": None, "kind": "viewed", "created_at": "2026-11-26T04:20:00.000Z"}
            ]
        }
    )

    id: IdOut
    by: AccountOut | None
    kind: Literal["viewed", "resume"]
    created_at: Time


class StageCountsOut(WireModel):
    """How many applications stand at each stage."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"stages": {"applied": 12, "interview": 3, "hired": 1}, "total": 16}]}
    )

    stages: dict[Stage, int]
    total: int


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

    `inference` says how that last step is known, `confidence` (0..1) how surely. `history` has every stage it went
    through, the first one first (the newest 50 of very many). `profile` and `resume` are as they were when it was
    made; once they are erased (`erased_at`), so are message and answers. `consent_words`: what was agreed to.
    `apply_url`: where to go on, in mode url.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [APPLICATION]})

    id: IdOut
    job_id: IdOut
    applicant: AccountOut
    stage: Stage
    mode: Literal["internal", "url"]
    apply_url: str | None
    message: str
    answers: list[Answer]
    profile: ProfileSnapshotOut | None
    resume: AttachedResumeOut | None
    consent: bool
    consent_words: str | None
    via: IdOut
    inference: str = INFERENCE
    confidence: float = CONFIDENCE
    path: list[PathStepOut]
    history: list[ApplicationChangeOut]
    created_at: Time
    moved_at: Time
    erased_at: Time | None
