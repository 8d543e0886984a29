"""The HTTP process: `create_app()`, its routers, and its error handlers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Scope

import app.absent.routes
import app.accounts.routes
import app.alerts.routes
import app.applications.routes
import app.cascades.funnel_routes
import app.cascades.routes
import app.confirmations.routes
import app.conversations.routes
import app.credits.routes
import app.discovery.routes
import app.domains.routes
import app.feeds.routes
import app.filters.routes
import app.graph.routes
import app.health.routes
import app.inbound.routes
import app.instance.routes
import app.interactions.routes
import app.introductions.routes
import app.jobs.routes
import app.lists.routes
import app.mail.routes
import app.markers.routes
import app.media.routes
import app.notifications.routes
import app.oauth.authorized
import app.oauth.browser
import app.oauth.routes
import app.organizations.routes
import app.pages.routes
import app.polls.routes
import app.posts.routes
import app.profile.routes
import app.push.routes
import app.reports.routes
import app.resumes.routes
import app.scheduled.routes
import app.search.job_routes
import app.search.routes
import app.search.timeline_routes
import app.streaming.routes
import app.tags.routes
import app.timeline.routes
import app.trends.routes
import app.webhooks.routes
from app import __version__
from app.bootstrap import Resources, open_resources
from app.express.express import Express
from app.kit import log
from app.kit.asgi import JsonBodies, PlainPaths, RequestContext, UnexpectedErrors
from app.kit.cors import Cors
from app.kit.errors import Unauthorized, Unavailable
from app.kit.garbage import seldom_collect
from app.kit.http import install_error_handlers
from app.limits.throttle import Throttle
from app.oauth.actor import authenticate, identify
from app.openapi import describe
from app.settings import Settings
from app.streaming.hub import Hub

# The order counts where paths overlap: fixed words before `{id}`. And each router that is asked in vain costs a request
# some microseconds: the busiest comes first.
ROUTERS = (
    app.posts.routes.router,
    app.health.routes.router,
    app.streaming.routes.router,
    app.oauth.routes.router,
    app.oauth.browser.router,
    app.oauth.authorized.router,
    app.discovery.routes.router,
    app.search.job_routes.router,
    app.alerts.routes.router,
    app.search.routes.router,
    app.search.timeline_routes.router,
    app.graph.routes.router,
    app.filters.routes.router,
    app.tags.routes.router,
    app.lists.routes.router,
    app.accounts.routes.router,
    app.accounts.routes.profile_router,
    app.media.routes.router,
    app.timeline.routes.router,
    app.trends.routes.router,
    app.notifications.routes.router,
    app.conversations.routes.router,
    app.push.routes.router,
    app.polls.routes.router,
    app.scheduled.routes.router,
    app.interactions.routes.router,
    app.organizations.routes.router,
    app.organizations.routes.invitations,
    app.jobs.routes.router,
    app.jobs.routes.of_organizations,
    app.applications.routes.router,
    app.applications.routes.page_router,
    app.resumes.routes.router,
    app.credits.routes.router,
    app.cascades.funnel_routes.router,
    app.cascades.routes.router,
    app.inbound.routes.router,
    app.introductions.routes.router,
    app.webhooks.routes.router,
    app.instance.routes.router,
    app.profile.routes.router,
    app.domains.routes.router,
    app.confirmations.routes.router,
    app.mail.routes.router,
    app.absent.routes.router,
    app.markers.routes.router,
    app.reports.routes.router,
    app.feeds.routes.router,
    app.pages.routes.router,
)

# The operations that take files.
UPLOADS = (*app.media.routes.UPLOADS, *app.accounts.routes.UPLOADS, *app.resumes.routes.UPLOADS)


async def _admit(scope: Scope) -> None:
    """Only those who are known may send long bodies; raises Unauthorized, or Unavailable when nobody can tell."""
    try:
        caller = await authenticate(Request(scope))
    except (SQLAlchemyError, OSError):
        raise Unavailable from None
    if caller is None:
        raise Unauthorized


def create_app(resources: Resources | None = None) -> FastAPI:
    """The ASGI application. Without `resources` it reads the settings and opens its own when it starts."""

    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        if resources is not None:
            yield
            await api.state.hub.close()
            return
        settings = Settings()
        log.configure(settings.log_level)
        async with open_resources(settings) as opened:
            api.state.resources = opened
            api.state.hub = Hub(opened.db, opened.broadcast, opened.site, opened.exposures)
            yield
            await api.state.hub.close()

    api = FastAPI(
        title="Weizhi",
        version=__version__,
        summary="A microblog-centred recruiting service that speaks the Mastodon client API.",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    api.state.resources = resources
    if resources is not None:
        api.state.hub = Hub(resources.db, resources.broadcast, resources.site, resources.exposures)
    for router in ROUTERS:
        api.include_router(router)
    install_error_handlers(api)
    describe(api)
    # Outermost last: a request meets RequestContext first.
    api.add_middleware(UnexpectedErrors)
    api.add_middleware(JsonBodies, raw=(app.inbound.routes.RAW_BODIES,), uploads=UPLOADS, admit=_admit)
    api.add_middleware(Throttle, identify=identify)
    api.add_middleware(Cors)
    api.add_middleware(PlainPaths)
    api.add_middleware(RequestContext)
    return api


def create_service(resources: Resources | None = None) -> Express:
    """What a server runs: `create_app`, behind the fast lane."""
    seldom_collect()
    return Express(create_app(resources))
