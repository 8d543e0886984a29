"""Mailing links."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.confirmations.models import Confirmation
from app.kit.secrets import fingerprint, new_token
from app.kit.site import Site
from app.mail.mailer import Mailer, Message

_TEXT = """{name}，欢迎来到{title}！

请在七天内打开下面的链接，确认这是你的邮箱：
{url}

如果不是你注册的，忽略这封邮件即可。

Welcome to {title}, {name}!

Please open this link within seven days to confirm that this address is yours:
{url}

If it was not you who registered, you need do nothing.
"""


async def mail_link(session: AsyncSession, mailer: Mailer, site: Site, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Mail accounts the links by which they confirm their addresses, unless they have.

    A run that fails after the mail went leaves a dead link and mails a new one.
    """
    for payload in payloads:
        account = await session.get(Account, payload["account_id"])
        if account is None or account.email is None or account.email_confirmed_at or account.suspended_at:
            continue
        token = new_token()
        session.add(Confirmation(fingerprint=fingerprint(token), account_id=account.id, email=account.email))
        await session.flush()
        words = {"name": account.username, "title": site.title, "url": f"{site.url}/confirm/{token}"}
        subject = f"确认你的邮箱 · Confirm your e-mail address ({site.title})"
        await mailer.send(Message(f"confirmation:{account.id}", account.email, subject, _TEXT.format(**words)))
