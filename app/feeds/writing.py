"""Writing XML that any parser takes, whatever people wrote."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from app.jobs.schemas import JobOut
from app.kit.wire import mastodon_time

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# What XML 1.0 has no way to say.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def element(name: str, text: str | int | None, **attributes: str) -> str:
    """An element with text; nothing where there is none."""
    if text is None:
        return ""
    told = "".join(f" {key}={quoteattr(legal(value))}" for key, value in attributes.items())
    return f"<{name}{told}>{escape(legal(str(text)))}</{name}>"


def cdata(name: str, text: str | int | None) -> str:
    """An element with its text as CDATA; nothing where there is none."""
    if text is None:
        return ""
    inner = legal(str(text)).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{inner}]]></{name}>"


def link(href: str, **attributes: str) -> str:
    """An empty `link` element."""
    told = "".join(f" {key}={quoteattr(legal(value))}" for key, value in {**attributes, "href": href}.items())
    return f"<link{told}/>"


def mail_date(moment: datetime | None) -> str | None:
    """As RFC 822 writes it."""
    return format_datetime(moment.astimezone(UTC), usegmt=True) if moment else None


def web_date(moment: datetime | None) -> str | None:
    """As RFC 3339 writes it."""
    return mastodon_time(moment) if moment else None


def full_html(job: JobOut, profile: str) -> str:
    """All that a job says, as HTML: its duties, what is asked, the facts, and who the employer is."""
    facts = [
        ("薪资", job.salary.text),
        ("人数", f"{job.headcount} 人" if job.headcount else "若干"),
        ("有效期至", job.valid_through.isoformat() if job.valid_through else None),
    ]
    asked = "".join(f"<li>{escape(line)}</li>" for line in job.requirements)
    parts = [
        job.description_html,
        f"<h3>要求</h3><ul>{asked}</ul>" if asked else "",
        *(f"<p>{name}：{escape(value)}</p>" for name, value in facts if value),
        f"<h3>单位简介</h3><p>{escape(profile)}</p>" if profile else "",
    ]
    return "".join(parts)


def employer(job: JobOut) -> str:
    """The employer's name, with the label that must stand beside it."""
    return f"{job.organization.name}（{job.organization.label}）" if job.organization.label else job.organization.name
