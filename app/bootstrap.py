"""The composition root: settings become resources. Only here are adapters named."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from app.coherence.redis_channel import RedisChannel
from app.exposures.noting import Exposures
from app.exposures.reach import Reach
from app.express.pages import Pages
from app.express.posting import Posting
from app.feeds.kept import KeptFeeds
from app.instance.about import About, load_text
from app.instance.queries import Numbers
from app.kit.addresses import EVERYWHERE, parse_networks
from app.kit.changes import Changes
from app.kit.db import Database
from app.kit.outward import Outward
from app.kit.replicas import Replicas
from app.kit.site import Site
from app.limits.limits import Limits
from app.limits.no_limits import NoLimits
from app.limits.rules import API
from app.limits.tally import Tally
from app.limits.valkey_limits import ValkeyLimits
from app.mail.folder_mailer import FolderMailer
from app.mail.mailer import Mailer
from app.mail.no_mailer import NoMailer
from app.media.ffmpeg import Ffmpeg
from app.media.folder_store import FolderStore
from app.media.store import MediaStore
from app.media.transcoder import Transcoder
from app.oauth.known import KnownTokens
from app.push.http_sender import HttpSender
from app.push.sender import Sender
from app.push.vapid import ServerKeys
from app.reading.shelf import Shelf
from app.search.fallback_index import FallbackIndex
from app.search.index import SearchIndex
from app.search.mirror import Contents, Mirror
from app.search.pg_index import PgIndex
from app.settings import Settings
from app.streaming.broadcast import Broadcast
from app.streaming.redis_broadcast import RedisBroadcast
from app.timeline.calm import CalmRules, Orders
from app.timeline.feeds import Feeds
from app.timeline.home import Home
from app.timeline.news import News
from app.timeline.pulled import PulledAuthors
from app.timeline.redis_feeds import RedisFeeds
from app.trends.redis_scores import RedisScores
from app.trends.scores import Scores

_JOB_FEEDS_BYTES = 32 * 1024 * 1024


class MissingSetting(SystemExit):
    """A setting without which nothing can start."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What the API and the worker work with."""

    settings: Settings
    db: Database
    replicas: Replicas
    feeds: Feeds
    index: SearchIndex
    own_index: Contents
    mirror: Mirror | None
    site: Site
    limits: Limits
    about: About
    mailer: Mailer
    media: MediaStore
    private: MediaStore
    broadcast: Broadcast
    transcoder: Transcoder | None
    push_keys: ServerKeys
    outward: Outward
    sender: Sender
    scores: Scores
    changes: Changes
    channel: RedisChannel
    tokens: KnownTokens
    tally: Tally
    pages: Pages
    posting: Posting
    exposures: Exposures
    home: Home
    shelf: Shelf
    orders: Orders
    job_feeds: KeptFeeds
    numbers: Numbers = field(default_factory=Numbers)

    @property
    def search_engines(self) -> Sequence[Contents]:
        """PostgreSQL, and the engine besides it if there is one."""
        return [self.own_index, self.mirror] if self.mirror else [self.own_index]

    @property
    def search_targets(self) -> Sequence[str]:
        """The search engines that have writers of their own."""
        return [self.mirror.name] if self.mirror else []


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Open everything `settings` name, and close it at the end. Nothing connects before it is used."""
    if settings.database_url is None or settings.redis_url is None:
        raise MissingSetting(
            "WEIZHI_DATABASE_URL and WEIZHI_REDIS_URL must be set (`weizhi run` brings its own servers)"
        )
    changes = Changes()
    channel = RedisChannel(settings.redis_url.get_secret_value(), changes)
    db = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool, announcer=channel)
    feeds = RedisFeeds(settings.redis_url.get_secret_value(), days=settings.feed_days)
    limits = ValkeyLimits(settings.redis_url.get_secret_value()) if settings.rate_limits else NoLimits()
    tally = Tally(limits, API)
    broadcast = RedisBroadcast(settings.redis_url.get_secret_value())
    scores = RedisScores(settings.redis_url.get_secret_value())
    mirror = _search_mirror(settings)
    own_index = PgIndex(db)
    index = FallbackIndex(mirror, own_index) if mirror else own_index
    site = Site(
        url=settings.public_url,
        domain=settings.domain,
        title=settings.title,
        unverified_jobs=settings.unverified_jobs,
    )
    shelf = Shelf(db, changes)
    news = News(db, changes, shelf)
    home = Home(feeds, PulledAuthors(db, changes, shelf.following, news), news)
    orders = _orders(settings)
    outward = Outward(allow=parse_networks(settings.outbound_allow_networks))
    push_way = Outward(allow=parse_networks(EVERYWHERE)) if settings.push_anywhere else outward
    sender = HttpSender(push_way)
    posting = Posting(db, site)
    exposures = Exposures(db, Reach(db, settings.redis_url.get_secret_value()))
    replicas = Replicas(db, settings.replicas, pool_size=settings.database_pool)
    try:
        yield Resources(
            settings=settings,
            db=db,
            replicas=replicas,
            feeds=feeds,
            index=index,
            own_index=own_index,
            mirror=mirror,
            site=site,
            limits=limits,
            about=_about(settings),
            media=FolderStore(settings.media_folder),
            private=FolderStore(settings.private_folder),
            transcoder=_transcoder(settings),
            broadcast=broadcast,
            mailer=_mailer(settings),
            push_keys=_push_keys(settings),
            outward=outward,
            sender=sender,
            scores=scores,
            changes=changes,
            channel=channel,
            tokens=KnownTokens(db, changes),
            tally=tally,
            home=home,
            shelf=shelf,
            orders=orders,
            pages=Pages(
                db,
                home,
                shelf,
                site,
                changes,
                orders,
                exposures.seals,
                most_bytes=settings.page_cache_mb * 1024 * 1024,
            ),
            posting=posting,
            exposures=exposures,
            job_feeds=KeptFeeds(changes, most_bytes=_JOB_FEEDS_BYTES),
        )
    finally:
        await posting.close()
        await exposures.close()
        await exposures.reach.close()
        await index.close()
        await sender.close()
        await push_way.close()
        await outward.close()
        await broadcast.close()
        await scores.close()
        await tally.close()
        await limits.close()
        await feeds.close()
        await replicas.close()
        await channel.close()
        await news.close()
        await shelf.arrivals.close()
        await db.close()


async def change(
    database_url: str, redis_url: SecretStr | None, work: Callable[[AsyncSession], Awaitable[None]]
) -> None:
    """Do one thing in a transaction on connections of its own, and tell the caches of running processes: for the
    command line."""
    channel = RedisChannel(redis_url.get_secret_value(), Changes()) if redis_url else None
    db = Database(database_url, pool_size=2, announcer=channel)
    try:
        async with db.transaction() as session:
            await work(session)
    finally:
        await db.close()
        if channel:
            await channel.close()


def _orders(settings: Settings) -> Orders:
    rules = CalmRules(showings=settings.calm_showings, by_author=settings.calm_posts_of_one, jobs=settings.calm_jobs)
    return Orders(settings.home_order, rules)


def _mailer(settings: Settings) -> Mailer:
    folder = settings.mail_folder
    sender = settings.contact_email or f"noreply@{settings.domain.partition(':')[0]}"
    return FolderMailer(folder, sender=sender) if folder else NoMailer()


def _push_keys(settings: Settings) -> ServerKeys:
    # Where a push service may find us when something goes wrong.
    contact = settings.contact_email or f"admin@{settings.domain.partition(':')[0]}"
    private = settings.vapid_private_key.get_secret_value() if settings.vapid_private_key else None
    return ServerKeys(private, subject=f"mailto:{contact}")


def _about(settings: Settings) -> About:
    return About(
        description=settings.description,
        rules=settings.rules,
        languages=settings.languages,
        contact_email=settings.contact_email,
        contact_account=settings.contact_account or None,
        registrations=settings.registrations,
        source_url=str(settings.source_url) if settings.source_url else "",
        about=load_text("about", settings.texts),
        privacy=load_text("privacy", settings.texts),
        terms=load_text("terms", settings.texts),
    )


def _transcoder(settings: Settings) -> Transcoder | None:
    if settings.ffmpeg == Path("off"):
        return None
    found = shutil.which(settings.ffmpeg or "ffmpeg")
    if settings.ffmpeg and not found:
        raise MissingSetting(f"WEIZHI_FFMPEG: {settings.ffmpeg} is no program")
    return Ffmpeg(Path(found)) if found else None


def _search_mirror(settings: Settings) -> Mirror | None:
    if settings.meili_url is None:
        return None
    # Its client costs every start a fifth of a second, and most do without.
    from app.search.meili_mirror import MeiliMirror

    key = settings.meili_key.get_secret_value() if settings.meili_key else None
    return MeiliMirror(str(settings.meili_url), key, settings.meili_index_prefix)
