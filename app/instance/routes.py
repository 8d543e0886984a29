"""/api/v1/instance, /api/v2/instance, NodeInfo and WebFinger."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile_by_username
from app.instance import describe, schemas
from app.instance.about import About
from app.instance.queries import Numbers
from app.kit.clock import now
from app.kit.errors import Malformed, NotFound
from app.kit.http import CurrentSite, Reading
from app.kit.site import Site
from app.reading.present_account import present_account
from app.reading.schemas import AccountOut

router = APIRouter(tags=["instance"])

# What the compose windows of apps offer; any other code is accepted too.
_LANGUAGES = {
    "zh": "中文", "en": "English", "yue": "粤语", "ja": "日本語", "ko": "한국어", "fr": "Français", "de": "Deutsch",
    "es": "Español", "ru": "Русский", "pt": "Português", "ar": "العربية", "vi": "Tiếng Việt", "th": "ไทย",
    "id": "Bahasa Indonesia", "ms": "Bahasa Melayu",
}  # fmt: skip


class JrdResponse(JSONResponse):
    """JSON under the name that RFC 7033 asks for."""

    media_type = "application/jrd+json"


class XrdResponse(Response):
    """The XML that came before."""

    media_type = "application/xrd+xml"


def _about(request: Request) -> About:
    about: About = request.app.state.resources.about
    return about


def _numbers(request: Request) -> Numbers:
    numbers: Numbers = request.app.state.resources.numbers
    return numbers


@router.get("/api/v2/instance", response_model=schemas.InstanceOut)
async def show_instance(request: Request, session: Reading, site: CurrentSite) -> schemas.InstanceOut:
    """The service: its name, limits, rules and contact."""
    usage = await _numbers(request).usage(session, now=now())
    contact = await _contact(session, _about(request), site)
    return describe.instance(_about(request), usage, contact, site=site, vapid_key=await _vapid_key(request, session))


@router.get("/api/v1/instance", response_model=schemas.InstanceV1Out)
async def show_instance_v1(request: Request, session: Reading, site: CurrentSite) -> schemas.InstanceV1Out:
    """The service, in the older form that some apps still read."""
    usage = await _numbers(request).usage(session, now=now())
    contact = await _contact(session, _about(request), site)
    return describe.instance_v1(
        _about(request), usage, contact, site=site, vapid_key=await _vapid_key(request, session)
    )


@router.get("/api/v1/instance/rules", response_model=list[schemas.RuleOut])
async def list_rules(request: Request) -> Sequence[schemas.RuleOut]:
    """The rules of the house, in Chinese and English."""
    return describe.rules(_about(request))


@router.get("/api/v1/instance/activity", response_model=list[schemas.WeekOut])
async def list_activity(request: Request, session: Reading) -> Sequence[schemas.WeekOut]:
    """The last twelve weeks in numbers, this one first."""
    return [
        schemas.WeekOut(
            week=str(int(week.start.timestamp())),
            statuses=str(week.posts),
            logins=str(week.authors),
            registrations=str(week.registrations),
        )
        for week in await _numbers(request).activity(session, now=now())
    ]


@router.get("/api/v1/instance/extended_description", response_model=schemas.TextOut)
async def show_extended_description(request: Request) -> schemas.TextOut:
    """What the operator says about the service, as HTML."""
    text = _about(request).about
    return schemas.TextOut(updated_at=text.updated_at, content=text.html)


@router.get("/api/v1/instance/privacy_policy", response_model=schemas.TextOut)
async def show_privacy_policy(request: Request) -> schemas.TextOut:
    """The privacy policy, as HTML."""
    text = _about(request).privacy
    return schemas.TextOut(updated_at=text.updated_at, content=text.html)


@router.get("/api/v1/instance/terms_of_service", response_model=schemas.TermsOut)
async def show_terms_of_service(request: Request) -> schemas.TermsOut:
    """The terms of service in force, as HTML."""
    text = _about(request).terms
    return schemas.TermsOut(effective_date=text.updated_at.date().isoformat(), content=text.html)


@router.get("/api/v1/instance/terms_of_service/{date}", response_model=schemas.TermsOut)
async def show_terms_of_service_of(date: Annotated[str, Path(max_length=64)], request: Request) -> schemas.TermsOut:
    """The terms that took effect on a date: only those in force are kept."""
    terms = await show_terms_of_service(request)
    if date != terms.effective_date:
        raise NotFound
    return terms


@router.get("/api/v1/instance/languages", response_model=list[schemas.LanguageOut])
async def list_languages() -> Sequence[schemas.LanguageOut]:
    """Languages posts are commonly marked with."""
    return [schemas.LanguageOut(code=code, name=name) for code, name in _LANGUAGES.items()]


@router.get("/.well-known/nodeinfo", response_model=schemas.LinksOut, response_model_exclude_none=True)
async def point_to_node_info(site: CurrentSite) -> schemas.LinksOut:
    """Where the NodeInfo document is."""
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    return schemas.LinksOut(links=[schemas.LinkOut(rel=rel, href=f"{site.url}/nodeinfo/2.0")])


@router.get("/nodeinfo/2.0", response_model=schemas.NodeInfoOut)
async def show_node_info(request: Request, session: Reading, site: CurrentSite) -> schemas.NodeInfoOut:
    """The service as NodeInfo 2.0 tells it."""
    usage = await _numbers(request).usage(session, now=now())
    return describe.node_info(_about(request), usage, site=site)


@router.get(
    "/.well-known/webfinger",
    response_model=schemas.WebfingerOut,
    response_model_exclude_none=True,
    response_class=JrdResponse,
)
async def find_by_webfinger(
    resource: Annotated[str, Query(min_length=1, max_length=600)],
    session: Reading,
    site: CurrentSite,
) -> schemas.WebfingerOut:
    """One of our accounts, by `acct:name@domain` or by its address."""
    profile = await get_profile_by_username(session, username=_username(resource, site))
    name = profile.account.username
    url = site.account_url(name)
    page = schemas.LinkOut(rel="http://webfinger.net/rel/profile-page", type="text/html", href=url)
    return schemas.WebfingerOut(subject=f"acct:{name}@{site.domain}", aliases=[url], links=[page])


@router.get("/.well-known/host-meta", response_class=XrdResponse)
async def show_host_meta(site: CurrentSite) -> Response:
    """Where WebFinger is, for those who ask in XML."""
    template = f"{site.url}/.well-known/webfinger?resource={{uri}}"
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template="{template}"/>\n</XRD>\n'
    )
    return XrdResponse(xml)


def _username(resource: str, site: Site) -> str:
    if resource.startswith(("http://", "https://")):
        try:
            parts = urlsplit(resource)
        except ValueError:
            raise Malformed("The resource must be acct:name@domain, or an account's address") from None
        name, domain = parts.path.removeprefix("/@"), parts.netloc
    else:
        name, _, domain = resource.removeprefix("acct:").removeprefix("@").rpartition("@")
        if not name:
            raise Malformed("The resource must be acct:name@domain, or an account's address")
    if domain.lower() != site.domain.lower():
        raise NotFound
    return name


async def _vapid_key(request: Request, session: AsyncSession) -> str:
    key: str = await request.app.state.resources.push_keys.public_key(session)
    return key


async def _contact(session: AsyncSession, about: About, site: Site) -> AccountOut | None:
    if not about.contact_account:
        return None
    try:
        return present_account(await get_profile_by_username(session, username=about.contact_account), site=site)
    except NotFound:
        return None
