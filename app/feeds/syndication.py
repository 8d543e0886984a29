"""The newest open jobs for readers of feeds: Atom (RFC 4287), RSS 2.0, JSON Feed 1.1."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.feeds.writing import HEAD, element, employer, full_html, link, mail_date, web_date
from app.jobs.schemas import JobOut

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed: its name, where it is and what it is about, and where it goes on."""

    title: str
    url: str
    home: str
    next_url: str | None
    changed_at: datetime | None


Item = tuple[JobOut, str]


def atom(channel: Channel, items: Sequence[Item]) -> str:
    """The feed as Atom."""
    further = link(channel.next_url, rel="next") if channel.next_url else ""
    head = (
        element("id", channel.url)
        + element("title", channel.title)
        + element("updated", web_date(channel.changed_at or _EPOCH))
        + f"<author>{element('name', channel.title)}</author>"
        + link(channel.url, rel="self", type="application/atom+xml")
        + link(channel.home, rel="alternate", type="text/html")
        + further
    )
    entries = "".join(_entry(job, profile) for job, profile in items)
    return f'{HEAD}<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>\n'


def _entry(job: JobOut, profile: str) -> str:
    terms = "".join(f"<category{_term(skill)}/>" for skill in job.skills)
    return (
        "<entry>"
        + element("id", job.url)
        + element("title", title(job))
        + element("updated", web_date(job.updated_at))
        + element("published", web_date(job.published_at))
        + link(job.url, rel="alternate", type="text/html")
        + f"<author>{element('name', employer(job))}</author>"
        + terms
        + element("content", full_html(job, profile), type="html")
        + "</entry>\n"
    )


def _term(skill: str) -> str:
    # An attribute as `element` writes it.
    return element("x", "", term=skill).removeprefix("<x").removesuffix("></x>")


def rss(channel: Channel, items: Sequence[Item]) -> str:
    """The feed as RSS."""
    itself = f"<atom:{link(channel.url, rel='self', type='application/rss+xml')[1:]}"
    head = (
        element("title", channel.title)
        + element("link", channel.home)
        + element("description", channel.title)
        + element("lastBuildDate", mail_date(channel.changed_at))
        + itself
    )
    entries = "".join(_rss_item(job, profile) for job, profile in items)
    namespace = 'xmlns:atom="http://www.w3.org/2005/Atom"'
    return f'{HEAD}<rss version="2.0" {namespace}><channel>{head}{entries}</channel></rss>\n'


def _rss_item(job: JobOut, profile: str) -> str:
    return (
        "<item>"
        + element("title", title(job))
        + element("link", job.url)
        + element("guid", job.url, isPermaLink="true")
        + element("pubDate", mail_date(job.published_at))
        + "".join(element("category", skill) for skill in job.skills)
        + element("description", full_html(job, profile))
        + "</item>\n"
    )


def json_feed(channel: Channel, items: Sequence[Item]) -> dict[str, Any]:
    """The feed as JSON Feed; `_weizhi` has the job as the API tells it."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.home,
        "feed_url": channel.url,
        "items": [_json_item(job, profile) for job, profile in items],
    }
    return {**feed, "next_url": channel.next_url} if channel.next_url else feed


def _json_item(job: JobOut, profile: str) -> dict[str, Any]:
    author = {"name": employer(job), **({"url": job.organization.url} if job.organization.url else {})}
    item: dict[str, Any] = {
        "id": job.url,
        "url": job.url,
        "title": title(job),
        "content_html": full_html(job, profile),
        "summary": job.salary.text,
        "date_published": web_date(job.published_at),
        "date_modified": web_date(job.updated_at),
        "authors": [author],
        "tags": job.skills,
        "_weizhi": {"about": "https://jsonfeed.org/version/1.1#extensions", "job": job.model_dump(mode="json")},
    }
    return {**item, "language": job.language} if job.language else item


def title(job: JobOut) -> str:
    """A job in a line."""
    return f"{job.title} · {employer(job)}"
