"""/confirm/<token>, POST /api/v1/emails/confirmations."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from app.confirmations import service
from app.confirmations.schemas import ConfirmationCreate
from app.kit.clock import now
from app.kit.errors import NotFound
from app.kit.http import Transaction
from app.oauth.actor import Actor, requires
from app.oauth.schemas import NothingOut

router = APIRouter(tags=["accounts"])

_HEADERS = {"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer"}
_PAGE = "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>{0}</title><h1>{0}</h1><p>{1}</p></html>"
_DONE = _PAGE.format(
    "邮箱已确认",
    "你的邮箱已经确认，可以关闭此页。<br>Your e-mail address is confirmed; you can close this page.",
)
_GONE = _PAGE.format(
    "链接无效",
    "链接不存在、已使用或已过期。<br>This link does not exist, was used before, or is too old.",
)


@router.post("/api/v1/emails/confirmations", response_model=NothingOut)
async def request_confirmation(
    body: ConfirmationCreate, actor: Annotated[Actor, requires()], session: Transaction, request: Request
) -> NothingOut:
    """Have the link by which you confirm your e-mail address mailed again; 403 once it is confirmed."""
    limits = request.app.state.resources.limits
    await service.ask_again(session, limits, account_id=actor.account_id, email=body.email)
    return NothingOut()


@router.get("/confirm/{token}", include_in_schema=False)
async def confirm(token: Annotated[str, Path(max_length=100)], session: Transaction) -> HTMLResponse:
    """The page a mailed link leads to."""
    try:
        await service.confirm(session, token=token, now=now())
    except NotFound:
        return HTMLResponse(_GONE, 404, _HEADERS)
    return HTMLResponse(_DONE, headers=_HEADERS)
