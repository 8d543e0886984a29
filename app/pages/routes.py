"""HTML and SVG for browsers."""

from html import escape
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import APIRouter
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.jobs.queries import get_visible_job
from app.jobs.rendering import place_line
from app.kit.http import CurrentSite, PathId, Reading
from app.organizations.queries import get_organization
from app.pages.job_posting import job_posting
from app.reading.present import present_job

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
_COLOURS = ("#b4462f", "#9a6b1f", "#4f7a3a", "#2f7a6e", "#2f6390", "#5a4f9a", "#8a4578", "#6b5b4d")


@router.get("/")
async def front_page(site: CurrentSite) -> HTMLResponse:
    """What this is, and where to go on."""
    return _page("front.html", site=site)


@router.get("/jobs/{id}")
async def job_page(id: PathId, session: Reading, site: CurrentSite) -> HTMLResponse:
    """A published job for people and, as schema.org's JobPosting in JSON-LD, for search engines."""
    job = await get_visible_job(session, id=id, viewer_id=None)
    shown = present_job(job, await get_organization(session, id=job.organization_id), site=site)
    data = orjson.dumps(job_posting(shown)).decode().replace("<", "\\u003c")
    return _page(
        "job.html",
        site=site,
        job=shown,
        place=place_line(job.locations, job.workplace_type),
        # Cleaned when it was stored.
        description=Markup(shown.description_html),
        json_ld=Markup(data),
    )


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


def _page(template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(_templates.get_template(template).render(**values), headers=_HEADERS)
