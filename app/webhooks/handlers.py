"""From events to messages: each in the transaction that completes its task, so that an event is told once."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.clock import now
from app.kit.site import Site
from app.mail.mailer import Mailer, Message
from app.organizations.models import Seat
from app.webhooks import facts
from app.webhooks.facts import Facts, Payloads
from app.webhooks.messages import tell
from app.webhooks.models import Webhook
from app.webhooks.payloads import EventType

_MOST_OWNERS = 50
Read: TypeAlias = Callable[[AsyncSession, Site, Payloads], Awaitable[Facts]]

# How what is told is read: as it is now.
_READS: dict[EventType, Read] = {
    "job.published": facts.of_jobs,
    "job.updated": facts.of_jobs,
    "job.closed": facts.of_jobs,
    "job.expired": facts.of_jobs,
    "job.reposted": facts.of_reposts,
    "job.reach_milestone": facts.of_milestones,
    "application.created": facts.of_applications,
    "application.stage_changed": facts.of_applications,
    "application.hired": facts.of_applications,
    "referral.credited": facts.of_referrals,
    "referral.reversed": facts.of_referrals,
}


async def tell_of(event_type: EventType, session: AsyncSession, site: Site, payloads: Payloads) -> None:
    """Tell the organisations concerned of what happened."""
    found = await _READS[event_type](session, site, payloads)
    await tell(session, event_type, found, now=now())


_TEXT = """你们的 webhook 已停用：
{url}

{why_zh}
修好以后，在设置里重新启用它（PATCH /api/weizhi/v1/webhooks/{id}），再用 replay 补发这段时间的消息。

Your webhook was turned off:
{url}

{why_en}
Once it is repaired, turn it on again (PATCH /api/weizhi/v1/webhooks/{id}) and recover what it missed with replay.
"""
_WHY = {
    "gone": ("接收方回答 410，不再接收消息。", "Its receiver answered 410: it wants nothing any more."),
    "failing": ("连续五天没有一条消息送达。", "For five days not one message was taken."),
}


async def mail_owners(session: AsyncSession, mailer: Mailer, site: Site, payloads: Payloads) -> None:
    """Mail the owners of a webhook's organisation that it was turned off, unless it is on again."""
    for payload in payloads:
        webhook = await session.get(Webhook, payload["webhook_id"])
        if webhook is None or webhook.disabled_reason not in _WHY or webhook.disabled_at is None:
            continue
        owners = (
            select(Account)
            .join(Seat, Seat.account_id == Account.id)
            .where(Seat.organization_id == webhook.organization_id, Seat.role == "owner")
            .where(Account.email.is_not(None), Account.suspended_at.is_(None))
            .limit(_MOST_OWNERS)
        )
        why_zh, why_en = _WHY[webhook.disabled_reason]
        words = _TEXT.format(url=webhook.url, id=webhook.id, why_zh=why_zh, why_en=why_en)
        subject = f"Webhook 已停用 · A webhook was turned off ({site.title})"
        for owner in await session.scalars(owners):
            key = f"webhook:{webhook.id}:{int(webhook.disabled_at.timestamp())}:{owner.id}"
            await mailer.send(Message(key, owner.email or "", subject, words))
