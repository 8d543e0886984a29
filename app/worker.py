"""The worker process: the relay that runs HANDLERS, the courier of webhooks, and what is tidied up every hour."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from prometheus_client import start_http_server
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import load_used_keys as load_used_picture_keys
from app.applications import retention
from app.bootstrap import Resources, open_resources
from app.credits import service as credits
from app.exposures.expiry import expire as count_old_exposures
from app.graph import keeping_away
from app.handlers import HANDLERS, UNHANDLED, Entry, Payloads
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
from app.outbox.relay import Handler, Relay
from app.push import service as push
from app.resumes.queries import load_used_keys as load_used_resume_keys
from app.search import writer
from app.settings import Settings
from app.trends import handlers as trends
from app.webhooks import service as webhooks
from app.webhooks.courier import Courier

logger = log.logger(__name__)

_TIDY_SECONDS = 3600.0


def make_relay(resources: Resources) -> Relay:
    """The relay for HANDLERS, as the settings say."""
    settings = resources.settings

    def bound(entry: Entry) -> Callable[[AsyncSession, Payloads], Awaitable[None]]:
        async def run(session: AsyncSession, payloads: Payloads) -> None:
            await entry.run(session, resources, payloads)

        return run

    return Relay(
        resources.db,
        [
            Handler(entry.name, entry.topics, bound(entry), entry.batch, entry.deadline_seconds, entry.pace)
            for entry in HANDLERS
        ],
        lease_seconds=settings.task_lease_seconds,
        retry_seconds=settings.task_retry_seconds,
        # A task holds up to two connections; one listens, one claims, and two are the courier's.
        concurrency=min(settings.worker_concurrency, max(1, (settings.database_pool - 4) // 2)),
        unhandled=UNHANDLED,
    )


def make_courier(resources: Resources) -> Courier:
    """The courier of webhooks, as the settings say."""
    settings = resources.settings
    return Courier(
        resources.db,
        resources.outward,
        resources.site,
        lease_seconds=settings.task_lease_seconds,
        most_lanes=settings.webhook_lanes,
    )


async def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; then finish the tasks at hand."""
    log.configure(settings.log_level)
    if settings.worker_metrics_port:
        start_http_server(settings.worker_metrics_port, addr=settings.host)
    async with open_resources(settings) as resources:
        relay = make_relay(resources)
        courier = make_courier(resources)

        def stop() -> None:
            relay.stop()
            courier.stop()

        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, stop)
        keepers = [asyncio.create_task(_tidy(resources))]
        if resources.mirror:
            keepers.append(asyncio.create_task(writer.keep(resources.db, resources.mirror)))
        logger.info("worker started", handlers=[entry.name for entry in HANDLERS])
        await asyncio.gather(relay.run(), courier.run())
        for keeper in keepers:
            keeper.cancel()
        logger.info("worker stopped")


async def _tidy(resources: Resources) -> None:
    """Drop, now and every hour, what is kept for a time only; count trends anew where they were lost."""
    while True:
        try:
            async with resources.db.transaction() as session:
                await idempotency.forget(session, now=now())
                await notifications.forget(session, now=now())
                await push.forget(session)
                await credits.confirm_due(session, guarantee_days=resources.settings.credit_guarantee_days, now=now())
                await retention.erase_due(session, days=resources.settings.application_days, now=now())
                await oauth.forget(session, now=now())
                await introductions.expire(session, now=now())
                await keeping_away.forget_expired_mutes(session, now=now())
                await forget_unattached(session, now=now())
                await polls.revive(session, now=now())
                await inbound.forget(
                    session,
                    body_days=resources.settings.receipt_body_days,
                    days=resources.settings.receipt_days,
                    now=now(),
                )
                await webhooks.forget(session, now=now(), days=resources.settings.webhook_days)
                await see_to_ends(session)
            await sweep(resources.db, resources.media, (load_used_media_keys, load_used_picture_keys), now=now())
            private = (load_used_resume_keys, retention.load_used_keys)
            await sweep(resources.db, resources.private, private, now=now())
            await count_old_exposures(resources.db, resources.exposures.reach, now=now())
            async with resources.db.reading() as session:
                await trends.rebuild(session, resources.scores)
        except Exception:
            logger.warning("could not tidy up", exc_info=True)
        await asyncio.sleep(_TIDY_SECONDS)
