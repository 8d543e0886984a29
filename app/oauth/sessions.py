"""People at the login page: passwords checked under limits, and browser sessions."""

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.passwords import verify_password
from app.accounts.queries import find_login
from app.kit.secrets import fingerprint, new_token
from app.limits.limits import Limits, require_within
from app.limits.rules import LOGIN_BY_ADDRESS, LOGIN_TO_ACCOUNT
from app.oauth.models import BrowserSession

LIFETIME = timedelta(days=14)


async def check_password(
    session: AsyncSession, *, name: str, password: str, limits: Limits, address: str
) -> Account | None:
    """The account that `name` and `password` open; None for any other pair.

    Every attempt counts, for the address and for the account under whichever name. Raises RateLimited, and
    LimitsUnavailable when attempts cannot be counted: guessing must not be free just then.
    """
    account = await find_login(session, name=name.strip())
    subject = str(account.id) if account else hashlib.sha256(name.strip().lower().encode()).hexdigest()[:32]
    await require_within(limits, [(LOGIN_BY_ADDRESS, address), (LOGIN_TO_ACCOUNT, subject)])
    if await verify_password(password, account.password_hash if account else None):
        return account
    return None


async def sign_in(session: AsyncSession, *, account_id: int, old_cookie: str | None, now: datetime) -> str:
    """A new session's cookie; the session of `old_cookie` ends, so that nobody is handed one they know."""
    await sign_out(session, cookie=old_cookie)
    cookie = new_token()
    session.add(
        BrowserSession(
            fingerprint=fingerprint(cookie), account_id=account_id, created_at=now, expires_at=now + LIFETIME
        )
    )
    await session.flush()
    return cookie


async def sign_out(session: AsyncSession, *, cookie: str | None) -> None:
    """End a session, if there is one."""
    if cookie:
        await session.execute(delete(BrowserSession).where(BrowserSession.fingerprint == fingerprint(cookie)))


def form_token(cookie: str) -> str:
    """What our own forms carry: only a page that was shown the cookie's holder can know it."""
    return hashlib.sha256(b"form:" + cookie.encode()).hexdigest()


def is_own_form(cookie: str | None, token: str) -> bool:
    """Whether a form was ours, shown to this browser."""
    return bool(cookie) and hmac.compare_digest(form_token(cookie or "").encode(), token.encode())
