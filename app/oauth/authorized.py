"""The page of the apps one let use one's account, each with a button that takes it back. It works without scripts."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.kit.http import Reading, Transaction
from app.oauth import queries, service, sessions
from app.oauth.browser import CurrentVisit, Visit, go, log_in_or_ask_again, signed_in
from app.oauth.schemas import LoginForm, OwnForm, RevokeForm

router = APIRouter(tags=["oauth"], default_response_class=HTMLResponse)

# Where Mastodon has it: apps link to it.
_PATH = "/oauth/authorized_applications"


@router.get(_PATH)
async def show_authorized_apps(visit: CurrentVisit, session: Reading) -> Response:
    """The apps that may use your account, with what each may do, and a button to take it back."""
    return await _page(session, visit)


@router.post(f"{_PATH}/login", include_in_schema=False)
async def log_in_to_apps(body: LoginForm, request: Request, visit: CurrentVisit, session: Transaction) -> Response:
    """Log in to the page."""
    if refused := _refused(visit, body):
        return refused
    return await log_in_or_ask_again(session, visit, body, request, ask=_login, then=lambda: go(_PATH))


@router.post(f"{_PATH}/logout", include_in_schema=False)
async def log_out_of_apps(body: OwnForm, visit: CurrentVisit, session: Transaction) -> Response:
    """End the browser's session."""
    if refused := _refused(visit, body):
        return refused
    await sessions.sign_out(session, cookie=visit.cookie)
    answer = go(_PATH)
    visit.set_cookie(answer, "", seconds=0)
    return answer


@router.post(f"{_PATH}/revoke", include_in_schema=False)
async def revoke_app(body: RevokeForm, visit: CurrentVisit, session: Transaction) -> Response:
    """Let an app use one's account no more: all its tokens end."""
    if refused := _refused(visit, body):
        return refused
    account = await signed_in(session, visit)
    if account is None:
        return _login(visit)
    await service.revoke_app(session, app_id=body.app_id, account_id=account.id, now=now())
    return go(_PATH)


async def _page(session: AsyncSession, visit: Visit) -> Response:
    account = await signed_in(session, visit)
    if account is None:
        return _login(visit)
    apps = await queries.list_authorized_apps(session, account_id=account.id, now=now())
    return visit.page("authorized.html", account=account, apps=apps)


def _login(visit: Visit, *, status: int = 200, problem: str | None = None, name: str = "") -> HTMLResponse:
    return visit.page(
        "login.html",
        status=status,
        app=None,
        action=f"{_PATH}/login",
        query="",
        problem=problem,
        name=name,
        cancel=None,
    )


def _refused(visit: Visit, form: OwnForm) -> Response | None:
    """A page, where the form is not one that we showed to this browser."""
    if visit.own and sessions.is_own_form(visit.cookie, form.form_token):
        return None
    return visit.refuse("stale_page", 403)
