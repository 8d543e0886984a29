"""What became of the applications: their steps, who had passed the job on, and how hires were shared out.

Rows as the service itself writes them, by its own rules.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from app.credits.rules import Share, Step, introducers, share_out
from app.demo.employers import Job, Organization
from app.demo.history import Application
from app.demo.plan import DAY, Plan, moment
from app.demo.posts import INFERENCES, Posts
from app.demo.tables import Row, Table, rising_ids

_PIPELINE = ("screen", "interview", "offer", "hired")
_LOST = ("rejected", "withdrawn")
# At most so long for a step.
_STEP = 6 * DAY


@dataclass(frozen=True, slots=True)
class Change:
    """A step of an application; all but `actor`, an account's id, as in the table."""

    application: int
    actor: int
    previous: str | None
    stage: str
    at: int


class Outcomes:
    """Steps and credit of all applications; `moved` tells when each came to its stage."""

    def __init__(
        self,
        plan: Plan,
        posts: Posts,
        organizations: Sequence[Organization],
        jobs: Sequence[Job],
        applications: Sequence[Application],
        rng: Random,
        *,
        account_ids: "array[int]",
        post_ids: "array[int]",
        application_ids: "array[int]",
    ) -> None:
        self._plan, self._posts, self._organizations, self._jobs = plan, posts, organizations, jobs
        self._applications, self._application_ids = applications, application_ids
        self._account_ids, self._post_ids = account_ids, post_ids
        self._changes = [
            change for number in range(len(applications)) for change in self._steps(number, applications[number], rng)
        ]
        # Of each application the last step stays.
        self.moved = list({change.application: change.at for change in self._changes}.values())
        ways = [self._way(application) for application in applications]
        self._referrals = [
            (application_ids[number], step.account_id, step.post_id, hop)
            for number, (steps, barred) in enumerate(ways)
            for hop, step in enumerate(introducers(steps, barred=barred), start=1)
        ]
        self._shared: list[tuple[int, list[Share]]] = [
            (number, share_out(plan.credit_policy, steps, barred=barred))
            for number, (steps, barred) in enumerate(ways)
            if applications[number].stage == "hired"
        ]
        self._award_ids = rising_ids([self.moved[number] for number, _ in self._shared])

    def tables(self) -> list[Table]:
        """Rows of the tables that hang on applications."""
        credits = sum(len(shares) for _, shares in self._shared)
        return [
            Table("application_changes", _CHANGES, len(self._changes), self._change_rows),
            Table("referrals", _REFERRALS, len(self._referrals), lambda: iter(self._referrals)),
            Table("referral_awards", _AWARDS, len(self._shared), self._award_rows),
            Table("referral_credits", _CREDITS, credits, self._credit_rows),
        ]

    def _steps(self, number: int, application: Application, rng: Random) -> Iterator[Change]:
        job, stage = self._jobs[application.job], application.stage
        if stage in _LOST:
            stages = (*_PIPELINE[: rng.choice((0, 0, 0, 1, 1, 2))], stage)
        else:
            stages = _PIPELINE[: _PIPELINE.index(stage) + 1] if stage in _PIPELINE else ()
        # Nobody goes on after the job's end.
        span = min((job.closed or self._plan.end) - application.at, _STEP * len(stages))
        times = sorted(application.at + int(rng.random() * span) for _ in stages)
        applicant = self._account_ids[application.applicant]
        yield Change(number, applicant, None, "applied", application.at)
        previous = "applied"
        for stage, at in zip(stages, times, strict=True):
            yield Change(
                number, applicant if stage == "withdrawn" else self._account_ids[job.author], previous, stage, at
            )
            previous = stage

    def _way(self, application: Application) -> tuple[list[Step], frozenset[int]]:
        """The path that an application came by, root first, and who is not credited for it."""
        job, posts = self._jobs[application.job], self._posts
        employer = self._organizations[job.organization]
        barred = (*employer.recruiters, *employer.viewers, job.author, application.applicant)
        steps, at, confidence = [], application.via, INFERENCES[application.inference][1]
        while posts.root[at] >= 0:
            steps.append(Step(self._post_ids[at], self._account_ids[posts.author[at]], True, confidence))
            confidence *= INFERENCES[posts.inference[at]][1]
            at = posts.parent[at]
        return steps[::-1], frozenset(self._account_ids[person] for person in barred)

    def _change_rows(self) -> Iterator[Row]:
        ids = rising_ids([change.at for change in self._changes])
        for id, change in zip(ids, self._changes, strict=True):
            application_id = self._application_ids[change.application]
            yield id, application_id, change.actor, change.previous, change.stage, moment(change.at)

    def _award_rows(self) -> Iterator[Row]:
        for award_id, (number, _) in zip(self._award_ids, self._shared, strict=True):
            hired_at = moment(self.moved[number])
            yield award_id, self._application_ids[number], 1, self._plan.credit_policy, hired_at, hired_at

    def _credit_rows(self) -> Iterator[Row]:
        given = [
            (award_id, self.moved[number], share)
            for award_id, (number, shares) in zip(self._award_ids, self._shared, strict=True)
            for share in shares
        ]
        ids = rising_ids([hired for _, hired, _ in given])
        for id, (award_id, hired, share) in zip(ids, given, strict=True):
            lasted = hired + self._plan.guarantee_days * DAY
            over = lasted <= self._plan.end
            yield (
                id,
                award_id,
                share.account_id,
                share.post_id,
                share.hop,
                share.basis_points,
                share.confidence,
                "confirmed" if over else "pending",
                moment(lasted) if over else None,
            )


_CHANGES = ("id", "application_id", "actor_id", "previous", "stage", "created_at")
_REFERRALS = ("application_id", "account_id", "post_id", "hop")
_AWARDS = ("id", "application_id", "generation", "policy", "hired_at", "created_at")
_CREDITS = (
    *("id", "award_id", "account_id", "post_id", "hop", "basis_points", "confidence"),
    *("state", "decided_at"),
)
