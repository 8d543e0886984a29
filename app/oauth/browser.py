"""The pages of the authorization-code flow: log in, allow or deny, copy a code. They work without scripts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.clock import now
from app.kit.errors import RateLimited
from app.kit.http import CurrentSite, Reading, Transaction, status_of
from app.kit.secrets import new_token
from app.kit.site import Site
from app.limits.limits import LimitsUnavailable
from app.limits.rules import network_of
from app.oauth import consent, pages, sessions
from app.oauth.consent import AccessDenied, Asked, Refused, UnknownClient
from app.oauth.queries import find_signed_in
from app.oauth.schemas import ConsentForm, LoginForm, OwnForm
from app.oauth.service import OUT_OF_BAND
from app.oauth.words import choose_language

router = APIRouter(tags=["oauth"], default_response_class=HTMLResponse)

_CODE = re.compile(r"[A-Za-z0-9_-]{43}")
_OWN = ("same-origin", "none")
_PARAMETERS = {
    "client_id": "The app's public id.",
    "redirect_uri": "One of the app's registered addresses, exactly; or `urn:ietf:wg:oauth:2.0:oob`.",
    "response_type": "`code`.",
    "scope": "Scopes with spaces between; default `read`.",
    "state": "Comes back unchanged.",
    "code_challenge": "PKCE's challenge. Needed where the token is fetched without the app's secret.",
    "code_challenge_method": "`S256`.",
    "force_login": "Ask for the password even if someone is logged in.",
    "lang": "`zh-CN` or `en`; default is the browser's language.",
}
_NEEDED = ("client_id", "redirect_uri", "response_type")


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser at our pages: its language, our cookie, and whether the request came from a page of ours."""

    site: Site
    language: str
    cookie: str | None
    own: bool

    def page(self, template: str, *, status: int = 200, redirect_uri: str | None = None, **values: Any) -> HTMLResponse:
        """A page. A browser without our cookie gets one: forms are bound to it."""
        cookie = self.cookie or new_token()
        text = pages.render(
            template, language=self.language, site=self.site, form_token=sessions.form_token(cookie), **values
        )
        answer = HTMLResponse(text, status, headers=pages.headers(redirect_uri=redirect_uri))
        if self.cookie is None:
            self.set_cookie(answer, cookie, seconds=None)
        return answer

    def refuse(self, problem: str, status: int) -> HTMLResponse:
        """A page that tells why nothing happens."""
        return self.page("error.html", status=status, problem=problem)

    def login(self, asked: Asked, *, status: int = 200, problem: str | None = None, name: str = "") -> HTMLResponse:
        """The page that asks for a password."""
        cancel = consent.error_location(asked.redirect_uri, AccessDenied(), state=asked.state, issuer=self.site.url)
        return self.page(
            "login.html",
            status=status,
            app=asked.app,
            action="/oauth/login",
            query=asked.query,
            problem=problem,
            name=name,
            cancel=cancel,
        )

    def consent(self, asked: Asked, account: Account) -> HTMLResponse:
        """The page that asks for consent."""
        where = urlsplit(asked.redirect_uri)
        destination = where.netloc if where.scheme in ("http", "https") else f"{where.scheme}:"
        return self.page(
            "consent.html",
            redirect_uri=asked.redirect_uri,
            app=asked.app,
            query=asked.query,
            account=account,
            scopes=asked.scopes,
            destination="" if asked.redirect_uri == OUT_OF_BAND else destination,
        )

    def set_cookie(self, answer: Response, value: str, *, seconds: int | None) -> None:
        """Our one cookie; without `seconds` it goes when the browser closes."""
        https = self.site.url.startswith("https:")
        answer.set_cookie(
            _cookie_name(self.site), value, max_age=seconds, path="/", secure=https, httponly=True, samesite="lax"
        )


def _cookie_name(site: Site) -> str:
    # With the prefix no other host, not even a subdomain, can set it.
    return "__Host-weizhi_login" if site.url.startswith("https:") else "weizhi_login"


def _visit(request: Request, site: CurrentSite) -> Visit:
    cookie = request.cookies.get(_cookie_name(site), "")
    language = choose_language(request.query_params.get("lang"), request.headers.get("accept-language", ""))
    return Visit(
        site=site,
        language=language,
        cookie=cookie if _CODE.fullmatch(cookie) else None,
        own=request.headers.get("sec-fetch-site", "none") in _OWN,
    )


CurrentVisit = Annotated[Visit, Depends(_visit)]


@router.get(
    "/oauth/authorize",
    responses={400: {"description": "A page that says why not.", "content": {"text/html": {}}}},
    openapi_extra={
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": name in _NEEDED,
                "description": text,
                "schema": {"type": "string"},
            }
            for name, text in _PARAMETERS.items()
        ]
    },
)
async def authorize(request: Request, visit: CurrentVisit, session: Reading) -> Response:
    """The page where a person logs in and lets an app use their account, or not.

    The browser goes on to `redirect_uri` with `code` or `error`, `state` and `iss`. What cannot safely be sent
    there is told on the page.
    """
    asked = await _read(session, visit, request.scope["query_string"].decode("latin-1"))
    if isinstance(asked, Response):
        return asked
    account = await signed_in(session, visit)
    if account is None or asked.force_login:
        return visit.login(asked)
    return visit.consent(asked, account)


@router.get("/oauth/authorize/native")
async def show_code(request: Request, visit: CurrentVisit) -> Response:
    """The page that shows a code to copy, for apps that cannot be sent one."""
    code = request.query_params.get("code", "")
    return visit.page("native.html", code=code if _CODE.fullmatch(code) else "")


@router.post("/oauth/login", include_in_schema=False)
async def log_in(body: LoginForm, request: Request, visit: CurrentVisit, session: Transaction) -> Response:
    """Log in to the page, and go on to consent."""
    visit, asked = await _read_form(session, visit, body)
    if isinstance(asked, Response):
        return asked

    def ask(visit: Visit, *, status: int = 200, problem: str | None = None, name: str = "") -> HTMLResponse:
        return visit.login(asked, status=status, problem=problem, name=name)

    return await log_in_or_ask_again(
        session, visit, body, request, ask=ask, then=lambda: _back_to_authorize(asked.query)
    )


async def log_in_or_ask_again(
    session: AsyncSession,
    visit: Visit,
    form: LoginForm,
    request: Request,
    *,
    ask: Callable[..., HTMLResponse],
    then: Callable[[], Response],
) -> Response:
    """Begin a browser's session and go on to `then`; or the page that `ask` makes once more, with what was wrong."""
    try:
        account = await sessions.check_password(
            session,
            name=form.username,
            password=form.password,
            limits=request.app.state.resources.limits,
            address=network_of(request.client.host if request.client else None),
        )
    except (RateLimited, LimitsUnavailable) as error:
        problem = "slow_down" if isinstance(error, RateLimited) else "unavailable"
        answer = ask(visit, status=status_of(error), problem=problem, name=form.username)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    if account is None:
        return ask(visit, status=422, problem="wrong", name=form.username)
    cookie = await sessions.sign_in(session, account_id=account.id, old_cookie=visit.cookie, now=now())
    onwards = then()
    visit.set_cookie(onwards, cookie, seconds=int(sessions.LIFETIME.total_seconds()))
    return onwards


@router.post("/oauth/logout", include_in_schema=False)
async def log_out(body: OwnForm, visit: CurrentVisit, session: Transaction) -> Response:
    """End the browser's session, and ask who it is."""
    visit, asked = await _read_form(session, visit, body)
    if isinstance(asked, Response):
        return asked
    await sessions.sign_out(session, cookie=visit.cookie)
    answer = _back_to_authorize(asked.query)
    visit.set_cookie(answer, "", seconds=0)
    return answer


@router.post("/oauth/authorize", include_in_schema=False)
async def decide(body: ConsentForm, visit: CurrentVisit, session: Transaction) -> Response:
    """Allow or deny: the browser goes back to the app."""
    visit, asked = await _read_form(session, visit, body)
    if isinstance(asked, Response):
        return asked
    account = await signed_in(session, visit)
    if account is None:
        return visit.login(asked)
    if body.decision != "allow":
        where = consent.error_location(asked.redirect_uri, AccessDenied(), state=asked.state, issuer=visit.site.url)
        return go(where)
    code = await consent.approve(session, asked=asked, account_id=account.id, now=now())
    return go(consent.code_location(asked, code, issuer=visit.site.url, language=visit.language))


async def _read_form(session: AsyncSession, visit: Visit, form: OwnForm) -> tuple[Visit, Asked | Response]:
    """What a form of ours goes on with; a page instead when it is not ours."""
    lang = dict(parse_qsl(form.query)).get("lang")
    visit = Visit(visit.site, choose_language(lang, visit.language), visit.cookie, visit.own)
    if not visit.own or not sessions.is_own_form(visit.cookie, form.form_token):
        return visit, visit.refuse("stale_form", 403)
    return visit, await _read(session, visit, form.query)


async def _read(session: AsyncSession, visit: Visit, query: str) -> Asked | Response:
    try:
        return await consent.read_request(session, query=query, issuer=visit.site.url)
    except UnknownClient as error:
        return visit.refuse(error.code, status_of(error))
    except Refused as refused:
        return go(refused.location)


async def signed_in(session: AsyncSession, visit: Visit) -> Account | None:
    """Whose browser it is."""
    return await find_signed_in(session, cookie=visit.cookie, now=now()) if visit.cookie else None


def _back_to_authorize(query: str) -> Response:
    kept = [(name, value) for name, value in parse_qsl(query) if name != "force_login"]
    return go(f"/oauth/authorize?{urlencode(kept)}")


def go(location: str) -> Response:
    """Send the browser on."""
    answer = RedirectResponse("/", 303, headers=pages.headers())
    # As it is: quoting would change an app's own address.
    answer.headers["location"] = location
    return answer
