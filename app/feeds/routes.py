"""/jobs.xml, .jsonfeed, .atom and .rss, the same of one organisation, /sitemap.xml and its parts."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse

from app.feeds import indeed, queries, sitemap, syndication
from app.feeds.kept import KeptFeeds
from app.feeds.syndication import Channel
from app.jobs.schemas import JobOut
from app.kit.clock import now
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.http import CurrentDatabase, CurrentSite, Cursor, PathId
from app.kit.site import Site
from app.organizations.queries import get_organization
from app.reading.present_job import present_job

router = APIRouter(include_in_schema=False)

Format = Literal["atom", "rss", "jsonfeed", "xml"]
_MEDIA = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "jsonfeed": "application/feed+json",
    "xml": "application/xml",
}
_NEWEST = 50
_AT_ONCE = 500
_CACHED = "public, max-age=300"


@router.get("/jobs.{format}")
async def jobs_feed(
    format: Format, request: Request, db: CurrentDatabase, site: CurrentSite, max_id: Cursor = None
) -> Response:
    """The open jobs: all of them as `xml`, the newest fifty in the other forms."""
    return await _feed(request, db, site, format, max_id=max_id, title=f"招聘 · Jobs · {site.title}")


@router.get("/organizations/{id}/jobs.{format}")
async def organization_feed(
    id: PathId, format: Format, request: Request, db: CurrentDatabase, site: CurrentSite, max_id: Cursor = None
) -> Response:
    """The open jobs of one organisation."""
    async with db.reading() as session:
        organization = await get_organization(session, id=id)
    title = f"{organization.name} · 招聘 · Jobs"
    return await _feed(request, db, site, format, max_id=max_id, title=title, organization_id=id)


@router.get("/sitemap.xml")
async def sitemap_index(request: Request, db: CurrentDatabase, site: CurrentSite) -> Response:
    """The parts of the sitemap."""
    moment, kept = now(), _kept(request)
    state = await kept.state(db, now=moment)
    headers = _headers(state, "sitemap")
    if _has_it(request, headers):
        return Response(status_code=304, headers=headers)
    text = kept.find("sitemap", state)
    if text is None:
        async with db.reading() as session:
            parts = await queries.list_parts(session, size=sitemap.MOST_IN_PART, now=moment)
        text = kept.keep("sitemap", state, sitemap.index(site, parts).encode())
    return Response(text, media_type=_MEDIA["xml"], headers=headers)


@router.get("/sitemaps/{name}.xml")
async def sitemap_part(
    name: Annotated[str, Path(max_length=40)], request: Request, db: CurrentDatabase, site: CurrentSite
) -> Response:
    """One part: the service's own pages, or up to 50,000 jobs from one id on."""
    if name == "pages":
        return Response(sitemap.pages(site), media_type=_MEDIA["xml"], headers={"Cache-Control": _CACHED})
    kind, _, first = name.partition("-")
    if kind != "jobs" or not (first.isascii() and first.isdigit() and len(first) <= 18):
        raise NotFound
    kept, headers = _kept(request), {"Cache-Control": _CACHED}
    state = await kept.state(db, now=now())
    if (text := kept.find(name, state)) is not None:
        return Response(text, media_type=_MEDIA["xml"], headers=headers)
    stream = kept.keeping(name, state, _part(db, site, int(first)))
    return StreamingResponse(stream, media_type=_MEDIA["xml"], headers=headers)


async def _feed(
    request: Request,
    db: Database,
    site: Site,
    format: Format,
    *,
    max_id: int | None,
    title: str,
    organization_id: int | None = None,
) -> Response:
    moment, kept = now(), _kept(request)
    state = await kept.state(db, now=moment, organization_id=organization_id)
    headers = _headers(state, f"{format}-{max_id}")
    if _has_it(request, headers):
        return Response(status_code=304, headers=headers)
    name = (format, organization_id, title, max_id)
    text = kept.find(name, state)
    if text is None and format == "xml":
        stream = kept.keeping(name, state, _every(db, site, state, organization_id, moment))
        return StreamingResponse(stream, media_type=_MEDIA["xml"], headers=headers)
    if text is None:
        async with db.reading() as session:
            rows = await queries.list_newest(
                session, max_id=max_id, limit=_NEWEST, now=moment, organization_id=organization_id
            )
        channel = _channel(request, site, state, rows, title)
        text = kept.keep(name, state, _written(format, channel, _shown(rows, site)))
    return Response(text, media_type=_MEDIA[format], headers=headers)


def _kept(request: Request) -> KeptFeeds:
    kept: KeptFeeds = request.app.state.resources.job_feeds
    return kept


def _channel(request: Request, site: Site, state: queries.State, rows: Sequence[queries.Row], title: str) -> Channel:
    address = f"{site.url}{request.url.path}"
    return Channel(
        title=title,
        url=address,
        home=f"{site.url}/",
        next_url=f"{address}?max_id={rows[-1][0].post_id}" if len(rows) == _NEWEST else None,
        changed_at=state.changed_at,
    )


def _written(format: Format, channel: Channel, items: Sequence[tuple[JobOut, str]]) -> bytes:
    if format == "jsonfeed":
        return orjson.dumps(syndication.json_feed(channel, items))
    return (syndication.atom if format == "atom" else syndication.rss)(channel, items).encode()


def _shown(rows: Sequence[queries.Row], site: Site) -> list[tuple[JobOut, str]]:
    return [(present_job(job, organization, site=site), organization.profile) for job, organization in rows]


async def _every(
    db: Database, site: Site, state: queries.State, organization_id: int | None, moment: datetime
) -> AsyncIterator[str]:
    """Every open job, some at a time: no connection is held while the other side reads slowly."""
    yield indeed.start(site, changed_at=state.changed_at)
    after = 0
    while True:
        async with db.reading() as session:
            rows = await queries.list_open(
                session, after=after, limit=_AT_ONCE, now=moment, organization_id=organization_id
            )
        yield "".join(indeed.entry(job, profile) for job, profile in _shown(rows, site))
        if len(rows) < _AT_ONCE:
            break
        after = rows[-1][0].id
    yield indeed.END


async def _part(db: Database, site: Site, first: int) -> AsyncIterator[str]:
    yield sitemap.START
    moment, left = now(), sitemap.MOST_IN_PART
    while left > 0:
        limit = min(left, 10 * _AT_ONCE)
        async with db.reading() as session:
            rows = await queries.list_addresses(session, first=first, limit=limit, now=moment)
        yield sitemap.jobs(site, rows)
        if len(rows) < limit:
            break
        first, left = rows[-1][0] + 1, left - limit
    yield sitemap.END


def _headers(state: queries.State, form: str) -> dict[str, str]:
    mark = hashlib.sha256(f"{form}:{state.mark}".encode()).hexdigest()[:32]
    headers = {"Cache-Control": _CACHED, "ETag": f'W/"{mark}"'}
    if state.changed_at:
        headers["Last-Modified"] = format_datetime(state.changed_at.astimezone(UTC), usegmt=True)
    return headers


def _has_it(request: Request, headers: dict[str, str]) -> bool:
    """Whether who asks has this already (RFC 9110: a date counts only where no mark is named)."""
    marks = request.headers.get("if-none-match")
    if marks is not None:
        ours = headers["ETag"].removeprefix("W/")
        return marks.strip() == "*" or ours in {mark.strip().removeprefix("W/") for mark in marks.split(",")}
    since = request.headers.get("if-modified-since")
    if since is None or "Last-Modified" not in headers:
        return False
    try:
        return parsedate_to_datetime(headers["Last-Modified"]) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
