"""Writes of reports."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound, field_error
from app.outbox.publish import publish
from app.posts.queries import get_visible_post
from app.reports.events import ReportFiled
from app.reports.models import Report
from app.reports.schemas import ReportCreate


async def file(session: AsyncSession, *, account_id: int, request: ReportCreate, rules: int, now: datetime) -> Report:
    """Keep a complaint for the operator. `rules`: how many rules the house has.

    Raises NotFound for a post that is not the account's or that the complainer may not see, Invalid for a rule
    that does not exist. The caller has checked that the account exists.
    """
    broken = sorted(set(request.rule_ids))
    if any(not 1 <= rule <= rules for rule in broken):
        raise field_error("rule_ids", "ERR_INVALID", "does not reference valid rules")
    category = request.category or ("violation" if broken else "other")
    post_ids = sorted(set(request.status_ids))
    for id in post_ids:
        post = await get_visible_post(session, id=id, viewer_id=account_id)
        if post.author_id != request.account_id:
            raise NotFound
    report = Report(
        account_id=account_id,
        target_id=request.account_id,
        category=category,
        comment=(request.comment or "").strip(),
        post_ids=post_ids,
        # Only a violation is of rules.
        rules=broken if category == "violation" else [],
        created_at=now,
    )
    session.add(report)
    await session.flush()
    await publish(session, ReportFiled(report.id), actor_id=account_id)
    return report
