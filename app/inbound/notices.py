"""What the maker of a source is told by mail: that something waits for a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.inbound.models import InboundSource
from app.kit.site import Site
from app.mail.mailer import Mailer, Message

_TEXT = """{name}，你好：

职位来源 {url} 这次少了很多职位，所以一个都没有关闭：{reason}。
如果它们确实都已结束，请用 POST {site}/api/weizhi/v1/inbound_sources/{id}/poll（accept_vanished=true）确认；
如果是来源出了问题，修好之后会自动恢复。

Hello {name},

The source of jobs at {url} lost so many jobs at once that none was closed: {reason}.
If they are really over, say so by POST {site}/api/weizhi/v1/inbound_sources/{id}/poll (accept_vanished=true).
If something is wrong with the source, all is well again once it is mended.
"""


async def tell_of_held(
    session: AsyncSession, mailer: Mailer, site: Site, payloads: Sequence[Mapping[str, Any]]
) -> None:
    """Mail the maker of each held source, unless it was let go of meanwhile."""
    for payload in payloads:
        source = await session.get(InboundSource, payload["source_id"])
        maker = await session.get(Account, source.account_id) if source else None
        if source is None or not source.held or maker is None or maker.email is None or maker.suspended_at:
            continue
        words = {"name": maker.username, "url": source.url, "reason": source.held["reason"], "id": source.id}
        subject = f"职位来源需要你看一下 · A source of jobs needs a look ({site.title})"
        text = _TEXT.format(**words, site=site.url)
        await mailer.send(Message(f"held:{source.id}:{source.held['since']}", maker.email, subject, text))
