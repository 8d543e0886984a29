"""/dev/mail: what was mailed, for people who develop. Not there in production."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, PlainTextResponse

from app.kit.errors import NotFound
from app.mail.mailer import Mailer

router = APIRouter(prefix="/dev/mail", include_in_schema=False)

_HEADERS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


def _mailer(request: Request) -> Mailer:
    if request.app.state.resources.settings.env == "production":
        raise NotFound
    mailer: Mailer = request.app.state.resources.mailer
    return mailer


@router.get("")
async def list_mail(request: Request) -> HTMLResponse:
    """The last messages, the last one first."""
    names = await _mailer(request).list_names()
    items = "".join(f'<li><a href="/dev/mail/{escape(name)}">{escape(name)}</a></li>' for name in names)
    title = "<!doctype html><meta charset=utf-8><title>邮件 Mail</title><h1>邮件 Mail</h1>"
    return HTMLResponse(f"{title}<ol>{items}</ol>", headers=_HEADERS)


@router.get("/{name}")
async def show_mail(name: Annotated[str, Path(max_length=100)], request: Request) -> PlainTextResponse:
    """One message."""
    text = await _mailer(request).find(name)
    if text is None:
        raise NotFound
    return PlainTextResponse(text, headers=_HEADERS)
