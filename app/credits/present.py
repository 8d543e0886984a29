"""Shows credit."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, load_profiles
from app.applications.models import Application
from app.applications.paths import load_told_authors
from app.credits.models import ReferralAward, ReferralCredit
from app.credits.queries import OwnCredit
from app.credits.rules import WHOLE
from app.credits.schemas import AwardOut, CreditOut, CreditsOut, OwnCreditOut
from app.kit.site import Site
from app.posts.models import Post
from app.reading.present_account import present_account


async def present_awards(
    session: AsyncSession,
    awards: Sequence[tuple[ReferralAward, list[ReferralCredit]]],
    *,
    application: Application,
    viewer_id: int,
    site: Site,
) -> CreditsOut:
    """How a hire was shared out, for its applicant or a seat. Three statements."""
    ids = {credit.post_id for _, credits in awards for credit in credits}
    posts = (await session.scalars(select(Post).where(Post.id.in_(ids)))).all()
    authors = await load_told_authors(
        session, posts=posts, viewer_id=viewer_id, in_public=viewer_id != application.applicant_id
    )
    shown = [(award.reversed_at is None, _award(award, credits, authors, site)) for award, credits in awards]
    return CreditsOut(
        application_id=application.id,
        current=next((award for stands, award in shown if stands), None),
        past=[award for stands, award in shown if not stands],
    )


async def present_own_credits(session: AsyncSession, own: Sequence[OwnCredit], *, site: Site) -> list[OwnCreditOut]:
    """An account's own shares. One statement."""
    profiles = await load_profiles(session, ids={one.applicant_id for one in own if one.applicant_id is not None})
    return [
        OwnCreditOut.model_validate(
            {
                **_common(one.credit),
                "id": one.credit.id,
                "job_id": one.job_id,
                "policy": one.policy,
                "applicant": present_account(profiles[one.applicant_id], site=site)
                if one.applicant_id in profiles
                else None,
            }
        )
        for one in own
    ]


def _award(
    award: ReferralAward, credits: Sequence[ReferralCredit], authors: dict[int, Profile], site: Site
) -> AwardOut:
    return AwardOut.model_validate(
        {
            "id": award.id,
            "generation": award.generation,
            "policy": award.policy,
            "unassigned": WHOLE - sum(credit.basis_points for credit in credits),
            "credits": [_credit(credit, authors.get(credit.post_id), site) for credit in credits],
            "created_at": award.created_at,
            "reversed_at": award.reversed_at,
        }
    )


def _credit(credit: ReferralCredit, profile: Profile | None, site: Site) -> CreditOut:
    return CreditOut.model_validate(
        {**_common(credit), "account": present_account(profile, site=site) if profile else None}
    )


def _common(credit: ReferralCredit) -> dict[str, object]:
    return {
        "status_id": credit.post_id,
        "hop": credit.hop,
        "basis_points": credit.basis_points,
        "confidence": credit.confidence,
        "state": credit.state,
        "decided_at": credit.decided_at,
    }
