"""What is kept for a time only, and what time brings about: CHORES, done by the worker now and every hour.

Each runs in transactions of its own, a bounded number of rows at a time, so that none holds locks for long and what
fails in one stops no other.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import load_used_keys as load_used_picture_keys
from app.applications import retention
from app.bootstrap import Resources
from app.credits import service as credits
from app.exposures.expiry import expire as count_old_exposures
from app.graph import keeping_away
from app.inbound import keeping as inbound
from app.inbound import polls
from app.introductions import service as introductions
from app.jobs.handlers import see_to_ends
from app.kit import idempotency, log
from app.kit.clock import now
from app.media.handlers import forget_unattached, sweep
from app.media.queries import load_used_keys as load_used_media_keys
from app.notifications import service as notifications
from app.oauth import service as oauth
from app.push import service as push
from app.resumes.queries import load_used_keys as load_used_resume_keys
from app.trends import handlers as trends
from app.webhooks import service as webhooks

logger = log.logger(__name__)

# How many rows it did, some at a time: it is asked again until there are none. None: once is enough.
Chore: TypeAlias = Callable[[AsyncSession, Resources, datetime], Awaitable[int | None]]
# What is left after so many goes waits for the next hour.
MOST_GOES = 1000

CHORES: Mapping[str, Chore] = {
    "idempotency keys": lambda session, _, at: idempotency.forget(session, now=at),
    "notifications": lambda session, _, at: notifications.forget(session, now=at),
    "push subscriptions": lambda session, _, at: push.forget(session),
    "credits": lambda session, resources, at: credits.confirm_due(
        session, guarantee_days=resources.settings.credit_guarantee_days, now=at
    ),
    "applications": lambda session, resources, at: retention.erase_due(
        session, days=resources.settings.application_days, now=at
    ),
    "apply clicks": lambda session, resources, at: retention.forget_clicks(
        session, days=resources.settings.application_days, now=at
    ),
    "tokens": lambda session, _, at: oauth.forget(session, now=at),
    "introductions": lambda session, _, at: introductions.expire(session, now=at),
    "mutes": lambda session, _, at: keeping_away.forget_expired_mutes(session, now=at),
    "media": lambda session, _, at: forget_unattached(session, now=at),
    "polls of sources": lambda session, _, at: polls.revive(session, now=at),
    "receipts": lambda session, resources, at: inbound.forget(
        session, body_days=resources.settings.receipt_body_days, days=resources.settings.receipt_days, now=at
    ),
    "webhook messages": lambda session, resources, at: webhooks.forget(
        session, now=at, days=resources.settings.webhook_days
    ),
    "ends of jobs": lambda session, _, at: see_to_ends(session),
}


async def tidy(resources: Resources) -> None:
    """Do every chore as far as it goes; sweep files that nothing names; count trends anew where they were lost."""
    for name, chore in CHORES.items():
        await _try(name, _until_done(resources, chore))
    await _try("files", _sweep(resources))
    await _try("exposures", count_old_exposures(resources.db, resources.exposures.reach, now=now()))
    await _try("trends", _rebuild_trends(resources))


async def _try(name: str, work: Awaitable[object]) -> None:
    try:
        await work
    except Exception:
        logger.warning("could not tidy up", chore=name, exc_info=True)


async def _until_done(resources: Resources, chore: Chore) -> None:
    for _ in range(MOST_GOES):
        async with resources.db.transaction() as session:
            did = await chore(session, resources, now())
        if not did:
            return


async def _sweep(resources: Resources) -> None:
    await sweep(resources.db, resources.media, (load_used_media_keys, load_used_picture_keys), now=now())
    await sweep(resources.db, resources.private, (load_used_resume_keys, retention.load_used_keys), now=now())


async def _rebuild_trends(resources: Resources) -> None:
    async with resources.db.reading() as session:
        await trends.rebuild(session, resources.scores)
