"""HTML and SVG for browsers."""

from html import escape
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import orjson
from fastapi import APIRouter, Request
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.exposures.noting import Exposures
from app.jobs.queries import get_visible_job
from app.jobs.rendering import ENDED, place_line
from app.kit.errors import NotFound
from app.kit.http import CurrentSite, Cursor, PathId, Reading
from app.organizations.queries import get_organization
from app.pages import pictures
from app.pages.job_posting import job_posting
from app.pages.public import read_post, read_profile, read_topic
from app.reading.present_job import present_job

router = APIRouter(include_in_schema=False)

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
# Pages carry text of strangers and no scripts: nothing may run, nothing may be loaded from elsewhere.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
Username = Annotated[str, PathParameter(max_length=30)]
_ICON_SIZES = (48, 192, 512)
_COLOURS = ("#b4462f", "#9a6b1f", "#4f7a3a", "#2f7a6e", "#2f6390", "#5a4f9a", "#8a4578", "#6b5b4d")


@router.get("/")
async def front_page(site: CurrentSite) -> HTMLResponse:
    """What this is, and where to go on."""
    return _page("front.html", site=site)


@router.get("/jobs/{id}")
async def job_page(id: PathId, session: Reading, site: CurrentSite, request: Request) -> HTMLResponse:
    """A published job for people and, as schema.org's JobPosting in JSON-LD, for search engines."""
    job = await get_visible_job(session, id=id, viewer_id=None)
    organization = await get_organization(session, id=job.organization_id)
    shown = present_job(job, organization, site=site)
    token = request.query_params.get("t")
    if job.post_id is not None:
        exposures: Exposures = request.app.state.resources.exposures
        await exposures.note_opened(request, root_id=job.post_id, author_id=job.author_id, token=token)
    data = orjson.dumps(job_posting(shown)).decode().replace("<", "\\u003c")
    page = _page(
        "job.html",
        site=site,
        job=shown,
        profile=organization.profile,
        ended=ENDED.get(shown.state),
        place=place_line(job.locations, job.workplace_type),
        # Cleaned when it was stored.
        description=Markup(shown.description_html),
        json_ld=Markup(data),
        # The way is counted, and by whose repost it was found; where it leads to is said.
        apply_path=f"/jobs/{job.id}/apply{'?' + urlencode({'t': token}) if token else ''}",
        apply_host=urlsplit(job.apply_url).hostname if job.apply_url else None,
    )
    if token:
        # Each opening tells something, and the address names somebody: no page of another's may answer it.
        page.headers["Cache-Control"] = "private, no-store"
    return page


@router.get("/@{username}")
async def profile_page(username: Username, session: Reading, site: CurrentSite, max_id: Cursor = None) -> HTMLResponse:
    """A person or organisation, and what they say to everyone."""
    account, posts, older = await read_profile(session, username=username, max_id=max_id, site=site)
    return _page("profile.html", site=site, account=account, posts=posts, older=older)


@router.get("/@{username}/{id}")
async def post_page(username: Username, id: PathId, session: Reading, site: CurrentSite) -> HTMLResponse:
    """One public post."""
    return _page("post.html", site=site, post=await read_post(session, username=username, id=id, site=site))


@router.get("/tags/{tag}")
async def topic_page(
    tag: Annotated[str, PathParameter(max_length=110)], session: Reading, site: CurrentSite, max_id: Cursor = None
) -> HTMLResponse:
    """Public posts with a topic."""
    posts, older = await read_topic(session, tag=tag, max_id=max_id, site=site)
    return _page("topic.html", site=site, tag=tag, posts=posts, older=older)


@router.get("/avatars/{name}.svg")
async def avatar(name: Annotated[str, PathParameter(max_length=64)]) -> Response:
    """A letter on a colour, both chosen by the name; `header` is a plain band."""
    colour = _COLOURS[sum(name.encode()) % len(_COLOURS)]
    letter = "" if name == "header" else escape(name[:1].upper())
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" preserveAspectRatio="xMidYMid slice">'
        f'<path fill="{colour}" d="M0 0h96v96H0z"/>'
        f'<text x="48" y="62" font-family="sans-serif" font-size="44" fill="#fff" text-anchor="middle">{letter}</text>'
        "</svg>"
    )
    headers = {"Cache-Control": "public, max-age=86400, immutable", "Content-Security-Policy": "default-src 'none'"}
    return Response(svg, media_type="image/svg+xml", headers=headers)


@router.get("/about")
async def about_page(request: Request, site: CurrentSite) -> HTMLResponse:
    """What the operator says about the service, and the rules of the house."""
    about = request.app.state.resources.about
    return _text_page("关于 About", about.about, site=site, rules=about.rules)


@router.get("/privacy-policy")
async def privacy_page(request: Request, site: CurrentSite) -> HTMLResponse:
    """The privacy policy."""
    return _text_page("隐私政策 Privacy policy", request.app.state.resources.about.privacy, site=site)


@router.get("/terms-of-service")
async def terms_page(request: Request, site: CurrentSite) -> HTMLResponse:
    """The terms of service."""
    return _text_page("服务条款 Terms of service", request.app.state.resources.about.terms, site=site)


@router.get("/icons/{size}.png")
async def icon(size: int) -> Response:
    """The service's icon."""
    if size not in _ICON_SIZES:
        raise NotFound
    return _picture(pictures.icon(size))


@router.get("/favicon.ico")
async def favicon() -> Response:
    """The icon browsers ask for by name; PNG inside, which they all take."""
    return _picture(pictures.icon(48))


@router.get("/thumbnail.png")
async def thumbnail() -> Response:
    """A picture for previews of the service."""
    return _picture(pictures.thumbnail())


@router.get("/manifest.json")
async def manifest(site: CurrentSite) -> dict[str, Any]:
    """What browsers need to put the service on a home screen."""
    return {
        "name": site.title,
        "short_name": site.title,
        "lang": "zh-CN",
        "start_url": "/",
        "display": "browser",
        "background_color": "#ffffff",
        "theme_color": "#b4462f",
        "icons": [
            {"src": f"/icons/{size}.png", "sizes": f"{size}x{size}", "type": "image/png"} for size in _ICON_SIZES
        ],
    }


@router.get("/robots.txt")
async def robots(site: CurrentSite) -> Response:
    """What search engines may read: pages, not the API."""
    text = f"User-agent: *\nDisallow: /api/\nDisallow: /oauth/\nSitemap: {site.url}/sitemap.xml\n"
    return Response(text, media_type="text/plain")


def _text_page(heading: str, text: Any, **values: Any) -> HTMLResponse:
    # The operator's own HTML.
    return _page("text.html", heading=heading, content=Markup(text.html), updated_at=text.updated_at, **values)


def _picture(png: bytes) -> Response:
    return Response(png, media_type="image/png", headers={"Cache-Control": "public, max-age=86400"})


def _page(template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(_templates.get_template(template).render(**values), headers=_HEADERS)
