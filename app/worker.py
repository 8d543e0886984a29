"""The worker process: the relay that runs HANDLERS, the courier of webhooks, and what is tidied up every hour."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from prometheus_client import start_http_server
from sqlalchemy.ext.asyncio import AsyncSession

from app.bootstrap import Resources, open_resources
from app.handlers import HANDLERS, UNHANDLED, Entry, Payloads
from app.kit import log
from app.kit.garbage import seldom_collect
from app.outbox.relay import Handler, Relay
from app.search import writer
from app.settings import Settings
from app.tidying import tidy
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
    seldom_collect()
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
    while True:
        await tidy(resources)
        await asyncio.sleep(_TIDY_SECONDS)
