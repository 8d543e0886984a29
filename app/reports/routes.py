"""POST /api/v1/reports."""

from typing import Annotated

from fastapi import APIRouter, Request

from app.accounts.queries import get_profile
from app.kit.clock import now
from app.kit.http import CurrentSite, Transaction
from app.oauth.actor import Actor, requires
from app.reading.present_account import present_account
from app.reports import service
from app.reports.schemas import ReportCreate, ReportOut

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])


@router.post("", response_model=ReportOut)
async def file_report(
    body: ReportCreate,
    actor: Annotated[Actor, requires("write:reports")],
    session: Transaction,
    site: CurrentSite,
    request: Request,
) -> ReportOut:
    """Report an account, and posts of it that you can see, to the operator."""
    target = await get_profile(session, id=body.account_id)
    rules = len(request.app.state.resources.about.rules)
    report = await service.file(session, account_id=actor.account_id, request=body, rules=rules, now=now())
    return ReportOut(
        id=report.id,
        action_taken=report.action_taken_at is not None,
        action_taken_at=report.action_taken_at,
        category=report.category,
        comment=report.comment,
        created_at=report.created_at,
        status_ids=report.post_ids,
        rule_ids=report.rules,
        target_account=present_account(target, site=site),
    )
